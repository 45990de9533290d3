// Goal: what every answer tells browsers (api-contract §1.5), whatever kind of answer it is.
// Method: real sockets, exact bytes.
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <utility>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(headers)

namespace {

const std::string app_origin = "https://app.example";

http::server_settings beside_an_app() {
  auto settings = on_loopback();
  settings.cors.origins = {app_origin};
  return settings;
}

/// The parts of a list with commas, whatever their order.
std::set<std::string> parts_of(const std::string& list) {
  std::set<std::string> parts;
  for (std::size_t from = 0; from < list.size();) {
    const auto comma = std::min(list.find(", ", from), list.size());
    parts.insert(list.substr(from, comma - from));
    from = comma + 2;
  }
  return parts;
}

using names = std::set<std::string>;

} // namespace

// A browser shows an answer of another origin to its page only with these, a failure too.
BOOST_AUTO_TEST_CASE(a_failure_of_ours_can_be_read_by_the_app) {
  served s{beside_an_app()};
  client c{s.port()};
  for (const char* path : {"/throw", "/broken", "/odd", "/lost", "/thrown"}) {
    const auto r = c.exchange(get(path, "Origin: " + app_origin + "\r\n"));
    BOOST_TEST(r.status == 500, path);
    BOOST_TEST(r.header("Access-Control-Allow-Origin") == app_origin, path);
    BOOST_TEST(r.header("Access-Control-Allow-Credentials") == "true", path);
    BOOST_TEST(r.header("Vary") == "Origin", path);
    BOOST_TEST(parts_of(r.header("Access-Control-Expose-Headers")).contains("X-Request-ID"), path);
    const auto other = c.exchange(get(path, "Origin: https://evil.example\r\n"));
    BOOST_TEST(other.status == 500, path);
    BOOST_TEST(other.header("Access-Control-Allow-Origin") == "", path);
  }
}

BOOST_AUTO_TEST_CASE(a_preflight_names_the_methods) {
  served s{beside_an_app()};
  client c{s.port()};
  const auto r = c.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: " + app_origin +
                            "\r\nAccess-Control-Request-Method: PATCH\r\n\r\n");
  BOOST_TEST(r.status == 200);
  BOOST_TEST((parts_of(r.header("Access-Control-Allow-Methods")) ==
              names{"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}));
}

BOOST_AUTO_TEST_CASE(the_headers_that_a_page_may_read) {
  served s{beside_an_app()};
  client c{s.port()};
  for (const char* path : {"/hello", "/nothing"})
    BOOST_TEST((parts_of(c.exchange(get(path, "Origin: " + app_origin + "\r\n"))
                             .header("Access-Control-Expose-Headers")) ==
                names{"X-Request-ID", "Idempotent-Replayed", "Preference-Applied", "Retry-After",
                      "ETag", "X-Total-Count", "X-Next-Cursor", "Link"}),
               path);
}

BOOST_AUTO_TEST_CASE(every_kind_of_answer_has_the_headers_of_security) {
  served s{beside_an_app()};
  const std::pair<const char*, const char*> wanted[] = {
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "strict-origin-when-cross-origin"},
      {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"X-Permitted-Cross-Domain-Policies", "none"}};
  const std::pair<int, std::string> asked[] = {
      {200, get("/hello")},
      {200, get("/page")},
      {200, get("/live")},
      {204, "DELETE /things/1 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {404, get("/nothing")},
      {405, post("/hello", "{}")},
      {500, get("/throw")},
      {400, "NONSENSE\r\n\r\n"},
      {200, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: " + app_origin +
                "\r\nAccess-Control-Request-Method: POST\r\n\r\n"},
      {400, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n"
            "Access-Control-Request-Method: POST\r\n\r\n"}};
  for (const auto& [status, bytes] : asked) {
    client c{s.port()};
    const auto r = c.exchange(bytes);
    BOOST_TEST(r.status == status, bytes);
    for (const auto& [name, value] : wanted) BOOST_TEST(r.header(name) == value, bytes << name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
