// What   stream_reader: opens a stream of events of the API and reads what it begins with.
// Why    The streams of the API differ in their paths and rows only.
// Threads the thread of the streams reads the fake, so its rows stand before a stream is opened.
#pragma once

#include "http/server/event_streams.hpp"
#include "tests/http/api_fixture.hpp"

#include <chrono>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace http_test {

struct stream_reader : api {
  http::event_streams streams{[] {
    http::event_streams::settings how;
    how.round = std::chrono::milliseconds{5};
    how.beat = std::chrono::hours{1};
    return how;
  }()};
  std::string path;

  explicit stream_reader(std::string of) : path(std::move(of)) { s.streams = &streams; }

  http::response open(const std::string& last = {}, const std::string& query = {}) {
    http::fields headers;
    if (!last.empty()) headers.push_back({"Last-Event-ID", last});
    return call("GET", path + query, {}, std::move(headers));
  }

  /// All that comes until the first comment, which is behind the first look at the rows.
  std::string first_of(const http::response& answer) {
    BOOST_REQUIRE_MESSAGE(answer.takes_socket, answer.status << answer.body);
    int wire[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, wire) == 0);
    const timeval patience{20, 0};
    ::setsockopt(wire[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    answer.takes_socket(wire[1]);
    std::string all;
    char some[4096];
    while (!all.ends_with(":\n\n")) {
      const auto n = ::recv(wire[0], some, sizeof some, 0);
      if (n <= 0) break;
      all.append(some, static_cast<std::size_t>(n));
    }
    ::close(wire[0]);
    return all;
  }

  std::vector<std::string> ids_of(const http::response& answer) {
    const auto text = '\n' + first_of(answer);
    std::vector<std::string> all;
    const std::string mark = "\nid: ";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1))
      all.push_back(text.substr(at + mark.size(), text.find('\n', at + 1) - at - mark.size()));
    return all;
  }
};

} // namespace http_test
