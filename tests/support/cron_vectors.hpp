// What   The vectors of clock changes: rule, local day, and the ticks of that day.
// Why    Asked of spelled-out zones as of the system's data.
// Source jobs.md §9.
#pragma once

#include <string>
#include <vector>

namespace support {

struct cron_vector {
  std::string zone, rule;
  std::string from, to; ///< instants: of the local day, or of the hours that are looked at
  std::vector<std::string> ticks;
};

inline std::vector<cron_vector> cron_vectors() {
  return {
      {"America/Sao_Paulo",
       "30 0 * * *", // 00:00 → 01:00
       "2018-11-04T03:00:00Z",
       "2018-11-05T02:00:00Z",
       {"2018-11-04T03:00:00Z"}},
      {"America/Sao_Paulo",
       "30 23 * * *", // 23:00 twice
       "2018-02-17T02:00:00Z",
       "2018-02-18T03:00:00Z",
       {"2018-02-18T01:30:00Z"}},
      {"America/Sao_Paulo",
       "*/30 * * * *",
       "2018-02-18T01:00:00Z",
       "2018-02-18T03:00:01Z",
       {"2018-02-18T01:00:00Z", "2018-02-18T01:30:00Z", "2018-02-18T02:00:00Z",
        "2018-02-18T02:30:00Z", "2018-02-18T03:00:00Z"}},
      {"America/New_York",
       "*/15 2 * * *", // 02:00 → 03:00
       "2026-03-08T05:00:00Z",
       "2026-03-09T04:00:00Z",
       {"2026-03-08T07:00:00Z"}},
      {"Australia/Lord_Howe",
       "15 2 * * *", // 02:00 → 02:30
       "2026-10-03T13:30:00Z",
       "2026-10-04T13:00:00Z",
       {"2026-10-03T15:30:00Z"}},
  };
}

} // namespace support
