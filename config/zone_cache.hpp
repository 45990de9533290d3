// What   zone_cache: the rules of the zones that somebody has asked for.
// Why    Reading a zone costs files and milliseconds; schedules ask for the same few all the time.
// Bounds As many as the system has names of zones. What is unknown is asked for anew.
// Errors ZONE_UNKNOWN, ZONE_DATA_MISSING.
// Threads any.
#pragma once

#include "config/tz_source.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace config {

class zone_cache {
public:
  base::result<std::shared_ptr<const scheduler::zone_rules>> find(std::string_view iana_name);

private:
  std::mutex guard_;
  std::map<std::string, std::shared_ptr<const scheduler::zone_rules>, std::less<>> known_;
};

} // namespace config
