// What   load_zone: the rules of an IANA zone from the system's time zone data.
// Why    The one home of the date library; pure code gets a value.
// Bounds Changes 1900 .. 2199 as far as the system's files spell them out (Debian: to 2037); later
//        the last offset stays.
// Errors ZONE_UNKNOWN, ZONE_DATA_MISSING.
// Threads any; reads files, so at start-up or off the request path.
#pragma once

#include "base/result.hpp"
#include "scheduler/zone_rules.hpp"

#include <string_view>

namespace config {

base::result<scheduler::zone_rules> load_zone(std::string_view iana_name);

} // namespace config
