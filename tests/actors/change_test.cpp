// Edits, deletes, accounts and batches: what is exclusive, what is in order, what sees what.
#include "tests/support/caf_fixture.hpp"

using tests::caf_fixture;
using tests::expense;
using tests::income;
using tests::transfer;

BOOST_AUTO_TEST_SUITE(change)

namespace {

struct change_fixture : caf_fixture {
  ledger::transaction_id post(ledger::create_transaction c) {
    const auto index = send(std::move(c));
    settle();
    auto reply = answer(index);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST_REQUIRE(reply->result.has_value());
    return std::get<ledger::transaction_record>(*reply->result).id;
  }
  ledger::edit_transaction amount(const ledger::transaction_id& id, std::int64_t cents) {
    ledger::edit_transaction e;
    e.id = id;
    e.edit.amount = base::centavos{cents};
    return e;
  }
  std::size_t batch(std::vector<ledger::create_transaction> wishes, bool atomic = false) {
    auto items = std::make_shared<std::vector<ledger::batch_item>>();
    for (auto& w : wishes) items->push_back({std::move(w), {}, {}});
    return send(ledger::post_batch{atomic, items});
  }
};

/// N is a category that 100 more would take to the end of its range.
struct limit_fixture : change_fixture {
  limit_fixture() {
    store.add_account("ana", "N", ledger::account_role::category, base::amount_minor_max - 100);
  }
  static ledger::create_transaction near(std::int64_t amount, const char* type = "expense",
                                         const char* account = "A") {
    auto c = expense(amount, account);
    c.type = type;
    c.category = ledger::account_id{"N"};
    return c;
  }
  ledger::batch_outcome outcome(std::size_t index) {
    settle();
    const auto reply = answer(index);
    BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
    return std::get<ledger::batch_outcome>(*reply->result);
  }
};

std::string words(const ledger::batch_outcome& o) {
  std::string all;
  for (const auto& i : o.items)
    all += (i.result ? std::string{"ok"} : std::string{i.result.error().code}) + " ";
  return all;
}

} // namespace

/// Whoever takes over makes its ids behind the last booking time: an id that was made before the
/// clock went back must not be younger than that.
BOOST_FIXTURE_TEST_CASE(a_booking_time_is_not_before_the_ids_that_it_books, change_fixture) {
  clock.at.count += 10 * base::us_per_second;
  const auto index = send(expense(300));
  run(); // the id is made, the journal waits for the balance
  clock.at.count -= 9 * base::us_per_second;
  settle();
  const auto reply = answer(index);
  BOOST_TEST_REQUIRE(reply.has_value());
  BOOST_TEST_REQUIRE(reply->result.has_value());
  const auto& id = std::get<ledger::transaction_record>(*reply->result).id;
  BOOST_TEST(store.committed.back()->records.front().booked_at.count >=
             base::instant_of(key_of(id)).count);
}

/// From one end of the range to the other is more than one posting may move: a refusal, and no
/// broken invariant that stops the shard.
BOOST_FIXTURE_TEST_CASE(a_new_balance_beyond_one_posting_is_refused, change_fixture) {
  ledger::update_account lowest, highest, back;
  lowest.id = highest.id = back.id = ledger::account_id{"B"};
  lowest.balance = base::centavos{-base::amount_minor_max};
  highest.balance = base::centavos{1};
  back.balance = base::centavos{0};
  const auto down = send(lowest);
  settle();
  BOOST_TEST(word(down) == "ok");
  const auto up = send(highest);
  settle();
  BOOST_TEST(word(up) == "TX_BALANCE_LIMIT");
  const auto zero = send(back);
  settle();
  BOOST_TEST(word(zero) == "ok");
  BOOST_TEST(balance("B") == 0);
}

