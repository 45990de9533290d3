#include "http/api/report_period.hpp"

#include "scheduler/recurrence.hpp"

namespace http {

namespace {

constexpr std::string_view periods[] = {"calendar"};

base::civil_day months_before(base::civil_day day, std::int64_t months) {
  return scheduler::recurrence{scheduler::frequency::monthly, 1, day, {}}.occurrence(
      -static_cast<std::int32_t>(months));
}

base::civil_day month_start(base::civil_day day) {
  int year = 0;
  unsigned month = 0, of_month = 0;
  base::split_day(day, year, month, of_month);
  return base::make_day(year, month, 1);
}

} // namespace

base::civil_day month_end(base::civil_day day) {
  int year = 0;
  unsigned month = 0, of_month = 0;
  base::split_day(day, year, month, of_month);
  return base::make_day(year, month, base::days_in_month(year, month));
}

report_period read_period(const service& s, query_reader& in, std::int64_t months_max) {
  report_period p;
  p.months = in.integer("months", 1, months_max).value_or(p.months);
  const auto today = s.zone.day_of(s.clock.now());
  const bool calendar = in.one_of("period", periods).has_value();
  p.first = calendar ? month_start(months_before(month_start(today), p.months - 1))
                     : months_before(today, p.months);
  p.last = calendar ? month_end(today) : today;
  return p;
}

} // namespace http
