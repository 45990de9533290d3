#include "base/money.hpp"

#include <algorithm>

namespace base {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool minus = text.front() == '-';
  text.remove_prefix(1);
  return minus;
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const auto digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

/// What stands after the digits: nothing or an exponent. It saturates far beyond the length of any
/// text, so that a hostile exponent costs nothing and still has its sign.
std::optional<std::int64_t> read_exponent(std::string_view text) {
  constexpr std::int64_t edge = 1'000'000'000'000;
  if (text.empty()) return 0;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool minus = take_sign(text);
  const auto digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  std::int64_t n = 0;
  for (const char c : digits) n = std::min(n * 10 + (c - '0'), edge);
  return minus ? -n : n;
}

/// The digits of both sides of the point as one row.
struct digit_row {
  std::string_view whole;
  std::string_view fraction;

  std::size_t size() const { return whole.size() + fraction.size(); }
  /// Zero beyond the end.
  int at(std::size_t i) const {
    if (i < whole.size()) return whole[i] - '0';
    i -= whole.size();
    return i < fraction.size() ? fraction[i] - '0' : 0;
  }
};

} // namespace

std::optional<centavos> add(centavos a, centavos b) {
  centavos sum;
  if (__builtin_add_overflow(a.minor, b.minor, &sum.minor)) return std::nullopt;
  return sum;
}

std::optional<centavos> subtract(centavos a, centavos b) {
  centavos difference;
  if (__builtin_sub_overflow(a.minor, b.minor, &difference.minor)) return std::nullopt;
  return difference;
}

std::string decimal_text(centavos amount) {
  char text[24];
  char* const end = text + sizeof text;
  char* at = end;
  const bool minus = amount.minor < 0;
  // Negated as unsigned: the smallest int64 has no positive twin.
  auto rest = static_cast<std::uint64_t>(amount.minor);
  if (minus) rest = 0 - rest;
  for (int digits = 0; digits < 3 || rest != 0; ++digits) {
    if (digits == 2) *--at = '.';
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  if (minus) *--at = '-';
  return std::string(at, end);
}

std::optional<centavos> parse_reais(std::string_view text) {
  text = trimmed(text);
  const bool minus = take_sign(text);
  digit_row row;
  row.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    row.fraction = take_digits(text);
  }
  if (row.size() == 0) return std::nullopt;
  const auto exponent = read_exponent(text);
  if (!exponent) return std::nullopt;

  std::size_t first = 0;
  while (first < row.size() && row.at(first) == 0) ++first;
  if (first == row.size()) return centavos{0};

  // How many digits, from the first that counts, make up the whole centavos.
  const std::int64_t kept = static_cast<std::int64_t>(row.whole.size()) -
                            static_cast<std::int64_t>(first) + *exponent + 2;
  if (kept < 0) return centavos{0};
  if (kept > 15) return std::nullopt; // amount_minor_max has 15 digits
  std::int64_t minor = 0;
  const auto end = first + static_cast<std::size_t>(kept);
  for (auto i = first; i < end; ++i) minor = minor * 10 + row.at(i);
  if (row.at(end) >= 5) ++minor;
  if (minor > amount_minor_max) return std::nullopt;
  return centavos{minus ? -minor : minor};
}

} // namespace base
