// Holds between actors: placed, posted, let go, ended by time, exactly once; floors and ceilings
// with holds and reservations under way.
#include "tests/support/caf_fixture.hpp"

using ledger::hold_status;
using tests::caf_fixture;
using tests::expense;
using tests::income;

BOOST_AUTO_TEST_SUITE(holds)

namespace {

constexpr std::chrono::milliseconds beat{1000};

struct holds_fixture : caf_fixture {
  static ledger::place_hold place(std::int64_t amount, std::optional<base::utc_us> end = {},
                                  const std::string& account = "A") {
    return {ledger::account_id{account}, base::centavos{amount}, "conta de luz", end};
  }
  static ledger::post_hold post(const std::string& id, std::optional<std::int64_t> amount = {}) {
    ledger::post_hold p;
    p.id = ledger::hold_id{id};
    p.category = ledger::account_id{"C"};
    if (amount) p.amount = base::centavos{*amount};
    return p;
  }
  static ledger::void_hold let_go(const std::string& id) { return {ledger::hold_id{id}}; }
  base::utc_us in(std::chrono::milliseconds d) const {
    return {clock.at.count + std::chrono::microseconds{d}.count()};
  }
  std::string outcome_of(ledger::command c, const std::string& user = "ana") {
    const auto sent = send(std::move(c), {}, user);
    settle();
    return word(sent);
  }
  /// Places one and answers its id.
  std::string placed(std::int64_t amount, std::optional<base::utc_us> end = {}) {
    const auto sent = send(place(amount, end));
    settle();
    const auto reply = answer(sent);
    BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
    return std::get<ledger::hold_record>(*reply->result).id.text();
  }
  hold_status status_of(const std::string& id) { return store.holds_.at(id).status; }
  /// Asks, and lets the commit fail, so that nothing is spent.
  bool can_spend(std::int64_t amount) {
    store.outcomes = {storage::commit_class::unavailable};
    const auto w = outcome_of(expense(amount));
    store.outcomes.clear();
    if (w == "TX_INSUFFICIENT_BALANCE") return false;
    BOOST_TEST_REQUIRE(w == "DB_UNAVAILABLE");
    return true;
  }
  void new_book() {
    env.bounds.books_per_shard = 0;
    pass(beat);
    settle();
    env.bounds.books_per_shard = 20'000;
  }
};

} // namespace

