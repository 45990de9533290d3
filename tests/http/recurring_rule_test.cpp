// Goal: a schedule ticks on the days of its rule, and an occurrence says what the rule says.
#include "http/api/recurring_rule.hpp"

#include "base/json.hpp"
#include "scheduler/schedule_rule.hpp"
#include "tests/support/sample_zones.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(recurring_rules)

namespace {

using ledger::automation;

automation rule(const std::string& conditions, const std::string& actions = "{}",
                const std::string& created = "2017-01-31T15:00Z") {
  automation a;
  a.id = ledger::automation_id{"r1"};
  a.user = ledger::user_id{"ana"};
  a.name = "Aluguel";
  a.type = "recurring_transaction";
  a.conditions = conditions;
  a.actions = actions;
  a.created_at = support::instant(created);
  return a;
}

std::string posted(const std::string& actions) {
  const auto t = http::occurrence_posting(rule("{}", actions), base::make_day(2018, 11, 4),
                                          support::sao_paulo());
  if (!t) return std::string{t.error().code};
  return t->type + ' ' + std::to_string(t->amount.minor) + ' ' + t->account.text() + ' ' +
         t->category.text() + ' ' + (t->to_account ? t->to_account->text() : "-") + ' ' +
         t->description + ' ' + base::to_text(t->date) + ' ' + base::to_text(t->effective);
}

/// The first days on which the schedule ticks, from the instant on.
std::vector<base::civil_day> ticks(const automation& a, const scheduler::zone_rules& zone,
                                   base::utc_us from, std::size_t count) {
  const auto schedule = http::schedule_that_follows(a, zone);
  BOOST_REQUIRE(schedule.has_value());
  const auto read = base::json::read(schedule->rule);
  scheduler::rule_faults bad;
  const auto times = scheduler::read_rule(std::get<base::json::value>(read), bad);
  BOOST_REQUIRE((times && bad.empty()));
  std::vector<base::civil_day> days;
  base::utc_us at{from.count - 1};
  while (days.size() < count) {
    const auto next = scheduler::next_after(*times, at, zone);
    if (!next || (schedule->ends_at && *next > *schedule->ends_at)) break;
    at = *next;
    // A tick is the first instant of its day, also where clocks jump over midnight.
    BOOST_TEST(at.count == zone.start_of_day(zone.day_of(at)).count);
    days.push_back(zone.day_of(at));
  }
  return days;
}

} // namespace

BOOST_AUTO_TEST_CASE(both_spellings_of_the_actions_are_read) {
  const std::string day = " Aluguel 2018-11-04T14:00:00Z 2018-11-04";
  BOOST_TEST(
      posted(
          R"({"type":"income","amount_cents":7,"amount":9,"account_id":"a","category_id":"c"})") ==
      "income 7 a c -" + day);
  BOOST_TEST(posted(R"({"type":"add_transaction","value":"expense","amount":1500.0,)"
                    R"("account_id":"a","category":"c"})") == "expense 150000 a c -" + day);
  BOOST_TEST(posted(R"({"amount":"10,5","account_id":"a"})") == "AUTOMATION_INVALID");
  BOOST_TEST(posted(R"({"amount":"10.5","account_id":"a","category_id":"c","category":"d"})") ==
             "expense 1050 a c -" + day);
  BOOST_TEST(posted(R"({"type":"add_transaction","value":"transfer","amount_cents":1,)"
                    R"("account_id":"a","category_id":"c","to_account_id":"b"})") ==
             "transfer 1 a c b" + day);
  BOOST_TEST(posted(R"({"amount_cents":1})") == "AUTOMATION_INVALID");
  BOOST_TEST(posted(R"({"account_id":"a"})") == "AUTOMATION_INVALID");
  BOOST_TEST(posted(R"({"account_id":"a","amount_cents":0})") == "AUTOMATION_INVALID");
}

