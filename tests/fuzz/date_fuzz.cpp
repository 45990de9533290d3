// Dates, instants, months: within their range, and the same when they are printed and read again.
#include "base/time.hpp"
#include "http/api/written_date.hpp"
#include "ledger/month.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cstdlib>

namespace {

const scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
const auto earliest = base::start_of(base::make_day(1900, 1, 1));
const auto end = base::start_of(base::make_day(2200, 1, 1));

} // namespace

void fuzz::target(std::string_view input) {
  if (const auto read = base::parse_instant(input)) {
    ENSURE(read->at >= earliest && read->at < end, "an instant out of range");
    const auto again = base::parse_instant(base::to_text(read->at));
    ENSURE(again && again->at == read->at, "printed and read again it is another instant");
    ENSURE(!read->date_only || read->at == base::start_of(base::day_of(read->at)),
           "a date alone is no midnight");
    ENSURE(!(read->date_only && read->has_offset), "a date with an offset");
  }
  if (const auto day = base::parse_day(input)) {
    ENSURE(base::to_text(*day) == input, "a day has one text only");
    ENSURE(base::day_of(base::start_of(*day)) == *day, "a day does not begin within itself");
    const auto same = base::parse_instant(input);
    ENSURE(same && same->date_only && same->at == base::start_of(*day), "day and date differ");
  }
  if (const auto written = http::read_date(input, zone)) {
    const auto read = base::parse_instant(input);
    ENSURE(read && read->at == written->at, "two readers, two instants");
    const auto utc = base::day_of(written->at).count;
    ENSURE(std::abs(written->effective.count - utc) <= 1, "the effective day is far away");
    ENSURE(!written->date_only || written->effective.count == utc, "a date alone is that day");
  }
  if (const auto month = ledger::parse_month(input)) {
    ENSURE(ledger::to_text(*month) == input, "a month has one text only");
    ENSURE(month->next().previous() == *month, "next and previous");
    ENSURE(ledger::month_of(base::make_day(month->year(), month->of_year(), 1)) == *month,
           "its first day is of another month");
  }
}
