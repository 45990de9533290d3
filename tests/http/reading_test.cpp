// Goal: how bytes become requests, and which bytes do not.
// Method: real sockets for what a client sees; the reader alone for every cut of the bytes.
#include "tests/http/client.hpp"
#include "tests/http/served.hpp"

#include "base/random.hpp"
#include "http/server/request_reader.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace http_test;
using progress = http::request_reader::progress;

BOOST_AUTO_TEST_SUITE(reading)

namespace {

const std::string chunked_post =
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4;ext=1\r\nabcd\r\n00000A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_CASE(byte_at_a_time) {
  served s;
  client c{s.port()};
  for (const char byte : post("/echo", "body bytes")) BOOST_REQUIRE(c.send({&byte, 1}));
  BOOST_TEST(c.read().body == "body bytes");
  for (const char byte : chunked_post) BOOST_REQUIRE(c.send({&byte, 1}));
  BOOST_TEST(c.read().body == "abcd0123456789");
}

BOOST_AUTO_TEST_CASE(every_cut_in_two_gives_the_same_request) {
  for (const auto& text : {post("/echo?a=b", "twelve bytes", "X-A: 1\r\n"), chunked_post}) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      http::request_reader reader{{16 * 1024, 1024}};
      std::string in = text.substr(0, cut);
      auto p = reader.advance(in);
      if (p != progress::complete) {
        BOOST_REQUIRE(p == progress::more);
        in += text.substr(cut);
        p = reader.advance(in);
      }
      BOOST_REQUIRE(p == progress::complete);
      const auto m = reader.take();
      BOOST_TEST(m.method == "POST");
      BOOST_TEST(m.body == (text == chunked_post ? "abcd0123456789" : "twelve bytes"));
      BOOST_TEST(in == ""); // nothing is left for the next request
    }
  }
}

/// What came out of some bytes: the requests, and how it ended.
std::string outcome_of(std::string_view bytes, base::random* cuts) {
  std::string outcome;
  std::string in;
  http::request_reader reader{{512, 64}};
  while (!bytes.empty()) {
    const auto piece =
        cuts ? std::min<std::size_t>(1 + cuts->below(9), bytes.size()) : bytes.size();
    in += bytes.substr(0, piece);
    bytes.remove_prefix(piece);
    for (;;) {
      const auto p = reader.advance(in);
      if (p == progress::refused) return outcome + std::to_string(reader.why().status);
      if (p != progress::complete) break;
      const auto m = reader.take();
      BOOST_REQUIRE(m.body.size() <= 64);
      outcome += m.method + " " + m.target + " " + m.body + (m.keep_alive ? "\n" : " end\n");
      for (const auto& h : m.headers) outcome += h.name + "=" + h.value + "\n";
      reader = http::request_reader{{512, 64}};
      if (in.empty()) break;
    }
  }
  return outcome + "more";
}