// The days of the rule are counted by scheduler/recurrence, the ticks by scheduler/calendar_rule.
BOOST_DATA_TEST_CASE(
    a_schedule_ticks_on_the_days_of_its_rule,
    bdata::make(std::vector<std::string>{
        R"({"frequency":"daily","start_date":"2017-02-01"})",
        R"({"frequency":"daily","interval":3,"start_date":"2016-12-30"})",
        R"({"frequency":"weekly","start_date":"2017-02-01"})",
        R"({"frequency":"biweekly","start_date":"2017-02-01"})",
        R"({"frequency":"biweekly","interval":2,"start_date":"2017-01-30"})",
        R"({"frequency":"monthly","start_date":"2017-01-31"})",
        R"({"frequency":"monthly","interval":5,"start_date":"2016-10-30"})",
        R"({"frequency":"yearly","start_date":"2016-02-29"})",
        R"({"frequency":"monthly","start_date":"2017-01-31","end_date":"2018-03-31"})",
        R"({"frequency":"monthly"})", R"({"frequency":"weekly"})"}),
    conditions) {
  const auto a = rule(conditions);
  for (const auto& zone : {support::sao_paulo(), support::new_york(), support::lord_howe()}) {
    const auto days = http::schedule_of(a, zone);
    BOOST_REQUIRE(days.has_value());
    const auto wanted = http::occurrences(*days, zone.day_of(a.created_at), 60);
    BOOST_REQUIRE(!wanted.empty());
    const auto from = zone.start_of_day(wanted.front());
    BOOST_TEST((http::next_run(a, a.created_at, zone) == from));
    BOOST_TEST((ticks(a, zone, from, 60) == wanted));
  }
}

BOOST_AUTO_TEST_CASE(its_schedule_belongs_to_the_user_and_makes_up_for_what_was_missed) {
  const auto a = rule(R"({"frequency":"monthly"})");
  const auto s = http::schedule_that_follows(a, support::sao_paulo());
  BOOST_REQUIRE(s.has_value());
  BOOST_TEST(s->id.text() == "rule-r1");
  BOOST_TEST((s->user == a.user));
  BOOST_TEST(s->name == "Aluguel");
  BOOST_TEST((s->misfire == scheduler::misfire_policy::all));
  BOOST_TEST((http::rule_in_payload(s->payload) == a.id));
  BOOST_TEST(!http::rule_in_payload("{}"));
  BOOST_TEST(!http::rule_in_payload("[]"));
  auto other = a;
  other.type = "round_up";
  BOOST_TEST(!http::schedule_that_follows(other, support::sao_paulo()));
  const auto large = http::schedule_id_of(ledger::automation_id{std::string(64, 'x')});
  BOOST_TEST(large.text().size() <= 64u);
  BOOST_TEST((large != http::schedule_id_of(ledger::automation_id{std::string(63, 'x')})));
}

// -- what an occurrence makes ---------------------------------------------------------------------

