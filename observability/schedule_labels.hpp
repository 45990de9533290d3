// What   The closed lists of label values of schedules, and of what keeps a job from starting.
// Why    As labels.hpp.
// Threads any (constants).
// Source metrics.md §5; jobs.md §16
#pragma once

#include "observability/labels.hpp"

namespace observability {

enum class schedule_level : std::uint8_t { active, paused, ended };
template <> struct label_values<schedule_level> {
  static constexpr std::string_view key = "state";
  static constexpr std::array<std::string_view, 3> values{"active", "paused", "ended"};
};

/// How a tick ended. late: its job came more than 60 s after it; caught_up: so too, and others of
/// its schedule were due behind it.
enum class tick_result : std::uint8_t {
  on_time,
  late,
  caught_up,
  skipped,
  capped,
  overlap,
  contended
};
template <> struct label_values<tick_result> {
  static constexpr std::string_view key = "result";
  static constexpr std::array<std::string_view, 7> values{
      "on_time", "late", "caught_up", "skipped", "capped", "overlap", "contended"};
};

enum class waits_for : std::uint8_t {
  not_due,
  dependencies,
  lane_head,
  lane_shut,
  paused,
  concurrency,
  rate,
  turn,
  no_executor,
  unknown_kind,
  lock,
  draining,
  database,
  overload,
  in_doubt
};
template <> struct label_values<waits_for> {
  static constexpr std::string_view key = "gate";
  static constexpr std::array<std::string_view, 15> values{
      "not_due",     "dependencies", "lane_head", "lane_shut",   "paused",
      "concurrency", "rate",         "turn",      "no_executor", "unknown_kind",
      "lock",        "draining",     "database",  "overload",    "in_doubt"};
};

} // namespace observability
