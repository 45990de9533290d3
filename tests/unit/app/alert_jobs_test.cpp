// Goal: reminders come once for each expense and each goal, however many there are and were; what
// was told in between is not told again.
#include "app/alert_jobs.hpp"

#include "tests/support/fake_backend.hpp"
#include "tests/unit/app/handler_surroundings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(alert_jobs)

namespace {

using ledger::automation;
using ledger::notification;
using ledger::user_id;

const user_id ana{"ana"};

struct alert_clock final : base::clock {
  base::utc_us at = base::parse_instant("2026-11-24T13:00:00Z")->at;
  base::utc_us now() override { return at; }
};

struct rule_books final : http_test::fake_backend {
  using fake_backend::fake_backend;

  base::result<ledger::user_rows> user_rows(const ledger::row_question& asked) override {
    const auto* page = std::get_if<ledger::rules_after>(&asked);
    if (page == nullptr) return fake_backend::user_rows(asked);
    ledger::user_rows found;
    for (const auto& a : beside.all<automation>())
      if (a.type == page->type && a.active && page->key < key_of(a.id)) found.emplace_back(a);
    return found;
  }
};

struct rule_house {
  alert_clock clock;
  observability::metrics metrics;
  observability::log log{{}, clock, metrics};
  rule_books books{clock};
};

struct reminding : rule_house, handler_surroundings {
  reminding() : handler_surroundings(books, clock, log, metrics) {
    auto& u = books.users[ana];
    u.id = ana;
  }
  void rule(const std::string& type) {
    automation a;
    a.id = ledger::automation_id{"r"};
    a.user = ana;
    a.type = type;
    a.conditions = a.actions = "{}";
    books.beside.put(a);
  }
  void goal(int n) {
    ledger::goal g;
    g.id = ledger::goal_id{"g" + std::to_string(n)};
    g.user = ana;
    g.name = "Meta";
    g.target = {100};
    g.due_day = base::make_day(2026, 11, 26);
    books.beside.put(g);
  }
  void told_long_ago(int n) {
    for (int i = 0; i < n; ++i)
      books.beside.put(ledger::alert_state{ana, "r", "a" + std::to_string(i), true, {}});
  }
  void owed(int n) {
    ledger::shared_expense e;
    e.id = ledger::shared_expense_id{"e" + std::to_string(n)};
    e.user = ana;
    ledger::expense_share s;
    s.id = ledger::share_id{"s" + std::to_string(n)};
    s.expense = e.id;
    s.user = user_id{"ben"};
    s.status = "pending";
    books.beside.put(e);
    books.beside.put(s);
  }
  std::string run() {
    for (const auto& k : app::alert_job_kinds(around))
      if (k.name == "payment_reminders")
        return std::get<actors::job_done>(verdict_of(k, clock.at)).result;
    return {};
  }
  std::size_t told() const { return books.beside.all<notification>().size(); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(goals_are_told_once_however_much_was_told_before, reminding) {
  rule("goal_reminder");
  told_long_ago(1500);
  for (int n = 0; n < 250; ++n) goal(n); // more than one change has room for
  run();
  BOOST_TEST(told() == 250u);
  const auto changes = books.executions;
  BOOST_TEST(run() == R"({"rules":1,"looked_at":0,"refused":0})");
  BOOST_TEST(told() == 250u);
  BOOST_TEST(books.executions == changes); // nobody is troubled without a reason
  goal(999);
  run();
  BOOST_TEST(told() == 251u);
}

BOOST_FIXTURE_TEST_CASE(expenses_are_told_once_however_much_was_told_before, reminding) {
  rule("payment_reminder");
  told_long_ago(1500);
  for (int n = 0; n < 120; ++n) owed(n);
  run();
  BOOST_TEST(told() == 120u);
  run();
  BOOST_TEST(told() == 120u);
}

// Both runs found the same to tell, and the second one's change comes when the first has committed.
BOOST_FIXTURE_TEST_CASE(what_another_run_told_meanwhile_is_not_told_again, reminding) {
  rule("goal_reminder");
  goal(1);
  goal(2);
  books.overtaken = [this] {
    books.beside.put(ledger::alert_state{ana, "r", "g1:2026-11-26", true, clock.at});
  };
  run();
  BOOST_TEST(told() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_rule_that_was_edited_meanwhile_tells_nothing, reminding) {
  rule("goal_reminder");
  goal(1);
  books.overtaken = [this] { rule("payment_reminder"); };
  run();
  BOOST_TEST(told() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
