#include "config/zone_cache.hpp"

namespace config {

base::result<std::shared_ptr<const scheduler::zone_rules>>
zone_cache::find(std::string_view iana_name) {
  const std::lock_guard hold(guard_);
  if (const auto at = known_.find(iana_name); at != known_.end()) return at->second;
  auto read = load_zone(iana_name);
  if (!read) return read.error();
  auto made = std::make_shared<const scheduler::zone_rules>(std::move(*read));
  known_.emplace(std::string{iana_name}, made);
  return made;
}

} // namespace config
