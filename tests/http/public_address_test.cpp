// Goal: no webhook reaches our own network, whatever a name is made to mean.
// Method: addresses as a resolver gives them; the odd spellings of hosts go through the resolver.
#include "http/outbound/public_address.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <string>

BOOST_AUTO_TEST_SUITE(public_addresses)

namespace {

bool open_to(const std::string& text, std::uint32_t scope = 0) {
  sockaddr_in four{};
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    return http::is_public(reinterpret_cast<const sockaddr*>(&four), sizeof four);
  }
  sockaddr_in6 six{};
  BOOST_REQUIRE_MESSAGE(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1, text);
  six.sin6_family = AF_INET6;
  six.sin6_scope_id = scope;
  return http::is_public(reinterpret_cast<const sockaddr*>(&six), sizeof six);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_internet_is_public) {
  for (const char* a :
       {"1.1.1.1",        "8.8.8.8",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.88.98.255",
        "192.88.100.0",   "192.167.255.255", "192.169.0.0",   "198.17.255.255",  "198.20.0.0",
        "198.51.99.255",  "198.51.101.0",    "203.0.112.255", "203.0.114.0",     "223.255.255.255"})
    BOOST_TEST(open_to(a), a);
  for (const char* a :
       {"2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2001:db7:ffff::1",
        "2001:db9::1", "2003::1", "2c0f:ffff::1", "3ffe::1", "3fff:1000::1"})
    BOOST_TEST(open_to(a), a);
}

BOOST_AUTO_TEST_CASE(what_is_ours_is_not) {
  for (const char* a : {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",
                        "100.64.0.0",      "100.127.255.255", "127.0.0.0",       "127.0.0.1",
                        "127.255.255.255", "169.254.0.0",     "169.254.169.254", "169.254.255.255",
                        "172.16.0.0",      "172.31.255.255",  "192.0.0.0",       "192.0.0.255",
                        "192.0.2.1",       "192.88.99.1",     "192.168.0.0",     "192.168.255.255",
                        "198.18.0.0",      "198.19.255.255",  "198.51.100.7",    "203.0.113.7",
                        "224.0.0.1",       "239.255.255.255", "240.0.0.0",       "255.255.255.255"})
    BOOST_TEST(!open_to(a), a);
  for (const char* a : {"::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1",
                        "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:a00:1::1",
                        "3fff::1", "3fff:fff::1", "4000::1", "1fff::1", "fd00:ec2::254"})
    BOOST_TEST(!open_to(a), a);
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_in_an_ipv6_one_is_what_it_is) {
  for (const char* a : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
                        "::ffff:0.0.0.0", "64:ff9b::127.0.0.1", "64:ff9b::192.168.0.1",
                        "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::8.8.8.8"})
    BOOST_TEST(!open_to(a), a);
  for (const char* a : {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8"}) BOOST_TEST(open_to(a), a);
}

BOOST_AUTO_TEST_CASE(an_address_of_one_link_is_not) {
  BOOST_TEST(!open_to("2606:4700:4700::1111", 2));
}

BOOST_AUTO_TEST_CASE(what_is_no_internet_address_is_not) {
  sockaddr_storage other{};
  other.ss_family = AF_UNIX;
  BOOST_TEST(!http::is_public(reinterpret_cast<const sockaddr*>(&other), sizeof other));
  other.ss_family = AF_INET;
  BOOST_TEST(!http::is_public(reinterpret_cast<const sockaddr*>(&other), 4)); // cut
}

// 127.0.0.1 in octal, hexadecimal, as one number, with parts left out: the resolver reads them all,
// and so the filter sees what is connected to.
BOOST_AUTO_TEST_CASE(no_spelling_hides_this_machine) {
  for (const char* name :
       {"0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.1", "localhost"}) {
    addrinfo wish{};
    wish.ai_socktype = SOCK_STREAM;
    addrinfo* all = nullptr;
    BOOST_REQUIRE_MESSAGE(::getaddrinfo(name, "443", &wish, &all) == 0, name);
    for (const auto* a = all; a != nullptr; a = a->ai_next)
      BOOST_TEST(!http::is_public(a->ai_addr, a->ai_addrlen), name);
    ::freeaddrinfo(all);
  }
}

BOOST_AUTO_TEST_SUITE_END()
