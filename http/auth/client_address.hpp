// What   The address of the client behind a request: the peer's, or what proxies that we trust
//        say.
// Why    Throttling counts addresses; behind a proxy all clients would share one, and who believes
//        any X-Forwarded-For counts what an attacker makes up.
// Bounds The last forwarded_max addresses of the header are looked at.
// Errors A text that is no address ends the walk: the last good one counts.
// Threads any (values).
// Source api-contract §4; RFC 7239 §5.2 on the order (each proxy appends whom it heard).
#pragma once

#include "http/request.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// 16 bytes; an IPv4 address is the IPv6 one that stands for it.
using ip_address = std::array<std::uint8_t, 16>;
std::optional<ip_address> parse_address(std::string_view text);

class trusted_proxies {
public:
  trusted_proxies() = default;
  /// Addresses and CIDR blocks; what is neither is left out.
  explicit trusted_proxies(const std::vector<std::string>& networks);

  bool contains(const ip_address& address) const;

private:
  struct network {
    ip_address base{};
    unsigned bits = 128;
  };
  std::vector<network> networks_;
};

inline constexpr std::size_t forwarded_max = 20;

/// The first address from the right that is no proxy of ours; the peer's when that is none.
std::string client_address(const request& r, const trusted_proxies& proxies);

} // namespace http
