#include "tests/sim/job_clients.hpp"

#include "actors/job_owner.hpp"
#include "tests/sim/marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using scheduler::control_action;
using scheduler::job_state;

namespace {

constexpr std::int64_t operator_patience_us = 60'000'000;
constexpr std::size_t operator_from = 9'000'000; ///< numbers of an operator's requests

std::shared_ptr<const actors::job_kinds> kinds_of_jobs() {
  std::vector<actors::job_kind> kinds(2);
  kinds[0].name = kind_note;
  kinds[1].name = kind_paid;
  kinds[1].queue = queue_paid;
  kinds[1].money = true;
  return std::make_shared<const actors::job_kinds>(std::move(kinds));
}

} // namespace

job_clients::job_clients(std::uint64_t seed, judge& books, shared_database& db, workload& clients)
    : books_(books), db_(db), jobs_(std::make_shared<drawn_jobs>()), judge_(books, db, jobs_),
      work_(seed, books, clients, judge_, jobs_) {
  books.of_jobs = [this](const storage::commit_item& item) { return judge_.applied(item); };
}

void job_clients::equip(node_options& options) {
  options.jobs = jobs_;
  options.kinds = kinds_of_jobs();
  const auto name = options.name;
  options.watch.started = [this, name](drawn_job& j, const actors::job_executor::task& t) {
    judge_.started(name, j, t);
  };
  options.watch.ended = [this, name](drawn_job& j, const actors::job_executor::task& t,
                                     drawn_attempt::end how,
                                     bool in_time) { judge_.ended(name, j, t, how, in_time); };
  options.watch.told = [this, name](drawn_job& j, const std::string& word) {
    judge_.told(name, j, word);
  };
}

void job_clients::crashed() {
  for (auto& a : waiting_) a->answered = true;
  waiting_.clear();
  judge_.crashed();
}

void job_clients::watch_deadlines() {
  std::erase_if(waiting_, [&](const job_ask_ptr& a) {
    if (a->answered) return true;
    if (db_.clock().steady_us() < a->deadline_us) return false;
    books_.say(fmt::format("ask {} passed its deadline", a->index));
    if (!books_.weather.faults)
      books_.accuse("liveness", fmt::format("ask {} is never answered", a->index));
    a->answered = true;
    return true;
  });
}

void job_clients::ask(std::size_t index, node& n, bool at_former, std::int64_t patience_us) {
  const auto a = work_.make(index, db_.clock().now(), db_.clock().highest());
  if (!a) return;
  a->at_former = at_former;
  a->deadline_us = db_.clock().steady_us() + patience_us;
  send(a, n);
}

template <class T>
std::function<void(base::result<T>)>
job_clients::heard(const job_ask_ptr& a,
                   void (job_judge::*judge)(job_ask&, const base::result<T>&)) {
  const auto answer = std::make_shared<actors::promise<base::result<T>>>(
      [this, a, judge](base::result<T> r) {
        if (std::exchange(a->answered, true)) return;
        (judge_.*judge)(*a, r);
      },
      base::failure{"OUTCOME_UNKNOWN", {}});
  return [answer](base::result<T> r) { answer->put(std::move(r)); };
}

void job_clients::send(const job_ask_ptr& a, node& n) {
  ++asked_;
  a->node = n.options().name;
  waiting_.push_back(a);
  const auto former = a->at_former ? " at the former node" : "";
  if (a->is == job_ask::what::enqueue) return send_enqueue(a, n);
  if (a->is == job_ask::what::pause) {
    books_.say(fmt::format("ask {} {} {}{}", a->index, a->paused.over ? "resume" : "pause",
                           a->paused.target, former));
    return n.call_jobs([a, done = heard(a, &job_judge::paused)](actors::job_owner& o) {
      o.set_pause(a->paused, done);
    });
  }
  const auto& f = judge_.facts().at(a->target);
  books_.say(
      fmt::format("ask {} {} job {}{}", a->index, scheduler::to_text(a->action), f.index, former));
  http::job_act act;
  act.caller = {base::user_id{books_.users[a->user].id}, false};
  act.job = a->target;
  act.what = a->action;
  act.reason = "drawn";
  if (a->action == control_action::edit) act.priority = static_cast<std::int32_t>(a->index % 10);
  if (a->action == control_action::reschedule)
    act.run_at = base::utc_us{db_.clock().now().count + 3'000'000};
  n.call_jobs(
      [act, done = heard(a, &job_judge::acted)](actors::job_owner& o) { o.act(act, done); });
}

void job_clients::send_enqueue(const job_ask_ptr& a, node& n) {
  auto asked = std::make_shared<http::enqueue_request>();
  asked->caller = {base::user_id{books_.users[a->user].id}, false};
  asked->deadline = {db_.clock().now().count + (a->deadline_us - db_.clock().steady_us())};
  std::string numbers;
  for (const auto index : a->jobs) {
    asked->jobs.push_back(jobs_->at(index).wish);
    numbers += fmt::format(" {}", index);
  }
  if (!a->key.empty()) {
    asked->key.emplace(ledger::key_scope{enqueue_endpoint, a->key}, base::sha256(numbers));
    asked->show = [](const std::vector<http::job_view>& made) {
      std::string body;
      for (const auto& v : made) body += v.what.id.text() + ' ';
      return ledger::stored_answer{201, body};
    };
  }
  books_.say(fmt::format("ask {} puts in{} key {}{}", a->index, numbers, a->key,
                         a->at_former ? " at the former node" : ""));
  n.call_jobs([asked, done = heard(a, &job_judge::enqueued)](actors::job_owner& o) {
    o.enqueue(asked, done);
  });
}

// -- the operator ---------------------------------------------------------------------------------

void job_clients::end_pauses(node& n) {
  for (const auto& target : judge_.pauses_open()) {
    auto a = std::make_shared<job_ask>();
    a->index = operator_from + operator_asks_++;
    a->is = job_ask::what::pause;
    a->paused.target = target;
    a->paused.over = true;
    a->paused.by = "operator";
    a->paused.since = db_.clock().now();
    a->deadline_us = db_.clock().steady_us() + operator_patience_us;
    send(a, n);
  }
}

std::size_t job_clients::see_to_it(node& n, bool patient) {
  std::size_t count = 0;
  for (auto& [index, job] : *jobs_) job.cured = true;
  for (const auto& [id, excuse] : judge_.unfinished_now()) {
    ++count;
    const auto& f = judge_.facts().at(id);
    const bool stuck = excuse == "dead" || excuse == "parked";
    const auto action = stuck && !patient                           ? control_action::discard
                        : excuse == "dead"                          ? control_action::redrive
                        : excuse == "parked"                        ? control_action::release
                        : excuse == "asleep" || excuse == "not due" ? control_action::run_now
                                                                    : control_action::edit;
    if (action == control_action::edit) continue; // it waits for another one
    auto a = std::make_shared<job_ask>();
    a->index = operator_from + operator_asks_++;
    a->is = job_ask::what::act;
    a->user = jobs_->at(f.index).user;
    a->target = id;
    a->action = action;
    a->deadline_us = db_.clock().steady_us() + operator_patience_us;
    send(a, n);
  }
  return count;
}

} // namespace sim
