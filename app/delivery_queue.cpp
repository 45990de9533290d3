#include "app/delivery_queue.hpp"

#include "base/json.hpp"

#include <utility>

namespace app {

scheduler::job delivery_job(const ledger::user_id& user, const ledger::delivery_id& id) {
  scheduler::job j;
  j.user = user;
  j.kind = delivery_kind_name;
  j.payload = base::json::write(base::json::object{{"delivery_id", id.text()}});
  // The row counts the attempts; this is behind all of them.
  j.max_attempts = 100;
  j.retry.base_us = 5 * base::us_per_second;
  j.retry.cap_us = 1800 * base::us_per_second;
  j.retry.spread = scheduler::jitter::equal;
  j.unique = scheduler::unique_rule{};
  j.unique->key = id.text();
  j.created_by = "system";
  return j;
}

void enqueue_deliveries(http::job_backend& jobs, const ledger::user_id& user,
                        const std::vector<ledger::delivery_id>& ids, base::utc_us deadline,
                        http::on_result<std::size_t> done) {
  http::enqueue_request r;
  r.caller.admin = true; // the kind is none that users see
  r.deadline = deadline;
  for (const auto& id : ids) r.jobs.push_back(delivery_job(user, id));
  jobs.enqueue(std::move(r), [done = std::move(done)](base::result<http::enqueue_answer> a) {
    if (!a) return done(a.error());
    done(a->jobs.size());
  });
}

} // namespace app
