// Rows beside the books: one change after the other, durable before the answer.
#include "tests/support/caf_fixture.hpp"

using namespace tests;

BOOST_AUTO_TEST_SUITE(user_rows)

namespace {

ledger::login_session fresh_session(const caf_fixture& f) {
  ledger::login_session s;
  s.id = ledger::session_id::of(7);
  s.user = ledger::user_id{"ana"};
  s.created_at = s.last_used_at = f.clock.at;
  s.expires_at = {f.clock.at.count + 3600 * base::us_per_second};
  return s;
}

/// Exchanges the token for one of this name.
ledger::change_rows token_exchange(const base::digest& old, const char* next) {
  ledger::change_rows c;
  c.reads = {ledger::token_by_hash{old}, ledger::session_by_id{ledger::session_id::of(7)}};
  c.decide = [next](const std::vector<ledger::user_rows>& found,
                    base::utc_us now) -> base::result<ledger::row_change> {
    ledger::refresh_token t;
    t.hash = base::sha256(next);
    t.expires_at = {now.count + 3600 * base::us_per_second};
    auto done = ledger::refresh(ledger::row_of<ledger::refresh_token>(found.at(0)),
                                ledger::row_of<ledger::login_session>(found.at(1)), t, {now});
    ledger::row_change change;
    change.verdict = static_cast<int>(done.verdict);
    if (done.session) change.writes.emplace_back(*done.session);
    for (auto& w : done.tokens) change.writes.emplace_back(std::move(w));
    return change;
  };
  return c;
}

struct rows_bed : caf_fixture {
  ledger::refresh_token first;
  rows_bed() {
    const auto session = fresh_session(*this);
    first.hash = base::sha256("first");
    first.session = session.id;
    first.user = session.user;
    first.issued_at = clock.at;
    first.expires_at = session.expires_at;
    store.beside.put(session);
    store.beside.put(first);
  }
  ledger::refresh_verdict verdict(std::size_t index) {
    const auto reply = answer(index);
    BOOST_REQUIRE(reply.has_value() && reply->result.has_value());
    return static_cast<ledger::refresh_verdict>(
        std::get<ledger::changed_rows>(*reply->result).verdict);
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(two_at_once_exchange_a_token_once) {
  rows_bed f;
  const auto one = f.send(token_exchange(f.first.hash, "one"));
  const auto two = f.send(token_exchange(f.first.hash, "two"));
  f.run();
  f.settle();
  BOOST_TEST((f.verdict(one) == ledger::refresh_verdict::rotated));
  BOOST_TEST((f.verdict(two) == ledger::refresh_verdict::raced));
  const auto tokens = f.store.beside.all<ledger::refresh_token>();
  BOOST_REQUIRE_EQUAL(tokens.size(), 2U);
  BOOST_CHECK(tokens.back().hash == base::sha256("one"));
}

BOOST_AUTO_TEST_CASE(the_answer_waits_for_the_commit) {
  rows_bed f;
  f.store.outcomes = {storage::commit_class::definite};
  const auto lost = f.send(token_exchange(f.first.hash, "one"));
  f.settle();
  BOOST_TEST(!f.answer(lost)->result.has_value());
  BOOST_TEST(f.store.beside.all<ledger::refresh_token>().size() == 1U);
  const auto again = f.send(token_exchange(f.first.hash, "one"));
  f.settle();
  BOOST_TEST((f.verdict(again) == ledger::refresh_verdict::rotated));
}

BOOST_AUTO_TEST_CASE(a_decision_without_writes_commits_nothing) {
  rows_bed f;
  const auto before = f.store.batches_seen;
  const auto done = f.send(token_exchange(base::sha256("unknown"), "one"));
  f.settle();
  BOOST_TEST((f.verdict(done) == ledger::refresh_verdict::invalid));
  BOOST_TEST(f.store.batches_seen == before);
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_decision_is_the_answer) {
  rows_bed f;
  ledger::change_rows c;
  c.decide = [](const std::vector<ledger::user_rows>&,
                base::utc_us) -> base::result<ledger::row_change> {
    return base::failure{"SESSION_NOT_FOUND", {}};
  };
  const auto done = f.send(c);
  f.settle();
  BOOST_TEST(f.word(done) == "SESSION_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(a_key_makes_it_happen_once) {
  rows_bed f;
  const auto one = f.send(token_exchange(f.first.hash, "one"), "k");
  f.settle();
  BOOST_TEST(f.word(one) == "ok");
  const auto again = f.send(token_exchange(f.first.hash, "one"), "k");
  f.settle();
  BOOST_TEST(f.word(again) == "stored:fine");
}

// The same key later must not do what it did not do before.
BOOST_AUTO_TEST_CASE(under_a_key_a_decision_without_writes_is_kept) {
  rows_bed f;
  const auto one = f.send(token_exchange(base::sha256("unknown"), "one"), "k");
  f.settle();
  BOOST_TEST(f.word(one) == "ok");
  const auto again = f.send(token_exchange(base::sha256("unknown"), "one"), "k");
  f.settle();
  BOOST_TEST(f.word(again) == "stored:fine");
}

// Whoever delivers hears of what waits for the first time, once it is durable, and of nothing else.
BOOST_AUTO_TEST_CASE(what_is_to_be_delivered_is_told_after_its_commit) {
  std::vector<std::string> told;
  caf_fixture f{[&](caf_fixture& b) {
    b.env.on_deliveries = [&](const ledger::user_id& user,
                              const std::vector<ledger::delivery_id>& ids) {
      for (const auto& id : ids) told.push_back(user.text() + ' ' + id.text());
    };
  }};
  const auto write = [](ledger::delivery_state state, std::int32_t attempts) {
    ledger::delivery d;
    d.id = ledger::delivery_id{"d" + std::to_string(attempts)};
    d.user = ledger::user_id{"ana"};
    d.state = state;
    d.attempts = attempts;
    ledger::change_rows c;
    c.decide = [d](const auto&, base::utc_us) -> base::result<ledger::row_change> {
      ledger::row_change change;
      change.writes = {d};
      return change;
    };
    return c;
  };
  f.store.outcomes = {storage::commit_class::definite};
  f.send(write(ledger::delivery_state::pending, 0)); // not committed
  f.settle();
  BOOST_TEST(told.empty());
  f.send(write(ledger::delivery_state::pending, 0));
  f.run();
  BOOST_TEST(told.empty()); // not durable yet
  f.settle();
  BOOST_TEST(told == std::vector<std::string>{"ana d0"}, boost::test_tools::per_element());
  f.send(write(ledger::delivery_state::sending, 1));
  f.send(write(ledger::delivery_state::pending, 1)); // its job tries again by itself
  f.settle();
  BOOST_TEST(told.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
