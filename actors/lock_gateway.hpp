// What   lock_gateway: the locks of jobs behind http::lock_backend.
// Errors As the port says; SHARD_STOPPED when there is no keeper right now, OUTCOME_UNKNOWN when it
//        does not answer in time.
// Threads any.
// Source jobs.md §10, §18.
#pragma once

#include "actors/job_kinds.hpp"
#include "actors/supervisor_actor.hpp"
#include "http/lock_backend.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace actors {

class lock_gateway final : public http::lock_backend {
public:
  lock_gateway(std::shared_ptr<routing> routes, const job_kinds& kinds,
               std::chrono::milliseconds read_deadline);

  base::result<std::vector<http::lock_view>> locks() override;
  void release(http::lock_release asked, http::on_result<http::lock_view> done) override;

private:
  /// The answer comes exactly once, also when the keeper dies with the message.
  template <class T>
  void tell(http::on_result<T> done,
            std::function<void(lock_keeper&, const http::on_result<T>&)> run);

  std::shared_ptr<routing> routes_;
  std::vector<std::string> names_; ///< in order
  std::chrono::milliseconds read_deadline_;
};

} // namespace actors
