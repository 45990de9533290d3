// What clients hear of jobs, what is left at the end, and the tables.
#include "tests/sim/job_judge.hpp"

#include "storage/job_work.hpp"
#include "tests/sim/marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using scheduler::control_action;
using scheduler::job_state;
using scheduler::lane_policy;

namespace {

storage::deadline no_hurry() { return std::chrono::steady_clock::now() + std::chrono::minutes{2}; }

bool rests_in_lane(const job_judge::fact& f) {
  const auto shuts = [](job_state s) { return s == job_state::dead || s == job_state::parked; };
  return (f.rest && shuts(f.rest->state)) || (f.refused_rest && shuts(*f.refused_rest));
}

} // namespace

// -- answers --------------------------------------------------------------------------------------

void job_judge::refused(job_ask& asked, const std::string& code) {
  books_.say(fmt::format("ask {} is answered {}", asked.index, code));
  const bool unsure = code == "OUTCOME_UNKNOWN" || code == "IDEMPOTENCY_IN_FLIGHT";
  asked.refused = !unsure;
  if (asked.refused && asked.is == job_ask::what::enqueue && asked.key.empty())
    for (const auto index : asked.jobs) {
      const bool there = std::any_of(facts_.begin(), facts_.end(),
                                     [&](const auto& f) { return f.second.index == index; });
      if (there)
        books_.accuse("P2", fmt::format("job {} is durable and was refused: {}", index, code));
      refused_.insert(index);
    }
  static const std::set<std::string> of_acts{"ILLEGAL_TRANSITION", "VERSION_CONFLICT", "NOT_FOUND"};
  static const std::set<std::string> of_faults{
      "DB_UNAVAILABLE",  "DB_READ_ONLY",  "DB_FULL",    "DB_TIMEOUT",           "DB_BROKEN",
      "OUTCOME_UNKNOWN", "SHUTTING_DOWN", "OVERLOADED", "IDEMPOTENCY_IN_FLIGHT"};
  const auto& w = books_.weather;
  if (asked.is == job_ask::what::act && of_acts.contains(code)) return;
  if (code == "DUPLICATE_JOB" && asked.is == job_ask::what::enqueue) return;
  if (code == "IDEMPOTENCY_IN_FLIGHT" && !asked.key.empty()) return;
  if (code == "OVERLOADED" && small_doors) return;
  if (code == "SHARD_STOPPED" && (w.stopped || w.faults)) return;
  if (w.faults && of_faults.contains(code)) return;
  books_.accuse("liveness", fmt::format("ask {} is answered {}", asked.index, code));
}

void job_judge::enqueued(job_ask& asked, const base::result<http::enqueue_answer>& answer) {
  if (!answer) return refused(asked, std::string{answer.error().code});
  const auto& heard = *answer;
  if (heard.replayed) {
    reached("jobs_answered_again");
    const auto key = keys_.find(asked.key);
    if (key == keys_.end() || !heard.stored || heard.stored->body != key->second.body)
      books_.accuse("P4",
                    fmt::format("ask {} hears of other jobs than the first one", asked.index));
    return books_.say(fmt::format("ask {} is answered again", asked.index));
  }
  if (heard.jobs.size() != asked.jobs.size())
    return books_.accuse("P1",
                         fmt::format("ask {} hears of {} jobs", asked.index, heard.jobs.size()));
  for (std::size_t i = 0; i < heard.jobs.size(); ++i) {
    const auto& v = heard.jobs[i];
    const auto at = facts_.find(v.what.id);
    if (at == facts_.end())
      return books_.accuse("J1",
                           fmt::format("job {} is acknowledged and not durable", asked.jobs[i]));
    auto& f = at->second;
    const auto& wish = jobs_->at(asked.jobs[i]).wish;
    const bool same = v.duplicate
                          ? f.row.unique && wish.unique && f.row.unique->key == wish.unique->key &&
                                f.row.user == wish.user && f.row.kind == wish.kind
                          : f.index == asked.jobs[i];
    if (!same) books_.accuse("J2", fmt::format("ask {} hears of job {}", asked.index, f.index));
    if (v.duplicate) reached("unique_job_given_back");
    f.known_to.insert(asked.node);
    books_.say(fmt::format("job {} is acknowledged{}", f.index, v.duplicate ? ", as before" : ""));
  }
}

