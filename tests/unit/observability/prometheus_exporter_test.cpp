#include "base/assert.hpp"
#include "observability/prometheus_exporter.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <thread>

using namespace observability;

BOOST_AUTO_TEST_SUITE(exporter)

namespace {
constexpr std::array borders{0.5, 1.0};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
} // namespace

BOOST_AUTO_TEST_CASE(negative_and_infinite_increments_are_dropped_and_counted) {
  prometheus_exporter e;
  const counter c = e.add_counter("c_total", "c.");
  c.add(2);
  c.add(-1);
  c.add(nan);
  c.add(infinity);
  BOOST_TEST(c.value() == 2);
  BOOST_TEST(e.bad_observations().value() == 3);
}

BOOST_AUTO_TEST_CASE(gauges_take_negative_levels_but_nothing_that_is_not_finite) {
  prometheus_exporter e;
  const gauge g = e.add_gauge("g", "g.");
  g.set(-1.5);
  g.set(nan);
  g.add(-0.5);
  g.add(-infinity);
  BOOST_TEST(g.value() == -2);
  BOOST_TEST(e.bad_observations().value() == 2);
}

BOOST_AUTO_TEST_CASE(nan_observation_does_not_poison_the_sum) {
  prometheus_exporter e;
  const histogram h = e.add_histogram("h", "h.", borders);
  h.observe(nan);
  h.observe(-0.1);
  h.observe(0.5);
  const std::array batch{0.25, nan, 0.75, 2.0};
  h.observe_all(batch);
  BOOST_TEST(h.count() == 4u);
  BOOST_TEST(h.sum() == 3.5);
  BOOST_TEST(e.bad_observations().value() == 3);
  const std::string text = e.render();
  for (const char* line : {"h_bucket{le=\"0.5\"} 2\n", "h_bucket{le=\"1.0\"} 3\n",
                           "h_bucket{le=\"+Inf\"} 4\n", "h_sum 3.5\n", "h_count 4\n"})
    BOOST_TEST(text.find(line) != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(a_duration_is_observed_in_seconds) {
  prometheus_exporter e;
  const histogram h = e.add_histogram("h", "h.", borders);
  h.observe(std::chrono::milliseconds{750});
  BOOST_TEST(h.sum() == 0.75);
}

BOOST_AUTO_TEST_CASE(same_name_and_labels_are_one_series) {
  prometheus_exporter e;
  e.add_counter("c_total", "c.", {{"a", "1"}}).add();
  e.add_counter("c_total", "c.", {{"a", "1"}}).add();
  BOOST_TEST(e.render().find("c_total{a=\"1\"} 2\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_registrations_are_refused) {
  prometheus_exporter e;
  e.add_histogram("h", "h.", borders);
  e.add_counter("c_total", "c.", {{"a", "1"}});
  e.add_gauge("early_count", "g.");
  constexpr std::array other{0.5, 2.0};
  constexpr std::array unsorted{1.0, 0.5};
  constexpr std::array twice{1.0, 1.0};
  using broken = base::broken_invariant;
  BOOST_CHECK_THROW(e.add_histogram("h", "h.", other), broken); // other buckets
  BOOST_CHECK_THROW(e.add_histogram("i", "i.", unsorted), broken);
  BOOST_CHECK_THROW(e.add_histogram("i", "i.", twice), broken);
  BOOST_CHECK_THROW(e.add_gauge("h_count", "collides."), broken);
  BOOST_CHECK_THROW(e.add_histogram("early", "collides.", borders), broken);
  BOOST_CHECK_THROW(e.add_gauge("c_total", "c.", {{"a", "1"}}), broken);       // other type
  BOOST_CHECK_THROW(e.add_counter("c_total", "other.", {{"a", "1"}}), broken); // other help
  BOOST_CHECK_THROW(e.add_counter("c_total", "c.", {{"b", "1"}}), broken);     // other labels
  BOOST_CHECK_THROW(e.add_gauge("g", "g.", {{"le", "1"}}), broken);
  BOOST_CHECK_THROW(e.add_gauge("g", "g.", {{"job", "1"}}), broken);
  BOOST_CHECK_THROW(e.add_gauge("g", "two\nlines."), broken);
  BOOST_CHECK_THROW(e.add_gauge("g", "back\\slash."), broken);
  BOOST_CHECK_THROW(e.add_gauge("g.dotted", "g."), broken);
  BOOST_CHECK_THROW(e.add_counter("requests", "no total."), broken);
}

BOOST_AUTO_TEST_CASE(handles_lose_nothing_between_threads) {
  prometheus_exporter e;
  const counter c = e.add_counter("c_total", "c.");
  const histogram h = e.add_histogram("h", "h.", borders);
  constexpr int each = 2000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          c.add();
          h.observe(0.25);
          if (i % 500 == 0) (void)e.render();
        }
      });
  }
  BOOST_TEST(c.value() == 4 * each);
  BOOST_TEST(h.count() == 4u * each);
  BOOST_TEST(h.sum() == each);
}

BOOST_AUTO_TEST_CASE(process_families_are_there_and_positive) {
  const std::string text = prometheus_exporter{}.render();
  for (const char* name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                           "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_start_time_seconds"}) {
    const auto at = text.find(std::string{"\n"} + name + " ");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, name);
    BOOST_TEST(std::stod(text.substr(at + std::string{name}.size() + 2)) >= 0, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
