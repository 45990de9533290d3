// What   The counters behind PROBE and the switch behind mutant(): which rare situations a run
//        reached, and which planted bug is on.
// Why    A run that never met the rare branches proves nothing about them; a simulator that finds
//        no planted bug proves nothing at all.
// Threads the simulation's only one. Process-wide, because the hooks have no owner to ask.
// Source testing.md §10.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sim {

struct planted {
  const char* name;
  const char* what;
  std::uint64_t seed; ///< that has shown it; the first to be tried
};

/// Every planted bug of the product's source, in the order of docs/FAILURE-SIMULATION.md.
extern const std::array<planted, 32> planted_bugs;

/// Empty: none. false: there is no such bug.
bool plant(std::string_view name);

/// A situation of the simulated world itself, counted beside those of the product.
void reached(const char* name);

/// Hits by name, with 0 for every expected one.
const std::map<std::string, std::uint64_t>& marks();

} // namespace sim
