// What   Zones for tests of the scheduler: a few real changes of clocks, spelled out.
// Why    Rules about time are tested without the system's data.
#pragma once

#include "scheduler/zone_rules.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace support {

inline base::utc_us instant(const std::string& text) {
  const auto parsed = base::parse_instant(text);
  BOOST_REQUIRE_MESSAGE(parsed, text);
  return parsed->at;
}

/// "2026-01-31T09:00" on the clocks of some zone.
inline scheduler::local_us wall_time(const std::string& text) { return {instant(text).count}; }

inline scheduler::zone_rules utc() { return {"UTC", 0, {}}; }

/// 2017 to 2019, when the clocks changed at midnight.
inline scheduler::zone_rules sao_paulo() {
  return {"America/Sao_Paulo",
          -3 * 3600,
          {{instant("2017-10-15T03:00Z"), -2 * 3600},
           {instant("2018-02-18T02:00Z"), -3 * 3600},
           {instant("2018-11-04T03:00Z"), -2 * 3600},
           {instant("2019-02-17T02:00Z"), -3 * 3600}}};
}

/// 2026.
inline scheduler::zone_rules new_york() {
  return {"America/New_York",
          -5 * 3600,
          {{instant("2026-03-08T07:00Z"), -4 * 3600}, {instant("2026-11-01T06:00Z"), -5 * 3600}}};
}

/// 2026; half an hour.
inline scheduler::zone_rules lord_howe() {
  return {"Australia/Lord_Howe",
          11 * 3600,
          {{instant("2026-04-04T15:00Z"), 10 * 3600 + 1800},
           {instant("2026-10-03T15:30Z"), 11 * 3600}}};
}

/// 2011, when it skipped the 30 December.
inline scheduler::zone_rules apia() {
  return {"Pacific/Apia", -10 * 3600, {{instant("2011-12-30T10:00Z"), 14 * 3600}}};
}

} // namespace support
