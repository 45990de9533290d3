#include "config/env_file.hpp"

#include <boost/test/unit_test.hpp>

using config::read_env_file;

BOOST_AUTO_TEST_SUITE(env_file)

BOOST_AUTO_TEST_CASE(names_values_comments_and_quotes) {
  const auto f = read_env_file("# comment\n\n  PORT = 9000 \r\nexport HOST=\"::1\"\n"
                               "A='x # y'\nEMPTY=\nURL=postgres://u:p@h/d?a=b#c");
  const decltype(f.values) expected{{"PORT", "9000"},
                                    {"HOST", "::1"},
                                    {"A", "x # y"},
                                    {"EMPTY", ""},
                                    {"URL", "postgres://u:p@h/d?a=b#c"}};
  BOOST_TEST((f.values == expected));
  BOOST_TEST(f.faults.empty());
}

BOOST_AUTO_TEST_CASE(every_bad_line_is_named_without_its_value) {
  const auto f = read_env_file("PORT\nlower=1\n=2\nA=\"hunter2\nB=1\nB=2\n");
  const std::vector<std::string> expected{
      "line 1: is not NAME=value", "line 2: is not NAME=value", "line 3: is not NAME=value",
      "line 4: A has a quote that does not close", "line 6: B is set twice"};
  BOOST_TEST(f.faults == expected, boost::test_tools::per_element());
  BOOST_TEST(f.values.at("B") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
