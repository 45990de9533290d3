#include "http/outbound/public_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace http {
namespace {

struct ipv4_block {
  std::uint32_t base;
  int bits;
};
constexpr ipv4_block special_ipv4[] = {
    {0x00000000, 8},  // this network
    {0x0a000000, 8},  // private
    {0x64400000, 10}, // carriers' own
    {0x7f000000, 8},  // this machine
    {0xa9fe0000, 16}, // link; metadata of clouds
    {0xac100000, 12}, // private
    {0xc0000000, 24}, // protocols
    {0xc0000200, 24}, // documentation
    {0xc0586300, 24}, // relays of 6to4
    {0xc0a80000, 16}, // private
    {0xc6120000, 15}, // measurements
    {0xc6336400, 24}, // documentation
    {0xcb007100, 24}, // documentation
    {0xe0000000, 4},  // multicast
    {0xf0000000, 4},  // reserved, broadcast
};

using ipv6_bytes = std::array<std::uint8_t, 16>;
struct ipv6_block {
  ipv6_bytes base;
  std::size_t bits;
};
constexpr ipv6_block mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr ipv6_block translated{{0, 0x64, 0xff, 0x9b}, 96}; // an IPv4 address behind NAT64
constexpr ipv6_block given_out{{0x20}, 3};
constexpr ipv6_block special_ipv6[] = {
    {{0x20, 0x01}, 23},             // protocols, tunnels
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, // documentation
    {{0x20, 0x02}, 16},             // 6to4: leads to any IPv4 address
    {{0x3f, 0xff}, 20},             // documentation
};

bool within(const ipv6_bytes& a, const ipv6_block& b) {
  for (std::size_t bit = 0; bit < b.bits; ++bit) {
    const auto mask = 0x80u >> (bit % 8);
    if ((a[bit / 8] & mask) != (b.base[bit / 8] & mask)) return false;
  }
  return true;
}

/// Its last four bytes.
std::uint32_t ipv4_in(const ipv6_bytes& a) {
  return std::uint32_t{a[12]} << 24 | std::uint32_t{a[13]} << 16 | std::uint32_t{a[14]} << 8 |
         std::uint32_t{a[15]};
}

} // namespace

bool is_public_ipv4(std::uint32_t address) {
  return std::none_of(std::begin(special_ipv4), std::end(special_ipv4), [&](const auto& b) {
    return (address >> (32 - b.bits)) == (b.base >> (32 - b.bits));
  });
}

bool is_public_ipv6(const std::array<std::uint8_t, 16>& address) {
  if (within(address, mapped) || within(address, translated))
    return is_public_ipv4(ipv4_in(address));
  return within(address, given_out) &&
         std::none_of(std::begin(special_ipv6), std::end(special_ipv6),
                      [&](const auto& b) { return within(address, b); });
}

bool is_public(const sockaddr* address, std::size_t bytes) {
  if (address->sa_family == AF_INET && bytes >= sizeof(sockaddr_in)) {
    sockaddr_in a{};
    std::memcpy(&a, address, sizeof a);
    return is_public_ipv4(ntohl(a.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && bytes >= sizeof(sockaddr_in6)) {
    sockaddr_in6 a{};
    std::memcpy(&a, address, sizeof a);
    ipv6_bytes all{};
    std::memcpy(all.data(), &a.sin6_addr, all.size());
    return a.sin6_scope_id == 0 && is_public_ipv6(all);
  }
  return false;
}

} // namespace http