void job_judge::acted(job_ask& asked, const base::result<http::job_view>& answer) {
  if (!answer) return refused(asked, std::string{answer.error().code});
  const auto at = facts_.find(asked.target);
  if (at == facts_.end()) return books_.accuse("J1", "a job is changed that is not durable");
  auto& f = at->second;
  books_.say(fmt::format("ask {}: job {} is {} now", asked.index, f.index,
                         scheduler::to_text(answer->state)));
  const bool ends = scheduler::is_final(answer->state);
  if (ends && !f.outcome)
    return books_.accuse("P1", fmt::format("job {} is said to have ended", f.index));
  if (asked.action != control_action::cancel || ends) return;
  if (answer->state != job_state::cancelling) return; // it was too late
  if (!f.has(control_action::cancel))
    books_.accuse("P1", fmt::format("the cancel of job {} is not durable", f.index));
  reached("cancelled_while_it_ran");
  f.cancel_heard = true;
}

void job_judge::paused(job_ask& asked, const base::result<scheduler::pause>& answer) {
  if (!answer) return refused(asked, std::string{answer.error().code});
  const auto& p = asked.paused;
  const auto at = pauses_.find(p.target);
  books_.say(fmt::format("ask {}: {} {}", asked.index, p.over ? "goes on" : "paused", p.target));
  if (at == pauses_.end()) return books_.accuse("P1", p.target + " is said to be paused");
  if (!p.over && at->second == p) pauses_heard_[p.target] = asked.node;
}

// -- the end --------------------------------------------------------------------------------------

/// Why a job without an outcome has none; empty: for no reason that we know.
std::string job_judge::excuse_of(const fact& f) const {
  const auto now = db_.clock().now();
  if (f.refused_rest == job_state::dead) return "dead";
  if (f.refused_rest == job_state::parked) return "parked";
  if (f.rest && f.rest->state == job_state::dead) return "dead";
  if (f.rest && f.rest->state == job_state::parked) return "parked";
  const bool tried = !f.attempts.empty() && f.attempts.back().next_at;
  const auto due = tried ? *f.attempts.back().next_at : f.row.run_at;
  if (f.rest && f.rest->state != job_state::ready && f.rest->wake_at > now) return "asleep";
  if (!f.rest && due > now) return "not due";
  if (is_paused(f, false)) return "paused";
  if (!f.row.lane) return {};
  for (const auto& [id, other] : facts_) {
    if (id == f.row.id || !other.live() || other.row.lane != f.row.lane ||
        other.row.user != f.row.user || other.row.on_failure == lane_policy::park_head)
      continue;
    if (rests_in_lane(other)) return "behind a shut head";
  }
  return {};
}

std::vector<job_judge::unfinished> job_judge::unfinished_now() const {
  std::vector<unfinished> all;
  for (const auto& [id, f] : facts_)
    if (f.live()) all.push_back({id, excuse_of(f)});
  return all;
}

std::vector<std::string> job_judge::pauses_open() const {
  std::vector<std::string> all;
  for (const auto& [target, p] : pauses_)
    if (!p.over) all.push_back(target);
  return all;
}

void job_judge::compare_tables() {
  storage::job_work work{*reader_, db_.metrics(), no_hurry()};
  const auto get = [&](auto answer) {
    auto found = run_now(std::move(answer));
    if (!found) throw std::runtime_error("the judge cannot read: " + found.error().detail);
    return std::move(*found);
  };
  std::size_t count = 0;
  for (const auto& c : books_.users) {
    storage::job_filter of_user;
    of_user.user = base::user_id{c.id};
    of_user.limit = storage::job_page_max;
    for (;;) {
      const auto page = get(work.jobs(of_user));
      count += page.items.size();
      if (!page.more) break;
      of_user.before = page.next;
    }
  }
  if (count != facts_.size())
    books_.accuse("J1",
                  fmt::format("{} jobs stand in the tables, {} were seen", count, facts_.size()));
  for (const auto& [id, f] : facts_) {
    const auto found = get(work.job(id));
    if (!found) return books_.accuse("J1", fmt::format("job {} has gone", f.index));
    if (!(found->job.what == f.row))
      books_.accuse("J1", fmt::format("job {} is not as it was written", f.index));
    if (found->outcome != f.outcome)
      books_.accuse("J2", fmt::format("the outcome of job {} is another one", f.index));
    if (get(work.attempts(id)) != f.attempts)
      books_.accuse("J2", fmt::format("the attempts of job {} are others", f.index));
    if (found->job.rest.has_value() != f.rest.has_value())
      books_.accuse("J1", fmt::format("job {} rests, or does not, against its facts", f.index));
    const auto traces = get(work.traces(id));
    const bool done = f.outcome && f.outcome->state == job_state::succeeded;
    if (traces.transactions.empty() != (f.transactions == 0) || (f.transactions > 0 && !done))
      books_.accuse(
          "J2", fmt::format("the transactions of job {} are not those of its outcome", f.index));
    if (f.transactions > 1)
      books_.accuse("J2", fmt::format("job {} has posted {} times", f.index, f.transactions));
  }
}

} // namespace sim
