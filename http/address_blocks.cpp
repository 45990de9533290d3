#include "http/address_blocks.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>

namespace http {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool same_network(const ip_address& a, const ip_address& b, unsigned bits) {
  const auto whole = bits / 8, rest = bits % 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

} // namespace

std::optional<ip_address> parse_address(std::string_view text) {
  const std::string whole{text};
  if (whole.find('\0') != whole.npos) return std::nullopt; // the rest would not be looked at
  ip_address found{};
  if (inet_pton(AF_INET6, whole.c_str(), found.data()) == 1) return found;
  std::copy(v4_prefix.begin(), v4_prefix.end(), found.begin());
  if (inet_pton(AF_INET, whole.c_str(), found.data() + v4_prefix.size()) == 1) return found;
  return std::nullopt;
}

std::optional<ip_address> ip_address_of(const sockaddr* address, std::size_t bytes) {
  ip_address found{};
  if (address->sa_family == AF_INET && bytes >= sizeof(sockaddr_in)) {
    sockaddr_in a{};
    std::memcpy(&a, address, sizeof a);
    std::copy(v4_prefix.begin(), v4_prefix.end(), found.begin());
    std::memcpy(found.data() + v4_prefix.size(), &a.sin_addr, sizeof a.sin_addr);
    return found;
  }
  if (address->sa_family == AF_INET6 && bytes >= sizeof(sockaddr_in6)) {
    sockaddr_in6 a{};
    std::memcpy(&a, address, sizeof a);
    std::memcpy(found.data(), &a.sin6_addr, found.size());
    return found;
  }
  return std::nullopt;
}

address_blocks::address_blocks(const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    const auto slash = text.find('/');
    const auto base = parse_address(std::string_view{text}.substr(0, slash));
    if (!base) continue;
    const bool v4 = text.find(':') == text.npos;
    const unsigned widest = v4 ? 32 : 128;
    unsigned bits = widest;
    if (slash != text.npos) {
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, bits);
      if (read.ec != std::errc{} || read.ptr != end || bits > widest) continue;
    }
    blocks_.push_back({*base, v4 ? bits + 96 : bits});
  }
}

bool address_blocks::contains(const ip_address& address) const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const block& b) { return same_network(address, b.base, b.bits); });
}

} // namespace http