namespace {

const http::occurrence november{ledger::user_id{"ana"}, ledger::automation_id{"r1"},
                                base::make_day(2018, 11, 4)};
constexpr base::utc_us at{1'541'400'000'000'000};

ledger::automation_run ended_before() {
  ledger::automation_run r;
  r.automation = november.rule;
  r.user = november.user;
  r.day = november.day;
  return r;
}

automation daily() {
  return rule(R"({"frequency":"daily","start_date":"2018-11-01"})",
              R"({"type":"expense","amount_cents":7,"account_id":"a","category_id":"c"})",
              "2018-11-01T15:00Z");
}

struct decided {
  ledger::row_change change;
  http::told_occurrence told;
};
decided run(const std::optional<automation>& there, bool ended = false) {
  decided d;
  const auto zone = support::sao_paulo();
  const auto wish = http::run_occurrence(november, zone, [&](const auto& t) { d.told = t; });
  ledger::user_rows first, second;
  if (there) first.emplace_back(*there);
  if (ended) second.emplace_back(ended_before());
  auto change = wish.decide({first, second}, at);
  BOOST_REQUIRE(change.has_value());
  d.change = std::move(*change);
  return d;
}
std::string end_of(const ledger::row_change& c) {
  const auto run = ledger::row_of<ledger::automation_run>(c.writes);
  return run ? std::string{ledger::to_text(run->end)} + ' ' + run->code : "-";
}

} // namespace

BOOST_AUTO_TEST_CASE(an_occurrence_posts_and_the_rule_goes_on) {
  auto before = daily();
  before.last_error = "TX_ACCOUNT_CLOSED";
  auto d = run(before);
  BOOST_REQUIRE(d.change.post.has_value());
  ledger::transaction_record made;
  made.id = ledger::transaction_id{"t"};
  d.change.on_posted(d.change, made);
  BOOST_TEST(end_of(d.change) == "posted ");
  BOOST_TEST((ledger::row_of<ledger::automation_run>(d.change.writes)->transaction == made.id));
  const auto after = *ledger::row_of<automation>(d.change.writes);
  BOOST_TEST((after.last_run == at));
  BOOST_TEST((after.next_run == support::instant("2018-11-05T02:00Z")));
  BOOST_TEST(!after.last_error);
  BOOST_TEST(d.told.posted);
  BOOST_TEST((d.told.next_run == after.next_run));
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_gone_is_said_so) {
  const auto zone = support::sao_paulo();
  const auto wish = http::run_occurrence(november, zone, [](const auto&) {});
  const auto change = wish.decide({ledger::user_rows{}, ledger::user_rows{}}, at);
  BOOST_REQUIRE(!change.has_value());
  BOOST_TEST(change.error().code == http::rule_gone);
}

BOOST_AUTO_TEST_CASE(what_the_row_awaits_needs_one_read_and_all_else_a_closer_look) {
  const auto zone = support::sao_paulo();
  http::told_occurrence told;
  const auto wish = http::run_awaited(november, zone, [&](const auto& t) { told = t; });
  BOOST_TEST(wish.reads.size() == 1u);
  const auto said = [&](const ledger::user_rows& found) {
    const auto change = wish.decide({found}, at);
    if (!change) return std::string{change.error().code};
    return std::string{change->post ? "posts" : end_of(*change)};
  };
  BOOST_TEST(said({}) == http::not_awaited);
  auto rule = daily();
  rule.next_run = zone.start_of_day(november.day);
  BOOST_TEST(said({rule}) == "posts");
  rule.active = false;
  BOOST_TEST(said({rule}) == "skipped ");
  rule.active = true;
  rule.next_run = zone.start_of_day({november.day.count + 1}); // this day was before
  BOOST_TEST(said({rule}) == http::not_awaited);
  rule.next_run.reset();
  BOOST_TEST(said({rule}) == http::not_awaited);
  BOOST_TEST(!told.posted);
}

BOOST_AUTO_TEST_CASE(what_the_rule_does_not_want_any_more_is_skipped) {
  BOOST_TEST(end_of(run(daily(), true).change) == "-"); // it has ended before
  auto sleeps = daily();
  sleeps.active = false;
  BOOST_TEST(end_of(run(sleeps).change) == "skipped ");
  auto weekly = daily();
  weekly.conditions = R"({"frequency":"weekly","start_date":"2018-11-01"})";
  const auto d = run(weekly);
  BOOST_TEST(end_of(d.change) == "skipped ");
  BOOST_TEST(!d.change.post);
  BOOST_TEST(!d.told.posted);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_once_and_rests_of_an_inactive_user) {
  const auto zone = support::sao_paulo();
  const auto see = [&](const base::failure& why, bool ended) {
    const auto wish = http::refuse_occurrence(november, why, "n1", zone);
    BOOST_TEST(wish.of_operator);
    ledger::user_rows second;
    if (ended) second.emplace_back(ended_before());
    return *wish.decide({{daily()}, second}, at);
  };
  const auto refused = see({"TX_INSUFFICIENT_BALANCE", {}}, false);
  BOOST_TEST(end_of(refused) == "refused TX_INSUFFICIENT_BALANCE");
  const auto told = ledger::rows_of<ledger::notification>(refused.writes);
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].title == "Automação não executada");
  BOOST_TEST(told[0].metadata == R"({"automation_rule_id":"r1","occurrence_date":"2018-11-04",)"
                                 R"("code":"TX_INSUFFICIENT_BALANCE"})");
  BOOST_TEST((ledger::row_of<automation>(refused.writes)->last_error == "TX_INSUFFICIENT_BALANCE"));
  BOOST_TEST(see({"TX_INSUFFICIENT_BALANCE", {}}, true).writes.empty());
  const auto rests = see({"UNAUTHORIZED", {}}, false);
  BOOST_TEST(end_of(rests) == "skipped ");
  BOOST_TEST(ledger::rows_of<ledger::notification>(rests.writes).empty());
}