BOOST_AUTO_TEST_CASE(damaged_bytes_mean_the_same_however_they_are_cut) {
  const std::string sound = get("/a?b=c", "X-A: 1\r\n") + post("/echo", "twelve bytes") +
                            chunked_post + get("/", "Connection: close\r\n");
  const std::string_view spice = "\r\n :0123456789abcdef\t;,%\x80HTTP/";
  const std::uint64_t seed = base::system_seed();
  BOOST_TEST_CONTEXT("seed " << seed) {
    base::random chance{seed};
    for (int i = 0; i < 5000; ++i) {
      auto text = sound;
      for (std::uint64_t n = chance.below(4); n > 0; --n) {
        const auto at = chance.below(text.size());
        switch (chance.below(3)) {
        case 0: text[at] = spice[chance.below(spice.size())]; break;
        case 1: text.erase(at, 1 + chance.below(5)); break;
        default: text.insert(at, 1, spice[chance.below(spice.size())]);
        }
      }
      BOOST_REQUIRE_EQUAL(outcome_of(text, nullptr), outcome_of(text, &chance));
    }
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  served s;
  client c{s.port()};
  std::string all;
  for (int i = 0; i < 50; ++i) all += post("/echo", "number " + std::to_string(i));
  all += chunked_post + get("/hello", "Connection: close\r\n");
  c.send(all);
  for (int i = 0; i < 50; ++i) BOOST_TEST(c.read().body == "number " + std::to_string(i));
  BOOST_TEST(c.read().body == "abcd0123456789");
  const auto last = c.read();
  BOOST_TEST(last.body == "hello");
  BOOST_TEST(last.header("Connection") == "close");
  BOOST_TEST(c.at_end());
}

BOOST_AUTO_TEST_CASE(bodies_on_every_method) {
  served s;
  client c{s.port()};
  const auto r = c.exchange("DELETE /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n[1,2]");
  BOOST_TEST(r.body == "[1,2]");
}

BOOST_AUTO_TEST_CASE(too_large_a_body_is_refused_before_it_is_read) {
  served s;
  client c{s.port()};
  // Not a byte of the body is sent.
  const auto r = c.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nX-Request-ID: big\r\n"
                            "Origin: http://localhost:3000\r\nContent-Length: 2097153\r\n\r\n");
  BOOST_TEST(r.status == 413);
  BOOST_TEST(r.has("\"code\":\"BODY_TOO_LARGE\""));
  BOOST_TEST(r.header("X-Request-ID") == "big");
  BOOST_TEST(r.header("Access-Control-Allow-Origin") == "http://localhost:3000");
  BOOST_TEST(r.header("Connection") == "close");
  BOOST_TEST(c.at_end());
  BOOST_TEST(s.told.saw("rejected body_too_large"));
  client digits{s.port()};
  BOOST_TEST(digits
                 .exchange("POST /echo HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: 99999999999999999999999\r\n\r\n")
                 .status == 413);
}

