#include "scheduler/recurrence.hpp"

#include "base/random.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;
using base::civil_day;
using base::make_day;

BOOST_AUTO_TEST_SUITE(recurrences)

namespace {

std::vector<std::string> first_days(const recurrence& r, std::int32_t count) {
  std::vector<std::string> days;
  for (std::int32_t k = 0; k < count; ++k) days.push_back(base::to_text(r.occurrence(k)));
  return days;
}

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(the_31st_comes_back_after_february) {
  const recurrence r{frequency::monthly, 1, make_day(2027, 1, 31), {}};
  BOOST_TEST((first_days(r, 4) == texts{"2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"}));
  const recurrence leap{frequency::yearly, 1, make_day(2028, 2, 29), {}};
  BOOST_TEST((first_days(leap, 5) ==
              texts{"2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"}));
}

BOOST_AUTO_TEST_CASE(each_frequency_and_its_interval) {
  const auto second = [](frequency f, std::int32_t interval) {
    return base::to_text(recurrence{f, interval, make_day(2026, 11, 24), {}}.occurrence(1));
  };
  BOOST_TEST(second(frequency::daily, 1) == "2026-11-25");
  BOOST_TEST(second(frequency::daily, 10) == "2026-12-04");
  BOOST_TEST(second(frequency::weekly, 2) == "2026-12-08");
  BOOST_TEST(second(frequency::biweekly, 1) == "2026-12-08");
  BOOST_TEST(second(frequency::monthly, 14) == "2028-01-24");
  BOOST_TEST(second(frequency::yearly, 3) == "2029-11-24");
}

BOOST_AUTO_TEST_CASE(the_first_day_that_is_not_before) {
  const recurrence r{frequency::monthly, 1, make_day(2027, 1, 31), make_day(2027, 3, 31)};
  BOOST_TEST(r.first_not_before(make_day(2026, 1, 1)).value() == 0);
  BOOST_TEST(r.first_not_before(make_day(2026, 1, 1), 1).value() == 1);
  BOOST_TEST(r.first_not_before(make_day(2027, 2, 28)).value() == 1);
  BOOST_TEST(r.first_not_before(make_day(2027, 3, 1)).value() == 2);
  BOOST_TEST(r.first_not_before(make_day(2027, 3, 31)).value() == 2); // inclusive
  BOOST_TEST(!r.first_not_before(make_day(2027, 4, 1)).has_value());
}

// Against counting one by one.
BOOST_AUTO_TEST_CASE(any_rule_from_any_day) {
  base::random chance{7};
  const auto first = make_day(1990, 1, 1).count;
  for (int i = 0; i < 3000; ++i) {
    recurrence r;
    r.every = static_cast<frequency>(chance.below(5));
    r.interval = static_cast<std::int32_t>(chance.between(1, 13));
    r.anchor = civil_day{first + static_cast<std::int32_t>(chance.below(15'000))};
    const civil_day day{r.anchor.count + static_cast<std::int32_t>(chance.below(9'000)) - 500};
    std::int32_t k = 0;
    while (r.occurrence(k) < day) ++k;
    BOOST_REQUIRE_EQUAL(r.first_not_before(day).value(), k);
    BOOST_REQUIRE(r.occurrence(k) < r.occurrence(k + 1));
  }
}

BOOST_AUTO_TEST_CASE(words) {
  BOOST_TEST((frequency_from_text("biweekly") == frequency::biweekly));
  BOOST_TEST(!frequency_from_text("hourly").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
