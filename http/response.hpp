// What   response: what a handler answers; no type of the HTTP library.
// Why    Request id, security and CORS headers are put on by the server, so a handler states only
//        its own part.
// Threads belongs to one thread.
#pragma once

#include "http/request.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace http {

struct response {
  int status = 200;
  std::string content_type = "application/json"; ///< left out when the body is empty
  std::string body;
  fields headers; ///< extra ones; a value with a line break is dropped
  /// Problem code for metrics and the access line; static storage; empty on success.
  std::string_view code;
  /// Set: the answer never ends. Once head and body are sent, this gets the socket and closes it.
  std::function<void(int descriptor)> takes_socket = {};
  std::string user_id; ///< for the access line; empty when nobody is logged in
};

} // namespace http
