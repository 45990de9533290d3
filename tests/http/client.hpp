// What   client: a blocking socket on loopback that sends exact bytes and reads whole answers.
// Why    The tests are about cuts of bytes and about connections, which a real client library
//        hides.
// Bounds every read gives up after 20 s, so that a server that answers nothing fails the test.
// Threads one.
#pragma once

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace http_test {

struct reply {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of a header in the exact spelling of the server; empty when absent.
  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
  bool has(std::string_view text) const { return body.find(text) != body.npos; }
};

class client {
public:
  explicit client(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~client() {
    if (fd_ >= 0) ::close(fd_);
  }
  client(client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_),
        rest_(std::move(other.rest_)) {}
  client& operator=(client&&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  /// False when the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// The next answer; status 0 when the connection ends before one is complete.
  reply read(bool head_only = false) {
    reply r;
    std::size_t end;
    while ((end = rest_.find("\r\n\r\n")) == rest_.npos)
      if (!fill()) return r;
    r.head = rest_.substr(0, end + 2);
    rest_.erase(0, end + 4);
    const auto length = r.header("Content-Length");
    const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
    while (rest_.size() < size)
      if (!fill()) return r;
    r.body = rest_.substr(0, size);
    rest_.erase(0, size);
    r.status = std::atoi(r.head.c_str() + 9);
    return r;
  }
  /// True when the server ends the connection before another byte comes.
  bool at_end() { return rest_.empty() && !fill(); }

  reply exchange(std::string_view bytes) {
    send(bytes);
    return read();
  }

private:
  bool fill() {
    char buffer[16384];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    rest_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  std::string rest_;
};

inline std::string get(std::string_view path, std::string_view headers = {}) {
  return std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: x\r\n").append(headers) +
         "\r\n";
}

inline std::string post(std::string_view path, std::string_view body,
                        std::string_view headers = {}) {
  return std::string{"POST "}.append(path).append(" HTTP/1.1\r\nHost: x\r\n").append(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

} // namespace http_test
