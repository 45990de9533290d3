#include "tests/support/cut_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <list>
#include <stdexcept>
#include <stdlib.h>
#include <thread>

namespace support {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

namespace {

constexpr std::int64_t unlimited = INT64_MAX;

struct limits {
  std::atomic<std::int64_t> left[2] = {unlimited, unlimited};
  std::atomic<bool> cut = false;
};

/// Both sockets of one client and what is on the way between them.
class link : public std::enable_shared_from_this<link> {
public:
  link(local::socket client, local::socket server, limits& l)
      : ends_{std::move(client), std::move(server)}, limits_(l) {}

  void start() {
    pump(0);
    pump(1);
  }

  void close() {
    boost::system::error_code ignored; // the other side may have gone first
    for (auto& e : ends_) e.close(ignored);
  }

private:
  void pump(std::size_t from) {
    ends_[from].async_read_some(
        asio::buffer(buffers_[from]),
        [self = shared_from_this(), from](boost::system::error_code ec, std::size_t n) {
          if (ec) return self->close();
          self->forward(from, n);
        });
  }

  void forward(std::size_t from, std::size_t n) {
    auto& left = limits_.left[from];
    const auto may_pass = left.load();
    const bool cut = may_pass != unlimited && static_cast<std::int64_t>(n) >= may_pass;
    if (may_pass != unlimited) left -= static_cast<std::int64_t>(n);
    const std::size_t passes = cut ? static_cast<std::size_t>(may_pass) : n;
    asio::async_write(
        ends_[1 - from], asio::buffer(buffers_[from].data(), passes),
        [self = shared_from_this(), from, cut](boost::system::error_code ec, std::size_t) {
          if (cut) self->limits_.cut = true;
          if (ec || cut) return self->close();
          self->pump(from);
        });
  }

  local::socket ends_[2];
  std::array<char, 65536> buffers_[2];
  limits& limits_;
};

} // namespace

struct cut_proxy::server {
  server(const std::string& listen_at, std::string target)
      : acceptor(io, local::endpoint(listen_at)), target_path(std::move(target)) {
    accept();
    thread = std::thread([this] { io.run(); });
  }
  ~server() {
    io.stop();
    thread.join();
  }

  void accept() {
    acceptor.async_accept([this](boost::system::error_code ec, local::socket client) {
      if (!ec) {
        local::socket upstream(io);
        upstream.connect(local::endpoint(target_path), ec);
        if (!ec) std::make_shared<link>(std::move(client), std::move(upstream), bounds)->start();
      }
      accept();
    });
  }

  limits bounds;
  asio::io_context io;
  local::acceptor acceptor;
  std::string target_path;
  std::thread thread;
};

cut_proxy::cut_proxy(const std::string& server_socket, const std::string& socket_name) {
  std::string path = (std::filesystem::temp_directory_path() / "pgproxy.XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  dir_ = path;
  server_ = std::make_unique<server>(dir_ + "/" + socket_name, server_socket);
}

cut_proxy::~cut_proxy() {
  server_.reset();
  std::error_code ignored; // a folder that stays in /tmp is no reason to fail a test
  std::filesystem::remove_all(dir_, ignored);
}

void cut_proxy::cut_after(direction where, std::size_t bytes) {
  server_->bounds.cut = false;
  server_->bounds.left[where == direction::to_server ? 0 : 1] = static_cast<std::int64_t>(bytes);
}

void cut_proxy::let_pass() {
  for (auto& l : server_->bounds.left) l = unlimited;
}

bool cut_proxy::has_cut() const { return server_->bounds.cut; }

} // namespace support
