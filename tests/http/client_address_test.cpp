#include "http/auth/client_address.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace http;

BOOST_AUTO_TEST_SUITE(client_addresses)

namespace {

std::string of(const std::string& peer, const std::vector<std::string>& forwarded,
               const std::vector<std::string>& proxies) {
  request r;
  r.peer = peer;
  for (const auto& value : forwarded) r.headers.push_back({"x-forwarded-for", value});
  return client_address(r, trusted_proxies{proxies});
}

bool trusts(const std::vector<std::string>& networks, const std::string& address) {
  const auto parsed = parse_address(address);
  BOOST_REQUIRE(parsed.has_value());
  return trusted_proxies{networks}.contains(*parsed);
}

} // namespace

BOOST_AUTO_TEST_CASE(nobody_is_believed_who_is_not_trusted) {
  BOOST_TEST(of("1.2.3.4", {"9.9.9.9"}, {}) == "1.2.3.4");
  BOOST_TEST(of("1.2.3.4", {"9.9.9.9"}, {"10.0.0.0/8"}) == "1.2.3.4");
  BOOST_TEST(of("", {"9.9.9.9"}, {"10.0.0.0/8"}) == "");
}

BOOST_AUTO_TEST_CASE(the_first_from_the_right_that_is_no_proxy_counts) {
  const std::vector<std::string> ours{"10.0.0.0/8", "::1"};
  BOOST_TEST(of("10.1.1.1", {"9.9.9.9"}, ours) == "9.9.9.9");
  BOOST_TEST(of("::1", {"6.6.6.6, 9.9.9.9 ,10.2.2.2"}, ours) == "9.9.9.9"); // 6.6.6.6 is made up
  BOOST_TEST(of("10.1.1.1", {"6.6.6.6", "9.9.9.9,\t10.2.2.2"}, ours) == "9.9.9.9");
  BOOST_TEST(of("10.1.1.1", {"10.3.3.3"}, ours) == "10.3.3.3"); // all of them are ours
  BOOST_TEST(of("10.1.1.1", {}, ours) == "10.1.1.1");
  BOOST_TEST(of("10.1.1.1", {"2001:db8::7"}, ours) == "2001:db8::7");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_ends_the_walk) {
  const std::vector<std::string> ours{"10.0.0.0/8"};
  for (const auto* odd : {"", "unknown", "9.9.9.9:80", "9.9.9", "_hidden"})
    BOOST_TEST(of("10.1.1.1", {odd}, ours) == "10.1.1.1");
  BOOST_TEST(of("10.1.1.1", {std::string{"9.9.9.9\0x", 9}}, ours) == "10.1.1.1");
  BOOST_TEST(of("10.1.1.1", {"9.9.9.9, x, 10.2.2.2"}, ours) == "10.2.2.2");
  std::string long_list = "9.9.9.9";
  for (std::size_t n = 0; n < forwarded_max; ++n) long_list += ",10.0.0.1";
  BOOST_TEST(of("10.1.1.1", {long_list}, ours) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(networks) {
  BOOST_TEST(trusts({"192.168.4.0/22"}, "192.168.7.255"));
  BOOST_TEST(!trusts({"192.168.4.0/22"}, "192.168.8.0"));
  BOOST_TEST(trusts({"192.168.4.1"}, "::ffff:192.168.4.1")); // the same address
  BOOST_TEST(!trusts({"192.168.4.1"}, "192.168.4.2"));
  BOOST_TEST(trusts({"0.0.0.0/0"}, "8.8.8.8"));
  BOOST_TEST(!trusts({"0.0.0.0/0"}, "2001:db8::1"));
  BOOST_TEST(trusts({"2001:db8::/33"}, "2001:db8:7fff::1"));
  BOOST_TEST(!trusts({"2001:db8::/33"}, "2001:db8:8000::1"));
  for (const auto* odd : {"x", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/8x", "::/129"})
    BOOST_TEST(!trusts({odd}, "1.2.3.4"));
}

BOOST_AUTO_TEST_SUITE_END()
