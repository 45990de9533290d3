#include "config/tz_source.hpp"

#include <algorithm>
#include <date/tz.h>
#include <exception>
#include <string>
#include <utility>

namespace config {

namespace {

base::utc_us ours(date::sys_seconds t) {
  return {t.time_since_epoch().count() * base::us_per_second};
}

// Names with an area, or UTC: abbreviations such as BRT or EST say nothing about rules.
bool is_zone_name(std::string_view name) {
  return name == "UTC" || name.find('/') != std::string_view::npos;
}

scheduler::zone_rules rules_of(const date::time_zone& zone, std::string name) {
  using namespace date;
  const sys_seconds first = sys_days{year{1900} / January / 1};
  const sys_seconds last = sys_days{year{2200} / January / 1};
  auto info = zone.get_info(first);
  const auto seconds = [](const sys_info& i) {
    return static_cast<std::int32_t>(i.offset.count());
  };
  const std::int32_t first_offset = seconds(info);
  std::vector<scheduler::offset_change> changes;
  std::int32_t offset = first_offset;
  while (info.end < last) {
    const auto next = zone.get_info(info.end);
    if (next.end <= info.end) break; // no progress: the data ends here
    if (seconds(next) != offset) {   // else only the abbreviation changed
      offset = seconds(next);
      changes.push_back({ours(info.end), offset});
    }
    info = next;
  }
  return {std::move(name), first_offset, std::move(changes)};
}

} // namespace

base::result<scheduler::zone_rules> load_zone(std::string_view iana_name) {
  std::string name{iana_name};
  try {
    const auto& known = date::get_tzdb();
    const auto at = std::find_if(known.zones.begin(), known.zones.end(),
                                 [&](const date::time_zone& z) { return z.name() == name; });
    if (!is_zone_name(name) || at == known.zones.end()) return base::failure{"ZONE_UNKNOWN", name};
    return rules_of(*at, std::move(name));
  } catch (const std::exception& e) {
    return base::failure{"ZONE_DATA_MISSING", e.what()};
  }
}

} // namespace config
