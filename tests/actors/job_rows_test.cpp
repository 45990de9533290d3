// Goal: what a handler decides in the book of its user commits with its outcome, once; and what it
// does instead of a refusal does too.
#include "tests/actors/job_fixture.hpp"

using namespace tests;
using namespace std::chrono_literals;
using actors::job_done;

BOOST_AUTO_TEST_SUITE(job_rows)

namespace {

ledger::alert_state told(const std::string& subject) {
  return {ledger::user_id{"ana"}, "rule", subject, true, {7}};
}

/// Writes the row, and posts when there is something to post.
ledger::change_rows deciding(const std::string& subject,
                             std::optional<ledger::create_transaction> post) {
  ledger::change_rows c;
  c.reads = {ledger::alert_states_of{ledger::user_id{"ana"}, "rule"}};
  c.decide = [=](const std::vector<ledger::user_rows>& found,
                 base::utc_us) -> base::result<ledger::row_change> {
    ledger::row_change change;
    if (!found.at(0).empty()) return change;
    change.writes.emplace_back(told(subject));
    change.post = post;
    return change;
  };
  return c;
}

job_done decided(std::optional<ledger::create_transaction> post, std::function<void()> then = {}) {
  job_done done;
  done.effects.rows = deciding("first", std::move(post));
  done.effects.committed = std::move(then);
  return done;
}

struct job_rows_fixture : job_fixture {
  std::vector<std::string> subjects() {
    std::vector<std::string> all;
    for (const auto& s : store.beside.all<ledger::alert_state>()) all.push_back(s.subject);
    return all;
  }
};
using texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_CASE(rows_posting_and_outcome_are_one_commit, job_rows_fixture) {
  const auto id = put(wish("paid"));
  int committed = 0;
  const auto before = store.committed.size();
  ends(decided(expense(250), [&] { ++committed; }));
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(balance("A") == 9'750);
  BOOST_TEST(committed == 1);
  std::size_t all_of_it = 0;
  for (std::size_t i = before; i < store.committed.size(); ++i)
    for (const auto& item : store.committed[i]->items)
      if (!item->transactions_new.empty() && !item->job_rows.empty() && !item->user_rows.empty())
        ++all_of_it;
  BOOST_TEST(all_of_it == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_is_decided_when_nothing_is_left_to_do_ends_the_job, job_rows_fixture) {
  const auto first = put(wish("paid"));
  ends(decided(expense(250)));
  const auto again = put(wish("paid"));
  ends(decided(expense(250)));
  BOOST_TEST(state(first) == "succeeded");
  BOOST_TEST(state(again) == "succeeded");
  BOOST_TEST(balance("A") == 9'750);
}

BOOST_FIXTURE_TEST_CASE(after_an_outage_it_is_decided_anew_and_once, job_rows_fixture) {
  const auto id = put(wish("paid"));
  int committed = 0;
  store.outcomes.push_back(storage::commit_class::unavailable);
  ends(decided(expense(250), [&] { ++committed; }));
  BOOST_TEST(state(id) == "committing");
  BOOST_TEST(subjects().empty());
  BOOST_TEST(committed == 0);
  pass(1100ms);
  settle();
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(balance("A") == 9'750);
  BOOST_TEST(committed == 1);
}

/// More than may decide at once, and an outage among them: each is decided, and once.
BOOST_FIXTURE_TEST_CASE(many_changes_take_turns_and_none_is_left, job_rows_fixture) {
  std::vector<scheduler::job_id> ids;
  for (int n = 0; n < 150; ++n) ids.push_back(put(wish("paid")));
  int committed = 0, decided_ones = 0;
  while (!at->running.empty()) { // nothing is read or written meanwhile
    auto t = std::move(at->running.front());
    at->running.pop_front();
    job_done done;
    ledger::change_rows c;
    c.reads = {ledger::alert_states_of{ledger::user_id{"ana"}, "rule"}};
    c.decide = [n = decided_ones++](const std::vector<ledger::user_rows>&,
                                    base::utc_us) -> base::result<ledger::row_change> {
      ledger::row_change change;
      change.writes.emplace_back(told(std::to_string(n)));
      change.post = expense(10);
      return change;
    };
    done.effects.rows = std::move(c);
    done.effects.committed = [&] { ++committed; };
    t.ended(std::move(done));
    sched.run();
  }
  BOOST_TEST(decided_ones == 150);
  store.outcomes.push_back(storage::commit_class::unavailable);
  settle();
  for (int second = 0; second < 3; ++second) {
    pass(1100ms);
    settle();
  }
  for (const auto& id : ids) BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(committed == 150);
  BOOST_TEST(subjects().size() == 150u);
  BOOST_TEST(balance("A") == 10'000 - 150 * 10);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_answered_by_what_it_does_instead, job_rows_fixture) {
  const auto id = put(wish("paid"));
  int committed = 0;
  std::string why;
  auto done = decided(expense(50'000), [&] { ++committed; }); // the floor of A is 0
  done.result = "7";
  done.effects.if_refused = [&why](const base::failure& f) {
    why = f.code;
    http::job_effects instead;
    instead.rows = deciding("refused", {});
    return instead;
  };
  ends(std::move(done));
  BOOST_TEST(why == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(state(id) == "succeeded");
  BOOST_TEST(store.jobs_kept.outcomes.at(id).result == "7");
  BOOST_TEST((subjects() == texts{"refused"}));
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(committed == 0);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_that_nobody_answers_is_the_end, job_rows_fixture) {
  const auto id = put(wish("paid"));
  ends(decided(expense(50'000)));
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(subjects().empty());
}

BOOST_FIXTURE_TEST_CASE(each_refusal_has_an_answer_of_its_own_or_is_the_end, job_rows_fixture) {
  for (const bool answered : {false, true}) {
    const auto id = put(wish("paid"));
    auto done = decided(expense(50'000));
    done.effects.if_refused = [answered](const base::failure&) {
      http::job_effects closer;
      closer.rows = deciding("closer", expense(60'000));
      if (answered)
        closer.if_refused = [](const base::failure&) {
          http::job_effects last;
          last.rows = deciding("last", {});
          return last;
        };
      return closer;
    };
    ends(std::move(done));
    BOOST_TEST(state(id) == (answered ? "succeeded" : "dead"));
    BOOST_TEST((subjects() == (answered ? texts{"last"} : texts{})));
  }
}

BOOST_FIXTURE_TEST_CASE(a_kind_that_may_not_post_writes_rows_and_posts_nothing, job_rows_fixture) {
  const auto quiet = put(wish("work"));
  ends(decided({}));
  BOOST_TEST(state(quiet) == "succeeded");
  BOOST_TEST((subjects() == texts{"first"}));
  const auto greedy = put(wish("work"));
  job_done done;
  done.effects.rows = deciding("second", expense(250));
  done.effects.rows->reads.clear();
  done.effects.rows->decide = [](const auto&, base::utc_us) -> base::result<ledger::row_change> {
    ledger::row_change change;
    change.post = expense(250);
    return change;
  };
  ends(std::move(done));
  BOOST_TEST(state(greedy) == "dead");
  BOOST_TEST(view(greedy)->error.code == "KIND_NOT_ALLOWED");
  BOOST_TEST(balance("A") == 10'000);
}

BOOST_FIXTURE_TEST_CASE(a_job_of_nobody_has_no_book, job_rows_fixture) {
  auto j = wish("paid");
  j.user.reset();
  auto asked = std::make_shared<http::enqueue_request>();
  asked->caller = admin;
  asked->jobs = {j};
  call([asked](actors::job_owner& o) { o.enqueue(asked, [](const auto&) {}); });
  settle();
  BOOST_TEST_REQUIRE(at->running.size() == 1u);
  const auto id = at->running.front().what->id;
  ends(decided(expense(250)));
  BOOST_TEST(state(id) == "dead");
  BOOST_TEST(view(id)->error.code == "NO_USER");
}

BOOST_AUTO_TEST_SUITE_END()
