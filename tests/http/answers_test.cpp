// Goal: what every answer carries and how requests that are no routes are answered (api-contract
// §1). Method: real sockets, exact bytes.
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(answers)

namespace {

/// The members that every error body has.
void check_problem(const reply& r, int status, const std::string& code) {
  BOOST_TEST(r.status == status);
  BOOST_TEST(r.header("Content-Type") == "application/json");
  const auto read = base::json::read(r.body);
  const auto* body = std::get_if<base::json::value>(&read);
  BOOST_REQUIRE(body != nullptr);
  BOOST_REQUIRE(body->find("code") != nullptr);
  BOOST_TEST(*body->find("code")->if_string() == code);
  BOOST_REQUIRE(body->find("request_id") != nullptr);
  BOOST_TEST(*body->find("request_id")->if_string() == r.header("X-Request-ID"));
  BOOST_TEST(body->find("detail") != nullptr);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_route_answers_and_security_headers_are_there) {
  served s;
  client c{s.port()};
  const auto r = c.exchange(get("/hello"));
  BOOST_TEST(r.status == 200);
  BOOST_TEST(r.body == "hello");
  BOOST_TEST(r.header("X-Content-Type-Options") == "nosniff");
  BOOST_TEST(r.header("X-Frame-Options") == "DENY");
  BOOST_TEST(r.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'");
  BOOST_TEST(r.header("Cache-Control") == "no-store");
  BOOST_TEST(r.header("Strict-Transport-Security") == "");
  BOOST_TEST(r.header("Cross-Origin-Embedder-Policy") == "");
  BOOST_TEST(!r.header("Date").empty());
  BOOST_TEST(s.told.saw("GET /hello 200"));
  const auto page = c.exchange(get("/page"));
  BOOST_TEST(page.header("Cross-Origin-Embedder-Policy") == "require-corp");
}

BOOST_AUTO_TEST_CASE(production_answers_hsts) {
  auto settings = on_loopback();
  settings.production = true;
  served s{settings};
  client c{s.port()};
  BOOST_TEST(c.exchange(get("/hello")).header("Strict-Transport-Security") ==
             "max-age=31536000; includeSubDomains; preload");
  const auto local = c.exchange(get("/hello", "Origin: http://localhost:3000\r\n"));
  BOOST_TEST(local.header("Access-Control-Allow-Origin") == "");
}

BOOST_AUTO_TEST_CASE(the_request_id_is_echoed_or_made) {
  served s;
  client c{s.port()};
  BOOST_TEST(c.exchange(get("/hello", "x-request-id:  abc %41+1 \r\n")).header("X-Request-ID") ==
             "abc %41+1");
  const auto made = c.exchange(get("/hello")).header("X-Request-ID");
  BOOST_TEST(made.size() == 36u);
  BOOST_TEST(c.exchange(get("/hello")).header("X-Request-ID") != made);
  const auto long_one = std::string(129, 'a');
  BOOST_TEST(c.exchange(get("/hello", "X-Request-ID: " + long_one + "\r\n"))
                 .header("X-Request-ID")
                 .size() == 36u);
  BOOST_TEST(
      c.exchange(get("/hello", "X-Request-ID: caf\xC3\xA9\r\n")).header("X-Request-ID").size() ==
      36u);
}

BOOST_AUTO_TEST_CASE(both_slash_forms_and_encoded_segments) {
  served s;
  client c{s.port()};
  BOOST_TEST(c.exchange(get("/hello/")).body == "hello");
  BOOST_TEST(c.exchange(get("/things/a%2Fb%20c+d")).body == "a/b c+d");
  BOOST_TEST(c.exchange(get("/things/all/")).body == "all"); // GET: only the template has it
  BOOST_TEST(c.exchange(post("/things/all", "")).body == "all");
  BOOST_TEST(c.exchange(get("/length?n=1&m=?&n=3")).body == "xxx"); // the last one counts
  BOOST_TEST(c.exchange(get("http://x/hello")).body == "hello");
  check_problem(c.exchange(get("/hello//")), 404, "NOT_FOUND");
  check_problem(c.exchange(get("/things/a%00b")), 404, "NOT_FOUND");
  check_problem(c.exchange(get("/things/%FF")), 404, "NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods) {
  served s;
  client c{s.port()};
  const auto missing = c.exchange(get("/nothing"));
  check_problem(missing, 404, "NOT_FOUND");
  BOOST_TEST(missing.has("\"detail\":\"Not Found\""));
  const auto wrong = c.exchange(post("/things/1", "{}"));
  check_problem(wrong, 405, "METHOD_NOT_ALLOWED");
  BOOST_TEST(wrong.header("Allow") == "GET, HEAD, DELETE, OPTIONS");
  check_problem(c.exchange("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n"), 405, "METHOD_NOT_ALLOWED");
  const auto options = c.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(options.status == 204);
  BOOST_TEST(options.header("Allow") == "POST, DELETE, OPTIONS");
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_of_get_and_no_body) {
  served s;
  client c{s.port()};
  c.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto r = c.read(true);
  BOOST_TEST(r.head.substr(0, 12) == "HTTP/1.1 200");
  BOOST_TEST(r.header("Content-Length") == "5");
  BOOST_TEST(c.exchange(get("/hello")).body == "hello"); // nothing was left over before it
}

BOOST_AUTO_TEST_CASE(no_content_has_no_length) {
  served s;
  client c{s.port()};
  const auto r = c.exchange("DELETE /things/1 HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(r.status == 204);
  BOOST_TEST(r.header("Content-Length") == "");
  BOOST_TEST(c.exchange(get("/hello")).status == 200);
}

BOOST_AUTO_TEST_CASE(preflights_and_origins) {
  auto settings = on_loopback();
  settings.cors.origins = {"https://app.example"};
  served s{settings};
  client c{s.port()};
  const auto ask = [&](const std::string& origin) {
    return c.exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: " + origin +
                      "\r\nAccess-Control-Request-Method: POST\r\n"
                      "Access-Control-Request-Headers: authorization, x-a\r\n\r\n");
  };
  const auto good = ask("https://app.example");
  BOOST_TEST(good.status == 200);
  BOOST_TEST(good.body == "OK");
  BOOST_TEST(good.header("Access-Control-Allow-Origin") == "https://app.example");
  BOOST_TEST(good.header("Access-Control-Allow-Credentials") == "true");
  BOOST_TEST(good.header("Access-Control-Allow-Headers") == "authorization, x-a");
  BOOST_TEST(good.header("Access-Control-Max-Age") == "600");
  BOOST_TEST(good.header("Vary") == "Origin");
  BOOST_TEST(!good.header("X-Request-ID").empty());
  const auto bad = ask("https://evil.example");
  BOOST_TEST(bad.status == 400);
  BOOST_TEST(bad.body == "Disallowed CORS origin");
  BOOST_TEST(bad.header("Access-Control-Allow-Origin") == "");
  BOOST_TEST(ask("http://127.0.0.1:8000").status == 200);
  const auto plain = c.exchange(get("/nothing", "Origin: https://app.example\r\n"));
  BOOST_TEST(plain.status == 404);
  BOOST_TEST(plain.header("Access-Control-Allow-Origin") == "https://app.example");
  BOOST_TEST(plain.header("Access-Control-Expose-Headers").find("X-Next-Cursor") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(any_origin_goes_without_credentials) {
  auto settings = on_loopback();
  settings.cors.any_origin = true;
  served s{settings};
  client c{s.port()};
  const auto r = c.exchange(get("/hello", "Origin: https://any.example\r\n"));
  BOOST_TEST(r.header("Access-Control-Allow-Origin") == "*");
  BOOST_TEST(r.header("Access-Control-Allow-Credentials") == "");
}

BOOST_AUTO_TEST_CASE(whatever_a_handler_throws_is_500_without_the_cause) {
  served s;
  client c{s.port()};
  for (const char* path : {"/throw", "/broken", "/odd"}) {
    const auto r = c.exchange(get(path));
    check_problem(r, 500, "INTERNAL_ERROR");
    BOOST_TEST(
        r.has("\"detail\":{\"error\":\"INTERNAL_ERROR\",\"message\":\"Erro interno do servidor\""));
    BOOST_TEST(!r.has("cause"));
    BOOST_TEST(!r.has("purpose"));
  }
  const auto named = c.exchange(get("/api/transactions/throw"));
  check_problem(named, 500, "TX_INTERNAL_ERROR");
  BOOST_TEST(named.has("\"code\":\"TX_INTERNAL_ERROR\"}"));
  check_problem(c.exchange(get("/api/transactions/lost")), 500, "TX_INTERNAL_ERROR");
  BOOST_TEST(s.told.saw("error std::runtime_error")); // what it says is for nobody's log
  BOOST_TEST(c.exchange(get("/hello")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_header_value_cannot_split_the_answer) {
  served s;
  client c{s.port()};
  const auto r = c.exchange(get("/split"));
  BOOST_TEST(r.body == "split");
  BOOST_TEST(r.header("X-Injected") == "");
}

BOOST_AUTO_TEST_CASE(header_values_arrive_as_sent) {
  served s;
  client c{s.port()};
  BOOST_TEST(c.exchange(get("/header", "X-VALUE: \t a%41+b \r\n")).body == "[a%41+b]");
  BOOST_TEST(c.exchange(get("/header", "X-Value:\r\n")).body == "[]");
  BOOST_TEST(c.exchange(get("/header")).body == "none");
  BOOST_TEST(c.exchange(get("/peer")).body == "127.0.0.1");
  // Neither cuts nor compresses the answer, as the library does on its own.
  const auto r = c.exchange(get("/hello", "Range: bytes=0-1\r\nAccept-Encoding: gzip, br\r\n"));
  BOOST_TEST(r.status == 200);
  BOOST_TEST(r.body == "hello");
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_said) {
  served s;
  auto settings = on_loopback();
  settings.port = s.port();
  http::server second{settings, http::route_table{}};
  const auto started = second.start();
  BOOST_REQUIRE(!started.has_value());
  BOOST_TEST(started.error().code == "HTTP_BIND_FAILED");
}

BOOST_AUTO_TEST_SUITE_END()
