#include "http/api/login_attempt.hpp"

#include "http/problem.hpp"

#include <fmt/format.h>

namespace http {

response limited(const service& s, const request& r, observability::auth_operation what,
                 std::chrono::seconds wait) {
  if (s.hooks.on_auth) s.hooks.on_auth(what, observability::auth_result::limited);
  auto answer =
      problem(429, "RATE_LIMITED",
              fmt::format("Muitas tentativas. Tente novamente em {} segundos.", wait.count()),
              r.request_id);
  answer.headers.push_back({"Retry-After", std::to_string(wait.count())});
  return answer;
}

} // namespace http
