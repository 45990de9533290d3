// Jobs that ran when the process before this one died: one at a time, so that a handler that takes
// the process down is found; whoever saw too many crashes waits for a person.
#include "actors/job_owner.hpp"

#include "storage/crash_recorder.hpp"

namespace actors {
namespace {

using scheduler::attempt_end;
using scheduler::job_state;

constexpr std::uint32_t crashes_max = 3;
/// One whose gates are shut does not keep the other suspects waiting for longer.
constexpr std::int64_t suspect_patience_us = 10 * base::us_per_second;

bool may_still_run(job_state s) {
  return s == job_state::ready || s == job_state::scheduled || s == job_state::retrying;
}

} // namespace

/// Before the first start.
void job_owner::judge_suspects() {
  if (settings_.recorder == nullptr) return;
  const auto all = settings_.recorder->suspects(); // a copy: they leave it
  std::vector<scheduler::job_id> condemned;
  for (const auto& [id, crashes] : all) {
    auto* j = memory_.find(id);
    if (j == nullptr || !may_still_run(j->state)) {
      settings_.recorder->ended(id);
      continue;
    }
    env().metrics.jobs().recovered(observability::recovered_reason::crash_suspect).add();
    env().log.warning("vai_de_pix.jobs", "Job executava quando o processo anterior morreu",
                      {{"event", "job.crash_suspect"},
                       {"job", observability::code{id.text()}},
                       {"kind", observability::code{j->what.kind}},
                       {"crashes", crashes}});
    if (crashes < crashes_max) {
      memory_.queue.hold(id);
      suspects_.push_back(id);
      continue;
    }
    settings_.recorder->ended(id);
    condemned.push_back(id);
  }
  // Last: who ends lets others start, and by now all suspects are held.
  for (const auto& id : condemned) {
    auto& j = *memory_.find(id);
    memory_.queue.take(id);
    begin_run(j, env().node);
    failed(j, attempt_end::permanent,
           {"CRASH_SUSPECT", "the process died three times while it ran", {}}, {}, {});
  }
}

void job_owner::free_suspect() {
  if (suspects_.empty() && !suspect_) return;
  const auto now = env().time.now();
  if (suspect_) {
    const auto* j = memory_.find(suspect_->first);
    if (j != nullptr && j->running) return;
    if (j != nullptr && j->state == job_state::ready &&
        now.count < suspect_->second.count + suspect_patience_us)
      return;
    suspect_.reset();
  }
  while (!suspect_ && !suspects_.empty()) {
    const auto id = suspects_.front();
    suspects_.pop_front();
    if (memory_.find(id) == nullptr) {
      settings_.recorder->ended(id);
      continue;
    }
    memory_.queue.unhold(id);
    suspect_.emplace(id, now);
  }
}

void job_owner::add_suspect_gate(const live_job& j, http::job_explanation& e) const {
  if (std::find(suspects_.begin(), suspects_.end(), j.what.id) == suspects_.end()) return;
  http::job_gate g;
  g.gate = "crash_suspect";
  g.exact = false;
  if (suspect_) g.details = {{"job_id", suspect_->first.text()}};
  e.gates.push_back(std::move(g));
}

} // namespace actors
