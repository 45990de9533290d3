// What   loopback_listener: a socket on loopback that others may connect to.
// Threads one test; wake() from any.
#pragma once

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace http_test {

class loopback_listener {
public:
  explicit loopback_listener(int backlog) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    BOOST_REQUIRE(::listen(socket_, backlog) == 0);
    socklen_t size = sizeof at;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~loopback_listener() { ::close(socket_); }
  loopback_listener(const loopback_listener&) = delete;
  loopback_listener& operator=(const loopback_listener&) = delete;

  std::uint16_t port() const { return port_; }
  /// The next one who comes; below 0: nobody will.
  int accept() const { return ::accept(socket_, nullptr, nullptr); }
  /// Whoever waits in accept() for somebody waits no longer.
  void wake() const { ::shutdown(socket_, SHUT_RDWR); }

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

} // namespace http_test
