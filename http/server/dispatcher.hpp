// What   dispatcher: a request that has arrived -> the answer with all that the server puts on it.
// Why    Request id, CORS, security headers, 404, 405, overload and the guard around handlers are
//        the same for every route and every refusal; here they are one function without a socket.
// Errors Whatever a handler throws becomes 500 INTERNAL_ERROR; the cause goes to on_error.
// Threads any; the hooks are called from many threads.
// Source api-contract.md §1.1, §1.2, §1.5
#pragma once

#include "http/route.hpp"
#include "http/server/protocol.hpp"
#include "http/server/representation.hpp"
#include "http/server/request_reader.hpp"
#include "http/server/server.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace http {

struct arrival {
  message content; ///< empty when it was refused before it was read
  std::string peer;
  std::uint16_t peer_port = 0;
  /// Set: answer this, except that vital routes are served when may_serve_vital.
  std::optional<refusal> refused;
  bool may_serve_vital = false; ///< the request itself is whole and sound
  std::chrono::steady_clock::time_point at;
};

/// A request on its way to its answer.
struct exchange {
  request asked; ///< moved away when the handler is deferred
  std::string request_id;
  std::string cors; ///< head lines
  client_wishes wants;
  std::chrono::steady_clock::time_point at;
  const route* matched = nullptr;
  bool decided = false; ///< content is the answer; else the handler of matched is still to be run
  response content;

  bool deferred() const { return !decided && matched->start != nullptr; }
};

class dispatcher {
public:
  dispatcher(const server_settings& settings, route_table routes, server_hooks hooks);

  /// Everything up to the handler; decides what needs none.
  exchange begin(arrival a) const noexcept;
  /// Runs the handler of what is not decided and not deferred.
  void run(exchange& e) const noexcept;
  /// Starts a deferred handler. It may call the reply, on any thread, before this returns.
  void start(exchange& e, const reply& to) const noexcept;
  /// Decides it as refused instead of running the handler.
  void refuse(exchange& e, const refusal& why) const noexcept;
  /// The answer to a deferred request whose handler has lost its reply.
  response lost(const exchange& e) const;
  /// `hurried`: without the work that only makes the answer smaller.
  answer finish(exchange& e, bool hurried = false) const noexcept;

private:
  std::string request_id_of(const message& m) const;
  void decide(exchange& e, const arrival& a, std::string_view path) const;
  void preflight(exchange& e, const std::string& origin) const;
  /// Calls f; what it throws is logged and answered 500.
  template <class F>
  std::optional<response> guarded(const route& matched, const std::string& request_id, F f) const;
  bool origin_allowed(std::string_view origin) const;
  std::string cors_lines(const request& r) const;

  cors_settings cors_;
  std::string api_lines_;  ///< security headers, ready to send
  std::string page_lines_; ///< of pages
  route_table routes_;
  server_hooks hooks_;
};

} // namespace http
