// What   hook_sink: a receiver on loopback that takes one call, notes it and gives one answer.
//        silent_sink: one that takes calls and says nothing.
// Threads one test; each serves on a thread of its own.
#pragma once

#include "tests/http/loopback_listener.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace http_test {

inline constexpr std::string_view hello_of_tls{"\x16\x03", 2};

/// Takes one call and gives `answer`.
class hook_sink {
public:
  explicit hook_sink(std::string answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~hook_sink() { join(); }
  std::string url(const std::string& rest = "/hook?a=1") const {
    return "http://127.0.0.1:" + std::to_string(listener_.port()) + rest;
  }
  /// Head and body, when the client has gone; empty: nobody came.
  const std::string& heard() {
    join();
    return heard_;
  }

private:
  void join() {
    if (!thread_.joinable()) return;
    listener_.wake();
    thread_.join();
  }
  bool complete() const {
    const auto head = heard_.find("\r\n\r\n");
    const auto length = heard_.find("Content-Length: ");
    return head != heard_.npos && length != heard_.npos &&
           heard_.size() >= head + 4 + std::stoul(heard_.substr(length + 16));
  }
  void serve() {
    const int client = listener_.accept();
    if (client < 0) return;
    char piece[4096];
    while (!complete() && !heard_.starts_with(hello_of_tls)) {
      const auto got = ::recv(client, piece, sizeof piece, 0);
      if (got <= 0) break;
      heard_.append(piece, static_cast<std::size_t>(got));
    }
    ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    ::shutdown(client, SHUT_WR);
    while (::recv(client, piece, sizeof piece, 0) > 0) {
    }
    ::close(client);
  }

  std::string answer_;
  loopback_listener listener_{1};
  std::string heard_;
  std::thread thread_;
};

/// Keeps the connections until it goes.
class silent_sink {
public:
  silent_sink() {
    thread_ = std::thread([this] {
      for (int client = 0; (client = listener_.accept()) >= 0;) {
        taken_.push_back(client);
        called_.fetch_add(1);
        called_.notify_all();
      }
    });
  }
  silent_sink(const silent_sink&) = delete;
  silent_sink& operator=(const silent_sink&) = delete;
  ~silent_sink() {
    listener_.wake();
    thread_.join();
    for (const int client : taken_) ::close(client);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.port()) + "/"; }
  /// Of `times` calls altogether.
  void wait_until_called(int times) const {
    for (int now = called_.load(); now < times; now = called_.load()) called_.wait(now);
  }

private:
  loopback_listener listener_{8};
  std::atomic<int> called_{0};
  std::vector<int> taken_;
  std::thread thread_;
};

} // namespace http_test