BOOST_AUTO_TEST_CASE(an_occurrence_whose_job_is_dead_has_failed_and_may_still_be_posted) {
  const auto zone = support::sao_paulo();
  const auto see = [&](const std::optional<automation>& there, bool ended) {
    const auto wish = http::fail_occurrence(november, "HANDLER_FAILED", "n1", zone);
    BOOST_TEST(wish.of_operator);
    ledger::user_rows first, second;
    if (there) first.emplace_back(*there);
    if (ended) second.emplace_back(ended_before());
    return *wish.decide({first, second}, at);
  };
  auto waits = daily();
  waits.next_run = zone.start_of_day(november.day);
  const auto failed = see(waits, false);
  BOOST_TEST(end_of(failed) == "failed HANDLER_FAILED");
  const auto told = ledger::rows_of<ledger::notification>(failed.writes);
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].type == "automation_failed");
  BOOST_TEST(told[0].metadata == R"({"automation_rule_id":"r1","occurrence_date":"2018-11-04",)"
                                 R"("code":"HANDLER_FAILED"})");
  const auto after = *ledger::row_of<automation>(failed.writes);
  BOOST_TEST((after.last_error == "HANDLER_FAILED"));
  BOOST_TEST((after.next_run == support::instant("2018-11-05T02:00Z")));
  BOOST_TEST(see(waits, true).writes.empty()); // it was posted, or told of before
  BOOST_TEST(see({}, false).writes.empty());

  auto run = *ledger::row_of<ledger::automation_run>(failed.writes);
  const auto again = http::run_occurrence(november, zone, [](const auto&) {});
  BOOST_TEST(again.decide({{after}, {run}}, at)->post.has_value());
  run.end = ledger::occurrence_end::refused;
  BOOST_TEST(!again.decide({{after}, {run}}, at)->post.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_posted_late_does_not_bring_back_a_day) {
  const auto zone = support::sao_paulo();
  const auto next_after = [&](automation before) {
    auto d = run(before);
    BOOST_REQUIRE(d.change.post.has_value());
    d.change.on_posted(d.change, {});
    return ledger::row_of<automation>(d.change.writes)->next_run;
  };
  auto goes_on = daily();
  goes_on.next_run = zone.start_of_day({november.day.count + 3});
  BOOST_TEST((next_after(goes_on) == goes_on.next_run));
  auto over = daily(); // its last day has ended
  over.conditions = R"({"frequency":"daily","start_date":"2018-11-01","end_date":"2018-11-05"})";
  BOOST_TEST((next_after(over) == support::instant("2018-11-05T02:00Z"))); // today
  over.conditions = R"({"frequency":"daily","interval":3,"start_date":"2018-11-01",)"
                    R"("end_date":"2018-11-04"})";
  BOOST_TEST(!next_after(over).has_value());
}

BOOST_AUTO_TEST_CASE(a_run_by_hand_leaves_no_trace_on_a_day_that_is_none_of_the_rule) {
  const auto zone = support::sao_paulo();
  auto by_hand = november;
  by_hand.by_hand = true;
  const auto said = [&](const automation& rule, bool ended) {
    ledger::user_rows runs;
    if (ended) runs.emplace_back(ended_before());
    const auto wish = http::run_occurrence(by_hand, zone, [](const auto&) {});
    const auto change = *wish.decide({{rule}, runs}, at);
    return change.post ? std::string{"posts"}
                       : (change.writes.empty() ? std::string{"nothing"} : end_of(change));
  };
  BOOST_TEST(said(daily(), false) == "posts");
  BOOST_TEST(said(daily(), true) == "nothing");
  auto weekly = daily();
  weekly.conditions = R"({"frequency":"weekly","start_date":"2018-11-01"})";
  BOOST_TEST(said(weekly, false) == "nothing");
  auto sleeps = daily();
  sleeps.active = false;
  BOOST_TEST(said(sleeps, false) == "nothing");
}

BOOST_AUTO_TEST_SUITE_END()
