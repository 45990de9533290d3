// Goal: what goes out to a receiver of push, to whom not, and how the call ends.
// Method: vectors made by Python's hmac; a server on loopback that writes down what it is told.
#include "http/outbound/push_client.hpp"
#include "tests/http/hook_sink.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(pushes)

namespace {

using http::outbound_end;
using http_test::hook_sink;
using namespace std::chrono_literals;

const std::vector<std::string> both{"a push secret of tests", "the secret of last year"};
constexpr base::utc_us at{1'795'543'509'500'000};
constexpr std::string_view body =
    R"({"id":"019ac1d2-0000-7000-8000-000000000001","kind":"tax.quote","payload":{"n":1},)"
    R"("payload_version":1,"attempt":1,"timeout_s":60})";

http::push_call wish(const std::string& url) {
  return {url, "019ac1d2-0000-7000-8000-000000000001", 1, std::string{body}, 10s, {}};
}

http::outbound_answer call(const http::push_call& what,
                           const std::vector<std::string>& allow = {"127.0.0.0/8"}) {
  return http::push_client{both, http::address_blocks{allow}}.call(what, at);
}

std::string answer(const std::string& status, const std::string& text,
                   const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n" +
         more + "\r\n" + text;
}

} // namespace

// By Python: hmac.new(secret, bytes, hashlib.sha256).hexdigest(); docs/JOBS.md shows them too.
BOOST_AUTO_TEST_CASE(signatures_as_another_program_makes_them) {
  const auto one = [](const std::string& secret, std::int32_t attempt, std::string_view path,
                      std::string_view bytes) {
    return http::push_signature({secret}, {1'795'543'509, attempt, path, bytes});
  };
  BOOST_TEST(one(both[0], 1, "/jobs?a=1", body) ==
             "v1=10a89e278e2a65b31a73381defd49bd4bb47c6d01d33fa165255899d4eb44ef5");
  BOOST_TEST(one(both[1], 1, "/jobs?a=1", body) ==
             "v1=f50d63e2d4ef61f8b99ccc054a7c60547a2033f621b935ecfbc59b9058ab64d4");
  BOOST_TEST(one(both[0], 3, "/", "{}") ==
             "v1=a06d1c120aebfc295aeb21dcc6c7fbcbc17ed548cc36d583a9a693c533feaa7f");
  BOOST_TEST(one(both[0], 1, "/jobs", R"({"nome":"João"})") ==
             "v1=5e36694d60ec5b45c941027cb0d692a076fd74eb0802c135f9db9cc78f5675fd");
  BOOST_TEST(http::push_signature(both, {1'795'543'509, 1, "/jobs?a=1", body}) ==
             "v1=10a89e278e2a65b31a73381defd49bd4bb47c6d01d33fa165255899d4eb44ef5,"
             "v1=f50d63e2d4ef61f8b99ccc054a7c60547a2033f621b935ecfbc59b9058ab64d4");
}

BOOST_AUTO_TEST_CASE(a_call_has_the_job_and_both_signatures) {
  hook_sink sink{answer("200 OK", R"({"result":{"n":2}})")};
  const auto got = call(wish(sink.url("/jobs?a=1")));
  BOOST_TEST((got.how == outbound_end::answered));
  BOOST_TEST(got.status == 200);
  BOOST_TEST(got.body == R"({"result":{"n":2}})");
  const auto& heard = sink.heard();
  const auto has = [&](const std::string& line) {
    BOOST_TEST(heard.find("\r\n" + line + "\r\n") != heard.npos, line << " in " << heard);
  };
  BOOST_TEST(heard.starts_with("POST /jobs?a=1 HTTP/1.1\r\n"));
  has("Content-Type: application/json");
  has("Vaidepix-Timestamp: 1795543509");
  has("Vaidepix-Job: 019ac1d2-0000-7000-8000-000000000001");
  has("Vaidepix-Attempt: 1");
  has("Idempotency-Key: 019ac1d2-0000-7000-8000-000000000001");
  has("Vaidepix-Signature: v1=10a89e278e2a65b31a73381defd49bd4bb47c6d01d33fa165255899d4eb44ef5,"
      "v1=f50d63e2d4ef61f8b99ccc054a7c60547a2033f621b935ecfbc59b9058ab64d4");
  BOOST_TEST(heard.ends_with("\r\n\r\n" + std::string{body}));
}

// The path that is signed is the one that the receiver sees.
BOOST_AUTO_TEST_CASE(what_is_signed_is_what_stands_in_the_request_line) {
  for (const std::string path : {"", "/", "?a=1", "/a/../b", "/a%2Fb/./c?x=%20&y", "/~a;b"}) {
    hook_sink sink{answer("204 Done", "")};
    const auto url = sink.url(path);
    call(wish(url));
    const auto& heard = sink.heard();
    const auto end = heard.find(" HTTP/1.1\r\n");
    BOOST_TEST_REQUIRE(end != heard.npos, path);
    BOOST_TEST(http::request_target(url).value_or("?") == heard.substr(5, end - 5), path);
  }
  BOOST_TEST(!http::request_target("http://").has_value());
}

BOOST_AUTO_TEST_CASE(private_addresses_only_when_they_are_allowed) {
  for (const std::vector<std::string>& allow :
       {std::vector<std::string>{}, {"10.0.0.0/8"}, {"127.0.0.2"}, {"::1"}}) {
    hook_sink sink{answer("200 OK", "{}")};
    BOOST_TEST((call(wish(sink.url()), allow).how == outbound_end::forbidden));
    BOOST_TEST(sink.heard().empty());
  }
  for (const std::string allow : {"127.0.0.1", "127.0.0.0/8", "0.0.0.0/0"}) {
    hook_sink sink{answer("200 OK", "{}")};
    BOOST_TEST((call(wish(sink.url()), {allow}).how == outbound_end::answered), allow);
  }
  hook_sink sink{answer("200 OK", "{}")};
  auto mapped = sink.url();
  mapped.replace(7, 9, "[::ffff:127.0.0.1]");
  BOOST_TEST((call(wish(mapped), {}).how == outbound_end::forbidden));
}

// A name that has an address of the other family too: that it may not be called is no last word.
BOOST_AUTO_TEST_CASE(an_allowed_address_that_is_away_is_tried_again) {
  BOOST_TEST((call(wish("http://localhost:1/"), {"127.0.0.0/8"}).how == outbound_end::unreachable));
}

// Whoever listens on the way could change it: without TLS it stays in the house.
BOOST_AUTO_TEST_CASE(a_public_address_needs_tls) {
  BOOST_TEST((call(wish("http://192.0.2.1:9/"), {"127.0.0.1"}).how == outbound_end::forbidden));
  auto soon = wish("http://1.1.1.1:9/"); // public: nothing is sent there
  soon.wait = 200ms;
  BOOST_TEST((call(soon, {"127.0.0.1"}).how == outbound_end::forbidden));
}

BOOST_AUTO_TEST_CASE(no_redirect_is_followed_and_no_proxy_asked) {
  hook_sink other{answer("200 OK", "{}")}, proxy{answer("200 OK", "{}")};
  hook_sink sink{answer("307 There", "", "Location: " + other.url() + "\r\n")};
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  const auto got = call(wish(sink.url()));
  ::unsetenv("http_proxy");
  BOOST_TEST((got.how == outbound_end::answered));
  BOOST_TEST(got.status == 307);
  BOOST_TEST(other.heard().empty());
  BOOST_TEST(proxy.heard().empty());
}

BOOST_AUTO_TEST_CASE(an_answer_is_read_up_to_its_bound) {
  const std::string most(http::push_client::answer_bytes_max, 'x');
  hook_sink fits{answer("200 OK", most)};
  auto got = call(wish(fits.url()));
  BOOST_TEST((got.how == outbound_end::answered));
  BOOST_TEST(got.body.size() == most.size());
  hook_sink more{answer("200 OK", most + 'x')};
  got = call(wish(more.url()));
  BOOST_TEST((got.how == outbound_end::too_large));
  BOOST_TEST(got.body.size() == most.size());
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1000; ++i)
    many += "X-" + std::to_string(i) + ": " + std::string(100, 'a') + "\r\n";
  hook_sink heads{many + "Content-Length: 2\r\n\r\n{}"};
  BOOST_TEST((call(wish(heads.url())).how == outbound_end::too_large));
}

BOOST_AUTO_TEST_CASE(an_answer_that_breaks_off_is_none) {
  hook_sink sink{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\":"};
  const auto got = call(wish(sink.url()));
  BOOST_TEST((got.how == outbound_end::cut));
}

BOOST_AUTO_TEST_CASE(a_pause_is_heard) {
  hook_sink sink{answer("503 Busy", "later", "Retry-After: 7\r\n")};
  const auto got = call(wish(sink.url()));
  BOOST_TEST(got.status == 503);
  BOOST_TEST(got.body == "later");
  BOOST_TEST((got.retry_after_s == 7));
}

BOOST_AUTO_TEST_CASE(silence_ends_with_the_time_and_a_call_with_its_token) {
  http_test::silent_sink silent;
  auto soon = wish(silent.url());
  soon.wait = 300ms;
  BOOST_TEST((call(soon).how == outbound_end::timed_out));
  std::stop_source stop;
  auto stopped = wish(silent.url());
  stopped.wait = 60s;
  stopped.stop = stop.get_token();
  std::thread teller([&] {
    silent.wait_until_called(2);
    stop.request_stop();
  });
  BOOST_TEST((call(stopped).how == outbound_end::stopped));
  teller.join();
}

BOOST_AUTO_TEST_SUITE_END()
