// What   strong_id<Tag>: ids that cannot be mixed up; id_source: new ones; key_of: the integer
//        under which tables and the hash chain know an id.
// Why    Ids are opaque texts (imports keep theirs), so the type has to say whose id it is. As text
//        an id costs 37 bytes in each row and index that names it, as a key 8
//        (docs/decisions/0007).
// Bounds 1..64 bytes; ours are UUIDv7: 36 characters, lower case, ordered by time of creation.
// Threads values; id_source is for any thread.
// Source RFC 9562 §5.7 (UUIDv7); api-contract §2.4.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
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

/// 48 bits of milliseconds, then random bits: for what is in no table (nodes, requests).
std::string uuid7(utc_us now, random& chance);

using id_key = std::int64_t;

inline constexpr id_key before_all_keys = std::numeric_limits<id_key>::min();

/// Ours, from id_source: 0 or more, in the order of the texts, and the text follows from the key.
/// Any other text: negative, from its SHA-256; whoever stores such a key stores the text beside it.
/// The empty text: before_all_keys.
id_key key_of(std::string_view id);
template <class Tag> id_key key_of(const strong_id<Tag>& id) {
  return key_of(std::string_view{id.value});
}
inline bool text_follows(id_key key) { return key >= 0; }
/// The text of one of ours. For others a text that key_of() turns back into the key: it stands for
/// an id whose row is gone.
std::string id_of(id_key key);
/// When one of ours was made, to the millisecond.
utc_us instant_of(id_key key);

/// Makes ids whose key counts milliseconds, then ids within one; a lane keeps those apart that two
/// processes make in the same millisecond. Never repeats one, and never goes back with the clock.
class id_source {
public:
  std::string next(utc_us now, std::uint8_t lane);
  /// All later ids are younger than this instant: what a former owner of a lane made is older.
  void not_before(utc_us instant);

private:
  std::atomic<std::uint64_t> last_{0}; ///< milliseconds and counter
};

} // namespace base

template <class Tag> struct std::hash<base::strong_id<Tag>> {
  std::size_t operator()(const base::strong_id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
