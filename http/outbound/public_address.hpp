// What   Whether an address belongs to the public internet.
// Why    Users say where a webhook goes. Our own network, this machine and the metadata service of
//        a cloud must not be reachable by that.
// Bounds Of IPv6 the space that is given out (2000::/3) without its special parts, and what stands
//        for a public IPv4 address.
// Errors What is neither IPv4 nor IPv6 is not public.
// Threads any (pure).
// Source The special-purpose address registries of IANA (RFC 6890)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/socket.h>

namespace http {

bool is_public_ipv4(std::uint32_t address); ///< in the order of the host
bool is_public_ipv6(const std::array<std::uint8_t, 16>& address);
/// What a connection is about to be made to.
bool is_public(const sockaddr* address, std::size_t bytes);

} // namespace http
