// What   job_gateway: implements http::job_backend and http::worker_backend over the owner of the
//        jobs, and over the tables for what has ended.
// Why    As gateway: the one place where a foreign thread meets the owner.
// Bounds A wait ends at the deadline of reads.
// Errors As the ports; OUTCOME_UNKNOWN when the owner does not answer in time.
// Threads any, all members.
#pragma once

#include "actors/environment.hpp"
#include "actors/job_kinds.hpp"
#include "actors/slot.hpp"
#include "actors/supervisor_actor.hpp"
#include "http/job_backend.hpp"
#include "http/job_dry_run.hpp"
#include "http/worker_backend.hpp"
#include "storage/job_port.hpp"

#include <memory>

namespace actors {

class job_gateway final : public http::job_backend, public http::worker_backend {
public:
  job_gateway(environment& env, std::shared_ptr<routing> routes,
              std::shared_ptr<const job_kinds> kinds, std::chrono::milliseconds read_deadline)
      : env_(env), routes_(std::move(routes)), kinds_(std::move(kinds)),
        read_deadline_(read_deadline) {}

  void enqueue(http::enqueue_request asked, http::on_result<http::enqueue_answer> done) override;
  base::result<http::dry_run_report> dry_run(const http::dry_run_request& asked) override;
  void act(http::job_act asked, http::on_result<http::job_view> done) override;
  base::result<std::optional<http::job_view>> job(const http::job_caller& who,
                                                  const scheduler::job_id& id) override;
  base::result<http::job_page> jobs(const http::job_question& asked) override;
  base::result<std::optional<std::vector<scheduler::job_attempt>>>
  attempts(const http::job_caller& who, const scheduler::job_id& id) override;
  base::result<std::optional<http::job_explanation>> explain(const http::job_caller& who,
                                                             const scheduler::job_id& id) override;
  base::result<std::optional<http::job_traces>> traces(const http::job_caller& who,
                                                       const scheduler::job_id& id) override;
  base::result<http::live_job_ids> live_ids(const http::job_question& asked,
                                            std::int64_t limit) override;
  base::result<http::job_stats> stats() override;
  std::vector<http::job_kind_view> kinds() override;
  base::result<std::vector<http::lane_view>> shut_lanes(const http::job_caller& who) override;
  void act_on_lane(const http::job_caller& who, const base::user_id& owner, const std::string& lane,
                   http::lane_action what, const std::string& reason,
                   std::optional<base::utc_us> until, base::utc_us deadline,
                   http::on_result<bool> done) override;
  base::result<std::vector<http::dead_group_view>> dead_groups() override;
  base::result<std::optional<http::dead_group_view>>
  dead_group(const std::string& fingerprint) override;
  void set_dead_note(const scheduler::dead_letter_note& what, base::utc_us deadline,
                     http::on_result<scheduler::dead_letter_note> done) override;
  void act_on_dead(const http::job_caller& who, const std::string& fingerprint,
                   scheduler::control_action what, std::int64_t limit, const std::string& reason,
                   base::utc_us deadline, http::on_result<std::int64_t> done) override;
  base::result<std::vector<http::queue_view>> queues() override;
  void set_queue(const http::job_caller& who, const scheduler::queue_limits& limits,
                 const std::string& reason, base::utc_us deadline,
                 http::on_result<http::queue_view> done) override;
  void set_pause(const scheduler::pause& what, base::utc_us deadline,
                 http::on_result<scheduler::pause> done) override;

  base::result<http::worker_view> join(const http::worker_wish& wish) override;
  void lease(const http::worker_id& worker, std::int64_t max, std::chrono::seconds wait,
             http::on_result<std::vector<http::leased_job>> done) override;
  base::result<http::heartbeat_answer>
  heartbeat(const http::worker_id& worker, const std::vector<http::lease_report>& leases) override;
  void complete(http::job_completion what, http::on_result<http::job_ended> done) override;
  void fail(http::job_failure what, http::on_result<http::job_ended> done) override;
  void snooze(const http::worker_id& worker, const scheduler::job_id& job, const std::string& lease,
              base::utc_us until, base::utc_us deadline,
              http::on_result<http::job_ended> done) override;
  base::status log(const http::worker_id& worker, const scheduler::job_id& job,
                   const std::string& lease, const std::vector<std::string>& lines) override;
  base::result<std::vector<http::worker_view>> workers() override;
  base::result<http::worker_view> set_state(const http::worker_id& worker,
                                            http::worker_state wanted,
                                            const std::string& reason) override;
  base::status leave(const http::worker_id& worker) override;

private:
  /// False: there is no owner right now.
  bool tell(std::function<void(job_owner&)> run);
  template <class T> base::result<T> ask(std::function<base::result<T>(job_owner&)> look);
  template <class T, class Ask> base::result<T> read(Ask ask);
  template <class T>
  void pass_on(http::on_result<T> done,
               const std::function<void(job_owner&, const http::on_result<T>&)>& run);
  /// As it would be taken in now.
  base::result<scheduler::job> completed(const scheduler::job& wish, const http::job_caller& who);
  base::status decide_dry(ledger::command what, const base::user_id& user, base::utc_us deadline,
                          http::dry_run_report& report);
  base::result<http::list_total> total_of(const http::job_question& asked);
  bool may_see(const http::job_caller& who, const scheduler::job& what) const;

  environment& env_;
  std::shared_ptr<routing> routes_;
  std::shared_ptr<const job_kinds> kinds_;
  std::chrono::milliseconds read_deadline_;
};

} // namespace actors
