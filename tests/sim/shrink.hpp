// What   shrink(): fewer operations that still break the same rule.
// Why    Twelve requests can be read, two hundred cannot.
// Bounds At most `runs_max` runs. Schedules shift when something is left out, so it may stop early.
// Threads the simulation's only one.
// Source testing.md §5; delta debugging, Zeller and Hildebrandt (2002).
#pragma once

#include "tests/sim/world.hpp"

namespace sim {

struct shrunk {
  run_options options;
  run_report report;
  std::size_t runs = 0;
};

shrunk shrink(const run_options& failing, const violation& found, std::size_t runs_max);

} // namespace sim
