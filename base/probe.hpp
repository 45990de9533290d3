// What   CRASH_POINT: a named place where the process may be told to die as if by kill -9.
// Why    Random kills rarely hit the few instructions that matter; the black-box harness arms them
//        by name.
// Bounds Armed by VAIDEPIX_CRASH_POINT=<name>[:<hit>] (hit counts from 1). Costs one load when
//        unarmed.
// Threads any.
#pragma once

namespace base {

bool crash_points_armed() noexcept;
void crash_point_reached(
    const char* name) noexcept; ///< kills the process with SIGKILL when armed for it

} // namespace base

#define CRASH_POINT(name)                                                                          \
  do {                                                                                             \
    if (::base::crash_points_armed()) ::base::crash_point_reached(name);                           \
  } while (false)
