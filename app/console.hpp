// What   console: clock, metrics and log of a command that is no server: warnings go to standard
//        error.
// Threads main only.
#pragma once

#include "base/time.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"

#include <cstdio>

namespace app {

struct console {
  base::system_clock clock;
  observability::metrics metrics;
  observability::log log{[] {
                           observability::log_options o;
                           o.level = observability::log_level::warning;
                           o.sink = [](std::string_view line) {
                             return std::fwrite(line.data(), 1, line.size(), stderr) == line.size();
                           };
                           return o;
                         }(),
                         clock, metrics};
};

} // namespace app
