#include "observability/text_format.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace observability;

BOOST_AUTO_TEST_SUITE(text_format)

BOOST_AUTO_TEST_CASE(whole_bucket_borders_keep_one_decimal) {
  BOOST_TEST(border_text(1.0) == "1.0");
  BOOST_TEST(border_text(60.0) == "60.0");
  BOOST_TEST(border_text(100000.0) == "100000.0");
  BOOST_TEST(border_text(0.25) == "0.25");
  BOOST_TEST(border_text(0.0001) == "0.0001");
  BOOST_TEST(border_text(std::numeric_limits<double>::infinity()) == "+Inf");
}

BOOST_AUTO_TEST_CASE(numbers_that_are_no_numbers_have_their_standard_texts) {
  BOOST_TEST(number_text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  BOOST_TEST(number_text(std::numeric_limits<double>::infinity()) == "+Inf");
  BOOST_TEST(number_text(-std::numeric_limits<double>::infinity()) == "-Inf");
  BOOST_TEST(number_text(1764012345.25) == "1764012345.25");
  BOOST_TEST(number_text(3) == "3");
}

BOOST_AUTO_TEST_CASE(help_and_label_values_are_escaped) {
  family f{"x", "back\\slash\nand \"quotes\"", family_type::gauge, {}};
  sample s;
  s.labels = {{"l", "a\\b\"c\nd"}};
  f.samples.push_back(s);
  BOOST_TEST(prometheus_text({f}) == "# HELP x back\\\\slash\\nand \"quotes\"\n"
                                     "# TYPE x gauge\n"
                                     "x{l=\"a\\\\b\\\"c\\nd\"} 0\n");
}

BOOST_AUTO_TEST_CASE(families_series_and_labels_are_sorted) {
  const auto series = [](std::string a, std::string b, double v) {
    sample s;
    s.labels = {{"b", std::move(b)}, {"a", std::move(a)}};
    s.value = v;
    return s;
  };
  family late{"z_total", "z.", family_type::counter, {series("2", "1", 21), series("1", "2", 12)}};
  family early{"a", "a.", family_type::gauge, {sample{}}};
  BOOST_TEST(prometheus_text({late, early}) == "# HELP a a.\n# TYPE a gauge\na 0\n"
                                               "# HELP z_total z.\n# TYPE z_total counter\n"
                                               "z_total{a=\"1\",b=\"2\"} 12\n"
                                               "z_total{a=\"2\",b=\"1\"} 21\n");
}

BOOST_AUTO_TEST_CASE(histogram_ends_with_infinity_sum_and_count) {
  sample s;
  s.labels = {{"r", "ok"}};
  s.buckets = {{0.5, 1}, {1.0, 2}};
  s.count = 3;
  s.sum = 4.25;
  BOOST_TEST(prometheus_text({{"h", "h.", family_type::histogram, {s}}}) ==
             "# HELP h h.\n# TYPE h histogram\n"
             "h_bucket{r=\"ok\",le=\"0.5\"} 1\n"
             "h_bucket{r=\"ok\",le=\"1.0\"} 2\n"
             "h_bucket{r=\"ok\",le=\"+Inf\"} 3\n"
             "h_sum{r=\"ok\"} 4.25\n"
             "h_count{r=\"ok\"} 3\n");
}

BOOST_AUTO_TEST_SUITE_END()
