#include "base/id.hpp"

#include "base/assert.hpp"
#include "base/sha256.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace base {
namespace {

// A key of ours, from the highest bit: 0, 0 · milliseconds since 2020 (42) · counter (12) ·
// lane (8).
constexpr std::uint64_t epoch_ms = 1'577'836'800'000; // 2020-01-01T00:00:00Z
constexpr unsigned counter_bits = 12, lane_bits = 8, check_bits = 54;
constexpr std::uint64_t counter_mask = (1u << counter_bits) - 1;
constexpr std::uint64_t lane_mask = (1u << lane_bits) - 1;
constexpr std::uint64_t check_mask = (std::uint64_t{1} << check_bits) - 1;
constexpr std::uint64_t ms_end = std::uint64_t{1} << 42; // in the year 2159

struct words {
  std::uint64_t high = 0, low = 0;
};

/// Fills the bits of a UUID that the key does not need, so that no other UUIDv7 is taken for ours
/// (splitmix64's last steps: Steele, Lea, Flood, "Fast splittable pseudorandom number generators").
std::uint64_t check_of(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
  return (key ^ (key >> 31)) & check_mask;
}

words words_of(std::uint64_t key) {
  const auto ms = (key >> (counter_bits + lane_bits)) + epoch_ms;
  const auto counter = (key >> lane_bits) & counter_mask;
  return {(ms << 16) | 0x7000u | counter,
          0x8000000000000000u | ((key & lane_mask) << check_bits) | check_of(key)};
}

std::string text_of(words w) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) ++at;
    const std::uint64_t word = i < 16 ? w.high : w.low;
    text[at++] = digits[(word >> (60 - 4 * (i % 16))) & 0xfu];
  }
  return text;
}

constexpr auto nibbles = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 10; ++i)
    table[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i)
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
  return table;
}();

std::optional<words> words_from(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::uint64_t parts[2] = {0, 0};
  int bad = 0;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      bad |= text[i] == '-' ? 0 : -1;
      continue;
    }
    const int nibble = nibbles[static_cast<unsigned char>(text[i])];
    bad |= nibble;
    auto& part = parts[digit++ / 16];
    part = (part << 4) | (static_cast<unsigned>(nibble) & 0xfu);
  }
  if (bad < 0) return std::nullopt;
  return words{parts[0], parts[1]};
}

std::optional<id_key> key_of_ours(std::string_view text) {
  const auto w = words_from(text);
  if (!w || w->high >> 16 < epoch_ms) return std::nullopt;
  const auto ms = (w->high >> 16) - epoch_ms;
  if (ms >= ms_end) return std::nullopt;
  const auto key = (ms << (counter_bits + lane_bits)) | ((w->high & counter_mask) << lane_bits) |
                   ((w->low >> check_bits) & lane_mask);
  const auto back = words_of(key);
  if (back.high != w->high || back.low != w->low) return std::nullopt;
  return static_cast<id_key>(key);
}

constexpr char gone = '#';

std::optional<id_key> key_of_gone(std::string_view text) {
  if (text.size() < 3 || text[0] != gone) return std::nullopt;
  id_key key = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), key);
  if (error != std::errc{} || end != text.data() + text.size() || id_of(key) != text)
    return std::nullopt;
  return key;
}

std::uint64_t ms_of(utc_us instant) {
  const auto ms = instant.count / 1000 - static_cast<std::int64_t>(epoch_ms);
  return ms < 0 ? 0 : static_cast<std::uint64_t>(ms);
}

} // namespace

std::string uuid7(utc_us now, random& chance) {
  const auto ms = static_cast<std::uint64_t>(now.count / 1000);
  const std::uint64_t a = chance.next();
  return text_of({(ms << 16) | 0x7000u | (a & 0x0fffu),
                  (chance.next() & 0x3fffffffffffffffu) | 0x8000000000000000u});
}

id_key key_of(std::string_view id) {
  if (id.empty()) return before_all_keys;
  if (const auto key = key_of_ours(id)) return *key;
  if (const auto key = key_of_gone(id)) return *key;
  const auto hash = sha256(id);
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8 | hash[i];
  return std::max(-1 - static_cast<id_key>(first >> 1), before_all_keys + 1);
}

std::string id_of(id_key key) {
  if (key < 0) return gone + std::to_string(key);
  return text_of(words_of(static_cast<std::uint64_t>(key)));
}

utc_us instant_of(id_key key) {
  ENSURE(text_follows(key), "only our own ids carry their time");
  const auto ms = (static_cast<std::uint64_t>(key) >> (counter_bits + lane_bits)) + epoch_ms;
  return {static_cast<std::int64_t>(ms) * 1000};
}

id_key first_key_at(utc_us instant) {
  const auto ms = (instant.count + 999) / 1000 - static_cast<std::int64_t>(epoch_ms);
  return std::max<std::int64_t>(ms, 0) << (counter_bits + lane_bits);
}

id_key id_source::next(utc_us now, std::uint8_t lane) {
  const auto earliest = ms_of(now) << counter_bits;
  auto last = last_.load(std::memory_order_relaxed);
  std::uint64_t mine = 0;
  do {
    mine = std::max(last + 1, earliest);
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_relaxed));
  ENSURE(mine >> counter_bits < ms_end, "ids end in the year 2159");
  return static_cast<id_key>((mine << lane_bits) | lane);
}

void id_source::not_before(utc_us instant) {
  const auto bound = ((ms_of(instant) + 1) << counter_bits) - 1;
  auto last = last_.load(std::memory_order_relaxed);
  while (last < bound && !last_.compare_exchange_weak(last, bound, std::memory_order_relaxed)) {
  }
}

} // namespace base
