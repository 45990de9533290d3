// What   far: the deadline of the simulation's statements.
// Why    None of them takes that long: its time-outs are simulated.
// Threads any.
#pragma once

#include "storage/session.hpp"

#include <chrono>

namespace sim {

inline storage::deadline far() {
  return std::chrono::steady_clock::now() + std::chrono::minutes{2};
}

} // namespace sim
