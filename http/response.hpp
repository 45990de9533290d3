// What   response: what a handler answers; no type of the HTTP library.
// Why    Request id, security and CORS headers are put on by the server, so a handler states only
//        its own part.
// Threads belongs to one thread.
#pragma once

#include "http/request.hpp"

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
  std::string user_id; ///< for the access line; empty when nobody is logged in
};

} // namespace http