// proves I5, I6
BOOST_FIXTURE_TEST_CASE(a_hold_counts_at_once_and_is_not_an_entry, holds_fixture) {
  const auto sent = send(place(9'000));
  const auto poor = send(expense(1'001));
  settle();
  BOOST_TEST(word(sent) == "ok");
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(store.accounts_.at("A").version == 1u);
  BOOST_TEST(store.committed.back()->entries.empty());
  BOOST_TEST(can_spend(1'000));
  BOOST_TEST(!can_spend(1'001));
  BOOST_TEST(outcome_of(place(1'001)) == "TX_INSUFFICIENT_BALANCE");
}

BOOST_FIXTURE_TEST_CASE(a_hold_becomes_an_expense_in_one_commit, holds_fixture) {
  const auto id = placed(9'000);
  const auto before = store.committed.size();
  const auto sent = send(post(id, 6'000));
  settle();
  const auto reply = answer(sent);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto& made = std::get<ledger::posted_hold>(*reply->result);
  BOOST_TEST(store.committed.size() == before + 1);
  BOOST_TEST(balance("A") == 4'000);
  BOOST_TEST(balance("C") == 6'000);
  const auto& row = store.holds_.at(id);
  BOOST_TEST((row.status == hold_status::posted));
  BOOST_TEST(row.posted->minor == 6'000);
  BOOST_TEST((row.transaction == made.transaction.id));
  BOOST_TEST(made.transaction.description == "conta de luz");
  BOOST_TEST(can_spend(4'000)); // the rest was let go
}

BOOST_FIXTURE_TEST_CASE(a_hold_becomes_a_transfer, holds_fixture) {
  const auto id = placed(9'000);
  auto p = post(id);
  p.to_account = ledger::account_id{"B"};
  p.description = "reserva";
  BOOST_TEST(outcome_of(p) == "ok");
  BOOST_TEST(balance("A") == 1'000);
  BOOST_TEST(balance("B") == 9'000);
  BOOST_TEST(balance("C") == 0);
  BOOST_TEST(store.transactions_.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_posted_stays_on_hold, holds_fixture) {
  const auto id = placed(9'000);
  BOOST_TEST(outcome_of(post(id, 9'001)) == "HOLD_AMOUNT");
  auto p = post(id);
  p.category = ledger::account_id{"none"};
  BOOST_TEST(outcome_of(p) == "TX_CATEGORY_NOT_FOUND");
  p = post(id);
  p.to_account = ledger::account_id{"none"};
  BOOST_TEST(outcome_of(p) == "TX_TRANSFER_TO_ACCOUNT");
  p.to_account = ledger::account_id{"A"};
  BOOST_TEST(outcome_of(p) == "TX_TRANSFER_SAME_ACCOUNT");
  store.outcomes = {storage::commit_class::unavailable};
  BOOST_TEST(outcome_of(post(id)) == "DB_UNAVAILABLE");
  BOOST_TEST(!can_spend(1'001));
  BOOST_TEST((status_of(id) == hold_status::open));
  BOOST_TEST(outcome_of(post(id)) == "ok");
}

// proves that a hold ends once, whoever comes at the same time
BOOST_FIXTURE_TEST_CASE(many_ends_at_once_and_one_of_them_is_true, holds_fixture) {
  const auto id = placed(9'000);
  std::vector<std::size_t> sent;
  for (int i = 0; i < 10; ++i) {
    sent.push_back(send(post(id)));
    sent.push_back(send(let_go(id)));
  }
  settle();
  int good = 0, late = 0;
  for (const auto a : sent) {
    const auto w = word(a);
    good += w == "ok" ? 1 : 0;
    late += w == "HOLD_ENDED" ? 1 : 0;
  }
  BOOST_TEST(good == 1);
  BOOST_TEST(late == 19);
  BOOST_TEST(balance("A") == 1'000);
}

// The second waits for the truth of the first: it was not committed, so the second ends the hold.
BOOST_FIXTURE_TEST_CASE(an_end_waits_for_the_fate_of_the_one_before, holds_fixture) {
  const auto id = placed(9'000);
  store.outcomes = {storage::commit_class::unavailable};
  const auto first = send(post(id));
  const auto second = send(let_go(id));
  const auto behind = send(expense(2'000));
  settle();
  BOOST_TEST(word(first) == "DB_UNAVAILABLE");
  BOOST_TEST(word(second) == "ok");
  BOOST_TEST(word(behind) == "TX_INSUFFICIENT_BALANCE"); // decided before the end was durable
  BOOST_TEST(can_spend(10'000));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_or_not_ones_own, holds_fixture) {
  const auto id = placed(100);
  BOOST_TEST(outcome_of(let_go("nothing")) == "HOLD_NOT_FOUND");
  BOOST_TEST(outcome_of(let_go(id), "bia") == "HOLD_NOT_FOUND");
  BOOST_TEST(outcome_of(post(id), "bia") == "HOLD_NOT_FOUND");
  BOOST_TEST(outcome_of(place(1, {}, "none")) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(outcome_of(place(1, {}, "C")) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(outcome_of(place(1), "bia") == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(outcome_of(place(1, clock.at)) == "HOLD_EXPIRES_EARLY");
  auto blank = place(1);
  blank.description = " ";
  BOOST_TEST(outcome_of(blank) == "TX_VALIDATION_DESCRIPTION");
}

// -- keys -----------------------------------------------------------------------------------------

// proves P4, P6
BOOST_FIXTURE_TEST_CASE(keys_of_holds_replay_and_pin, holds_fixture) {
  const auto first = send(place(4'000), "k1");
  run();
  const auto twin = send(place(4'000), "k1");
  settle();
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(twin) == "stored:fine");
  BOOST_TEST(store.holds_.size() == 1u);
  const auto poor = send(place(6'001), "k2");
  settle();
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");
  const auto again = send(place(6'001), "k2");
  settle();
  BOOST_TEST(word(again) == "stored:TX_INSUFFICIENT_BALANCE");

  const auto id = store.holds_.begin()->first;
  const auto posted = send(post(id), "k3");
  settle();
  const auto replay = send(post(id), "k3");
  const auto other = send(post(id), "k4");
  settle();
  BOOST_TEST(word(posted) == "ok");
  BOOST_TEST(word(replay) == "stored:fine");
  BOOST_TEST(word(other) == "HOLD_ENDED");
  BOOST_TEST(balance("A") == 6'000);
}

// -- time -----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(time_ends_a_hold_by_itself, holds_fixture) {
  const auto id = placed(9'000, in(beat * 10));
  const auto forever = placed(100);
  for (int i = 0; i < 9; ++i) pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::open));
  BOOST_TEST(!can_spend(1'000));
  for (int i = 0; i < 2; ++i) pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::expired));
  BOOST_TEST((status_of(forever) == hold_status::open));
  BOOST_TEST(can_spend(9'900));
  BOOST_TEST(outcome_of(post(id)) == "HOLD_ENDED");
}

// The account does not need the timer to know what time it is.
BOOST_FIXTURE_TEST_CASE(the_next_command_after_the_end_finds_the_money, holds_fixture) {
  const auto id = placed(9'000, in(beat * 10));
  clock.at.count += 10 * base::us_per_second; // no timer fires
  BOOST_TEST(can_spend(10'000));
  BOOST_TEST(outcome_of(post(id)) == "HOLD_ENDED");
  BOOST_TEST(outcome_of(let_go(id)) == "HOLD_ENDED");
  BOOST_TEST((status_of(id) == hold_status::open)); // its row does not say so yet
}

BOOST_FIXTURE_TEST_CASE(an_end_by_time_that_was_not_committed_is_tried_again, holds_fixture) {
  const auto id = placed(9'000, in(beat * 10));
  for (int i = 0; i < 10; ++i) pass(beat);
  store.outcomes = {storage::commit_class::unavailable};
  pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::open));
  for (int i = 0; i < 3; ++i) pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::expired));
}

// A hold whose posting is under way when its time comes was in time.
BOOST_FIXTURE_TEST_CASE(a_posting_that_began_in_time_is_not_overtaken_by_the_end, holds_fixture) {
  const auto id = placed(9'000, in(beat * 2));
  const auto sent = send(post(id));
  run();
  store.run(); // the row is read
  run();
  for (int i = 0; i < 4; ++i) pass(beat);
  BOOST_TEST(word(sent) == "-");
  settle();
  BOOST_TEST(word(sent) == "ok");
  BOOST_TEST((status_of(id) == hold_status::posted));
  for (int i = 0; i < 4; ++i) pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::posted));
}

// -- restart --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_new_account_actor_knows_the_holds_of_the_tables, holds_fixture) {
  const auto id = placed(9'000);
  const auto timed = placed(500, in(beat * 30));
  new_book();
  BOOST_TEST(!can_spend(501));
  BOOST_TEST(can_spend(500));
  BOOST_TEST(outcome_of(post(id)) == "ok");
  for (int i = 0; i < 32; ++i) pass(beat);
  settle();
  BOOST_TEST((status_of(timed) == hold_status::expired));
  BOOST_TEST(balance("A") == 1'000);
}

BOOST_FIXTURE_TEST_CASE(holds_that_ended_while_nobody_looked_end_at_the_next_load, holds_fixture) {
  const auto id = placed(9'000, in(beat * 10));
  new_book();
  clock.at.count += 60 * base::us_per_second;
  BOOST_TEST(can_spend(10'000)); // loads the account
  pass(beat);
  settle();
  BOOST_TEST((status_of(id) == hold_status::expired));
}

// proves P3 for holds
BOOST_FIXTURE_TEST_CASE(an_in_doubt_hold_is_answered_with_the_truth, holds_fixture) {
  BOOST_TEST(can_spend(1)); // the account is loaded
  store.outcomes = {storage::commit_class::in_doubt};
  const auto sent = send(place(9'000));
  run();
  store.run();
  run();
  const auto meanwhile = send(expense(1'001));
  run();
  BOOST_TEST(word(meanwhile) == "TX_INSUFFICIENT_BALANCE");
  settle();
  BOOST_TEST(word(sent) == "ok");
  BOOST_TEST(store.holds_.size() == 1u);
  const auto id = store.holds_.begin()->first;
  store.outcomes = {storage::commit_class::in_doubt};
  store.fates = {{storage::resolution::fate::absent, {}}};
  BOOST_TEST(outcome_of(post(id)) == "ok"); // committed again, behind the fence
  BOOST_TEST(balance("A") == 1'000);
}

// -- what holds mean for others -------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_batch_and_a_delete_see_holds, holds_fixture) {
  const auto id = placed(9'000);
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  items->push_back({expense(1'001), {}, {}});
  items->push_back({expense(1'000), {}, {}});
  const auto sent = send(ledger::post_batch{false, items});
  settle();
  const auto reply = answer(sent);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto& rows = std::get<ledger::batch_outcome>(*reply->result).items;
  BOOST_TEST(!rows[0].result.has_value());
  BOOST_TEST(rows[1].result.has_value());
  BOOST_TEST(outcome_of(let_go(id)) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_closed_account_lets_go_only, holds_fixture) {
  const auto id = placed(9'000);
  const auto other = placed(100);
  BOOST_TEST(outcome_of(ledger::close_account{ledger::account_id{"A"}, {}}) == "ok");
  BOOST_TEST(outcome_of(place(1)) == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(outcome_of(post(other)) == "TX_ACCOUNT_CLOSED");
  BOOST_TEST(outcome_of(let_go(id)) == "ok");
}

// -- floors and ceilings --------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_floor_that_is_changed_waits_for_what_is_under_way_and_counts_holds,
                        holds_fixture) {
  const auto floor = [](std::optional<std::int64_t> cents) {
    ledger::update_account u;
    u.id = ledger::account_id{"A"};
    u.change_floor = true;
    if (cents) u.floor = base::centavos{*cents};
    return u;
  };
  const auto spent = send(expense(4'000));
  const auto raised = send(floor(6'001)); // 6,000 are left when it is decided
  const auto fits = send(floor(6'000));
  const auto poor = send(expense(1));
  settle();
  BOOST_TEST(word(spent) == "ok");
  BOOST_TEST(word(raised) == "FLOOR_ABOVE_BALANCE");
  BOOST_TEST(word(fits) == "ok");
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");

  BOOST_TEST(outcome_of(floor(-500)) == "ok"); // an overdraft
  placed(6'400);
  BOOST_TEST(can_spend(100));
  BOOST_TEST(!can_spend(101));
  BOOST_TEST(outcome_of(floor(0)) == "FLOOR_ABOVE_BALANCE"); // the hold would break it
  BOOST_TEST(outcome_of(floor(-400)) == "ok");
  BOOST_TEST(outcome_of(floor({})) == "ok");
  BOOST_TEST(can_spend(1'000'000));
}

BOOST_FIXTURE_TEST_CASE(a_balance_that_is_set_keeps_floor_ceiling_and_holds, holds_fixture) {
  placed(300);
  ledger::update_account u;
  u.id = ledger::account_id{"A"};
  u.balance = base::centavos{299};
  BOOST_TEST(outcome_of(u) == "FLOOR_ABOVE_BALANCE");
  u.balance = base::centavos{300};
  const auto sent = send(u);
  settle();
  const auto reply = answer(sent);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  BOOST_TEST(std::get<ledger::account_view>(*reply->result).available.minor == 0);
  u.change_ceiling = true;
  u.ceiling = base::centavos{400};
  u.balance = base::centavos{401};
  BOOST_TEST(outcome_of(u) == "CEILING_BELOW_BALANCE");
}

BOOST_FIXTURE_TEST_CASE(a_ceiling_holds_under_concurrency, holds_fixture) {
  ledger::update_account u;
  u.id = ledger::account_id{"A"};
  u.change_ceiling = true;
  u.ceiling = base::centavos{9'999};
  BOOST_TEST(outcome_of(u) == "CEILING_BELOW_BALANCE");
  u.ceiling = base::centavos{10'500};
  BOOST_TEST(outcome_of(u) == "ok");
  std::vector<std::size_t> sent;
  for (int i = 0; i < 10; ++i) sent.push_back(send(income(100)));
  settle();
  int good = 0;
  for (const auto a : sent) {
    const auto w = word(a);
    if (w == "ok")
      ++good;
    else
      BOOST_TEST(w == "TX_BALANCE_LIMIT");
  }
  BOOST_TEST(good == 5);
  BOOST_TEST(balance("A") == 10'500);
  u.ceiling.reset();
  BOOST_TEST(outcome_of(u) == "ok");
  BOOST_TEST(outcome_of(income(1)) == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_credit_limit_is_the_floor_of_a_liability, holds_fixture) {
  ledger::create_account c;
  c.name = "Cartão";
  c.type = "checking";
  c.floor = base::centavos{-500};
  c.credit_limit = true;
  BOOST_TEST(outcome_of(c) == "ACCOUNT_NOT_CREDIT");
  c.type = "credit";
  const auto sent = send(c);
  settle();
  const auto reply = answer(sent);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto card = std::get<ledger::account_view>(*reply->result).record.id.text();
  BOOST_TEST(outcome_of(expense(500, card)) == "ok");
  BOOST_TEST(outcome_of(expense(1, card)) == "TX_INSUFFICIENT_BALANCE");
  ledger::update_account u;
  u.id = ledger::account_id{"A"};
  u.change_floor = u.credit_limit = true;
  u.floor = base::centavos{-1};
  BOOST_TEST(outcome_of(u) == "ACCOUNT_NOT_CREDIT");
  u.id = ledger::account_id{card};
  u.floor = base::centavos{-499};
  BOOST_TEST(outcome_of(u) == "FLOOR_ABOVE_BALANCE");
  u.floor = base::centavos{-600};
  BOOST_TEST(outcome_of(u) == "ok");
  BOOST_TEST(outcome_of(expense(100, card)) == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
