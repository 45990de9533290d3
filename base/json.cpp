#include "base/json.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/strict_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <numeric>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace base::json {
namespace {

// -- UTF-8 ----------------------------------------------------------------------------------------

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

/// The length of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned char {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const unsigned char lead = byte(0);
  const unsigned char second = byte(1);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !is_continuation(second)) return 0;
  if (lead < 0xe0) return 2;
  if (!is_continuation(byte(2))) return 0;
  if (lead == 0xe0 && second < 0xa0) return 0; // overlong
  if (lead == 0xed && second > 0x9f) return 0; // surrogate
  if (lead < 0xf0) return 3;
  if (!is_continuation(byte(3))) return 0;
  if (lead == 0xf0 && second < 0x90) return 0; // overlong
  if (lead == 0xf4 && second > 0x8f) return 0; // beyond U+10FFFF
  return 4;
}

/// The offset of the first byte that is not UTF-8, or the size. ASCII goes eight bytes at a time.
std::size_t valid_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      if ((word & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const auto length = sequence_at(text, at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

// -- reader ---------------------------------------------------------------------------------------

/// A finished value that waits for the end of its container. The key points into the parsed text.
struct slot {
  std::string_view key;
  value content;
};

/// Marks in `dropped` all but the last of each key, whose value takes the place of the first.
void drop_duplicates(slot* members, std::size_t count, std::vector<bool>& dropped) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int c = members[a].key.compare(members[b].key);
    return c != 0 ? c < 0 : a < b;
  });
  for (std::size_t i = 0, next = 0; i < count; i = next) {
    for (next = i + 1; next < count && members[order[next]].key == members[order[i]].key; ++next) {
      if (dropped.empty()) dropped.resize(count);
      dropped[order[next]] = true;
    }
    if (next - i > 1) members[order[i]].content = std::move(members[order[next - 1]].content);
  }
}

bool has_duplicate(const slot* members, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (members[i].key == members[j].key) return true;
    }
  }
  return false;
}

/// Gets the events of the parser. Finished values wait on one flat stack until the end of their
/// container is seen, so that each container is allocated once and in its size.
class builder {
public:
  /// `text` is where the parser works; strings are looked through only when it has escapes at all.
  enum class twice : bool { last_wins, refused };
  builder(const char* text, bool has_escapes, twice how)
      : text_(text), has_escapes_(has_escapes), twice_(how) {
    slots_.reserve(16);
  }

  bool Null() { return push(value{}); }
  bool Bool(bool b) { return push(value{b}); }
  bool RawNumber(const char* s, rapidjson::SizeType size, bool) {
    return push(value{number{std::string(s, size)}});
  }
  bool String(const char* s, rapidjson::SizeType size, bool) {
    return acceptable({s, size}) && push(value{std::string(s, size)});
  }
  bool Key(const char* s, rapidjson::SizeType size, bool) {
    slots_.emplace_back().key = {s, size};
    return acceptable({s, size});
  }
  bool StartObject() { return open(true); }
  bool StartArray() { return open(false); }

  bool EndObject(rapidjson::SizeType count) {
    slot* const members = slots_.data() + slots_.size() - count;
    std::vector<bool> dropped;
    if (twice_ == twice::refused && refuse_second(members, count)) return false;
    // Short objects, which is nearly all of them, are looked through without a sort and its memory.
    if (count > 16 || has_duplicate(members, count)) {
      drop_duplicates(members, count, dropped);
    }
    object made;
    made.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (!dropped.empty() && dropped[i]) continue;
      made.emplace_back(std::string{members[i].key}, std::move(members[i].content));
    }
    return close(count, value{std::move(made)});
  }

  bool EndArray(rapidjson::SizeType count) {
    array made;
    made.reserve(count);
    const slot* const end = slots_.data() + slots_.size();
    for (slot* s = slots_.data() + slots_.size() - count; s != end; ++s) {
      made.push_back(std::move(s->content));
    }
    return close(count, value{std::move(made)});
  }

  // Numbers come as text only; the parser still wants to see these.
  bool Int(int) { UNREACHABLE("numbers come as text"); }
  bool Uint(unsigned) { UNREACHABLE("numbers come as text"); }
  bool Int64(std::int64_t) { UNREACHABLE("numbers come as text"); }
  bool Uint64(std::uint64_t) { UNREACHABLE("numbers come as text"); }
  bool Double(double) { UNREACHABLE("numbers come as text"); }

  value take() {
    ENSURE(depth_ == 0 && slots_.size() == 1, "a finished text is one value");
    return std::move(slots_.front().content);
  }

  /// Why and where we stopped the parser; nothing when it stopped by itself.
  const std::optional<fault>& refusal() const { return refusal_; }

