// Goal: deferred handlers hold no thread, and their replies cannot be lost, doubled or outlive the
// server. Method: the test keeps the replies and gives them itself.
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(deferred)

BOOST_AUTO_TEST_CASE(outstanding_replies_hold_no_thread) {
  auto settings = on_loopback();
  settings.threads = 1;
  served s{settings};
  std::vector<client> all;
  for (int i = 0; i < 200; ++i) {
    all.emplace_back(s.port());
    all.back().send(post("/later", "x") + get("/hello")); // pipelined: waits for the first answer
  }
  auto replies = s.owed.take(200);
  BOOST_TEST(s.running->levels().in_flight == 200u);
  client active{s.port()};
  BOOST_TEST(active.exchange(get("/hello")).body == "hello");
  std::thread giver{[&] {
    for (auto& to : replies) to(text("late"));
  }};
  for (auto& c : all) {
    BOOST_TEST(c.read().body == "late");
    BOOST_TEST(c.read().body == "hello");
  }
  giver.join();
}

BOOST_AUTO_TEST_CASE(the_first_reply_counts) {
  served s;
  client c{s.port()};
  const auto r =
      c.exchange(get("/at-once", "X-Request-ID: mine\r\nOrigin: http://localhost:3000\r\n"));
  BOOST_TEST(r.body == "/at-once");
  BOOST_TEST(r.header("X-Request-ID") == "mine");
  BOOST_TEST(r.header("Access-Control-Allow-Origin") == "http://localhost:3000");
  BOOST_TEST(c.exchange(get("/hello")).body == "hello");
  BOOST_TEST(s.told.saw("GET /at-once 200"));
}

BOOST_AUTO_TEST_CASE(a_lost_reply_and_a_throwing_handler_are_500) {
  served s;
  client c{s.port()};
  BOOST_TEST(c.exchange(get("/lost")).status == 500);
  BOOST_TEST(c.exchange(get("/thrown")).status == 500);
  BOOST_TEST(s.told.saw("error the handler has lost its reply"));
  BOOST_TEST(s.told.saw("error std::runtime_error"));
  BOOST_TEST(c.exchange(get("/hello")).status == 200);
}

BOOST_AUTO_TEST_CASE(replies_owed_are_bounded) {
  auto settings = on_loopback();
  settings.deferred = 2;
  served s{settings};
  client first{s.port()};
  client second{s.port()};
  client third{s.port()};
  first.send(post("/later", ""));
  second.send(post("/later", ""));
  auto replies = s.owed.take(2);
  BOOST_TEST(third.exchange(post("/later", "")).status == 503);
  BOOST_TEST(s.told.saw("rejected overloaded"));
  for (auto& to : replies) to(text("late"));
  BOOST_TEST(first.read().body == "late");
  BOOST_TEST(second.read().body == "late");
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_replies_and_a_stop_sends_them) {
  served s;
  client c{s.port()};
  c.send(post("/later", ""));
  auto replies = s.owed.take(1);
  BOOST_TEST(!s.running->drain(std::chrono::milliseconds{1}));
  std::thread stopping{[&] { s.running->stop(); }};
  replies.front()(text("late"));
  const auto r = c.read();
  BOOST_TEST(r.body == "late");
  BOOST_TEST(r.header("Connection") == "close");
  stopping.join();
  replies.clear(); // a copy that outlives the server does nothing
}

BOOST_AUTO_TEST_SUITE_END()
