// Goal: tags, 304 and compression are the same for every route, and change nothing else.
// Method: a server with one handler of each kind; what it answers is compared between requests.
#include "http/server/content_coding.hpp"

#include "tests/http/client.hpp"
#include "tests/http/gunzip.hpp"
#include "tests/http/served.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(representation)

namespace {

const std::string gzip_please = "Accept-Encoding: gzip\r\n";

http::response json(std::string body) {
  http::response r;
  r.body = std::move(body);
  return r;
}

/// Lists and things whose content the test sets.
struct shaped {
  std::string list = "[" + std::string(3000, '1') + "]";
  std::string thing = R"({"name":"a"})";
  std::string cursor;
  std::optional<http::server> running;

  explicit shaped(http::server_settings settings = on_loopback()) {
    using http::request;
    http::route_table t;
    t.add({"GET",
           "/list",
           "test",
           [this](const request&) {
             auto r = json(list);
             if (!cursor.empty()) r.headers.push_back({"X-Next-Cursor", cursor});
             return r;
           },
           {.tagged = true}});
    t.add({"GET", "/plain", "test", [this](const request&) { return json(list); }});
    t.add({"GET", "/thing", "test", [this](const request&) {
             auto r = json(thing);
             r.headers.push_back({"ETag", "\"v1\""});
             return r;
           }});
    t.add({"PUT", "/thing", "test", [this](const request&) { return json(list); }});
    t.add({"GET",
           "/token",
           "test",
           [this](const request&) { return json(list); },
           {.holds_secret = true}});
    t.add({"GET", "/cookie", "test", [this](const request&) {
             auto r = json(list);
             r.headers.push_back({"Set-Cookie", "a=b"});
             return r;
           }});
    t.add({"GET", "/picture", "test", [this](const request&) {
             auto r = json(list);
             r.content_type = "image/png";
             return r;
           }});
    t.add({"GET", "/missing", "test", [this](const request&) {
             auto r = json(list);
             r.status = 404;
             r.headers.push_back({"ETag", "\"v1\""});
             return r;
           }});
    t.add({"GET", "/later", "test", {}, {.tagged = true}, [this](request, const http::reply& to) {
             to(json(list));
           }});
    running.emplace(std::move(settings), std::move(t));
    BOOST_REQUIRE(running->start().has_value());
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_tag_changes_with_what_is_shown) {
  shaped s;
  client c{s.running->port()};
  const auto tag = [&](const char* path) { return c.exchange(get(path)).header("ETag"); };
  const auto list = tag("/list");
  BOOST_TEST(list.size() == 34u);
  BOOST_TEST(tag("/list") == list);
  s.cursor = "next";
  BOOST_TEST(tag("/list") != list); // the same rows, and now there are more
  s.cursor.clear();
  s.list += ' ';
  BOOST_TEST(tag("/list") != list);
  BOOST_TEST(tag("/plain") == ""); // nobody asked for it
  const auto thing = tag("/thing");
  BOOST_TEST(thing.starts_with("\"v1;"));
  s.thing = R"({"name":"b"})";
  BOOST_TEST(tag("/thing") != thing); // a new name has no new version
  BOOST_TEST(tag("/missing") == "\"v1\"");
}

BOOST_AUTO_TEST_CASE(what_the_client_has_is_not_sent_again) {
  shaped s;
  client c{s.running->port()};
  for (const auto* path : {"/list", "/thing", "/later"}) {
    const auto first = c.exchange(get(path, "Origin: http://localhost:3000\r\n"));
    const auto tag = first.header("ETag");
    for (const auto& sent : {tag, "W/" + tag, std::string{"*"}, "\"x\", " + tag}) {
      const auto again =
          c.exchange(get(path, "X-Request-ID: r1\r\nOrigin: http://localhost:3000\r\n"
                               "If-None-Match: " +
                                   sent + "\r\n"));
      BOOST_TEST(again.status == 304, path << ' ' << sent);
      BOOST_TEST(again.body == "");
      BOOST_TEST(again.header("Content-Length") == "");
      BOOST_TEST(again.header("Content-Type") == "");
      BOOST_TEST(again.header("ETag") == tag);
      BOOST_TEST(again.header("Cache-Control") == "no-store");
      BOOST_TEST(again.header("X-Request-ID") == "r1");
      BOOST_TEST(again.header("Access-Control-Allow-Origin") == "http://localhost:3000");
      BOOST_TEST(again.header("X-Content-Type-Options") == "nosniff");
      BOOST_TEST(again.header("Vary") == first.header("Vary"));
    }
    // Two lines are one list.
    BOOST_TEST(
        c.exchange(get(path, "If-None-Match: \"x\"\r\nIf-None-Match: " + tag + "\r\n")).status ==
        304);
    for (const std::string sent : {"\"x\"", "v1", "\"v1\"", "none"})
      BOOST_TEST(c.exchange(get(path, "If-None-Match: " + sent + "\r\n")).body == first.body);
  }
  BOOST_TEST(c.exchange(get("/missing", "If-None-Match: *\r\n")).status == 404);
  BOOST_TEST(c.exchange(get("/plain", "If-None-Match: *\r\n")).status == 200); // it has no tag
  const auto put = c.exchange("PUT /thing HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n"
                              "Content-Length: 0\r\n\r\n");
  BOOST_TEST(put.status == 200);
}

BOOST_AUTO_TEST_CASE(gzip_for_those_who_take_it) {
  shaped s;
  client c{s.running->port()};
  for (const auto* path : {"/list", "/plain", "/later"}) {
    const auto plain = c.exchange(get(path));
    BOOST_TEST(plain.body == s.list);
    BOOST_TEST(plain.header("Content-Encoding") == "");
    BOOST_TEST(plain.header("Vary") == "Accept-Encoding");
    const auto small = c.exchange(get(path, gzip_please));
    BOOST_TEST(small.header("Content-Encoding") == "gzip");
    BOOST_TEST(small.header("Content-Type") == "application/json");
    BOOST_TEST(small.header("Vary") == "Accept-Encoding");
    BOOST_TEST(gunzip(small.body) == s.list);
    BOOST_TEST(c.exchange(get(path, "Accept-Encoding: gzip;q=0\r\n")).body == s.list);
  }
  const auto tag = c.exchange(get("/list")).header("ETag");
  const auto weak = c.exchange(get("/list", gzip_please)).header("ETag");
  BOOST_TEST(weak == "W/" + tag); // other bytes
  const auto again = c.exchange(get("/list", gzip_please + "If-None-Match: " + tag + "\r\n"));
  BOOST_TEST(again.status == 304);
  BOOST_TEST(again.header("ETag") == weak);
  BOOST_TEST(again.header("Content-Encoding") == "");
  const auto put =
      c.exchange("PUT /thing HTTP/1.1\r\nHost: x\r\n" + gzip_please + "Content-Length: 0\r\n\r\n");
  BOOST_TEST(gunzip(put.body) == s.list);
}

BOOST_AUTO_TEST_CASE(no_gzip_where_it_harms_or_does_not_help) {
  shaped s;
  client c{s.running->port()};
  for (const auto* path : {"/token", "/cookie", "/picture"}) {
    const auto r = c.exchange(get(path, gzip_please));
    BOOST_TEST(r.header("Content-Encoding") == "", path);
    BOOST_TEST(r.header("Vary") == "");
    BOOST_TEST(r.body == s.list);
  }
  s.list = std::string(http::gzip_from - 1, '1');
  BOOST_TEST(c.exchange(get("/list", gzip_please)).header("Content-Encoding") == "");
  BOOST_TEST(c.exchange(get("/list", gzip_please)).header("Vary") == "");
  s.list += '1';
  BOOST_TEST(c.exchange(get("/list", gzip_please)).header("Content-Encoding") == "gzip");
}

BOOST_AUTO_TEST_CASE(head_says_of_each_form_what_get_sends) {
  shaped s;
  client c{s.running->port()};
  for (const std::string& how : {std::string{}, gzip_please, std::string{"If-None-Match: *\r\n"}})
    for (const std::string path : {"/list", "/thing", "/plain", "/token", "/later", "/missing"}) {
      const auto got = c.exchange(get(path, how));
      c.send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n" + how + "\r\n");
      const auto head = c.read(true);
      for (const auto* name :
           {"Content-Length", "Content-Type", "Content-Encoding", "ETag", "Vary", "Cache-Control"})
        BOOST_TEST(head.header(name) == got.header(name), path << ' ' << how << name);
      BOOST_TEST(head.status == got.status);
    }
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_takes_have_a_bound) {
  auto settings = on_loopback();
  settings.buffered_bytes = 50'000'000;
  shaped s{settings};
  const std::size_t size = 20'000'000; // beyond what the sockets buffer
  s.list = std::string(size, '1');
  std::vector<client> slow;
  for (int i = 0; i < 2; ++i) {
    slow.emplace_back(s.running->port());
    slow.back().send(get("/plain"));
    char first = 0; // the answer is made, and the rest of it waits
    BOOST_REQUIRE(recv(slow.back().fd(), &first, 1, MSG_PEEK) == 1);
  }
  client late{s.running->port()};
  const auto refused = late.exchange(get("/plain"));
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.has("\"code\":\"OVERLOADED\""));
  BOOST_TEST(refused.header("Retry-After") == "1");
  BOOST_TEST(late.exchange(get("/thing")).status == 200); // small ones pass
  for (auto& c : slow) BOOST_TEST(c.read().body.size() == size);
  BOOST_TEST(late.exchange(get("/plain")).body.size() == size);
}

BOOST_AUTO_TEST_SUITE_END()
