#include "scheduler/job_lifecycle.hpp"

#include "base/assert.hpp"

#include <array>

namespace scheduler {
namespace {

using s = job_state;

// A cell is what stands in the table of docs/JOB-STATES.md.
enum class cell : std::uint8_t {
  same,       // =
  refused,    // x
  impossible, // !
  to_scheduled,
  to_ready,
  to_running,
  to_cancelling,
  to_committing,
  to_parked,
  to_dead,
  to_succeeded,
  to_cancelled,
  to_discarded,
  by_time,     // SC/RD
  by_parent,   // CA/PK/RD
  by_attempts, // RT/DE, PK where the lane says so
  by_tries,    // CO/RD
  by_crash,    // RD/RU/DE
  by_outcome,  // SU/RD
  by_release,  // SC/WA/RD
};

using row = std::array<cell, 10>; // SC WA RD RU CG CO RT PK DE final

constexpr auto eq = cell::same, no = cell::refused, im = cell::impossible;
constexpr auto SC = cell::to_scheduled, RD = cell::to_ready, RU = cell::to_running;
constexpr auto CG = cell::to_cancelling, CO = cell::to_committing, PK = cell::to_parked;
constexpr auto DE = cell::to_dead, SU = cell::to_succeeded, CA = cell::to_cancelled;
constexpr auto DI = cell::to_discarded;

constexpr std::array<row, job_event_count> table{{
    {RD, eq, eq, eq, eq, eq, RD, eq, eq, eq},                           // due
    {eq, cell::by_time, eq, eq, eq, eq, eq, eq, eq, eq},                // deps_done
    {eq, cell::by_parent, eq, eq, eq, eq, eq, eq, eq, eq},              // deps_failed
    {im, im, RU, im, im, im, im, im, im, im},                           // dispatch
    {no, no, no, CO, CA, eq, no, no, no, eq},                           // returned
    {no, no, no, cell::by_attempts, CA, no, no, no, no, no},            // failed_transient
    {no, no, no, DE, CA, no, no, no, no, no},                           // failed_permanent
    {no, no, no, SC, CA, no, no, no, no, no},                           // snoozed
    {no, no, no, RD, CA, no, no, no, no, no},                           // handed_back
    {eq, eq, eq, cell::by_attempts, CA, eq, eq, eq, eq, eq},            // timed_out
    {eq, eq, eq, cell::by_attempts, CA, eq, eq, eq, eq, eq},            // executor_lost
    {im, im, im, im, im, SU, im, im, im, eq},                           // committed
    {im, im, im, im, im, cell::by_attempts, im, im, im, im},            // commit_refused
    {im, im, im, im, im, cell::by_tries, im, im, im, im},               // commit_absent
    {eq, eq, eq, cell::by_crash, CA, cell::by_outcome, eq, eq, eq, eq}, // recovered
    {DI, DI, DI, eq, eq, eq, DI, eq, eq, eq},                           // expired
    {RD, no, eq, no, no, no, RD, no, no, no},                           // run_now
    {SC, eq, SC, no, no, no, SC, eq, no, no},                           // reschedule
    {eq, eq, eq, no, no, no, eq, eq, eq, no},                           // edit
    {CA, CA, CA, CG, eq, no, CA, CA, no, no},                           // cancel
    {PK, PK, PK, no, no, no, PK, eq, no, no},                           // park
    {no, no, no, no, no, no, no, cell::by_release, no, no},             // release
    {no, no, no, no, no, no, no, no, RD, no},                           // redrive
    {no, no, no, no, no, no, no, DI, DI, no},                           // discard
}};

constexpr std::array<std::string_view, job_event_count> event_names{"due",
                                                                    "deps_done",
                                                                    "deps_failed",
                                                                    "dispatch",
                                                                    "returned",
                                                                    "failed_transient",
                                                                    "failed_permanent",
                                                                    "snoozed",
                                                                    "handed_back",
                                                                    "timed_out",
                                                                    "executor_lost",
                                                                    "committed",
                                                                    "commit_refused",
                                                                    "commit_absent",
                                                                    "recovered",
                                                                    "expired",
                                                                    "run_now",
                                                                    "reschedule",
                                                                    "edit",
                                                                    "cancel",
                                                                    "park",
                                                                    "release",
                                                                    "redrive",
                                                                    "discard"};

constexpr std::size_t column_of(job_state state) {
  const auto at = static_cast<std::size_t>(state);
  return at < 9 ? at : 9;
}

verdict to(job_state state) { return {verdict::moved, state}; }

verdict after_failure(const circumstances& c) {
  if (c.parks_lane) return to(s::parked);
  return to(c.may_retry ? s::retrying : s::dead);
}

} // namespace

static_assert(static_cast<int>(s::scheduled) == 0 && static_cast<int>(s::waiting) == 1 &&
              static_cast<int>(s::ready) == 2 && static_cast<int>(s::running) == 3 &&
              static_cast<int>(s::cancelling) == 4 && static_cast<int>(s::committing) == 5 &&
              static_cast<int>(s::retrying) == 6 && static_cast<int>(s::parked) == 7 &&
              static_cast<int>(s::dead) == 8);

std::string_view to_text(job_event e) { return event_names[static_cast<std::size_t>(e)]; }

verdict advance(job_state state, job_event event, const circumstances& c) {
  switch (table[static_cast<std::size_t>(event)][column_of(state)]) {
  case cell::same: return {verdict::unchanged, state};
  case cell::refused: return {verdict::refused, state};
  case cell::impossible: return {verdict::impossible, state};
  case cell::to_scheduled: return to(s::scheduled);
  case cell::to_ready: return to(s::ready);
  case cell::to_running: return to(s::running);
  case cell::to_cancelling: return to(s::cancelling);
  case cell::to_committing: return to(s::committing);
  case cell::to_parked: return to(s::parked);
  case cell::to_dead: return to(s::dead);
  case cell::to_succeeded: return to(s::succeeded);
  case cell::to_cancelled: return to(s::cancelled);
  case cell::to_discarded: return to(s::discarded);
  case cell::by_time: return to(c.due ? s::ready : s::scheduled);
  case cell::by_parent:
    return to(c.on_parent == circumstances::parent_failure::cancel ? s::cancelled
              : c.on_parent == circumstances::parent_failure::park ? s::parked
                                                                   : s::ready);
  case cell::by_attempts: return after_failure(c);
  case cell::by_tries: return to(c.commits_tried < 3 ? s::committing : s::ready);
  case cell::by_crash: return to(c.lease_lives ? s::running : c.crash_suspect ? s::dead : s::ready);
  case cell::by_outcome: return to(c.outcome_there ? s::succeeded : s::ready);
  case cell::by_release:
    return to(c.waits_for_others ? s::waiting : c.due ? s::ready : s::scheduled);
  }
  UNREACHABLE("a cell of the table");
}

} // namespace scheduler
