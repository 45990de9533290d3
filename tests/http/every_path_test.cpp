// Goal: HEAD and OPTIONS work on every path that there is, because nobody remembers to test them on
//       a new one.
// Method: the whole route table on a server; its parameters are filled with ids of the fake.
#include "tests/http/api_fixture.hpp"
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <set>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(every_path)

namespace {

/// "/api/accounts/{id}/holds" -> "/api/accounts/a1/holds"
std::string filled(const std::string& path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '{') out += "a1";
    inside = (inside || c == '{') && c != '}';
    if (!inside && c != '}') out += c;
  }
  return out;
}

struct whole : api {
  http::server running{on_loopback(), http::make_routes(s), {}};
  std::optional<client> c;
  whole() {
    BOOST_REQUIRE(running.start().has_value());
    c.emplace(running.port());
    add_user("ana", "ana@example.com").admin = true;
    books.recovery_now = {true, clock.at, {{3, 9, 7, false}}};
  }
  http_test::reply ask(const std::string& method, const std::string& path,
                       const std::string& more = {}) {
    c->send(method + ' ' + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: " + bearer + "\r\n" +
            more + "\r\n");
    auto answer = c->read(method == "HEAD");
    if (answer.header("Connection") == "close") c.emplace(running.port());
    return answer;
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(head_is_get_without_the_body) {
  whole w;
  std::set<int> seen;
  for (const auto& route : w.routes.all()) {
    if (route.method != "GET") continue;
    const auto path = filled(route.path);
    if (w.ask("HEAD", path).header("Content-Type") == "text/event-stream") continue; // no end
    for (const std::string& more : {std::string{}, std::string{"Accept-Encoding: gzip\r\n"}}) {
      const auto got = w.ask("GET", path, more);
      const auto head = w.ask("HEAD", path, more);
      BOOST_TEST(head.status == got.status, path);
      BOOST_TEST(head.body == "");
      for (const auto* name :
           {"Content-Length", "Content-Type", "Content-Encoding", "ETag", "Vary"})
        BOOST_TEST(head.header(name) == got.header(name), path << ' ' << name);
      seen.insert(got.status);
    }
  }
  BOOST_TEST(seen.contains(200)); // the table was not all refusals
}

BOOST_AUTO_TEST_CASE(options_names_the_methods_of_the_path) {
  whole w;
  for (const auto& route : w.routes.all()) {
    const auto path = filled(route.path);
    const auto r = w.ask("OPTIONS", path);
    BOOST_TEST(r.status == 204, path);
    BOOST_TEST(r.body == "");
    const auto allow = ", " + r.header("Allow") + ',';
    BOOST_TEST(allow.find(", " + route.method + ',') != allow.npos, path << ": " << allow);
    BOOST_TEST(allow.find(", OPTIONS,") != allow.npos, path);
    if (route.method == "GET") BOOST_TEST(allow.find(", HEAD,") != allow.npos, path);
    BOOST_TEST(!r.header("X-Request-ID").empty());
  }
  BOOST_TEST(w.ask("OPTIONS", "/api/nothing").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()
