// Goal: connections and threads are two things; every connection gets an answer; an ordered end.
// Method: handlers wait on a gate that the test opens, so nothing depends on time.
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(load)

namespace {

std::vector<client> connect(int port, std::size_t count) {
  std::vector<client> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    all.emplace_back(port);
    BOOST_REQUIRE(all.back().connected());
  }
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(five_hundred_kept_connections_on_four_threads) {
  served s;
  auto all = connect(s.port(), 500);
  for (int round = 0; round < 3; ++round) {
    for (auto& c : all) BOOST_REQUIRE(c.send(post("/echo", "round " + std::to_string(round))));
    for (auto& c : all) BOOST_REQUIRE(c.read().body == "round " + std::to_string(round));
  }
  BOOST_TEST(s.running->levels().threads <= 4u);
  BOOST_TEST(s.running->levels().connections == 500u);
}

BOOST_AUTO_TEST_CASE(idle_connections_hold_no_thread) {
  auto settings = on_loopback();
  settings.threads = 1;
  served s{settings};
  auto idle = connect(s.port(), 1000);
  for (auto& c : idle) BOOST_REQUIRE(c.exchange(get("/hello")).status == 200);
  client active{s.port()};
  BOOST_TEST(active.exchange(get("/hello")).body == "hello");
  BOOST_TEST(s.running->levels().threads == 1u);
}

BOOST_AUTO_TEST_CASE(half_sent_requests_hold_no_thread) {
  auto settings = on_loopback();
  settings.threads = 1;
  served s{settings};
  auto slow = connect(s.port(), 50);
  for (auto& c : slow) c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  client active{s.port()};
  BOOST_TEST(active.exchange(get("/hello")).body == "hello");
  for (auto& c : slow) BOOST_REQUIRE(c.exchange("cd").body == "abcd");
}

BOOST_AUTO_TEST_CASE(clients_that_do_not_take_their_answers_hold_no_thread) {
  auto settings = on_loopback();
  settings.threads = 1;
  served s{settings};
  auto slow = connect(s.port(), 4);
  const std::size_t size = 20'000'000; // beyond what the sockets buffer
  for (auto& c : slow) c.send(get("/length?n=" + std::to_string(size)));
  client active{s.port()};
  BOOST_TEST(active.exchange(get("/hello")).body == "hello");
  for (auto& c : slow) BOOST_TEST(c.read().body.size() == size);
}

BOOST_AUTO_TEST_CASE(waiting_handlers_get_a_thread_each) {
  auto settings = on_loopback();
  settings.threads = 32;
  served s{settings};
  auto all = connect(s.port(), 32);
  for (auto& c : all) c.send(get("/wait"));
  BOOST_REQUIRE(s.wait.entered(32));
  BOOST_TEST(s.running->levels().in_flight == 32u);
  s.wait.open();
  for (auto& c : all) BOOST_TEST(c.read().body == "waited");
}

BOOST_AUTO_TEST_CASE(overflow_of_the_queue_is_answered) {
  auto settings = on_loopback();
  settings.threads = 2;
  settings.queue = 3;
  served s{settings};
  auto all = connect(s.port(), 40);
  all[0].send(get("/wait"));
  all[1].send(get("/wait"));
  BOOST_REQUIRE(s.wait.entered(2)); // both threads are taken
  for (std::size_t i = 2; i < all.size(); ++i) all[i].send(get("/wait"));
  BOOST_REQUIRE(s.told.saw("rejected overloaded", 35));
  // The shedding thread still answers what tells an operator how things are.
  client operator_{s.port()};
  BOOST_TEST(operator_.exchange(get("/live")).body == "live");
  s.wait.open();
  int served_count = 0;
  int shed = 0;
  for (auto& c : all) {
    const auto r = c.read();
    if (r.status == 200) ++served_count;
    if (r.status == 503) {
      ++shed;
      BOOST_TEST(r.has("\"code\":\"OVERLOADED\""));
      BOOST_TEST(r.header("Retry-After") == "1");
      BOOST_TEST(c.exchange(get("/hello")).status == 200); // the connection is kept
    }
  }
  BOOST_TEST(served_count == 5);
  BOOST_TEST(shed == 35);
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_bound_are_told_so) {
  auto settings = on_loopback();
  settings.connections = 10;
  served s{settings};
  auto inside = connect(s.port(), 10);
  for (auto& c : inside) BOOST_REQUIRE(c.exchange(get("/hello")).status == 200);
  auto outside = connect(s.port(), 20);
  for (auto& c : outside) {
    const auto r = c.exchange(get("/hello"));
    BOOST_TEST(r.status == 503);
    BOOST_TEST(r.header("Retry-After") == "1");
    BOOST_TEST(!r.header("X-Request-ID").empty());
    BOOST_TEST(c.at_end());
  }
  BOOST_TEST(s.told.saw("rejected connections", 20));
  for (auto& c : inside) BOOST_TEST(c.exchange(get("/hello")).status == 200);
}

BOOST_AUTO_TEST_CASE(drain_finishes_what_is_in_flight_and_refuses_the_rest) {
  served s;
  client waiting{s.port()};
  client half{s.port()};
  client idle{s.port()};
  client probing{s.port()};
  BOOST_REQUIRE(idle.exchange(get("/hello")).status == 200);
  waiting.send(get("/wait"));
  BOOST_REQUIRE(s.wait.entered(1));
  half.send("POST /echo HTTP/1.1\r\nHost: x\r\n");
  probing.send("GET /live HTTP/1.1\r\n");
  while (s.running->levels().connections < 4) std::this_thread::yield();
  bool all_done = false;
  std::thread draining{[&] { all_done = s.running->drain(std::chrono::seconds{30}); }};
  BOOST_TEST(idle.at_end()); // closed, not answered
  half.send("Content-Length: 2\r\n\r\nab");
  const auto refused = half.read();
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.has("\"code\":\"SHUTTING_DOWN\""));
  BOOST_TEST(refused.header("Retry-After") == "1");
  BOOST_TEST(refused.header("Connection") == "close");
  probing.send("Host: x\r\n\r\n");
  BOOST_TEST(probing.read().body == "live");
  client late{s.port()};
  BOOST_TEST(!late.connected());
  s.wait.open();
  const auto answer = waiting.read();
  BOOST_TEST(answer.body == "waited");
  BOOST_TEST(answer.header("Connection") == "close");
  for (auto* c : {&half, &probing, &waiting}) {
    BOOST_TEST(c->at_end());
    c->half_close();
  }
  draining.join();
  BOOST_TEST(all_done);
  s.running->stop();
}

