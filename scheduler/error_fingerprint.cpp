#include "scheduler/error_fingerprint.hpp"

#include "base/sha256.hpp"

#include <algorithm>

namespace scheduler {
namespace {

constexpr std::size_t alike_max = 200;
constexpr std::size_t hex_run_min = 8; ///< shorter runs of a…f are words
constexpr std::string_view curly_open = "\u201c", curly_close = "\u201d";

bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool is_hexadecimal(char c) {
  return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_latin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::size_t run_of(std::string_view text, bool (*belongs)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) -
                                  text.begin());
}

bool word_goes_on(std::string_view text) {
  return !text.empty() && (is_latin(text[0]) || is_decimal(text[0]));
}

/// The four below: bytes of what stands at the front, 0 when it is something else.
std::size_t uuid_at(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < form.size() || word_goes_on(text.substr(form.size()))) return 0;
  const auto fits = [](char f, char c) { return f == '-' ? c == '-' : is_hexadecimal(c); };
  return std::equal(form.begin(), form.end(), text.begin(), fits) ? form.size() : 0;
}

std::size_t hex_at(std::string_view text) {
  const bool marked = text.starts_with("0x") || text.starts_with("0X");
  const auto number = text.substr(marked ? 2 : 0);
  const auto length = run_of(number, is_hexadecimal);
  if (length == 0 || word_goes_on(number.substr(length))) return 0;
  if (marked) return length + 2;
  const auto digits = std::count_if(number.begin(), number.begin() + length, is_decimal);
  const bool mixed = digits > 0 && static_cast<std::size_t>(digits) < length;
  return length >= hex_run_min && mixed ? length : 0;
}

std::size_t quotes_at(std::string_view text, bool in_word) {
  if (text.starts_with(curly_open)) {
    const auto end = text.find(curly_close);
    return end == std::string_view::npos ? 0 : end + curly_close.size();
  }
  const char c = text.front();
  if (c == '"' || c == '`') {
    const auto end = text.find(c, 1);
    return end == std::string_view::npos ? 0 : end + 1;
  }
  if (c != '\'' || in_word) return 0; // don't
  for (auto end = text.find(c, 1); end != std::string_view::npos; end = text.find(c, end + 1))
    if (!word_goes_on(text.substr(end + 1))) return end + 1;
  return 0;
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

} // namespace

std::string made_alike(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  bool in_word = false;
  while (!text.empty()) {
    char shown = text.front();
    std::size_t used = 1;
    bool word = is_latin(shown);
    if (const auto spaces = run_of(text, is_blank)) {
      used = spaces;
      shown = ' ';
    } else if (const auto quoted = quotes_at(text, in_word)) {
      used = quoted;
      shown = '$';
    } else if (const auto name = std::max(uuid_at(text), in_word ? 0 : hex_at(text))) {
      used = name;
      shown = '@';
    } else if (const auto digits = run_of(text, is_decimal)) {
      used = digits;
      shown = '#';
      word = in_word;
    }
    text.remove_prefix(used);
    in_word = word;
    if (shown == ' ' && out.empty()) continue;
    if (starts_character(shown) && ++characters > alike_max) break;
    out += shown;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string error_fingerprint(std::string_view kind, std::string_view code,
                              std::string_view message) {
  std::string bytes{kind};
  bytes += '\0';
  bytes += code;
  bytes += '\0';
  bytes += made_alike(message);
  return base::hex(base::sha256(bytes)).substr(0, 16);
}

} // namespace scheduler
