// Goal: a job that is due before the node is whole waits for it, and its handler is not asked.
#include "app/job_handlers.hpp"
#include "app/late_node.hpp"

#include "tests/http/fake_checks.hpp"
#include "tests/http/fake_jobs.hpp"
#include "tests/http/fake_schedules.hpp"
#include "tests/support/fake_backend.hpp"
#include "tests/unit/app/handler_surroundings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(late_nodes)

namespace {

struct still_clock final : base::clock {
  base::utc_us now() override { return {5'000'000}; }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_handler_waits_until_all_ports_are_there) {
  const auto node = std::make_shared<app::late_node>();
  int asked = 0;
  const auto run = app::once_whole(node, [&asked](const actors::job_context&) {
    ++asked;
    return actors::job_done{};
  });
  still_clock clock;
  const scheduler::job what;
  const auto verdict = [&] { return run({what, 1, clock.now(), {}, {}}); };
  const auto waits = [&] {
    const auto got = verdict();
    const auto* put_off = std::get_if<actors::job_snoozed>(&got);
    return put_off != nullptr && put_off->until == base::utc_us{6'000'000};
  };
  http_test::fake_backend books{clock};
  http_test::fake_jobs jobs;
  http_test::fake_schedules schedules;
  http_test::fake_checks checks{clock};

  BOOST_TEST(waits());
  node->books = &books;
  node->jobs = &jobs;
  node->schedules = &schedules;
  BOOST_TEST(waits());
  node->checks = &checks;
  node->books = nullptr; // and so on: each of them alone is missed
  BOOST_TEST(waits());
  node->books = &books;
  node->jobs = nullptr;
  BOOST_TEST(waits());
  node->jobs = &jobs;
  node->schedules = nullptr;
  BOOST_TEST(waits());
  BOOST_TEST(asked == 0);
  node->schedules = &schedules;
  BOOST_TEST(std::holds_alternative<actors::job_done>(verdict()));
  BOOST_TEST(asked == 1);
}

/// Except those that reach none of them.
BOOST_AUTO_TEST_CASE(every_kind_of_the_product_waits_so) {
  still_clock clock;
  http_test::fake_backend books{clock};
  observability::metrics metrics;
  observability::log log{{}, clock, metrics};
  handler_surroundings in(books, clock, log, metrics);
  std::vector<std::string> waits;
  const auto kinds = app::kinds_of(in.around, {});
  for (const auto& [name, kind] : kinds->all()) {
    const auto got = in.verdict_of(kind, clock.now());
    if (std::holds_alternative<actors::job_snoozed>(got)) waits.push_back(name);
  }
  auto all = app::builtin_kinds();
  std::erase_if(all, [](const auto& name) {
    return name == "noop" || name == "locked_noop" || name == "post_transaction";
  });
  std::sort(all.begin(), all.end());
  std::sort(waits.begin(), waits.end());
  BOOST_TEST(waits == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
