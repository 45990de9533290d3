#include "scheduler/lock_name.hpp"

#include "base/sha256.hpp"

#include <string>

namespace scheduler {

std::int64_t lock_key(std::string_view job_name) {
  const auto digest = base::sha256("job:" + std::string{job_name});
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8 | digest[i];
  return static_cast<std::int64_t>(first & ~(std::uint64_t{1} << 63));
}

} // namespace scheduler
