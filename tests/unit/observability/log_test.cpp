#include "observability/log.hpp"
#include "observability/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

using namespace observability;

BOOST_AUTO_TEST_SUITE(log_queue)

namespace {

struct fixed_clock final : base::clock {
  base::utc_us now() override { return base::utc_us{0}; }
};

struct fixture {
  fixed_clock clock;
  metrics counters;
  std::mutex mutex;
  std::vector<std::string> lines;

  log_options options(std::size_t queue_lines = 8192) {
    log_options o;
    o.queue_lines = queue_lines;
    o.sink = [this](std::string_view line) {
      const std::lock_guard hold{mutex};
      lines.emplace_back(line);
      return true;
    };
    return o;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_level_decides_and_lines_are_counted, fixture) {
  log l{options(), clock, counters};
  l.debug("vai_de_pix.test", "below");
  l.info("vai_de_pix.test", "one", {{"count", 1}});
  l.error("vai_de_pix.test", "two");
  l.flush();
  const std::vector<std::string> expected{
      "1970-01-01T00:00:00Z INFO     vai_de_pix.test one count=1\n",
      "1970-01-01T00:00:00Z ERROR    vai_de_pix.test two\n"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
  BOOST_TEST(counters.log_lines(log_level::debug).value() == 0);
  BOOST_TEST(counters.log_lines(log_level::info).value() == 1);
  BOOST_TEST(counters.log_lines(log_level::error).value() == 1);
}

BOOST_FIXTURE_TEST_CASE(json_lines_name_the_calling_module, fixture) {
  log_options o = options();
  o.json = true;
  log l{std::move(o), clock, counters};
  l.info("vai_de_pix.test", "here");
  l.flush();
  BOOST_REQUIRE(lines.size() == 1u);
  BOOST_TEST(lines[0].find(R"("module":"log_test","function":"test_method","line":)") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_destructor_writes_what_is_queued, fixture) {
  {
    log l{options(), clock, counters};
    for (int i = 0; i < 1000; ++i) l.info("vai_de_pix.test", "line", {{"i", i}});
  }
  BOOST_TEST(lines.size() == 1000u);
  BOOST_TEST(counters.log_dropped.value() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_full_queue_drops_counts_and_never_waits, fixture) {
  std::latch release{1};
  std::latch busy{1};
  std::size_t written = 0;
  bool first = true;
  {
    log_options o;
    o.queue_lines = 4;
    o.sink = [&](std::string_view) {
      if (first) {
        first = false;
        busy.count_down();
        release.wait();
      }
      ++written;
      return true;
    };
    log l{std::move(o), clock, counters};
    l.info("vai_de_pix.test", "first");
    busy.wait(); // the writer holds the first line and takes no other
    for (int i = 0; i < 100; ++i) l.info("vai_de_pix.test", "more");
    release.count_down();
    l.flush();
  }
  BOOST_TEST(written == 5u);
  BOOST_TEST(counters.log_dropped.value() == 96);
  BOOST_TEST(counters.log_lines(log_level::info).value() == 101);
}

BOOST_FIXTURE_TEST_CASE(a_line_that_cannot_be_written_is_counted, fixture) {
  log_options o;
  o.sink = [](std::string_view) { return false; };
  log l{std::move(o), clock, counters};
  l.info("vai_de_pix.test", "lost");
  l.flush();
  BOOST_TEST(counters.log_dropped.value() == 1);
}

BOOST_FIXTURE_TEST_CASE(threads_do_not_mix_their_lines, fixture) {
  {
    log l{options(), clock, counters};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&l, t] {
        for (int i = 0; i < 200; ++i) l.info("vai_de_pix.test", "line", {{"thread", t}, {"i", i}});
      });
  }
  BOOST_TEST(lines.size() == 800u);
  for (const std::string& line : lines) {
    BOOST_TEST(line.starts_with("1970-01-01T00:00:00Z INFO     vai_de_pix.test line thread="));
    BOOST_TEST(line.find('\n') == line.size() - 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
