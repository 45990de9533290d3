// Goal: an occurrence is that of the day for which it was asked, however late its job runs.
#include "app/recurring_job.hpp"

#include "tests/support/fake_backend.hpp"
#include "tests/unit/app/handler_surroundings.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(recurring_jobs)

namespace {

base::utc_us at(const char* text) { return base::parse_instant(text)->at; }

struct late_clock final : base::clock {
  base::utc_us now() override { return at("2026-11-24T03:10:00Z"); } // 00:10 of the 24th
};

struct rule_house {
  late_clock clock;
  observability::metrics metrics;
  observability::log log{{}, clock, metrics};
  http_test::fake_backend books{clock};
};

struct occurring : rule_house, handler_surroundings {
  ledger::automation rule;

  occurring() : handler_surroundings(books, clock, log, metrics) {
    rule.id = ledger::automation_id{"r"};
    rule.user = ledger::user_id{"ana"};
    rule.name = "Aluguel";
    rule.type = "recurring_transaction";
    rule.conditions = R"({"frequency":"daily","start_date":"2026-11-20"})";
    rule.actions = R"({"type":"expense","amount_cents":100,"account_id":"a","category_id":"c"})";
    rule.next_run = brasilia.start_of_day(base::make_day(2026, 11, 23));
    what.user = rule.user;
    what.payload = R"({"automation_id":"r"})";
  }
  /// What the book posts; nothing: it is refused, or there is nothing to post.
  std::optional<base::civil_day> posted() {
    const auto kinds = app::recurring_job_kinds(around);
    const auto verdict = verdict_of(kinds.at(0), clock.now());
    const auto& effects = std::get<actors::job_done>(verdict).effects;
    BOOST_REQUIRE(effects.rows.has_value());
    const auto decided = effects.rows->decide({{rule}}, clock.now());
    if (!decided || !decided->post) return std::nullopt;
    return decided->post->effective;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_asked_for_before_midnight_is_of_that_day, occurring) {
  what.run_at = at("2026-11-24T02:59:58Z"); // 23:59:58 of the 23rd
  BOOST_TEST((posted() == base::make_day(2026, 11, 23)));
  what.run_at = clock.now();
  BOOST_TEST(!posted().has_value()); // that day is not awaited yet
}

BOOST_FIXTURE_TEST_CASE(that_of_a_tick_is_of_the_tick, occurring) {
  what.run_at = clock.now();
  what.tick = rule.next_run;
  BOOST_TEST((posted() == base::make_day(2026, 11, 23)));
}

BOOST_AUTO_TEST_SUITE_END()
