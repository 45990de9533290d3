// What   server: listens, reads, dispatches and answers HTTP for the routes that it is given.
// Why    The one entry to this folder; nothing of the HTTP library is seen from outside.
// Bounds server_settings. Beyond a bound the answer is 503 with Retry-After, never silence.
// Errors start() answers HTTP_BIND_FAILED. Handlers may throw: 500.
// Threads handlers and hooks run on many threads at once; start, drain and stop belong to one
//        owner.
// Source api-contract.md §1.1, §1.2, §1.5; ceilings.md §1; engineering.md e (door 1)
#pragma once

#include "base/result.hpp"
#include "http/route.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct cors_settings {
  std::vector<std::string> origins; ///< exact; those of localhost are added outside production
  bool any_origin = false;          ///< CORS_ORIGINS=*: answered as "*", without credentials
};

struct server_settings {
  std::string host = "0.0.0.0";
  int port = 8000; ///< 0: the system chooses
  /// Handlers that may run, and mostly wait for a commit, at the same time.
  std::size_t threads = 256;
  std::size_t queue = 4096;    ///< whole requests that wait for a thread
  std::size_t deferred = 8192; ///< requests whose deferred handlers owe a reply
  std::size_t connections = 10'000;
  std::size_t head_bytes = 16 * 1024;
  std::size_t body_bytes = 2 * 1024 * 1024;
  /// Of all half-read requests together; and of all answers that their clients have not taken yet.
  std::size_t buffered_bytes = 256 * 1024 * 1024;
  std::chrono::milliseconds idle_timeout{75'000};  ///< kept connections between requests
  std::chrono::milliseconds head_timeout{10'000};  ///< from the first byte to the end of the head
  std::chrono::milliseconds body_timeout{30'000};  ///< from there to the end of the body
  std::chrono::milliseconds write_timeout{30'000}; ///< for the client to take an answer
  cors_settings cors;
  bool production = false; ///< HSTS; no localhost origins
};

struct request_observation {
  std::string_view method; ///< of the route; empty, as route and group, when none matched
  std::string_view route;  ///< template
  std::string_view group;
  int status = 0;
  std::string_view code;             ///< problem code, static
  std::chrono::nanoseconds duration; ///< from the last byte of the request to the finished answer
  std::string_view request_id;
  std::string_view user_id;
};

struct error_report {
  std::string_view request_id, method, route;
  /// For a log: words of ours and the types of exceptions. What an exception says is left out,
  /// because it may hold what somebody sent, or an amount.
  std::string_view cause;
  bool broken_invariant = false;
};

/// All may be empty. They must not throw.
struct server_hooks {
  std::function<void(const request_observation&)> on_request;
  /// overloaded, connections, memory, shutting_down, body_too_large, head_too_large, malformed,
  /// timeout
  std::function<void(std::string_view reason)> on_rejected;
  std::function<void(const error_report&)> on_error;
  std::function<std::string()> new_request_id; ///< default: UUIDv7
};

struct server_levels {
  std::size_t connections = 0;
  std::size_t in_flight = 0; ///< whole requests not yet answered, waiting ones included
  std::size_t queued = 0;
  std::size_t threads = 0; ///< started so far
};

class server {
public:
  server(server_settings settings, route_table routes, server_hooks hooks = {});
  ~server(); ///< stop()
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  base::status start();
  int port() const; ///< the real one after start()
  /// For gauges, at scrape time.
  server_levels levels() const;

  /// Stops to accept, answers what is in flight, refuses what is new with 503 SHUTTING_DOWN, closes
  /// idle connections. True when nothing was left before the deadline.
  bool drain(std::chrono::milliseconds deadline);
  /// Joins all threads; waits for handlers that still run, so those need deadlines of their own.
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace http