BOOST_AUTO_TEST_CASE(half_a_request_that_ends_in_a_drain_is_told_of_the_shutdown) {
  auto settings = on_loopback();
  settings.head_timeout = std::chrono::milliseconds{500};
  served s{settings};
  client half{s.port()};
  while (s.running->levels().connections < 1) std::this_thread::yield();
  half.send("GET /hello HT");
  BOOST_TEST(!s.running->drain(std::chrono::milliseconds{1}));
  const auto refused = half.read();
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.has("\"code\":\"SHUTTING_DOWN\""));
  BOOST_TEST(half.at_end());
}

BOOST_AUTO_TEST_CASE(drain_says_that_something_is_left) {
  served s;
  client waiting{s.port()};
  waiting.send(get("/wait"));
  BOOST_REQUIRE(s.wait.entered(1));
  BOOST_TEST(!s.running->drain(std::chrono::milliseconds{1}));
  s.wait.open();
  BOOST_TEST(waiting.read().body == "waited");
}

BOOST_AUTO_TEST_CASE(stop_with_open_connections_of_every_kind) {
  served s;
  auto all = connect(s.port(), 60);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 3 == 0) all[i].send(get("/hello"));
    if (i % 3 == 1) all[i].send("GET /hel");
  }
  s.running->stop();
  BOOST_TEST(s.running->levels().connections == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// ThreadSanitizer models EPOLL_CTL_ADD as a hand-over between threads but not EPOLL_CTL_MOD, so it
// takes the close of a descriptor by its new owner for a race with the re-arming by the former one.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:close_descriptor\n"; }
#endif
