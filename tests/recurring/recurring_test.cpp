// Goal: schedules, jobs and books together post each occurrence of a rule once, on its day: for a
// year of one user's life, compared with days that are counted in another way.
#include "ledger/user_act.hpp"
#include "tests/recurring/recurring_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(recurring)

namespace {

using ledger::automation;
using ledger::occurrence_end;

// -- counted in another way -----------------------------------------------------------------------

namespace ch = std::chrono;

struct plan {
  const char* conditions;
  char unit; ///< day or month
  int every;
  ch::year_month_day anchor;
  const char* action;
  std::vector<std::pair<std::string, int>> legs;
  ch::year_month_day last = ch::year{2099} / 1 / 1;
  ch::year_month_day first = ch::year{2027} / 6 / 1;
};

bool falls(const plan& p, ch::sys_days d) {
  const ch::year_month_day day{d};
  if (d < ch::sys_days{p.first} || d > ch::sys_days{p.last} || d < ch::sys_days{p.anchor})
    return false;
  if (p.unit == 'd') return (d - ch::sys_days{p.anchor}).count() % p.every == 0;
  const auto months = (day.year() - p.anchor.year()).count() * 12 +
                      static_cast<int>(static_cast<unsigned>(day.month())) -
                      static_cast<int>(static_cast<unsigned>(p.anchor.month()));
  const auto end = ch::year_month_day_last{day.year(), ch::month_day_last{day.month()}}.day();
  return months % p.every == 0 && day.day() == std::min(p.anchor.day(), end);
}

/// Noon there, by the law of its summer time.
std::string noon(ch::sys_days d) {
  const ch::year_month_day day{d};
  const ch::sys_days begins{day.year() / ch::March / ch::Sunday[2]};
  const ch::sys_days ends{day.year() / ch::November / ch::Sunday[1]};
  return d >= begins && d < ends ? "T16:00:00Z" : "T17:00:00Z";
}

std::string text_of(ch::sys_days d) {
  const ch::year_month_day day{d};
  const auto two = [](unsigned n) { return (n < 10 ? "-0" : "-") + std::to_string(n); };
  return std::to_string(static_cast<int>(day.year())) + two(static_cast<unsigned>(day.month())) +
         two(static_cast<unsigned>(day.day()));
}

/// How the text of a transfer's leg goes on.
std::string leg_of(const plan& p, const std::string& account) {
  if (p.legs.size() == 1) return {};
  return account == "A" ? " → B" : " ← A";
}

std::vector<plan> household() {
  using namespace ch;
  const char* add = R"({"type":"add_transaction","value":"expense","amount":7.5,)"
                    R"("account_id":"A","category":"C"})";
  const char* spent = R"({"type":"expense","amount_cents":990,"account_id":"A","category_id":"C"})";
  const char* earned =
      R"({"type":"income","amount_cents":400000,"account_id":"A","category_id":"C"})";
  const char* moved = R"({"type":"transfer","amount_cents":5000,"account_id":"A",)"
                      R"("category_id":"C","to_account_id":"B"})";
  return {
      {R"({"frequency":"daily","start_date":"2027-06-01"})",
       'd',
       1,
       2027y / 6 / 1,
       add,
       {{"A", -750}}},
      {R"({"frequency":"daily","interval":3,"start_date":"2027-05-30"})",
       'd',
       3,
       2027y / 5 / 30,
       spent,
       {{"A", -990}}},
      {R"({"frequency":"weekly","start_date":"2027-06-06"})",
       'd',
       7,
       2027y / 6 / 6,
       spent,
       {{"A", -990}}},
      {R"({"frequency":"biweekly","start_date":"2027-06-06"})",
       'd',
       14,
       2027y / 6 / 6,
       earned,
       {{"A", 400'000}}},
      {R"({"frequency":"biweekly","interval":2,"start_date":"2027-05-31"})",
       'd',
       28,
       2027y / 5 / 31,
       add,
       {{"A", -750}}},
      {R"({"frequency":"monthly","start_date":"2027-01-31"})",
       'm',
       1,
       2027y / 1 / 31,
       spent,
       {{"A", -990}}},
      {R"({"frequency":"monthly","interval":5,"start_date":"2027-07-30"})",
       'm',
       5,
       2027y / 7 / 30,
       spent,
       {{"A", -990}}},
      {R"({"frequency":"yearly","start_date":"2024-02-29"})",
       'm',
       12,
       2024y / 2 / 29,
       add,
       {{"A", -750}}},
      {R"({"frequency":"monthly","start_date":"2027-08-31","end_date":"2028-02-29"})",
       'm',
       1,
       2027y / 8 / 31,
       moved,
       {{"A", -5000}, {"B", 5000}},
       2028y / 2 / 29},
      {R"({"frequency":"monthly"})",
       'm',
       1,
       2027y / 6 / 1,
       earned,
       {{"A", 400'000}},
       2099y / 1 / 1,
       2027y / 7 / 1},
  };
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_year_of_one_life_is_posted_as_another_calendar_says, recurring_fixture) {
  const auto plans = household();
  const ch::sys_days begin{ch::year{2027} / 6 / 1}, end{ch::year{2028} / 6 / 4};
  std::multiset<std::string> wanted;
  std::size_t occurrences = 0;
  for (std::size_t n = 0; n < plans.size(); ++n) {
    const auto& p = plans[n];
    follow(rule(static_cast<int>(n), p.conditions, p.action));
    for (auto d = begin; d <= end; d += ch::days{1}) {
      if (!falls(p, d)) continue;
      ++occurrences;
      for (const auto& [account, cents] : p.legs)
        wanted.insert("regra " + std::to_string(n) + leg_of(p, account) + ' ' + text_of(d) + ' ' +
                      text_of(d) + noon(d) + ' ' + account + ' ' + std::to_string(cents));
    }
  }
  const auto until = [&](const std::string& text) {
    live(std::chrono::milliseconds{(support::instant(text).count - clock.at.count) / 1000});
  };
  until("2028-01-29T18:00:00Z");
  pass(72h); // nobody is there, from the 30th to the 1st; what had begun is lost as well
  settle();
  restart_owner();
  live(12h, 30min);
  until("2028-05-31T20:00:00Z");
  pass(72h);
  restart_owner();
  live(20h, 30min);
  const auto found = postings();
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
  BOOST_TEST(found.size() > 560u);
  const auto all = store.beside.all<ledger::automation_run>();
  BOOST_TEST(all.size() == occurrences);
  for (const auto& r : all) BOOST_TEST((r.end == occurrence_end::posted));
  for (const auto& a : store.beside.all<automation>()) {
    if (a.name == "regra 8")
      BOOST_TEST(!a.next_run.has_value()); // ended
    else
      BOOST_TEST((a.next_run && *a.next_run > clock.at));
  }
}

BOOST_FIXTURE_TEST_CASE(the_same_occurrence_twice_posts_once, recurring_fixture) {
  const auto a = write(coffee());
  const auto before = balance("A");
  for (int i = 0; i < 2; ++i) {
    const auto id = put(wish("paid"));
    ends(occurrence(a.id, base::make_day(2027, 6, 1)));
    BOOST_TEST(state(id) == "succeeded");
  }
  BOOST_TEST(balance("A") == before - 700);
  BOOST_TEST(runs() == "06-01 posted ");
}

BOOST_FIXTURE_TEST_CASE(two_who_run_the_same_occurrence_at_once_post_once, recurring_fixture) {
  const auto a = write(coffee());
  const auto before = balance("A");
  put(wish("paid"));
  put(wish("paid"));
  BOOST_TEST_REQUIRE(at->running.size() == 2u);
  for (auto& t : std::exchange(at->running, {}))
    t.ended(occurrence(a.id, base::make_day(2027, 6, 1)));
  settle();
  BOOST_TEST(balance("A") == before - 700);
  BOOST_TEST(runs() == "06-01 posted ");
}

BOOST_FIXTURE_TEST_CASE(a_stale_tick_of_a_paused_rule_posts_nothing, recurring_fixture) {
  auto a = follow(coffee());
  until_due();
  a.active = false;
  write(a); // its schedule has not heard of it
  work();
  live(48h);
  BOOST_TEST(postings().empty());
  BOOST_TEST(runs() == "06-01 skipped 06-02 skipped 06-03 skipped ");
}

BOOST_FIXTURE_TEST_CASE(a_stale_tick_of_an_edited_rule_posts_what_it_wants_now, recurring_fixture) {
  auto a = follow(coffee());
  until_due();
  a.conditions = R"({"frequency":"weekly","start_date":"2027-06-02"})";
  a.actions = spend(900);
  write(a);
  work();
  live(48h);
  BOOST_TEST(runs() == "06-01 skipped 06-02 posted 06-03 skipped ");
  BOOST_TEST(
      (postings() == std::multiset<std::string>{"regra 1 2027-06-02 2027-06-02T16:00:00Z A -900"}));
}

BOOST_FIXTURE_TEST_CASE(a_stale_tick_of_a_deleted_rule_does_nothing, recurring_fixture) {
  auto a = follow(coffee());
  until_due();
  a.deleted_at = clock.at;
  write(a);
  work();
  BOOST_TEST(postings().empty());
  BOOST_TEST(runs() == "");
}

BOOST_FIXTURE_TEST_CASE(paused_time_is_not_made_up, recurring_fixture) {
  auto a = follow(coffee());
  live(18h);
  a.active = false;
  a = follow(a);
  live(72h);
  a.active = true;
  a = follow(a);
  live(24h);
  BOOST_TEST(runs() == "06-01 posted 06-02 posted 06-05 posted 06-06 posted ");
  BOOST_TEST(postings().size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_ends_its_day_and_the_next_goes_on, recurring_fixture) {
  follow(coffee(200'000'000));
  live(18h);
  BOOST_TEST(runs() == "06-01 refused 06-02 refused ");
  const auto told = store.beside.all<ledger::notification>();
  BOOST_TEST(told.size() == 2u);
  const auto a = store.beside.all<automation>().at(0);
  BOOST_TEST((a.last_error == "TX_INSUFFICIENT_BALANCE"));
  BOOST_TEST((a.next_run == support::instant("2027-06-03T04:00:00Z")));
  const auto paid = send(income(200'000'000));
  settle();
  BOOST_TEST_REQUIRE(word(paid) == "ok");
  live(24h);
  BOOST_TEST(runs() == "06-01 refused 06-02 refused 06-03 posted ");
  BOOST_TEST(!store.beside.all<automation>().at(0).last_error.has_value());
}

BOOST_FIXTURE_TEST_CASE(the_rules_of_an_inactive_user_rest, recurring_fixture) {
  follow(coffee());
  until_due();
  work();
  const auto change = [&](ledger::user_act what) {
    ledger::change_rows act;
    act.of_operator = true;
    act.reads = {ledger::profile_of{whose}};
    act.decide = [what](const std::vector<ledger::user_rows>& found, base::utc_us now) {
      ledger::audit_note note;
      note.actor = "root";
      note.reason = "pedido 7";
      return ledger::decide_act(what, {ledger::row_of<ledger::user_record>(found.at(0)), 1, {}},
                                note, now);
    };
    const auto done = send(std::move(act));
    settle();
    BOOST_TEST_REQUIRE(word(done) == "ok");
  };
  change(ledger::user_act::deactivate);
  live(48h);
  change(ledger::user_act::activate);
  live(24h);
  BOOST_TEST(runs() == "06-01 posted 06-02 skipped 06-03 skipped 06-04 posted ");
  BOOST_TEST(store.beside.all<ledger::notification>().empty());
  BOOST_TEST(postings().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