BOOST_AUTO_TEST_CASE(the_answer_413_survives_a_client_that_goes_on_sending) {
  served s;
  client c{s.port()};
  c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  const std::string part(100'000, 'x');
  for (int i = 0; i < 40 && c.send(part); ++i) {
  }
  BOOST_TEST(c.read().status == 413);
}

BOOST_AUTO_TEST_CASE(the_largest_body_is_served_and_a_larger_chunked_one_is_not) {
  served s;
  client c{s.port()};
  const std::string body(2 * 1024 * 1024, 'b');
  BOOST_TEST((c.exchange(post("/echo", body)).body == body));
  c.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n");
  c.send(body.substr(0, 0x100000) + "\r\n100001\r\n");
  BOOST_TEST(c.read().status == 413);
}

BOOST_AUTO_TEST_CASE(expect_continue) {
  served s;
  client c{s.port()};
  c.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  BOOST_TEST(c.read().status == 100);
  BOOST_TEST(c.exchange("body").body == "body");
  // A client that does not wait gets no interim answer.
  BOOST_TEST(c.exchange(post("/echo", "all", "Expect: 100-continue\r\n")).body == "all");
  client large{s.port()};
  BOOST_TEST(large
                 .exchange("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                           "Content-Length: 4000000\r\n\r\n")
                 .status == 413);
}

BOOST_AUTO_TEST_CASE(http_1_0) {
  served s;
  client once{s.port()};
  BOOST_TEST(once.exchange("GET /hello HTTP/1.0\r\n\r\n").body == "hello");
  BOOST_TEST(once.at_end());
  client kept{s.port()};
  const auto r = kept.exchange("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  BOOST_TEST(r.header("Connection") == "keep-alive");
  BOOST_TEST(kept.exchange("GET /hello HTTP/1.0\r\n\r\n").body == "hello");
}

BOOST_AUTO_TEST_CASE(a_client_that_closes_its_half_gets_its_answer) {
  served s;
  client c{s.port()};
  c.send(get("/length?n=3000000"));
  c.half_close();
  BOOST_TEST(c.read().body.size() == 3000000u);
  BOOST_TEST(c.at_end());
}

BOOST_AUTO_TEST_CASE(a_slow_request_is_answered_408) {
  auto settings = on_loopback();
  settings.head_timeout = std::chrono::milliseconds{40};
  settings.body_timeout = std::chrono::milliseconds{40};
  served s{settings};
  client head{s.port()};
  head.send("GET /hello HT");
  const auto r = head.read();
  BOOST_TEST(r.status == 408);
  BOOST_TEST(r.has("\"code\":\"REQUEST_TIMEOUT\""));
  BOOST_TEST(head.at_end());
  client body{s.port()};
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  BOOST_TEST(body.read().status == 408);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_an_answer) {
  auto settings = on_loopback();
  settings.idle_timeout = std::chrono::milliseconds{40};
  served s{settings};
  client fresh{s.port()};
  BOOST_TEST(fresh.at_end());
  client kept{s.port()};
  BOOST_TEST(kept.exchange(get("/hello")).status == 200);
  BOOST_TEST(kept.at_end());
}

struct bad {
  const char* name;
  std::string bytes;
  int status;
};
std::ostream& operator<<(std::ostream& out, const bad& b) { return out << b.name; }

const std::vector<bad> bad_requests{
    {"no version", "GET /hello\r\n\r\n", 400},
    {"garbage", "\x16\x03\x01\x02", 400},
    {"bare line feeds", "GET /hello HTTP/1.1\nHost: x\n\n", 400},
    {"space in target", "GET /hel lo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"lower-case version", "GET /hello http/1.1\r\nHost: x\r\n\r\n", 400},
    {"version 2", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"folded header", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
    {"space before colon", "GET /hello HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400},
    {"no colon", "GET /hello HTTP/1.1\r\nHost: x\r\nAb\r\n\r\n", 400},
    {"control character", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400},
    {"carriage return inside", "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
    {"negative length", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
    {"two lengths",
     "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
    {"length and chunks",
     "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"other coding", "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     501},
    {"chunk without size",
     "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400},
    {"chunk longer than said",
     "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
     400},
    {"unknown expectation", "GET /hello HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417},
    {"long target", "GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
    {"long header", "GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(17000, 'a'), 431},
};

BOOST_DATA_TEST_CASE(malformed_requests_get_our_error_body, bad_requests) {
  served s;
  client c{s.port()};
  c.send(sample.bytes);
  const auto r = c.read();
  BOOST_TEST(r.status == sample.status);
  BOOST_TEST(r.has("\"detail\":"));
  BOOST_TEST(r.has("\"request_id\":\"" + r.header("X-Request-ID") + "\""));
  BOOST_TEST(r.header("Connection") == "close");
  BOOST_TEST(c.at_end());
}

BOOST_AUTO_TEST_CASE(too_many_headers) {
  served s;
  client c{s.port()};
  std::string many;
  for (int i = 0; i < 100; ++i) many += "A: b\r\n";
  const auto r = c.exchange(get("/hello", many));
  BOOST_TEST(r.status == 431);
  BOOST_TEST(r.head.substr(0, r.head.find("\r\n")) ==
             "HTTP/1.1 431 Request Header Fields Too Large");
}

BOOST_AUTO_TEST_CASE(half_read_bodies_are_bounded_together) {
  auto settings = on_loopback();
  settings.buffered_bytes = 300'000;
  served s{settings};
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
  client first{s.port()};
  client second{s.port()};
  first.send(head + std::string(199'999, 'a'));
  second.send(head + std::string(199'999, 'b'));
  // One of the two is over the bound; the other one, and small requests, are served.
  BOOST_TEST(s.told.saw("rejected memory"));
  client small{s.port()};
  BOOST_TEST(small.exchange(post("/echo", "small")).body == "small");
}

BOOST_AUTO_TEST_SUITE_END()
