#include "http/server/protocol.hpp"

#include <httplib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

namespace http {

namespace {

/// One request line in, one answer out, all in memory.
class memory_stream final : public httplib::Stream {
public:
  explicit memory_stream(std::string_view in) : in_(in) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const auto n = std::min(size, in_.size());
    std::memcpy(to, in_.data(), n);
    in_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, std::size_t size) override {
    const std::string_view bytes{from, size};
    if (out_.empty()) {
      // The library writes status line and headers at once. Our own lines go between them: as
      // headers of the library each one would cost an allocation and a formatted print.
      const auto status_line = bytes.find("\r\n");
      const auto cut = status_line == bytes.npos ? bytes.size() : status_line + 2;
      out_.reserve(size + head_lines.size() + body_bytes);
      out_.append(bytes.substr(0, cut)).append(head_lines).append(bytes.substr(cut));
    } else {
      out_.append(bytes);
    }
    return static_cast<ssize_t>(size);
  }
  // The peer is known since the connection was accepted, and nobody reads the library's copy.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // No descriptor: from 1024 on, a build of the library with select() would answer 500.
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string take() { return std::move(out_); }

  std::string head_lines;
  std::size_t body_bytes = 0;

private:
  std::string_view in_;
  std::string out_;
};

/// What the routing hook of the library, which knows only its own types, works on.
struct delivery {
  answer made;
  memory_stream* stream = nullptr;
  bool done = false;
};
thread_local delivery* current = nullptr;

void fill(delivery& d, httplib::Response& out) {
  auto& from = d.made.content;
  d.done = true;
  d.stream->head_lines = std::move(d.made.head_lines);
  out.status = from.status;
  out.headers.clear();
  for (const auto& [name, value] : from.headers) out.set_header(name, value);
  if (!from.body.empty()) {
    out.set_header("Content-Type", from.content_type);
    d.stream->body_bytes = from.body.size();
    out.body = std::move(from.body);
  }
}

} // namespace

class protocol::library final : public httplib::Server {
public:
  library() {
    set_tcp_nodelay(true);
    // The library's own options are SO_REUSEPORT, with which a second server shares the port
    // unnoticed.
    set_socket_options([](socket_t s) {
      const int on = 1;
      setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& out) {
      fill(*current, out);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& out) {
      out.headers.erase("Keep-Alive");    // its count is made up
      out.headers.erase("Accept-Ranges"); // of HEAD; we serve no ranges
      // What never ends has no length.
      if (out.get_header_value("Content-Type") == "text/event-stream")
        out.headers.erase("Content-Length");
      if (out.status == 204 || out.status == 304) out.headers.erase("Content-Length");
    });
  }

  std::optional<listening_socket> open(const std::string& host, int port, int backlog) {
    const int bound = port == 0 ? bind_to_any_port(host) : bind_to_port(host, port) ? port : -1;
    if (bound < 0) return std::nullopt;
    const int fd = svr_sock_.exchange(INVALID_SOCKET); // ours from here on
    // Five waiting connections are baked into the library.
    if (::listen(fd, backlog) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      const int why = errno;
      ::close(fd);
      errno = why;
      return std::nullopt;
    }
    return listening_socket{fd, bound};
  }

  void run(memory_stream& stream) {
    bool closed = false;
    process_request(stream, false, closed, nullptr); // whoever calls us says "Connection: close"
  }
};

protocol::protocol() : library_(std::make_unique<library>()) {}
protocol::~protocol() = default;

base::result<listening_socket> protocol::bind(const std::string& host, int port, int backlog) {
  errno = 0;
  if (const auto s = library_->open(host, port, backlog)) return *s;
  const std::string why = errno == 0 ? "the address is not known" : std::strerror(errno);
  return base::failure{"HTTP_BIND_FAILED", host + ":" + std::to_string(port) + ": " + why};
}

std::string protocol::answer_bytes(request_line line, answer made) {
  delivery d{std::move(made)};
  const auto attempt = [&](const std::string& head) {
    memory_stream stream{head};
    d.stream = &stream;
    current = &d;
    library_->run(stream);
    current = nullptr;
    return stream.take();
  };
  // The target without its query: the library refuses a second '?', and we decode the query
  // ourselves.
  std::string head;
  head.reserve(line.method.size() + line.target.size() + 16);
  head.append(line.method).append(" ");
  head.append(line.target.substr(0, line.target.find('?'))).append(" HTTP/1.1\r\n\r\n");
  auto bytes = attempt(head);
  // A method that the library does not know ends in its own bare 400.
  return d.done ? bytes : attempt("GET / HTTP/1.1\r\n\r\n");
}

} // namespace http