private:
  /// A value belongs to the key before it, or is the next element.
  bool push(value v) {
    const bool keyed = depth_ > 0 && in_object_[depth_ - 1];
    (keyed ? slots_.back() : slots_.emplace_back()).content = std::move(v);
    return true;
  }

  /// The parser reports the place of this refusal itself.
  bool open(bool as_object) {
    if (depth_ == limits::json_depth_max) return false;
    in_object_[depth_++] = as_object;
    return true;
  }

  bool close(std::size_t count, value made) {
    slots_.resize(slots_.size() - count);
    --depth_;
    return push(std::move(made));
  }

  /// Escapes can make what the text itself cannot have: a NUL, and half of a surrogate pair
  /// (RapidJSON lets a single low one through, as the bytes ED B0..BF xx).
  bool acceptable(std::string_view s) {
    if (!has_escapes_) return true;
    const char* reason = nullptr;
    if (s.find('\0') != s.npos) reason = "NUL character in string.";
    if (valid_prefix(s) != s.size()) reason = "Lone surrogate in string.";
    if (reason == nullptr) return true;
    // The strings lie where they were read, so the opening quote is the byte before.
    refusal_ = fault{static_cast<std::size_t>(s.data() - text_) - 1, reason};
    return false;
  }

  bool refuse_second(const slot* members, std::size_t count) {
    std::vector<std::string_view> keys;
    keys.reserve(count);
    for (std::size_t i = 0; i < count; ++i) keys.push_back(members[i].key);
    std::sort(keys.begin(), keys.end(), [](std::string_view a, std::string_view b) {
      const int c = a.compare(b);
      return c != 0 ? c < 0 : a.data() < b.data();
    });
    const auto same = std::adjacent_find(keys.begin(), keys.end());
    if (same == keys.end()) return false;
    refusal_ =
        fault{static_cast<std::size_t>(std::next(same)->data() - text_) - 1, "Duplicate member."};
    return true;
  }

  const char* text_;
  bool has_escapes_;
  twice twice_;
  std::vector<slot> slots_;
  std::array<bool, limits::json_depth_max> in_object_{};
  std::size_t depth_ = 0;
  std::optional<fault> refusal_;
};

// -- writer ---------------------------------------------------------------------------------------

/// What follows the backslash for each byte: 0 = stands for itself, 'u' = \u00xx.
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

void put_string(std::string_view s, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0; // start of the run that stands for itself
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    const char escape = escapes[c];
    if (escape == 0) continue;
    out.append(s, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += digits[c >> 4];
      out += digits[c & 0xf];
    }
  }
  out.append(s, plain);
  out += '"';
}

enum class member_order { as_is, sorted };

void put(const value& v, member_order order, std::string& out);

void put_member(const object::value_type& member, member_order order, bool first,
                std::string& out) {
  if (!first) out += ',';
  put_string(member.first, out);
  out += ':';
  put(member.second, order, out);
}

void put_object(const object& o, member_order order, std::string& out) {
  out += '{';
  bool first = true;
  if (order == member_order::as_is) {
    for (const auto& member : o) put_member(member, order, std::exchange(first, false), out);
  } else {
    std::vector<const object::value_type*> members;
    members.reserve(o.size());
    for (const auto& member : o) members.push_back(&member);
    // By bytes, which for UTF-8 is the order of code points.
    std::stable_sort(members.begin(), members.end(),
                     [](const auto* a, const auto* b) { return a->first < b->first; });
    for (const auto* member : members) {
      put_member(*member, order, std::exchange(first, false), out);
    }
  }
  out += '}';
}

void put_array(const array& a, member_order order, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& element : a) {
    if (!std::exchange(first, false)) out += ',';
    put(element, order, out);
  }
  out += ']';
}

void put(const value& v, member_order order, std::string& out) {
  if (const auto* s = v.if_string()) return put_string(*s, out);
  if (const auto* o = v.if_object()) return put_object(*o, order, out);
  if (const auto* a = v.if_array()) return put_array(*a, order, out);
  if (const auto* n = v.if_number()) {
    ENSURE(!n->text.empty(), "a number has a text");
    out += n->text;
  } else if (const auto* b = v.if_bool()) {
    out += *b ? "true" : "false";
  } else {
    out += "null";
  }
}

} // namespace

// -- value ----------------------------------------------------------------------------------------

const value* value::find(std::string_view key) const {
  const auto* members = if_object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, content] : *members) {
    if (name == key) return &content;
  }
  return nullptr;
}

std::optional<std::int64_t> value::as_int64() const {
  const auto* n = if_number();
  if (n == nullptr) return std::nullopt;
  const char* const end = n->text.data() + n->text.size();
  std::int64_t whole = 0;
  const auto read = std::from_chars(n->text.data(), end, whole);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return whole;
}

// -- entry points ---------------------------------------------------------------------------------

namespace {

std::variant<value, fault> read_as(std::string_view text, builder::twice how) {
  if (const auto valid = valid_prefix(text); valid != text.size()) {
    return fault{valid, "Invalid UTF-8."};
  }
  // Parsed in place in a copy: strings and numbers are then handed over without one more.
  std::string copy{text};
  rapidjson::InsituStringStream stream{copy.data()};
  builder events{copy.data(), text.find('\\') != text.npos, how};
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  const auto parsed = reader.Parse<flags>(stream, events);
  if (events.refusal()) return *events.refusal();
  if (parsed.Code() == rapidjson::kParseErrorTermination) {
    return fault{parsed.Offset(), "Nested too deep."};
  }
  if (parsed.Code() == rapidjson::kParseErrorNumberTooBig) {
    return fault{parsed.Offset(), "Number too big."};
  }
  if (parsed.IsError()) return fault{parsed.Offset(), rapidjson::GetParseError_En(parsed.Code())};
  // A NUL byte looks like the end to the parser.
  if (stream.Tell() != text.size()) {
    return fault{stream.Tell(),
                 rapidjson::GetParseError_En(rapidjson::kParseErrorDocumentRootNotSingular)};
  }
  return events.take();
}

} // namespace

std::variant<value, fault> read(std::string_view text) {
  return read_as(text, builder::twice::last_wins);
}

std::variant<value, fault> read_strict(std::string_view text) {
  return read_as(text, builder::twice::refused);
}

std::string write(const value& v) {
  std::string out;
  write(v, out);
  return out;
}

void write(const value& v, std::string& out) { put(v, member_order::as_is, out); }

std::string write_canonical(const value& v) {
  std::string out;
  put(v, member_order::sorted, out);
  return out;
}

} // namespace base::json
