// What   api_client: one call of our own API, for the command line.
// Bounds an answer is at most 16 MiB; a call waits 30 s, to connect 10 s. No redirect is followed.
// Errors DB_UNAVAILABLE with a text for the operator when the server cannot be reached.
// Threads any; blocks its thread.
// Source api-contract.md §17
#pragma once

#include "base/result.hpp"

#include <string>

namespace http {

struct api_server {
  std::string url;   ///< http://host:port, without or with a slash at its end
  std::string token; ///< goes into Authorization, and into no message
};

struct api_answer {
  long status = 0;
  std::string body;
};

base::result<api_answer> post_json(const api_server& server, const std::string& path,
                                   const std::string& body);
base::result<api_answer> get_json(const api_server& server, const std::string& path);

} // namespace http
