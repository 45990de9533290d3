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
#include <memory>
#include <string>
#include <string_view>

namespace base {

/// 48 bits of milliseconds, then random bits: for what is in no table (nodes, requests).
std::string uuid7(utc_us now, random& chance);

using id_key = std::int64_t;

inline constexpr id_key before_all_keys = std::numeric_limits<id_key>::min();

/// Ours, from id_source: 0 or more, in the order of the texts, and the text follows from the key.
/// Any other text: negative, from its SHA-256; whoever stores such a key stores the text beside it.
/// The empty text: before_all_keys.
id_key key_of(std::string_view id);
inline bool text_follows(id_key key) { return key >= 0; }
/// The text of one of ours. For others a text that key_of() turns back into the key: it stands for
/// an id whose row is gone.
std::string id_of(id_key key);
/// When one of ours was made, to the millisecond.
utc_us instant_of(id_key key);
/// The least key of ours that was made at this instant or later.
id_key first_key_at(utc_us instant);

/// In memory as in the tables: the key, and the text only where it does not follow from the key.
/// In the order of the texts: of ours the older first.
template <class Tag> class strong_id {
public:
  strong_id() = default;
  explicit strong_id(std::string_view text) : key_(key_of(text)) {
    if (!text.empty() && !text_follows(key_)) text_ = std::make_shared<const std::string>(text);
  }
  /// For a key without a text of its own: id_of(key).
  static strong_id of(id_key key) {
    strong_id id;
    id.key_ = key;
    if (key < 0 && key != before_all_keys)
      id.text_ = std::make_shared<const std::string>(id_of(key));
    return id;
  }

  bool empty() const { return key_ == before_all_keys; }
  std::string text() const { return text_ ? *text_ : empty() ? std::string{} : id_of(key_); }
  /// Empty where the text follows from the key. As long as the id lives.
  std::string_view imported_text() const { return text_ ? std::string_view{*text_} : ""; }

  friend id_key key_of(const strong_id& id) { return id.key_; }
  friend bool operator==(const strong_id& a, const strong_id& b) {
    return a.key_ == b.key_ && (text_follows(a.key_) || a.imported_text() == b.imported_text());
  }
  friend std::strong_ordering operator<=>(const strong_id& a, const strong_id& b) {
    if (text_follows(a.key_) && text_follows(b.key_)) return a.key_ <=> b.key_;
    return a.text() <=> b.text();
  }

private:
  id_key key_ = before_all_keys;
  std::shared_ptr<const std::string> text_; ///< immutable, so copies share it
};

/// Makes ids whose key counts milliseconds, then ids within one; a lane keeps those apart that two
/// processes make in the same millisecond. Never repeats one, and never goes back with the clock.
class id_source {
public:
  id_key next(utc_us now, std::uint8_t lane);
  /// All later ids are younger than this instant: what a former owner of a lane made is older.
  void not_before(utc_us instant);

private:
  std::atomic<std::uint64_t> last_{0}; ///< milliseconds and counter
};

} // namespace base

template <class Tag> struct std::hash<base::strong_id<Tag>> {
  std::size_t operator()(const base::strong_id<Tag>& id) const noexcept {
    return std::hash<base::id_key>{}(key_of(id));
  }
};
