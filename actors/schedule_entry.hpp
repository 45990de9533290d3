// What   schedule_entry: a schedule as its owner holds it: the row, its rule and zone as values,
//        and what waits for it.
// Threads confined to the owner.
// Source jobs.md §9.
#pragma once

#include "http/schedule_backend.hpp"
#include "scheduler/misfire.hpp"
#include "scheduler/schedule_rule.hpp"
#include "scheduler/zone_rules.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors {

/// Called by actors and by threads of the HTTP front.
using zone_lookup =
    std::function<base::result<std::shared_ptr<const scheduler::zone_rules>>(std::string_view)>;

struct schedule_entry {
  scheduler::schedule what; ///< as it is written
  std::optional<scheduler::schedule_rule> rule;
  std::shared_ptr<const scheduler::zone_rules> zone;
  std::string fault;                 ///< why there is no rule, or no zone
  std::optional<base::utc_us> armed; ///< its place among the timers
  bool writing = false;
  bool held = false;                         ///< due ticks wait until a job of it has ended
  std::deque<std::function<void()>> waiting; ///< wishes that came while it was being written
};

/// Rule and zone of the row. Without them it has a fault, and never fires.
inline schedule_entry entry_of(scheduler::schedule row, const zone_lookup& zones) {
  schedule_entry e;
  e.what = std::move(row);
  const auto read = base::json::read(e.what.rule);
  scheduler::rule_faults bad;
  if (const auto* sent = std::get_if<base::json::value>(&read))
    e.rule = scheduler::read_rule(*sent, bad);
  if (!e.rule) e.fault = "its rule cannot be read";
  if (auto zone = zones(e.what.zone)) {
    e.zone = std::move(*zone);
  } else if (e.fault.empty()) {
    e.fault = "its zone is unknown";
  }
  return e;
}

inline scheduler::rule_end end_of(const scheduler::schedule& s) {
  return {s.ends_at, s.ticks_left};
}

/// The row as the writer of `said` wants it; what became of it stays.
inline scheduler::schedule rewritten(scheduler::schedule row, const scheduler::schedule& said) {
  row.name = said.name;
  row.kind = said.kind;
  row.queue = said.queue;
  row.lane = said.lane;
  row.payload = said.payload;
  row.priority = said.priority;
  row.max_attempts = said.max_attempts;
  row.timeout_s = said.timeout_s;
  row.rule = said.rule;
  row.zone = said.zone;
  row.misfire = said.misfire;
  row.overlap = said.overlap;
  row.ends_at = said.ends_at;
  return row;
}

/// When its owner has to look at it: its next tick, or the end of its pause.
inline std::optional<base::utc_us> wakes_at(const schedule_entry& e,
                                            std::optional<base::utc_us> next_tick) {
  if (e.what.deleted_at) return std::nullopt;
  if (e.what.paused) return e.what.paused_until;
  return next_tick;
}

} // namespace actors
