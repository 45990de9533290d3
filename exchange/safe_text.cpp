#include "exchange/safe_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace exchange {

namespace {

struct code_point {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool good = false;
};

/// The next one of UTF-8; one byte that is none of it when it is damaged.
code_point first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < smallest[bytes] || value > 0x10ffff || surrogate) return {};
  return {value, bytes, true};
}

/// What one of the programs takes for a space, or for the end of a line.
bool is_space(char32_t c) {
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || c == 0x180e ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_plain(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_';
}

std::string percent(std::string_view text, std::string_view for_space) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto next = first_of(text.substr(at));
    const auto piece = text.substr(at, next.bytes);
    const bool inside = at > 0 && at + 1 < text.size() && text[at - 1] != ' ';
    std::string add;
    if (piece == " " && inside)
      add = for_space;
    else if (next.good && (next.value < 0x80 ? is_plain(static_cast<unsigned char>(piece[0]))
                                             : !is_space(next.value)))
      add = piece;
    else
      for (const char c : piece) add += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    if (out.size() + add.size() > encoded_max) break;
    out += add;
    at += next.bytes;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

} // namespace

std::string readable(std::string_view text) {
  std::string out;
  bool gap = false;
  std::size_t points = 0;
  for (std::size_t at = 0; at < text.size() && points < readable_max;) {
    const auto next = first_of(text.substr(at));
    const auto piece = text.substr(at, next.bytes);
    at += next.bytes;
    if (next.good && is_space(next.value)) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) {
      out += ' ';
      ++points;
    }
    gap = false;
    ++points;
    if (!next.good)
      out += '?';
    else if (next.value == ';')
      out += ',';
    else
      out += piece;
  }
  return out;
}

std::string account_part(std::string_view name) {
  auto part = readable(name);
  std::replace(part.begin(), part.end(), ':', '-');
  return part.empty() ? "sem nome" : part;
}

std::string encoded(std::string_view text) { return percent(text, " "); }

std::string tag_name(std::string_view tag) {
  constexpr std::array reserved{"date", "date2", "type",  "payee", "value",
                                "uuid", "note",  "alias", "amt",   "csv"};
  auto name = percent(tag, "+");
  const auto low = lower(name);
  const bool taken =
      std::find(reserved.begin(), reserved.end(), low) != reserved.end() || low.starts_with("vdp-");
  if (taken || name.empty()) name += '_';
  return name;
}

std::string csv_text(std::string_view text) {
  constexpr std::array<std::string_view, 11> formula{
      "=",           "+", "-", "@", "\t", "\r", "'", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
      "\xef\xbc\xa0"};
  std::string field;
  for (const auto begin : formula)
    if (text.starts_with(begin)) field = "'";
  field += text;
  const bool quote = field.find_first_of(",\"\r\n") != std::string::npos ||
                     field.starts_with(' ') || field.ends_with(' ');
  if (!quote) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

} // namespace exchange
