// What   ENSURE and UNREACHABLE: checks of our own invariants, on in every build.
// Why    A ledger that computes on after a broken invariant writes lies. The exception is
//        deliberately no std::exception, so that no library edge swallows it; the supervisor stops
//        the shard.
// Threads any.
#pragma once

#include <cstdlib>

namespace base {

/// Thrown by ENSURE after it was written to stderr. Never caught except by actors/ (quarantine) and
/// main.
struct broken_invariant {
  const char* what;
  const char* file;
  int line;
};

[[noreturn]] void invariant_failed(const char* what, const char* file, int line);

} // namespace base

#define ENSURE(cond, why)                                                                          \
  do {                                                                                             \
    if (!(cond)) ::base::invariant_failed(why, __FILE__, __LINE__);                                \
  } while (false)

#define UNREACHABLE(why) ::base::invariant_failed(why, __FILE__, __LINE__)
