#include "actors/schedule_gateway.hpp"

#include "actors/job_owner.hpp"

#include <caf/send.hpp>

namespace actors {

/// Through the owner of jobs, whose child the owner of schedules is. The answer comes exactly once,
/// also when one of them dies with the message.
template <class T>
void schedule_gateway::tell(http::on_result<T> done,
                            std::function<void(schedule_owner&, const http::on_result<T>&)> run) {
  auto answer = std::make_shared<promise<base::result<T>>>(
      std::move(done), base::result<T>{base::failure{"OUTCOME_UNKNOWN", {}}});
  const auto to = routes_->jobs();
  if (!to) return answer->put(base::failure{"SHARD_STOPPED", {}});
  caf::anon_send(*to, owner_call{[answer, run = std::move(run)](job_owner& o) {
    if (!o.has_schedules())
      return answer->put(base::failure{"DB_UNAVAILABLE", "the jobs are being read"});
    o.tell_schedules([answer, run](schedule_owner& s) {
      run(s, [answer](base::result<T> r) { answer->put(std::move(r)); });
    });
  }});
}

template <class T, class Ask> base::result<T> schedule_gateway::wait(Ask ask) {
  const auto waiting = std::make_shared<slot<base::result<T>>>();
  ask([waiting](base::result<T> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(read_deadline_);
  if (!answer) return base::fail(storage::errc::timed_out);
  return std::move(*answer);
}

void schedule_gateway::change(http::schedule_request asked,
                              http::on_result<http::schedule_answer> done) {
  auto shared = std::make_shared<const http::schedule_request>(std::move(asked));
  tell<http::schedule_answer>(
      std::move(done), [shared](schedule_owner& s, const auto& to) { s.change(shared, to); });
}

base::result<std::optional<http::schedule_view>>
schedule_gateway::schedule(const http::job_caller& who, const scheduler::schedule_id& id) {
  using seen = std::optional<http::schedule_view>;
  return wait<seen>([&](http::on_result<seen> done) {
    tell<seen>(std::move(done),
               [who, id](schedule_owner& s, const auto& to) { s.look(who, id, to); });
  });
}

base::result<std::vector<http::schedule_view>>
schedule_gateway::schedules(std::optional<base::user_id> user,
                            std::optional<scheduler::schedule_id> before, std::int64_t limit) {
  using rows = std::vector<scheduler::schedule>;
  using views = std::vector<http::schedule_view>;
  auto read = wait<rows>(
      [&](auto done) { env_.store.jobs().schedules(user, before, limit, std::move(done)); });
  if (!read) return read.error();
  return wait<views>([&](http::on_result<views> done) {
    tell<views>(std::move(done),
                [all = std::move(*read)](schedule_owner& s, const auto& to) { to(s.shown(all)); });
  });
}

base::result<std::optional<std::vector<scheduler::schedule_tick>>>
schedule_gateway::ticks(const http::job_caller& who, const scheduler::schedule_id& id,
                        std::optional<base::utc_us> before, std::int64_t limit) {
  using rows = std::vector<scheduler::schedule_tick>;
  // Also of one that was deleted: its row says whose it was.
  auto row = wait<std::optional<scheduler::schedule>>(
      [&](auto done) { env_.store.jobs().schedule(id, std::move(done)); });
  if (!row) return row.error();
  if (!*row || !(who.admin || (**row).user == who.user)) return std::optional<rows>{};
  auto read =
      wait<rows>([&](auto done) { env_.store.jobs().ticks(id, before, limit, std::move(done)); });
  if (!read) return read.error();
  return std::optional{std::move(*read)};
}

} // namespace actors
