#include "tests/sim/drawn_handlers.hpp"

#include "base/assert.hpp"
#include "tests/sim/marks.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace sim {

namespace {

constexpr std::string_view before_index = R"({"job":)";
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

} // namespace

std::string payload_of(std::size_t index) { return fmt::format("{}{}}}", before_index, index); }

std::optional<std::size_t> index_in(const std::string& payload) {
  if (!payload.starts_with(before_index)) return std::nullopt;
  std::size_t index = 0;
  const auto* from = payload.data() + before_index.size();
  const auto [end, fault] = std::from_chars(from, payload.data() + payload.size(), index);
  if (fault != std::errc{} || *end != '}') return std::nullopt;
  return index;
}

std::string description_of(std::size_t index) { return fmt::format("job{}.", index); }

drawn_handlers::drawn_handlers(virtual_clock& clock, std::shared_ptr<drawn_jobs> jobs,
                               std::uint64_t seed)
    : clock_(clock), jobs_(std::move(jobs)), chance_(seed) {}

void drawn_handlers::run(actors::job_executor::task t) {
  const auto index = index_in(t.what->payload);
  ENSURE(index && jobs_->contains(*index), "only jobs of the clients run");
  auto& job = jobs_->at(*index);
  running r;
  r.job = &job;
  r.plan = job.attempt(t.attempt);
  r.begins_us = clock_.steady_us() + r.plan.waits_us;
  r.ends_us = r.plan.how == drawn_attempt::end::hangs ? never : r.begins_us + r.plan.takes_us;
  if (r.plan.waits_us == 0) t.begun->store(clock_.now().count);
  r.task = std::move(t);
  watch.started(job, r.task);
  running_.push_back(std::move(r));
}

/// Time, and the wish that it stops.
void drawn_handlers::look_at(running& r) {
  const auto now = clock_.steady_us();
  if (r.begins_us <= now && r.task.begun->load() == 0) r.task.begun->store(clock_.now().count);
  if (r.told_to_stop || !r.task.stop.stop_requested()) return;
  r.told_to_stop = true;
  // Most end soon, as they should; some late, and one that is lost never.
  const auto drawn = chance_.below(8);
  if (drawn == 0) {
    if (r.plan.how == drawn_attempt::end::hangs) r.ends_us = now + chance_.between(0, 30'000'000);
  } else if (drawn < 7) {
    r.ends_us = std::min(r.ends_us, now + chance_.between(0, 500'000));
  }
}

bool drawn_handlers::run_one() {
  for (auto it = running_.begin(); it != running_.end(); ++it) {
    look_at(*it);
    if (it->ends_us > clock_.steady_us()) continue;
    const auto r = std::move(*it);
    running_.erase(it);
    auto verdict = verdict_of(r);
    if (r.told_to_stop) reached("handler_ended_after_it_was_told_to_stop");
    watch.ended(*r.job, r.task, r.plan.how, !r.told_to_stop);
    r.task.ended(std::move(verdict));
    return true;
  }
  return false;
}

void drawn_handlers::cut() {
  running_.clear();
  watch = {};
}

std::optional<std::int64_t> drawn_handlers::next_us() const {
  std::optional<std::int64_t> first;
  for (const auto& r : running_) {
    const auto at = r.task.begun->load() == 0 ? r.begins_us : r.ends_us;
    if (at != never && (!first || at < *first)) first = at;
  }
  return first;
}

actors::job_verdict drawn_handlers::verdict_of(const running& r) {
  auto& job = *r.job;
  switch (r.plan.how) {
  case drawn_attempt::end::transient:
    return actors::job_failed{{"BUSY", fmt::format("job {}", job.index), {}}, true, {}};
  case drawn_attempt::end::permanent:
    return actors::job_failed{{"BAD", fmt::format("job {}", job.index), {}}, false, {}};
  case drawn_attempt::end::snoozed: return actors::job_snoozed{{clock_.now().count + 1'500'000}};
  case drawn_attempt::end::hangs: // what it says this late is nobody's concern, or all is well
  case drawn_attempt::end::done: break;
  }
  actors::job_done done;
  done.result = fmt::format("{}", job.index);
  if (job.posts) {
    done.effects.transactions.push_back(job.posts->sent);
    const auto tell = [&job, told = watch.told](const std::string& word) {
      if (told) told(job, word);
    };
    done.effects.committed = [tell] { tell("ok"); };
    if (job.heeds_refusals)
      done.effects.if_refused = [tell](const base::failure& why) {
        reached("refusal_heeded_by_its_job");
        tell(std::string{why.code});
        return http::job_effects{};
      };
  }
  if (job.follower) done.effects.jobs.push_back(jobs_->at(*job.follower).wish);
  return done;
}

} // namespace sim
