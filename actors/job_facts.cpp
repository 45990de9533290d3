#include "actors/job_facts.hpp"

#include <chrono>

namespace actors {
namespace {

using observability::attempt_outcome;
using observability::live_state;
using scheduler::attempt_end;
using scheduler::job_state;

constexpr live_state level_of(job_state s) {
  switch (s) {
  case job_state::scheduled: return live_state::scheduled;
  case job_state::waiting: return live_state::waiting;
  case job_state::ready: return live_state::ready;
  case job_state::committing: return live_state::committing;
  case job_state::retrying: return live_state::retrying;
  case job_state::parked: return live_state::parked;
  case job_state::dead: return live_state::dead;
  default: return live_state::running; // cancelling too
  }
}

attempt_outcome outcome_of_attempt(const scheduler::job_fact& f) {
  switch (*f.ended) {
  case attempt_end::succeeded: return attempt_outcome::succeeded;
  case attempt_end::snoozed: return attempt_outcome::snoozed;
  case attempt_end::handed_back: return attempt_outcome::handed_back;
  case attempt_end::cancelled: return attempt_outcome::cancelled;
  default: break;
  }
  if (f.to == job_state::dead) return attempt_outcome::dead;
  const bool gone = *f.ended == attempt_end::lost || *f.ended == attempt_end::timed_out;
  return gone ? attempt_outcome::lost : attempt_outcome::retried;
}

/// The label that dashboards know a system job by; nothing for all other kinds.
std::optional<observability::job_name> name_of(const std::string& kind) {
  using observability::job_name;
  if (kind == "insights") return job_name::insights_job;
  const auto known = observability::label_of(kind, job_name::recurring_transactions);
  if (observability::text_of(known) != kind) return std::nullopt;
  return known;
}

double seconds_between(base::utc_us from, base::utc_us to) {
  return static_cast<double>(std::max<std::int64_t>(to.count - from.count, 0)) /
         static_cast<double>(base::us_per_second);
}

} // namespace

void job_facts::register_kind(const job_kind& kind) {
  metrics_.kind(kind.name);
  metrics_.queue(kind.queue);
  if (kind.failed_line) failed_lines_.insert_or_assign(kind.name, *kind.failed_line);
}

void job_facts::count(const std::string& queue, job_state state, double n) {
  if (!scheduler::is_final(state)) metrics_.queue(queue).jobs(level_of(state)).add(n);
}

void job_facts::found(const live_job& j) {
  count(j.what.queue, j.state, 1);
  metrics_.recovered(observability::recovered_reason::restart).add();
}

void job_facts::ended_before(const live_job& j, job_state last_told) {
  count(j.what.queue, last_told, -1);
  metrics_.duplicates_prevented.add();
}

void job_facts::count_attempt(const scheduler::job_fact& f) {
  metrics_.kind(f.kind).attempts(outcome_of_attempt(f)).add();
  const bool good = *f.ended == attempt_end::succeeded;
  const bool bad = scheduler::counts(*f.ended) && !good && *f.ended != attempt_end::cancelled;
  if (!good && !bad) return;
  const auto took = seconds_between(f.run_at.value_or(f.at), f.at);
  metrics_.run(good ? observability::run_result::ok : observability::run_result::failed)
      .observe(took);
  if (const auto name = name_of(f.kind)) {
    all_.job_duration(*name).observe(took);
    if (bad) all_.job_failures(*name).add();
  }
  const auto line = bad ? failed_lines_.find(f.kind) : failed_lines_.end();
  if (line != failed_lines_.end())
    log_.error("vai_de_pix.jobs", line->second,
               {{"event", "job.failed"},
                {"job_id", observability::code{f.job.text()}},
                {"attempt", f.attempt},
                {"error_code", observability::code{f.error_code}},
                {"duration_ms", std::chrono::duration<double>{took}}});
}

void job_facts::tell(scheduler::job_fact f) {
  if (f.from) {
    count(f.queue, *f.from, -1);
  } else {
    metrics_.kind(f.kind).enqueued.add();
  }
  count(f.queue, f.to, 1);
  if (f.to == job_state::running) {
    auto& q = metrics_.queue(f.queue);
    q.started.add();
    q.wait.observe(seconds_between(f.due, f.at));
  }
  if (f.ended) count_attempt(f);
  if (scheduler::is_final(f.to)) {
    using observability::final_state;
    const auto last = f.to == job_state::succeeded   ? final_state::succeeded
                      : f.to == job_state::cancelled ? final_state::cancelled
                                                     : final_state::discarded;
    metrics_.finished(last).add();
    if (f.to == job_state::succeeded)
      metrics_.queue(f.queue).end_to_end.observe(seconds_between(f.due, f.at));
  }
  // Also one that the first failure parks: nobody tries it again but a person.
  // Of a muted group it is known to somebody.
  if (f.ended && (f.to == job_state::dead || f.to == job_state::parked))
    log_.write(f.muted ? observability::log_level::info : observability::log_level::error,
               "vai_de_pix.jobs", "Job sem novas tentativas",
               {{"event", "job.dead"},
                {"job_id", observability::code{f.job.text()}},
                {"kind", observability::code{f.kind}},
                {"error_code", observability::code{f.error_code}}});
  if (feed_) feed_->put(std::move(f));
}

} // namespace actors
