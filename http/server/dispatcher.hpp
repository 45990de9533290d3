// What   dispatcher: a request that has arrived -> the answer with all that the server puts on it.
// Why    Request id, CORS, security headers, 404, 405, overload and the guard around handlers are
// the
//        same for every route and every refusal; here they are one function without a socket.
// Errors Whatever a handler throws becomes 500 INTERNAL_ERROR; the cause goes to on_error.
// Threads any; the hooks are called from many threads.
// Source api-contract.md §1.1, §1.2, §1.5
#pragma once

#include "http/route.hpp"
#include "http/server/protocol.hpp"
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

class dispatcher {
public:
  dispatcher(const server_settings& settings, route_table routes, server_hooks hooks);

  answer answer_to(arrival a) const noexcept;

private:
  struct outcome {
    response content;
    const route* matched = nullptr;
    std::string cors; ///< head lines of a preflight
  };

  std::string request_id_of(const message& m) const;
  outcome decide(request& r, const arrival& a, std::string_view target) const;
  outcome preflight(const request& r, const std::string& origin) const;
  response guarded(const route& matched, const request& r) const;
  bool origin_allowed(std::string_view origin) const;
  void cors_lines(const request& r, std::string& head) const;

  cors_settings cors_;
  std::string api_lines_;  ///< security headers, ready to send
  std::string page_lines_; ///< of pages
  route_table routes_;
  server_hooks hooks_;
};

} // namespace http
