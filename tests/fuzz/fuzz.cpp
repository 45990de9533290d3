#include "tests/fuzz/fuzz.hpp"

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::target({reinterpret_cast<const char*>(data), size});
  return 0;
}
