// What   schedule_gateway: the schedules of the node behind http::schedule_backend.
// Errors As the port says; SHARD_STOPPED when there is no owner right now.
// Threads any.
// Source jobs.md §9, §18.
#pragma once

#include "actors/schedule_owner.hpp"
#include "actors/supervisor_actor.hpp"
#include "http/schedule_backend.hpp"

namespace actors {

class schedule_gateway final : public http::schedule_backend {
public:
  schedule_gateway(environment& env, std::shared_ptr<routing> routes,
                   std::chrono::milliseconds read_deadline)
      : env_(env), routes_(std::move(routes)), read_deadline_(read_deadline) {}

  void change(http::schedule_request asked, http::on_result<http::schedule_answer> done) override;
  base::result<std::optional<http::schedule_view>>
  schedule(const http::job_caller& who, const scheduler::schedule_id& id) override;
  base::result<std::vector<http::schedule_view>>
  schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
            std::int64_t limit) override;
  base::result<std::optional<std::vector<scheduler::schedule_tick>>>
  ticks(const http::job_caller& who, const scheduler::schedule_id& id,
        std::optional<base::utc_us> before, std::int64_t limit) override;

private:
  template <class T>
  void tell(http::on_result<T> done,
            std::function<void(schedule_owner&, const http::on_result<T>&)> run);
  template <class T, class Ask> base::result<T> wait(Ask ask);

  environment& env_;
  std::shared_ptr<routing> routes_;
  std::chrono::milliseconds read_deadline_;
};

} // namespace actors
