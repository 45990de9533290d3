// What   target: what libFuzzer calls with each input; what it must hold.
// Why    Each file *_fuzz.cpp is one program: decode, and ENSURE what has to be true of whatever
//        was accepted. A broken ENSURE ends the program as a crash would.
// Bounds -max_len of the run (CMakeLists.txt).
// Threads one.
#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz {

void target(std::string_view input);

/// Takes the first byte, or 0.
inline unsigned char first_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto c = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return c;
}

/// Takes what stands before the separator.
inline std::string_view before(std::string_view& input, char separator) {
  const auto at = input.find(separator);
  const auto part = input.substr(0, at);
  input.remove_prefix(at == input.npos ? input.size() : at + 1);
  return part;
}

} // namespace fuzz
