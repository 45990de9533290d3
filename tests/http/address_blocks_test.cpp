// Goal: a socket's address is found in the blocks that an operator wrote down, however it is
//       written.
// Method: tables.
#include "http/address_blocks.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <netinet/in.h>

BOOST_AUTO_TEST_SUITE(address_blocks)

namespace {

bool contains(const std::vector<std::string>& blocks, const std::string& address) {
  sockaddr_storage raw{};
  std::size_t size = sizeof(sockaddr_in);
  if (address.find(':') == address.npos) {
    auto* to = reinterpret_cast<sockaddr_in*>(&raw);
    to->sin_family = AF_INET;
    BOOST_REQUIRE(inet_pton(AF_INET, address.c_str(), &to->sin_addr) == 1);
  } else {
    auto* to = reinterpret_cast<sockaddr_in6*>(&raw);
    to->sin6_family = AF_INET6;
    size = sizeof(sockaddr_in6);
    BOOST_REQUIRE(inet_pton(AF_INET6, address.c_str(), &to->sin6_addr) == 1);
  }
  const auto found = http::ip_address_of(reinterpret_cast<const sockaddr*>(&raw), size);
  BOOST_TEST_REQUIRE(found.has_value());
  return http::address_blocks{blocks}.contains(*found);
}

} // namespace

BOOST_AUTO_TEST_CASE(addresses_and_blocks_of_both_families) {
  BOOST_TEST(contains({"10.1.2.3"}, "10.1.2.3"));
  BOOST_TEST(!contains({"10.1.2.3"}, "10.1.2.4"));
  BOOST_TEST(contains({"192.168.0.0/16", "10.0.0.0/8"}, "10.255.0.1"));
  BOOST_TEST(!contains({"10.0.0.0/9"}, "10.128.0.0"));
  BOOST_TEST(contains({"127.0.0.1"}, "::ffff:127.0.0.1"));
  BOOST_TEST(!contains({"127.0.0.1"}, "::1"));
  BOOST_TEST(contains({"fd00::/8"}, "fd12::1"));
  BOOST_TEST(!contains({"fd00::/8"}, "fe80::1"));
  BOOST_TEST(!contains({"0.0.0.0/0"}, "2001:4860::1"));
  BOOST_TEST(!contains({}, "127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(what_is_no_ip_address_is_none) {
  sockaddr_in short_one{};
  short_one.sin_family = AF_INET;
  const auto* raw = reinterpret_cast<const sockaddr*>(&short_one);
  BOOST_TEST(!http::ip_address_of(raw, sizeof short_one - 1).has_value());
  short_one.sin_family = AF_UNIX;
  BOOST_TEST(!http::ip_address_of(raw, sizeof short_one).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
