#include "storage/search_text.hpp"

#include <cstddef>
#include <cstdint>

namespace storage {

namespace {

// What each letter from U+00C0 to U+017F is without case and accent; a space means that it stays.
constexpr std::string_view latin1 = "aaaaaa ceeeeiiii nooooo ouuuuy  "  // À…ß
                                    "aaaaaa ceeeeiiii nooooo ouuuuy y"; // à…ÿ
constexpr std::string_view latin_a = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkk "
                                     "llllllllllnnnnnnn  oooooo  rrrrrrssssssssttttttuuuuuuuuuuuu"
                                     "wwyyyzzzzzzs";
static_assert(latin1.size() == 64);
static_assert(latin_a.size() == 128);

struct code_point {
  std::uint32_t value = 0;
  std::size_t bytes = 0; ///< 0: malformed
};

code_point decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  return {value, length};
}

void append_two_bytes(std::string& out, std::uint32_t value) {
  out += static_cast<char>(0xc0U | (value >> 6U));
  out += static_cast<char>(0x80U | (value & 0x3fU));
}

/// Appends the folded form and answers true, or answers false: the letter stays as it is.
bool append_folded(std::string& out, std::uint32_t c) {
  if (c >= 0x300 && c <= 0x36f) return true; // combining accents
  if (c >= 0xc0 && c <= 0x17f) {
    const char plain = c < 0x100 ? latin1[c - 0xc0] : latin_a[c - 0x100];
    if (plain != ' ') {
      out += plain;
      return true;
    }
    if (c == 0xdf) return out += "ss", true;
    if (c == 0xc6 || c == 0xe6) return out += "ae", true;
    if (c == 0x152 || c == 0x153) return out += "oe", true;
    if (c == 0xde || c == 0xd0) return append_two_bytes(out, c + 32), true;
    return false;
  }
  if (c >= 0x391 && c <= 0x3a9) return append_two_bytes(out, c + 32), true; // Greek
  if (c >= 0x410 && c <= 0x42f) return append_two_bytes(out, c + 32), true; // Cyrillic
  if (c >= 0x400 && c <= 0x40f) return append_two_bytes(out, c + 80), true;
  return false;
}

} // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = decode(text);
    const std::size_t bytes = c.bytes == 0 ? 1 : c.bytes;
    if (c.bytes == 1)
      out += text[0] >= 'A' && text[0] <= 'Z' ? static_cast<char>(text[0] + 32) : text[0];
    else if (c.bytes == 0 || !append_folded(out, c.value))
      out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

std::string containing(std::string_view text) {
  std::string out = "%";
  for (const char c : folded(text)) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out += '%';
}

} // namespace storage
