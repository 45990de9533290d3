#include "base/id.hpp"

#include <cstdint>

namespace base {

std::string uuid7(utc_us now, random& chance) {
  const auto ms = static_cast<std::uint64_t>(now.count / 1000);
  const std::uint64_t a = chance.next();
  const std::uint64_t high = (ms << 16) | 0x7000u | (a & 0x0fffu);
  const std::uint64_t low = (chance.next() & 0x3fffffffffffffffu) | 0x8000000000000000u;
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) ++at;
    const std::uint64_t word = i < 16 ? high : low;
    text[at++] = digits[(word >> (60 - 4 * (i % 16))) & 0xfu];
  }
  return text;
}

} // namespace base
