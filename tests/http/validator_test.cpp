// Goal: a client that names what it has is understood, whatever form it writes.
#include "http/server/validator.hpp"

#include <boost/test/unit_test.hpp>

using namespace http;

BOOST_AUTO_TEST_SUITE(validator)

BOOST_AUTO_TEST_CASE(a_tag_is_found_in_a_list) {
  const std::string tag = "\"a;1\"";
  for (const auto* has : {"\"a;1\"", "W/\"a;1\"", "*", " * ", "\"x\", \"a;1\"", "\"x\",W/\"a;1\" ",
                          "\"with, comma\", \"a;1\"", ",, \"a;1\"", "\"x\"\t,\t\"a;1\", \"y\""})
    BOOST_TEST(names_tag(has, tag), has);
  for (const auto* lacks : {"", "\"a\"", "a;1", "\"a;1", "\"x\", y, \"a;1\"", "w/\"a;1\"",
                            "\"A;1\"", "\"x, \"a;1\"", ",", "W/", "\"\""})
    BOOST_TEST(!names_tag(lacks, tag), lacks);
  BOOST_TEST(names_tag("\"a;1\"", "W/\"a;1\"")); // the comparison is weak on both sides
}

BOOST_AUTO_TEST_CASE(a_digest_tells_parts_apart) {
  BOOST_TEST(digest_of({"ab"}).size() == 32u);
  BOOST_TEST(digest_of({"ab"}) == digest_of({"ab"}));
  BOOST_TEST(digest_of({"ab"}) != digest_of({"a", "b"}));
  BOOST_TEST(digest_of({"ab", ""}) != digest_of({"ab"}));
  BOOST_TEST(digest_of({"a", "b"}) != digest_of({"b", "a"}));
}

BOOST_AUTO_TEST_CASE(dates_are_those_of_http) {
  BOOST_TEST(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"); // RFC 9110's own example
  BOOST_TEST(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value() == 784111777);
  for (const auto* no : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                         "Mon, 06 Nov 1994 08:49:37 GMT", "Tue, 31 Feb 1995 08:49:37 GMT",
                         "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 +0000"})
    BOOST_TEST(!read_http_date(no).has_value(), no);
}

BOOST_AUTO_TEST_SUITE_END()
