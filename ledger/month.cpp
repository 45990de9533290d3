#include "ledger/month.hpp"

#include <fmt/format.h>

namespace ledger {

namespace {

month make(int year, unsigned of_year) {
  return {(year - 1970) * 12 + static_cast<int>(of_year) - 1};
}

} // namespace

int month::year() const {
  const int years = count >= 0 ? count / 12 : (count - 11) / 12;
  return 1970 + years;
}

unsigned month::of_year() const { return static_cast<unsigned>(count - (year() - 1970) * 12) + 1; }

month month_of(base::civil_day day) {
  int year = 0;
  unsigned of_year = 0, of_month = 0;
  base::split_day(day, year, of_year, of_month);
  return make(year, of_year);
}

std::string to_text(month m) { return fmt::format("{:04}-{:02}", m.year(), m.of_year()); }

std::optional<month> parse_month(std::string_view text) {
  if (text.size() != 7) return std::nullopt;
  const auto day = base::parse_day(std::string{text} + "-01");
  if (!day) return std::nullopt;
  return month_of(*day);
}

} // namespace ledger
