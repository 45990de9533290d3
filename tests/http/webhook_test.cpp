// Goal: what goes out to a webhook, to whom not, and what its answer means.
// Method: published vectors; a server on loopback that writes down what it is told, to which only
//         the settings of a test let the client go.
#include "http/outbound/webhook_client.hpp"
#include "http/outbound/webhook_signature.hpp"
#include "tests/http/hook_sink.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(webhooks)

namespace {

using http_test::hello_of_tls;
using http_test::hook_sink;
using ledger::delivery_end;

const base::utc_us now = base::parse_instant("2026-11-24T18:05:09.5Z")->at;

http::webhook_settings for_loopback() {
  http::webhook_settings s;
  s.secret = "um segredo";
  s.rules.may_connect = [](const sockaddr*, std::size_t) { return true; };
  s.rules.https_only = false;
  return s;
}

http::sent_end call(const std::string& url, http::webhook_settings how = for_loopback()) {
  return http::webhook_client{std::move(how)}.call({url, "d1", R"({"event":"x"})"}, now);
}

std::string answer(const std::string& status, const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + more + "\r\n";
}

} // namespace

// RFC 4231, cases 1, 2 and 6.
BOOST_AUTO_TEST_CASE(hmac_as_published) {
  BOOST_TEST(http::hmac_sha256(std::string(20, '\x0b'), "Hi There") ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_TEST(http::hmac_sha256("Jefe", "what do ya want for nothing?") ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  BOOST_TEST(http::hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First") ==
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

BOOST_AUTO_TEST_CASE(time_id_and_body_are_signed) {
  const auto made = http::webhook_signature("k", base::utc_us{1'700'000'000'999'999}, "d1", "{}");
  BOOST_TEST(made == "sha256=" + http::hmac_sha256("k", "1700000000.d1.{}"));
  BOOST_TEST(made != http::webhook_signature("k", base::utc_us{1'700'000'001'000'000}, "d1", "{}"));
  BOOST_TEST(made != http::webhook_signature("k", base::utc_us{1'700'000'000'999'999}, "d2", "{}"));
  BOOST_TEST(made != http::webhook_signature("k", base::utc_us{1'700'000'000'999'999}, "d1", "[]"));
  BOOST_TEST(made != http::webhook_signature("K", base::utc_us{1'700'000'000'999'999}, "d1", "{}"));
}

BOOST_AUTO_TEST_CASE(a_call_is_signed_and_exact) {
  hook_sink sink{answer("204 No Content")};
  const auto end = call(sink.url());
  BOOST_TEST((end.how == delivery_end::taken));
  const auto& heard = sink.heard();
  const auto has = [&](const std::string& line) {
    BOOST_TEST(heard.find("\r\n" + line + "\r\n") != heard.npos, line << " in " << heard);
  };
  BOOST_TEST(heard.starts_with("POST /hook?a=1 HTTP/1.1\r\n"));
  has("Content-Type: application/json");
  has("X-VaiDePix-Delivery: d1");
  has("X-VaiDePix-Timestamp: 1795543509");
  has("X-VaiDePix-Signature: " +
      http::webhook_signature("um segredo", now, "d1", R"({"event":"x"})"));
  BOOST_TEST(heard.ends_with("\r\n\r\n{\"event\":\"x\"}"));
  BOOST_TEST(heard.find("Expect:") == heard.npos);
}

BOOST_AUTO_TEST_CASE(what_a_status_means) {
  for (const long ok : {200, 201, 204, 299})
    BOOST_TEST((http::end_of_status(ok).how == delivery_end::taken));
  for (const long no : {300, 301, 302, 307, 308, 400, 401, 404, 410, 422})
    BOOST_TEST((http::end_of_status(no).how == delivery_end::refused), no);
  for (const long later : {408, 429, 500, 502, 503, 504})
    BOOST_TEST((http::end_of_status(later).how == delivery_end::later), later);
  BOOST_TEST(http::end_of_status(404).code == "WEBHOOK_HTTP_404");
}

BOOST_AUTO_TEST_CASE(the_wish_of_a_busy_server_is_heard_within_bounds) {
  hook_sink busy{answer("503 Busy", "Retry-After: 120\r\n")};
  auto end = call(busy.url());
  BOOST_TEST((end.how == delivery_end::later));
  BOOST_TEST(end.code == "WEBHOOK_HTTP_503");
  BOOST_TEST((end.retry_after_s == 120));
  hook_sink vain{answer("429 Slow", "Retry-After: 99999999\r\n")};
  end = call(vain.url());
  BOOST_TEST((end.retry_after_s == 3600));
}

// Another server would be asked for something that the user did not name.
BOOST_AUTO_TEST_CASE(no_redirect_is_followed) {
  hook_sink other{answer("200 OK")};
  hook_sink sink{answer("307 Over There", "Location: " + other.url() + "\r\n")};
  const auto end = call(sink.url());
  BOOST_TEST((end.how == delivery_end::refused));
  BOOST_TEST(end.code == "WEBHOOK_HTTP_307");
  BOOST_TEST(other.heard().empty());
}

BOOST_AUTO_TEST_CASE(nothing_reaches_this_machine_by_itself) {
  hook_sink sink{answer("200 OK")};
  auto how = for_loopback();
  how.rules.may_connect = http::call_rules{}.may_connect; // as in the product
  const auto end = call(sink.url(), how);
  BOOST_TEST((end.how == delivery_end::refused));
  BOOST_TEST(end.code == "WEBHOOK_ADDRESS");
  BOOST_TEST(sink.heard().empty());
  for (const char* host : {"localhost", "127.1", "2130706433", "0x7f.1", "[::1]",
                           "[::ffff:127.0.0.1]", "169.254.169.254", "0"}) {
    http::webhook_settings product;
    product.secret = "x";
    const auto tried = call("https://" + std::string{host} + ":9/", product);
    BOOST_TEST((tried.how == delivery_end::refused), host);
    BOOST_TEST(tried.code == "WEBHOOK_ADDRESS", host);
  }
}

// A proxy of the environment would connect for us to where we must not.
BOOST_AUTO_TEST_CASE(the_proxy_of_the_environment_is_not_asked) {
  hook_sink proxy{answer("200 OK")};
  hook_sink sink{answer("204 Kept")};
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  const auto end = call(sink.url());
  ::unsetenv("http_proxy");
  BOOST_TEST((end.how == delivery_end::taken));
  BOOST_TEST(proxy.heard().empty());
  BOOST_TEST(!sink.heard().empty());
}

BOOST_AUTO_TEST_CASE(only_https_without_a_password) {
  http::webhook_settings product;
  product.secret = "x";
  for (const char* url : {"http://example.com/", "ftp://example.com/", "file:///etc/passwd", "",
                          "https://", "https://u:p@example.com/", "https://u@example.com/",
                          "https://exa mple.com/", "nonsense"}) {
    const auto end = call(url, product);
    BOOST_TEST((end.how == delivery_end::refused), url);
    BOOST_TEST(end.code == "WEBHOOK_URL", url);
  }
}

// Not a byte of a call goes to whom TLS does not vouch for.
BOOST_AUTO_TEST_CASE(without_good_tls_nothing_is_said) {
  hook_sink plain{answer("200 OK")};
  auto how = for_loopback();
  how.rules.https_only = true;
  auto url = plain.url();
  url.replace(0, 4, "https");
  const auto end = call(url, how);
  BOOST_TEST((end.how == delivery_end::later));
  BOOST_TEST(end.code == "WEBHOOK_TLS");
  BOOST_TEST(plain.heard().starts_with(hello_of_tls));
  BOOST_TEST(plain.heard().find("event") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_does_not_answer_is_tried_again) {
  hook_sink mute{""};
  BOOST_TEST((call(mute.url()).how != delivery_end::refused));
  std::string gone;
  {
    hook_sink closed{""};
    gone = closed.url();
  }
  const auto end = call(gone);
  BOOST_TEST((end.how != delivery_end::refused));
  BOOST_TEST(end.code == "WEBHOOK_UNREACHABLE");
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_cut_and_its_status_counts) {
  const std::size_t large = 4 << 20;
  hook_sink flood{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large) + "\r\n\r\n" +
                  std::string(large, 'x')};
  BOOST_TEST((call(flood.url()).how == delivery_end::taken));
}

BOOST_AUTO_TEST_SUITE_END()
