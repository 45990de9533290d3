#include "base/assert.hpp"

#include <cstdio>

namespace base {

void invariant_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "broken invariant: %s (%s:%d)\n", what, file, line);
  throw broken_invariant{what, file, line};
}

} // namespace base
