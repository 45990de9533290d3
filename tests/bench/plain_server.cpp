// cpp-httplib as it is, for http_bench.py: POST /same reads the body and answers the sample with
// the headers that our front sends. Prints its port; ends with its standard input.
//
//   plain_server             everything by default: 8 threads, 5 requests per connection
//   plain_server <threads>   so many threads, connections kept for good, no delay of sends
#include "tests/bench/http_sample.hpp"

#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <utility>

namespace {

constexpr std::pair<const char*, const char*> headers[] = {
    {"Date", "Wed, 25 Nov 2026 21:07:06 GMT"},
    {"X-Request-ID", "01a21488-9bfe-762e-87bf-1cc8197e6689"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "strict-origin-when-cross-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Permitted-Cross-Domain-Policies", "none"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cache-Control", "no-store"}};

} // namespace

int main(int count, char** words) {
  httplib::Server server;
  server.Post("/same", [](const httplib::Request& r, httplib::Response& answer) {
    answer.status = r.body.empty() ? 400 : 201;
    for (const auto& [name, value] : headers) answer.set_header(name, value);
    answer.set_content(std::string{bench::sample_answer}, "application/json");
  });
  if (count > 1) {
    const auto threads = std::strtoul(words[1], nullptr, 10);
    server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
    server.set_keep_alive_timeout(60);
    server.set_tcp_nodelay(true); // else each answer waits 40 ms for an acknowledgement
  }
  const int port = server.bind_to_any_port("127.0.0.1");
  if (port < 0) return 1;
  std::thread serving([&] { server.listen_after_bind(); });
  std::printf("{\"port\":%d}\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server.stop();
  serving.join();
  return 0;
}
