// What   dead_letter_index: how many dead jobs there are, and how many of them are of groups that
//        somebody has muted.
// Why    An alarm that a person has answered keeps quiet until the time that the person gave, and
//        then is heard again without anything happening.
// Bounds One number for each group that has a dead job now, so never more than live jobs; the mutes
//        in force, which people make: dead_mutes_max. count() looks at each of these.
// Threads confined to the owner of the jobs.
// Source jobs.md §7.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace scheduler {

inline constexpr std::size_t dead_mutes_max = 1000; ///< in force at a time

class dead_letter_index {
public:
  struct counts {
    std::int64_t open = 0, muted = 0;

    bool operator==(const counts&) const = default;
  };

  /// A job of the group has died; it is dead no more.
  void add(const std::string& fingerprint);
  void erase(const std::string& fingerprint);

  /// The newest word about the group, also of one without dead jobs; without an instant it is
  /// heard.
  void mute(const std::string& fingerprint, std::optional<base::utc_us> until);
  bool muted(const std::string& fingerprint, base::utc_us now) const;
  /// Whether another group can be muted, or this one for longer.
  bool may_mute(const std::string& fingerprint, base::utc_us now);

  counts count(base::utc_us now);

private:
  void expire(base::utc_us now);

  std::unordered_map<std::string, std::int64_t> dead_; ///< none of 0
  std::int64_t all_ = 0;
  std::map<std::string, base::utc_us> mutes_; ///< until when
};

} // namespace scheduler
