#include "base/time.hpp"

#include "base/assert.hpp"

#include <chrono>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>

namespace base {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int year_min = 1900;
constexpr int year_max = 2199;

year_month_day calendar(int year, unsigned month, unsigned day_of_month) {
  return {std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day_of_month}};
}

civil_day to_day(const year_month_day& date) {
  return civil_day{static_cast<std::int32_t>(sys_days{date}.time_since_epoch().count())};
}

year_month_day to_calendar(civil_day d) { return sys_days{days{d.count}}; }

// -- reading --------------------------------------------------------------------------------------

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Exactly `width` digits, and a value of at most `max`.
bool take_digits(std::string_view& text, std::size_t width, int max, int& out) {
  if (text.size() < width) return false;
  int n = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    n = n * 10 + (text[i] - '0');
  }
  if (n > max) return false;
  text.remove_prefix(width);
  out = n;
  return true;
}

std::optional<civil_day> take_day(std::string_view& text) {
  int y = 0, m = 0, d = 0;
  if (!take_digits(text, 4, 9999, y) || !take(text, '-')) return std::nullopt;
  if (!take_digits(text, 2, 12, m) || !take(text, '-')) return std::nullopt;
  if (!take_digits(text, 2, 31, d)) return std::nullopt;
  const auto date = calendar(y, static_cast<unsigned>(m), static_cast<unsigned>(d));
  if (!date.ok()) return std::nullopt;
  return to_day(date);
}

/// ".5" to nine digits; what is finer than a microsecond is cut off.
bool take_fraction(std::string_view& text, std::int64_t& us) {
  std::size_t seen = 0;
  std::int64_t n = 0;
  for (; seen < text.size() && text[seen] >= '0' && text[seen] <= '9'; ++seen) {
    if (seen < 6) n = n * 10 + (text[seen] - '0');
  }
  if (seen == 0 || seen > 9) return false;
  for (std::size_t i = seen; i < 6; ++i) n *= 10;
  text.remove_prefix(seen);
  us += n;
  return true;
}

/// HH:MM[:SS[.fraction]] as microseconds of the day.
bool take_time_of_day(std::string_view& text, std::int64_t& us) {
  int h = 0, m = 0, s = 0;
  if (!take_digits(text, 2, 23, h) || !take(text, ':')) return false;
  if (!take_digits(text, 2, 59, m)) return false;
  us = (h * 60LL + m) * 60 * us_per_second;
  if (!take(text, ':')) return true;
  if (!take_digits(text, 2, 59, s)) return false;
  us += s * us_per_second;
  return !take(text, '.') || take_fraction(text, us);
}

/// +HH:MM, +HHMM or +HH, after which nothing may stand.
bool take_offset(std::string_view text, std::int64_t& us) {
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return false;
  text.remove_prefix(1);
  int h = 0, m = 0;
  if (!take_digits(text, 2, 23, h)) return false;
  if (!text.empty()) {
    take(text, ':');
    if (!take_digits(text, 2, 59, m) || !text.empty()) return false;
  }
  us = (h * 60LL + m) * 60 * us_per_second;
  if (west) us = -us;
  return true;
}

bool accepted(utc_us t) {
  static const utc_us first = start_of(make_day(year_min, 1, 1));
  static const utc_us end = start_of(make_day(year_max + 1, 1, 1));
  return first <= t && t < end;
}

} // namespace

std::int64_t clock::steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

utc_us system_clock::now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return utc_us{std::chrono::floor<std::chrono::microseconds>(since).count()};
}

// -- civil days -----------------------------------------------------------------------------------

civil_day day_of(utc_us t) {
  const auto day = std::chrono::floor<days>(std::chrono::microseconds{t.count});
  return civil_day{static_cast<std::int32_t>(day.count())};
}

utc_us start_of(civil_day d) { return utc_us{d.count * us_per_day}; }

civil_day make_day(int year, unsigned month, unsigned day_of_month) {
  const auto date = calendar(year, month, day_of_month);
  ENSURE(date.ok(), "a day that the calendar does not have");
  return to_day(date);
}

void split_day(civil_day d, int& year, unsigned& month, unsigned& day_of_month) {
  const auto date = to_calendar(d);
  year = static_cast<int>(date.year());
  month = static_cast<unsigned>(date.month());
  day_of_month = static_cast<unsigned>(date.day());
}

unsigned days_in_month(int year, unsigned month) {
  ENSURE(month >= 1 && month <= 12, "a month that the calendar does not have");
  const std::chrono::year_month_day_last last{
      std::chrono::year{year}, std::chrono::month_day_last{std::chrono::month{month}}};
  return static_cast<unsigned>(last.day());
}

// -- texts ----------------------------------------------------------------------------------------

std::string to_text(utc_us t) {
  const civil_day day = day_of(t);
  const std::int64_t in_day = t.count - start_of(day).count;
  const std::int64_t seconds = in_day / us_per_second;
  const std::int64_t fraction = in_day % us_per_second;
  std::string text = to_text(day);
  fmt::format_to(std::back_inserter(text), FMT_COMPILE("T{:02}:{:02}:{:02}"), seconds / 3600,
                 seconds / 60 % 60, seconds % 60);
  if (fraction != 0) fmt::format_to(std::back_inserter(text), FMT_COMPILE(".{:06}"), fraction);
  text += 'Z';
  return text;
}

std::string to_text(civil_day d) {
  int y = 0;
  unsigned m = 0, dom = 0;
  split_day(d, y, m, dom);
  std::string text;
  text.reserve(27); // an instant continues it
  fmt::format_to(std::back_inserter(text), FMT_COMPILE("{:04}-{:02}-{:02}"), y, m, dom);
  return text;
}

std::optional<parsed_instant> parse_instant(std::string_view text) {
  const auto day = take_day(text);
  if (!day) return std::nullopt;
  parsed_instant parsed{start_of(*day), text.empty(), false};
  if (!parsed.date_only) {
    if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
    std::int64_t in_day = 0;
    if (!take_time_of_day(text, in_day)) return std::nullopt;
    parsed.at.count += in_day;
    if (!text.empty()) {
      std::int64_t offset = 0;
      if (text != "Z" && !take_offset(text, offset)) return std::nullopt;
      parsed.has_offset = true;
      parsed.at.count -= offset;
    }
  }
  if (!accepted(parsed.at)) return std::nullopt;
  return parsed;
}

std::optional<civil_day> parse_day(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !text.empty() || !accepted(start_of(*day))) return std::nullopt;
  return day;
}

} // namespace base
