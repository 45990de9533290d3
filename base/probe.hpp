// What   CRASH_POINT: a named place where the process may be told to die as if by kill -9. PROBE: a
//        named rare situation that the simulation counts. mutant(): a planted bug that the
//        simulation has to find.
// Why    Random kills rarely hit the few instructions that matter; the black-box harness arms them
//        by name. A simulation that never met a rare branch, or finds no bug, proves nothing.
// Bounds A crash point is armed by VAIDEPIX_CRASH_POINT=<name>[:<hit>] (hit counts from 1) and
//        costs one load when unarmed. Probes and mutants exist only where VAIDEPIX_SIMULATION is
//        defined (tests/sim); in the product both are nothing: a mutant is the constant false.
// Threads any; probes and mutants only in the simulation, which has one.
// Source testing.md §10.
#pragma once

namespace base {

bool crash_points_armed() noexcept;
void crash_point_reached(
    const char* name) noexcept; ///< kills the process with SIGKILL when armed for it

#ifdef VAIDEPIX_SIMULATION
inline namespace simulated {
void situation_reached(const char* name);
bool mutant(const char* name);
} // namespace simulated
#else
constexpr bool mutant(const char*) { return false; }
#endif

} // namespace base

#define CRASH_POINT(name)                                                                          \
  do {                                                                                             \
    if (::base::crash_points_armed()) ::base::crash_point_reached(name);                           \
  } while (false)

#ifdef VAIDEPIX_SIMULATION
#define PROBE(name) ::base::situation_reached(name)
#else
#define PROBE(name)                                                                                \
  do {                                                                                             \
  } while (false)
#endif
