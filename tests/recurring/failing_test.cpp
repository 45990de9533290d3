// Goal: an occurrence whose job dies is told of and may be made later; one that another node has
// made, or that somebody asks for on another day, is left alone.
#include "tests/recurring/recurring_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(failing_rules)

BOOST_FIXTURE_TEST_CASE(what_the_database_refuses_is_no_refusal_and_may_be_made_later,
                        recurring_fixture) {
  const auto a = follow(coffee());
  const auto before = balance("A");
  until_due();
  store.poison.insert("C"); // whatever touches it is refused by the database
  const auto id = at->running.front().what->id;
  work();
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "DB_BROKEN");
  BOOST_TEST(runs() == "");
  // The hourly look, and once more.
  const http::occurrence which{whose, a.id, base::make_day(2027, 6, 1)};
  for (int i = 0; i < 2; ++i) {
    const auto told = send(http::fail_occurrence(which, "DB_BROKEN", "n1", zone()));
    settle();
    BOOST_TEST_REQUIRE(word(told) == "ok");
  }
  BOOST_TEST(runs() == "06-01 failed ");
  BOOST_TEST(store.beside.all<ledger::notification>().size() == 1u);
  live(48h);
  BOOST_TEST(runs() == "06-01 failed "); // those behind it wait in its lane
  store.poison.clear();
  BOOST_TEST(act(id, scheduler::control_action::redrive) == "ready");
  work();
  BOOST_TEST(runs() == "06-01 posted 06-02 posted 06-03 posted ");
  BOOST_TEST(balance("A") == before - 3 * 700);
  const auto now = store.beside.all<automation>().at(0);
  BOOST_TEST(!now.last_error.has_value());
  BOOST_TEST((now.next_run == support::instant("2027-06-04T04:00:00Z")));
}

// Another node has posted it since this one has looked: the primary key says so, whichever of the
// looks it was.
BOOST_FIXTURE_TEST_CASE(a_run_that_meets_the_end_of_another_node_is_done, recurring_fixture) {
  for (const int commits : {1, 2}) {
    auto a = coffee();
    a.id = ledger::automation_id::of(commits);
    a.name = "regra " + std::to_string(commits);
    write(a);
    const auto before = balance("A");
    const auto id = put(wish("paid"));
    auto effects = occurrence(a.id, base::make_day(2027, 6, 1));
    for (int i = 0; i < commits; ++i) store.outcomes.push_back(storage::commit_class::definite);
    // What it has read is old by the time of its last refusal.
    const auto look = effects.effects.if_refused;
    const auto theirs = [this, a] {
      ledger::automation_run run;
      run.automation = a.id;
      run.user = whose;
      run.day = base::make_day(2027, 6, 1);
      store.beside.put(run);
    };
    effects.effects.if_refused = [look, theirs, commits](const base::failure& why) {
      if (commits == 1) theirs();
      auto closer = look(why);
      const auto last = closer.if_refused;
      closer.if_refused = [last, theirs](const base::failure& second) {
        theirs();
        return last(second);
      };
      return closer;
    };
    ends(std::move(effects));
    BOOST_TEST(state(id) == "succeeded");
    BOOST_TEST(balance("A") == before);
    BOOST_TEST(store.beside.all<ledger::notification>().empty());
    BOOST_TEST(store.outcomes.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(a_run_by_hand_on_another_day_leaves_no_trace, recurring_fixture) {
  auto a = follow(rule(1, R"({"frequency":"weekly","start_date":"2027-06-02"})", spend(700)));
  const auto by_hand = [&] {
    const auto id = put(wish("paid"));
    const http::occurrence which{whose, a.id, zone().day_of(clock.at), true};
    ends(actors::job_done{
        {}, http::occurrence_effects(which, zone(), "n", {}, [] { return http::job_effects{}; })});
    BOOST_TEST(state(id) == "succeeded");
  };
  by_hand();
  BOOST_TEST(runs() == "");
  BOOST_TEST(postings().empty());
  live(18h);
  by_hand(); // it has been made today
  BOOST_TEST(runs() == "06-02 posted ");
  BOOST_TEST(postings().size() == 1u);
  // The day may become one of the rule yet.
  live(24h);
  by_hand();
  a.conditions = R"({"frequency":"daily","start_date":"2027-06-03"})";
  follow(a);
  until_due();
  work();
  BOOST_TEST(runs() == "06-02 posted 06-03 posted ");
}

BOOST_AUTO_TEST_SUITE_END()
