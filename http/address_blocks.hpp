// What   address_blocks: IP addresses and CIDR blocks that an operator has written down.
// Why    Whose X-Forwarded-For is believed, and which private addresses push may call, are the same
//        question.
// Errors A text that is neither is left out; config/ has refused it before.
// Threads any (values).
// Source RFC 4632
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace http {

/// 16 bytes; an IPv4 address is the IPv6 one that stands for it.
using ip_address = std::array<std::uint8_t, 16>;
std::optional<ip_address> parse_address(std::string_view text);
/// What a connection is about to be made to.
std::optional<ip_address> ip_address_of(const sockaddr* address, std::size_t bytes);

class address_blocks {
public:
  address_blocks() = default;
  explicit address_blocks(const std::vector<std::string>& texts);

  bool contains(const ip_address& address) const;

private:
  struct block {
    ip_address base{};
    unsigned bits = 128;
  };
  std::vector<block> blocks_;
};

} // namespace http
