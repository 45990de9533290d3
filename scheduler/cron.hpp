// What   cron: an expression of 5 fields, or 6 with seconds first, as bits; its next tick in a
//        zone.
// Why    The next tick is found by jumping from set bit to set bit, whether it is a second or
//        years away. Fixed hours (plain numbers only) name times of the day: one in a gap runs once
//        at its end, a doubled one at its first pass. Other rules follow real time.
// Bounds text 1…256 characters; no wait between two days is longer than 8 years.
// Errors read_cron answers the byte at which it stopped, why, and what to write instead.
// Threads none (values).
// Source jobs.md §9.
#pragma once

#include "scheduler/cron_days.hpp"
#include "scheduler/nominal_tick.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace scheduler {

inline constexpr std::size_t cron_text_max = 256; // what a person can still read

/// Made by read_cron: no field is empty.
struct cron {
  std::string text; ///< as it was written
  std::uint64_t seconds = 1;
  std::uint64_t minutes = 0;
  std::uint32_t hours = 0;
  bool fixed_hours = false;
  cron_days days;

  /// The first local time behind `after` that the fields name, whether clocks show it or not.
  std::optional<local_us> next_local(local_us after) const;
  std::optional<nominal_tick> next_tick(base::utc_us after, const zone_rules& zone) const;
  std::optional<base::utc_us> next_after(base::utc_us after, const zone_rules& zone) const;

  bool operator==(const cron&) const = default;
};

struct cron_fault {
  std::size_t position = 0; ///< byte, from 0
  std::string reason, hint;

  bool operator==(const cron_fault&) const = default;
};

std::variant<cron, cron_fault> read_cron(std::string_view text);

} // namespace scheduler
