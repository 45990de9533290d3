// read_cron: from text to bits, with the place of the first fault.
#include "base/assert.hpp"
#include "scheduler/cron.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <span>
#include <vector>

namespace scheduler {

namespace {

constexpr std::array<std::string_view, 12> month_names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                       "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{"SUN", "MON", "TUE", "WED",
                                                        "THU", "FRI", "SAT"};

struct cron_field {
  std::string_view name;
  unsigned least, most;
  unsigned end; ///< where an open end ends: of weekdays on Saturday, because 7 is Sunday again
  std::span<const std::string_view> names = {};
};

constexpr cron_field second_field{"second", 0, 59, 59};
constexpr cron_field minute_field{"minute", 0, 59, 59};
constexpr cron_field hour_field{"hour", 0, 23, 23};
constexpr cron_field day_field{"day of month", 1, 31, 31};
constexpr cron_field month_field{"month", 1, 12, 12, month_names};
constexpr cron_field weekday_field{"weekday", 0, 7, 6, weekday_names};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> nicknames{
    {{"@yearly", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

struct cron_word {
  std::size_t at = 0;
  std::string_view text;
};

std::vector<cron_word> cron_words(std::string_view text) {
  std::vector<cron_word> words;
  for (std::size_t i = 0; i < text.size();) {
    const auto begin = text.find_first_not_of(" \t", i);
    if (begin == std::string_view::npos) break;
    i = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back({begin, text.substr(begin, i - begin)});
  }
  return words;
}

constexpr char cron_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
constexpr bool is_cron_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_cron_letter(char c) { return cron_upper(c) >= 'A' && cron_upper(c) <= 'Z'; }

/// Reads one field. Each step answers false once there is a fault.
class field_reader {
public:
  field_reader(const cron_field& field, const cron_word& text)
      : field_(field), rest_(text.text), at_(text.at) {}

  bool read(cron_days* days = nullptr);

  std::uint64_t bits() const { return bits_; }
  bool lets_all_through() const { return all_; }
  bool plain() const { return plain_; } ///< numbers or names and nothing else
  cron_fault fault;

private:
  bool item(cron_days* days);
  bool value(unsigned& out);
  bool number(unsigned& out, unsigned least, unsigned most, std::string_view what);
  bool special_day(cron_days& days, bool& taken);
  bool day_after_value(cron_days& days, unsigned v, bool& taken);
  bool refuse(std::size_t at, std::string reason, std::string hint) {
    fault = {at, std::move(reason), std::move(hint)};
    return false;
  }
  bool take(char c) {
    if (rest_.empty() || cron_upper(rest_.front()) != c) return false;
    rest_.remove_prefix(1);
    ++at_;
    return true;
  }
  bool is_weekday() const { return &field_ == &weekday_field; }

  const cron_field& field_;
  std::string_view rest_;
  std::size_t at_;
  std::uint64_t bits_ = 0;
  bool all_ = false, plain_ = true;
};

bool field_reader::number(unsigned& out, unsigned least, unsigned most, std::string_view what) {
  const auto begin = at_;
  const auto hint = fmt::format("a number from {} to {}", least, most);
  std::size_t digits = 0;
  while (digits < rest_.size() && is_cron_digit(rest_[digits])) ++digits;
  if (digits == 0) return refuse(begin, fmt::format("no {}", what), hint);
  const auto end = rest_.data() + digits;
  const bool fits = std::from_chars(rest_.data(), end, out).ec == std::errc{};
  if (!fits || out < least || out > most)
    return refuse(begin, fmt::format("{} out of range", what), hint);
  rest_.remove_prefix(digits);
  at_ += digits;
  return true;
}

bool field_reader::value(unsigned& out) {
  if (rest_.empty() || !is_cron_letter(rest_.front()) || field_.names.empty())
    return number(out, field_.least, field_.most, field_.name);
  for (std::size_t i = 0; i < field_.names.size(); ++i) {
    const auto& name = field_.names[i];
    if (rest_.size() < name.size()) continue;
    bool same = true;
    for (std::size_t c = 0; c < name.size(); ++c) same = same && cron_upper(rest_[c]) == name[c];
    if (!same) continue;
    rest_.remove_prefix(name.size());
    at_ += name.size();
    out = static_cast<unsigned>(i) + field_.least;
    return true;
  }
  if (is_weekday() && cron_upper(rest_.front()) == 'L')
    return refuse(at_, "L without a weekday", "5L is the last Friday of the month");
  return refuse(at_, fmt::format("no name of a {}", field_.name),
                fmt::format("{} to {}, or numbers", field_.names.front(), field_.names.back()));
}

/// L, LW, L-n.
bool field_reader::special_day(cron_days& days, bool& taken) {
  if (&field_ != &day_field || !take('L')) return true;
  taken = true;
  if (take('W')) {
    days.nearest_to_end = true;
    return true;
  }
  unsigned back = 0;
  if (take('-') && !number(back, 0, 30, "number of days before the last")) return false;
  days.from_end |= 1u << back;
  return true;
}

/// nW; nL, n#k.
bool field_reader::day_after_value(cron_days& days, unsigned v, bool& taken) {
  if (&field_ == &day_field && take('W')) {
    days.nearest |= 1u << v;
    taken = true;
  }
  if (!is_weekday()) return true;
  const auto bit = static_cast<std::uint8_t>(1u << v % 7);
  if (take('L')) {
    days.last_of |= bit;
    taken = true;
  } else if (take('#')) {
    unsigned nth = 0;
    if (!number(nth, 1, 5, "number of the weekday in its month")) return false;
    days.nth_of[nth - 1] |= bit;
    taken = true;
  }
  return true;
}

bool field_reader::item(cron_days* days) {
  const auto begin = at_;
  unsigned from = field_.least, to = field_.end;
  bool taken = false, open = take('*');
  const bool star = open;
  plain_ = plain_ && !star;
  if (!star) {
    if (days != nullptr && !special_day(*days, taken)) return false;
    if (taken) return true;
    if (!value(from)) return false;
    if (days != nullptr && !day_after_value(*days, from, taken)) return false;
    if (taken) return true;
    to = from;
    open = true;
    if (take('-')) {
      plain_ = open = false;
      const bool named = !rest_.empty() && is_cron_letter(rest_.front());
      if (!value(to)) return false;
      if (named && is_weekday() && to == 0 && from > 0) to = 7; // FRI-SUN
      if (to < from)
        return refuse(begin, "the range ends before it begins",
                      is_weekday() && to == 0 ? "write 7 for Sunday at the end of a range"
                                              : "write it as two ranges, separated by a comma");
    }
  }
  unsigned step = 1;
  if (take('/')) {
    plain_ = false;
    if (!number(step, 1, field_.most, "step")) return false;
    if (open && !star) to = std::max(to, field_.end);
  }
  all_ = all_ || (star && step == 1);
  for (auto v = from; v <= to; v += step) bits_ |= std::uint64_t{1} << v;
  return true;
}

bool field_reader::read(cron_days* days) {
  if (rest_ == "?") {
    if (days == nullptr)
      return refuse(at_, fmt::format("? in the {}", field_.name), "? is for days; write *");
    all_ = true;
    return true;
  }
  do {
    if (rest_.empty() || rest_.front() == ',')
      return refuse(at_, "an empty entry of a list", "leave the comma out");
    if (!item(days)) return false;
    if (!rest_.empty() && rest_.front() != ',')
      return refuse(at_, fmt::format("the {} does not end here", field_.name),
                    "entries of a list are separated by commas, fields by spaces");
  } while (take(','));
  return true;
}

std::variant<cron, cron_fault> read_fields(std::string_view text, std::string_view fields) {
  const auto words = cron_words(fields);
  constexpr std::string_view form = "minute hour day month weekday, or a second before them";
  if (words.size() < 5)
    return cron_fault{text.size(), fmt::format("{} fields", words.size()), std::string{form}};
  if (words.size() > 6) return cron_fault{words[6].at, "more than 6 fields", std::string{form}};
  cron c;
  c.text = text;
  auto next = words.begin();
  if (words.size() == 6) {
    field_reader seconds{second_field, *next++};
    if (!seconds.read()) return seconds.fault;
    c.seconds = seconds.bits();
  }
  field_reader minutes{minute_field, *next++};
  if (!minutes.read()) return minutes.fault;
  c.minutes = minutes.bits();
  field_reader hours{hour_field, *next++};
  if (!hours.read()) return hours.fault;
  c.hours = static_cast<std::uint32_t>(hours.bits());
  c.fixed_hours = hours.plain();

  const auto day_word = *next++;
  field_reader days{day_field, day_word};
  if (!days.read(&c.days)) return days.fault;
  c.days.days = static_cast<std::uint32_t>(days.bits());
  c.days.any_day = days.lets_all_through();
  field_reader months{month_field, *next++};
  if (!months.read()) return months.fault;
  c.days.months = static_cast<std::uint16_t>(months.bits());
  field_reader weekdays{weekday_field, *next++};
  if (!weekdays.read(&c.days)) return weekdays.fault;
  c.days.weekdays = static_cast<std::uint8_t>((weekdays.bits() | weekdays.bits() >> 7) & 0x7f);
  c.days.any_weekday = weekdays.lets_all_through();

  ENSURE(c.seconds != 0 && c.minutes != 0 && c.hours != 0, "a field lets something through");
  if (!c.days.comes_within_8_years())
    return cron_fault{day_word.at, "never fires, or not within 8 years",
                      "name a day that one of the months has"};
  return c;
}

} // namespace

std::variant<cron, cron_fault> read_cron(std::string_view text) {
  if (text.size() > cron_text_max)
    return cron_fault{cron_text_max, fmt::format("longer than {} characters", cron_text_max),
                      "make several schedules of it"};
  const auto words = cron_words(text);
  if (words.empty()) return cron_fault{0, "empty", "0 6 * * * is each day at 06:00"};
  const auto& first = words.front();
  if (first.text.front() != '@') return read_fields(text, text);
  for (const auto& [name, fields] : nicknames) {
    if (first.text != name) continue;
    if (words.size() > 1) return cron_fault{words[1].at, "more behind a nickname", "leave it out"};
    return read_fields(text, fields);
  }
  if (first.text == "@every")
    return cron_fault{first.at, "@every is no cron rule", R"(write {"every_s": …, "anchor": …})"};
  if (first.text == "@reboot")
    return cron_fault{first.at, "@reboot names no time", "run the job by hand"};
  return cron_fault{first.at, "no such nickname", "@yearly @monthly @weekly @daily @hourly"};
}

} // namespace scheduler
