#include "http/api/written_date.hpp"

namespace http {

std::optional<written_date> read_date(std::string_view text, const scheduler::zone_rules& zone) {
  const auto parsed = base::parse_instant(text);
  if (!parsed) return std::nullopt;
  const bool midnight = parsed->at == base::start_of(base::day_of(parsed->at));
  const bool as_written = parsed->date_only || !parsed->has_offset || midnight;
  // An offset can put the written day outside the years that parse_day takes; the instant is
  // inside.
  const auto written = base::parse_day(text.substr(0, 10));
  const auto effective =
      as_written ? written.value_or(base::day_of(parsed->at)) : zone.day_of(parsed->at);
  return written_date{parsed->at, effective, parsed->date_only};
}

} // namespace http
