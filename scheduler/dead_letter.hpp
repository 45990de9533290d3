// What   dead_letter_note: what an operator says of a group of dead jobs, and until when it is
//        muted.
// Bounds A note has at most 200 characters.
// Threads none (values).
// Source jobs.md §7.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>

namespace scheduler {

/// Written whole: the newest word counts.
struct dead_letter_note {
  std::string fingerprint;
  std::string note, by;
  base::utc_us at;
  std::optional<base::utc_us> muted_until; ///< it is shown, and alarms nobody

  bool operator==(const dead_letter_note&) const = default;
};

} // namespace scheduler
