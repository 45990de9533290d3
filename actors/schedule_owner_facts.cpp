// What the owner of schedules tells of them: how many there are in which state, and how each tick
// was settled.
#include "actors/schedule_owner.hpp"
#include "observability/job_metrics.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

namespace actors {
namespace {

using observability::schedule_level;
using observability::tick_result;
using scheduler::tick_end;

std::optional<schedule_level> level_of(const scheduler::schedule& s) {
  if (s.deleted_at) return std::nullopt;
  if (s.paused) return schedule_level::paused;
  return s.next_at ? schedule_level::active : schedule_level::ended;
}

} // namespace

/// Those that are there at the start; from then on each change moves the levels.
void schedule_owner::count_levels() {
  env().store.jobs().count_schedules(
      [me = schedule_owner_actor{this}](base::result<storage::schedule_counts> found) {
        caf::anon_send(me, schedule_call{[found = std::move(found)](schedule_owner& s) {
                         if (!found) {
                           s.delayed_send(
                               schedule_owner_actor{&s}, std::chrono::seconds{60},
                               schedule_call{[](schedule_owner& later) { later.count_levels(); }});
                           return;
                         }
                         auto& all = s.env().metrics.jobs().schedules;
                         all(schedule_level::active).set(static_cast<double>(found->active));
                         all(schedule_level::paused).set(static_cast<double>(found->paused));
                         all(schedule_level::ended).set(static_cast<double>(found->ended));
                       }});
      });
}

/// Of what is written: a row, and ticks.
void schedule_owner::tell(const scheduler::schedule& before, const tick_write& what) {
  auto& m = env().metrics.jobs();
  if (what.row) {
    const auto was = level_of(before), is = level_of(*what.row);
    if (was != is && was) m.schedules(*was).add(-1);
    if (was != is && is) m.schedules(*is).add(1);
  }
  base::utc_us last_run{std::numeric_limits<std::int64_t>::min()};
  std::size_t skipped = 0;
  for (const auto& [t, job] : what.ticks) {
    if (t.end == tick_end::ran) last_run = std::max(last_run, t.at);
    if (t.end == tick_end::skipped) ++skipped;
  }
  const auto now = env().time.now();
  for (const auto& [t, job] : what.ticks) {
    switch (t.end) {
    case tick_end::ran: {
      const bool late = t.settled_at.count - t.at.count > scheduler::late_us;
      const bool behind = what.asked != nullptr || t.at < last_run; // asked: a range was filled
      m.ticks(!late    ? tick_result::on_time
              : behind ? tick_result::caught_up
                       : tick_result::late)
          .add();
      if (what.asked == nullptr)
        m.tick_lateness.observe(std::chrono::microseconds{now.count - t.at.count});
      break;
    }
    case tick_end::skipped:
      m.ticks(skipped-- > what.overlaps ? tick_result::skipped : tick_result::overlap).add();
      break;
    case tick_end::capped:
      m.ticks(tick_result::capped).add(static_cast<double>(what.capped));
      break;
    case tick_end::contended: m.ticks(tick_result::contended).add(); break;
    case tick_end::manual: break; // no tick of the rule
    }
  }
}

} // namespace actors