// proves I8
BOOST_FIXTURE_TEST_CASE(an_edit_reverses_and_posts_anew_in_one_commit, change_fixture) {
  const auto id = post(expense(300));
  const auto before = store.committed.size();
  const auto e = send(amount(id, 500));
  settle();
  BOOST_TEST(word(e) == "ok");
  BOOST_TEST(store.committed.size() == before + 1);
  BOOST_TEST(store.committed.back()->entries.size() == 4u);
  BOOST_TEST(balance("A") == 9'500);
  BOOST_TEST(balance("C") == 500);
}

BOOST_FIXTURE_TEST_CASE(two_edits_of_one_transaction_run_one_after_the_other, change_fixture) {
  const auto id = post(expense(300));
  const auto a = send(amount(id, 500));
  const auto b = send(amount(id, 700));
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(word(b) == "ok");
  BOOST_TEST(balance("A") == 9'300);
}

BOOST_FIXTURE_TEST_CASE(an_edit_beyond_the_floor_is_refused_and_the_next_amendment_runs,
                        change_fixture) {
  const auto id = post(expense(300));
  const auto a = send(amount(id, 10'001));
  const auto b = send(amount(id, 10'000));
  settle();
  BOOST_TEST(word(a) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(word(b) == "ok");
  BOOST_TEST(balance("A") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_delete_takes_both_legs_of_a_transfer_and_cannot_be_repeated,
                        change_fixture) {
  const auto id = post(transfer(2'000, "A", "B"));
  const auto a = send(ledger::delete_transaction{id, {}});
  const auto b = send(ledger::delete_transaction{id, {}});
  settle();
  BOOST_TEST(word(a) == "ok");
  BOOST_TEST(word(b) == "TRANSACTION_NOT_FOUND");
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(balance("B") == 0);
  const auto c = send(ledger::restore_transaction{id});
  settle();
  BOOST_TEST(word(c) == "ok");
  BOOST_TEST(balance("B") == 2'000);
}

// proves I9
BOOST_FIXTURE_TEST_CASE(closing_waits_for_open_reservations_and_then_nothing_is_posted,
                        change_fixture) {
  const auto warm = post(expense(1));
  const auto open = send(expense(100));
  run();
  const auto close = send(ledger::close_account{ledger::account_id{"A"}, {}});
  const auto after = send(expense(100));
  run();
  BOOST_TEST(word(close) == "-");
  settle();
  BOOST_TEST(word(open) == "ok");
  BOOST_TEST(word(close) == "ok");
  BOOST_TEST(word(after) == "TX_ACCOUNT_CLOSED");
  const auto twice = send(ledger::close_account{ledger::account_id{"A"}, {}});
  settle();
  BOOST_TEST(word(twice) == "ACCOUNT_ALREADY_DELETED");
  BOOST_TEST(balance("A") == 9'899);
}

BOOST_FIXTURE_TEST_CASE(setting_a_balance_writes_the_exact_difference_also_under_traffic,
                        change_fixture) {
  send(expense(100));
  ledger::update_account u;
  u.id = ledger::account_id{"A"};
  u.balance = base::centavos{5'000};
  const auto set = send(u);
  const auto after = send(expense(1'000));
  settle();
  BOOST_TEST(word(set) == "ok");
  BOOST_TEST(word(after) == "ok");
  BOOST_TEST(balance("A") == 4'000);
  BOOST_TEST(balance("ana-equity") == 4'900);
}

BOOST_FIXTURE_TEST_CASE(a_new_account_with_a_balance_is_usable_and_balanced, change_fixture) {
  ledger::create_account c;
  c.name = "Reserva";
  c.type = "savings";
  c.opening = base::centavos{-700};
  const auto index = send(c);
  settle();
  auto reply = answer(index);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto view = std::get<ledger::account_view>(*reply->result);
  BOOST_TEST(view.version == 1u);
  BOOST_TEST(balance(view.record.id.text()) == -700);
  BOOST_TEST(balance("ana-equity") == 700);
  const auto use = send(expense(1, view.record.id.text()));
  settle();
  BOOST_TEST(word(use) == "ok");
}

// proves P12
BOOST_FIXTURE_TEST_CASE(a_batch_item_sees_the_accepted_ones_before_it, change_fixture) {
  const auto index = batch({expense(10'001), income(5'000), expense(15'000), expense(1)});
  settle();
  auto reply = answer(index);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  BOOST_TEST(words(std::get<ledger::batch_outcome>(*reply->result)) ==
             "TX_INSUFFICIENT_BALANCE ok ok TX_INSUFFICIENT_BALANCE ");
  BOOST_TEST(balance("A") == 0);
  BOOST_TEST(store.committed.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_atomic_batch_with_one_failure_does_nothing, change_fixture) {
  const auto index = batch({income(5'000), expense(99'999)}, true);
  settle();
  auto reply = answer(index);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  BOOST_TEST(std::get<ledger::batch_outcome>(*reply->result).rejected);
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(store.committed.empty());
  const auto next = send(expense(10'000));
  settle();
  BOOST_TEST(word(next) == "ok");
}

// proves P12
BOOST_FIXTURE_TEST_CASE(a_batch_item_beyond_the_range_of_its_category_is_refused_alone,
                        limit_fixture) {
  const auto index = batch({near(60), near(41), expense(7), near(40), near(1)});
  BOOST_TEST(words(outcome(index)) == "ok TX_BALANCE_LIMIT ok ok TX_BALANCE_LIMIT ");
  BOOST_TEST(balance("N") == base::amount_minor_max);
  BOOST_TEST(balance("C") == 7);
  BOOST_TEST(balance("A") == 10'000 - 107);
  BOOST_TEST(store.committed.size() == 1u);
  const auto rest = send(expense(10'000 - 107)); // nothing of A stayed reserved
  const auto alone = send(near(1, "expense", "B"));
  settle();
  BOOST_TEST(word(rest) == "ok");
  BOOST_TEST(word(alone) == "TX_BALANCE_LIMIT");
}

// Each item sees those before it, not those behind it: what would fit in the end is refused when
// it does not fit in its turn.
BOOST_FIXTURE_TEST_CASE(a_batch_item_is_not_saved_by_a_later_one, limit_fixture) {
  const auto index = batch({near(101), near(50, "income")});
  BOOST_TEST(words(outcome(index)) == "TX_BALANCE_LIMIT ok ");
  BOOST_TEST(balance("N") == base::amount_minor_max - 150);
  const auto saved = batch({near(20, "income"), near(170), near(1)});
  BOOST_TEST(words(outcome(saved)) == "ok ok TX_BALANCE_LIMIT ");
  BOOST_TEST(balance("N") == base::amount_minor_max);
}

BOOST_FIXTURE_TEST_CASE(what_an_account_refuses_is_said_before_the_range_of_a_category,
                        limit_fixture) {
  const auto index = batch({near(99'999), near(101)});
  BOOST_TEST(words(outcome(index)) == "TX_INSUFFICIENT_BALANCE TX_BALANCE_LIMIT ");
  BOOST_TEST(store.committed.empty());
}

BOOST_FIXTURE_TEST_CASE(an_atomic_batch_beyond_the_range_of_a_category_is_rejected, limit_fixture) {
  const auto index = batch({expense(7), near(101)}, true);
  const auto found = outcome(index);
  BOOST_TEST(found.rejected);
  BOOST_TEST(words(found) == "ok TX_BALANCE_LIMIT ");
  BOOST_TEST(store.committed.empty());
  const auto all = send(expense(10'000));
  settle();
  BOOST_TEST(word(all) == "ok");
}

// proves P6
BOOST_FIXTURE_TEST_CASE(the_refusal_of_a_batch_item_is_kept_under_its_key, limit_fixture) {
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  for (const char* key : {"fits", "beyond"}) {
    items->push_back({near(80), {}, {}});
    items->back().scope = ledger::key_scope{"POST /test", key};
    items->back().fingerprint = base::sha256("1");
  }
  const auto index = send(ledger::post_batch{false, items}, "whole");
  settle();
  BOOST_TEST(word(index) == "ok");
  const auto repeated = send(near(80), "beyond");
  const auto done = send(near(80), "fits");
  settle();
  BOOST_TEST(word(repeated) == "stored:TX_BALANCE_LIMIT");
  BOOST_TEST(word(done).starts_with("stored:"));
  BOOST_TEST(balance("N") == base::amount_minor_max - 20);
}

// What the journal said of a category may have changed before the batch is there again.
BOOST_FIXTURE_TEST_CASE(a_batch_is_decided_with_what_came_between, limit_fixture) {
  const auto index = batch({near(60), near(50), near(40)});
  const auto between = send(near(60, "expense", "B"));
  BOOST_TEST(words(outcome(index)) == "TX_BALANCE_LIMIT TX_BALANCE_LIMIT ok ");
  BOOST_TEST(word(between) == "ok");
  BOOST_TEST(balance("N") == base::amount_minor_max);
}

// A posting on A goes first while the batch is decided again, and its category is archived.
BOOST_FIXTURE_TEST_CASE(what_was_decided_first_is_not_kept_under_a_key, limit_fixture) {
  post(expense(1)); // the book and A are there, what N holds is not known yet
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  items->push_back({expense(7), ledger::key_scope{"POST /test", "k"}, base::sha256("1")});
  items->push_back({near(101), {}, {}});
  const auto index = send(ledger::post_batch{false, items}, "whole");
  const auto first = send(expense(1));
  const auto gone = send(ledger::archive_category{ledger::account_id{"C"}, {}});
  BOOST_TEST(words(outcome(index)) == "TX_CATEGORY_NOT_FOUND TX_BALANCE_LIMIT ");
  BOOST_TEST(word(first) == "ok");
  BOOST_TEST(word(gone) == "ok");
  const auto again = send(expense(7), "k");
  settle();
  BOOST_TEST(word(again) == "TX_CATEGORY_NOT_FOUND");
  BOOST_TEST(balance("A") == 9'998);
}

// The account is asked anew: what the journal said of it is older.
BOOST_FIXTURE_TEST_CASE(a_posting_between_two_decisions_makes_room_on_the_account, limit_fixture) {
  store.accounts_.at("A").balance = base::centavos{base::amount_minor_max - 10};
  post(expense(1));
  const auto index = batch({income(50), near(101), near(1)});
  const auto between = send(expense(100));
  BOOST_TEST(words(outcome(index)) == "ok TX_BALANCE_LIMIT ok ");
  BOOST_TEST(word(between) == "ok");
  BOOST_TEST(balance("A") == base::amount_minor_max - 10 - 1 - 100 + 50 - 1);
}

// Others that are faster each time: a busy answer, and nothing was done.
BOOST_FIXTURE_TEST_CASE(a_batch_is_not_decided_again_for_ever, limit_fixture) {
  std::vector<ledger::create_transaction> wishes;
  for (int amount = 100; amount > 80; --amount) wishes.push_back(near(amount));
  const auto index = batch(std::move(wishes));
  int others = 0;
  std::optional<ledger::reply> busy;
  for (; others < 20 && !(busy = answer(index)); ++others) {
    send(near(1, "expense", "B"));
    run();
    store.run();
    run();
  }
  BOOST_TEST(others == 9 + 3); // three rounds until the balances are loaded
  BOOST_TEST_REQUIRE(busy.has_value());
  BOOST_TEST(busy->result.error().code == "OVERLOADED");
  settle();
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(balance("N") == base::amount_minor_max - 100 + others);
  const auto all = send(expense(10'000));
  settle();
  BOOST_TEST(word(all) == "ok");
}

// A refusal that is replayed is a failure like a fresh one; a success that is replayed is none.
BOOST_FIXTURE_TEST_CASE(an_atomic_batch_counts_replayed_refusals_as_failures, change_fixture) {
  const auto keyed = [&](ledger::create_transaction wish, const char* key) {
    ledger::batch_item item{std::move(wish), {}, {}};
    item.scope = ledger::key_scope{"POST /test", key};
    item.fingerprint = base::sha256("1");
    return item;
  };
  const auto poor = send(expense(99'999), "poor");
  const auto fine = send(expense(100), "fine");
  settle();
  BOOST_TEST(word(poor) == "TX_INSUFFICIENT_BALANCE");
  BOOST_TEST(word(fine) == "ok");
  const auto commits = store.committed.size();

  const auto rejected = [&](std::vector<ledger::batch_item> items) {
    const auto index = send(ledger::post_batch{
        true, std::make_shared<std::vector<ledger::batch_item>>(std::move(items))});
    settle();
    auto reply = answer(index);
    BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
    return std::get<ledger::batch_outcome>(*reply->result).rejected;
  };
  BOOST_TEST(rejected({{expense(1), {}, {}}, keyed(expense(99'999), "poor")}));
  BOOST_TEST(store.committed.size() == commits);
  BOOST_TEST(balance("A") == 9'900);
  BOOST_TEST(!rejected({{expense(1), {}, {}}, keyed(expense(100), "fine")}));
  BOOST_TEST(balance("A") == 9'899);
  // The same refusal twice under one key of the batch itself.
  BOOST_TEST(rejected({keyed(expense(99'999), "new"), keyed(expense(99'999), "new")}));
}

BOOST_FIXTURE_TEST_CASE(delete_many_names_each_fault_and_counts_partner_legs_that_were_asked_for,
                        change_fixture) {
  const auto plain = post(expense(100));
  const auto leg = post(transfer(200, "A", "B"));
  const auto partner = *store.transactions_.at(leg.text()).partner;
  const auto index =
      send(ledger::delete_many{{plain, leg, partner, ledger::transaction_id{"nothing"}}});
  settle();
  auto reply = answer(index);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto done = std::get<ledger::deleted_many>(*reply->result);
  BOOST_TEST(done.deleted.size() == 3u);
  BOOST_TEST(done.also_deleted.empty());
  BOOST_TEST_REQUIRE(done.errors.size() == 1u);
  BOOST_TEST(done.errors.front().reason == "not_found");
  BOOST_TEST(balance("A") == 10'000);
  BOOST_TEST(balance("B") == 0);
}

// As an item of a batch: the others are deleted.
BOOST_FIXTURE_TEST_CASE(a_delete_beyond_the_range_of_its_category_is_refused_alone, limit_fixture) {
  const auto big = post(near(60, "income"));
  const auto small = post(near(40, "income"));
  const auto other = post(expense(7));
  post(near(150));
  BOOST_TEST(balance("N") == base::amount_minor_max - 50);
  const auto before = store.committed.size();
  const auto index = send(ledger::delete_many{{big, small, other}});
  settle();
  const auto reply = answer(index);
  BOOST_TEST_REQUIRE((reply && reply->result.has_value()));
  const auto done = std::get<ledger::deleted_many>(*reply->result);
  BOOST_TEST((done.deleted == std::vector{small, other}));
  BOOST_TEST_REQUIRE(done.errors.size() == 1u);
  BOOST_TEST(done.errors.front().id == big.text());
  BOOST_TEST(done.errors.front().reason == "delete_failed");
  BOOST_TEST(balance("N") == base::amount_minor_max - 10);
  BOOST_TEST(balance("C") == 0);
  BOOST_TEST(store.committed.size() == before + 1);
}

BOOST_FIXTURE_TEST_CASE(a_category_of_someone_else_does_not_exist, change_fixture) {
  store.add_account("bia", "bias", ledger::account_role::category);
  auto c = expense(1);
  c.category = ledger::account_id{"bias"};
  const auto a = send(c);
  const auto b = send(ledger::archive_category{ledger::account_id{"bias"}});
  settle();
  BOOST_TEST(word(a) == "TX_CATEGORY_NOT_FOUND");
  BOOST_TEST(word(b) == "TX_CATEGORY_NOT_FOUND");
}

BOOST_AUTO_TEST_SUITE_END()
