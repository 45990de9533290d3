// What   strong_id<Tag>: ids that cannot be mixed up, and UUIDv7 texts for new ones.
// Why    Ids are opaque texts (imports keep theirs), so the type has to say whose id it is.
// Bounds 1..64 bytes; ours are 36 characters, lower case, ordered by time of creation to the
//        millisecond.
// Source RFC 9562 §5.7 (UUIDv7); api-contract §2.4.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace base {

template <class Tag> struct strong_id {
  std::string value;

  strong_id() = default;
  explicit strong_id(std::string text) : value(std::move(text)) {}
  bool empty() const { return value.empty(); }
  auto operator<=>(const strong_id&) const = default;
};

/// 48 bits of milliseconds, then random bits: unique without coordination.
std::string uuid7(utc_us now, random& chance);

} // namespace base

template <class Tag> struct std::hash<base::strong_id<Tag>> {
  std::size_t operator()(const base::strong_id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
