// What   Contract of journal_port: batches, fences, resolutions, idempotency, the append-only
//        tables.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

BOOST_AUTO_TEST_SUITE(journal_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using storage::commit_class;

BOOST_AUTO_TEST_CASE(a_batch_is_stored_as_it_was_given) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto t = expense(ana, "t1", 1250);
  t.tags = {"casa", "fim de semana"};
  t.shared_expense = "shared-1";
  t.partner = ledger::transaction_id{"t0"};
  t.updated_at = after(5);
  t.deleted_at = after(6);
  const auto b = s.batch({newcomer(ana), posting(t), posting(expense(ana, "t0", 1))}, after(1));
  BOOST_TEST(w.commit(b).what == commit_class::committed);

  const auto user = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_id(ana.user.id, std::move(done)); });
  BOOST_TEST((user == ana.user));
  const auto loaded = w.load({ana.food.id, ledger::account_id{"nobody"}, ana.checking.id});
  BOOST_REQUIRE(loaded.size() == 2);
  for (const auto& a : loaded) {
    const bool food = a.record.id == ana.food.id;
    BOOST_TEST((a.record == (food ? ana.food : ana.checking)));
    BOOST_TEST(a.balance.minor == (food ? 1251 : -1251));
    BOOST_TEST(a.version == 2);
  }
  const auto stored = value_of<std::vector<ledger::transaction_record>>([&](auto done) {
    w.reads().transactions_by_id(ana.user.id, {t.id}, false, std::move(done));
  });
  BOOST_REQUIRE(stored.size() == 1);
  BOOST_TEST((stored.front() == t));
  BOOST_TEST((w.commits(s.shard()) == b.records));
  auto entries = value_of<std::vector<ledger::entry>>(
      [&](auto done) { w.audit().entries_of_commits(s.shard(), 1, 1, std::move(done)); });
  BOOST_TEST((entries == b.entries));
  BOOST_TEST(w.entries().size() == 4);
}

BOOST_AUTO_TEST_CASE(a_poison_row_leaves_nothing_of_its_batch) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  auto poison = expense(ana, "t2", 100);
  poison.direction = 7; // refused by a constraint
  auto bad = posting(poison);
  for (auto& e : bad.entries) e.amount.minor = e.amount.minor > 0 ? 100 : -100;
  const auto both = s.batch({posting(expense(ana, "t1", 100)), bad});
  BOOST_TEST(w.commit(both).what == commit_class::definite);
  BOOST_TEST(w.entries().empty());
  BOOST_TEST(w.commits(s.shard()).size() == 1);
  // Bisected, the neighbour commits.
  s.write(w, {posting(expense(ana, "t1", 100))});
  BOOST_TEST(w.entries().size() == 2);
}

BOOST_AUTO_TEST_CASE(entries_that_do_not_sum_to_zero_are_refused) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  auto item = posting(expense(ana, "t1", 100));
  item.entries.pop_back();
  BOOST_TEST(w.commit(s.batch({item})).what == commit_class::definite);
  BOOST_TEST(w.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_foreign_balance_is_a_conflict) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  s.write(w, {posting(expense(ana, "t1", 100))});
  auto b = s.batch({posting(expense(ana, "t2", 100))});
  b.balances.front().previous_version = 0;
  BOOST_TEST(w.commit(b).what == commit_class::conflict);
  BOOST_TEST(w.entries().size() == 2);
  BOOST_TEST(w.load({ana.checking.id}).at(0).balance.minor == -100);
  s.write(w, {posting(expense(ana, "t2", 100))});
}

BOOST_AUTO_TEST_CASE(a_version_that_is_taken_is_a_conflict) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  s.write(w, {posting(expense(ana, "t1", 100))});
  scribe forgetful;
  forgetful.accept(s.head());
  auto b = forgetful.batch({posting(expense(ana, "t2", 100))});
  BOOST_TEST(w.commit(b).what == commit_class::conflict);
  BOOST_TEST(w.commits(s.shard()).size() == 2);
}

BOOST_AUTO_TEST_CASE(changing_a_row_that_is_not_there_is_a_conflict) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  storage::commit_item item;
  item.user = ana.user.id;
  item.transactions_changed = {expense(ana, "missing", 100)};
  BOOST_TEST(w.commit(s.batch({item})).what == commit_class::conflict);
  item = {};
  item.accounts_changed = {make_person("ben").checking};
  BOOST_TEST(w.commit(s.batch({item})).what == commit_class::conflict);
  item = {};
  item.users_changed = {change_of(make_person("ben").user)};
  BOOST_TEST(w.commit(s.batch({item})).what == commit_class::conflict);
  BOOST_TEST(w.commits(s.shard()).size() == 1);
}

BOOST_AUTO_TEST_CASE(changes_are_full_and_the_last_one_counts) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana");
  auto t = expense(ana, "t1", 100);
  t.tags = {"old", "kept"};
  s.write(w, {newcomer(ana), posting(t)});

  storage::commit_item first, second;
  t.description = "first";
  first.transactions_changed = {t};
  ana.user.name = "First";
  first.users_changed = {change_of(ana.user)};
  t.description = "second";
  t.tags = {"kept", "new"};
  t.updated_at = after(9);
  second.transactions_changed = {t};
  ana.user.name = "Second";
  ana.user.email = "second@example.org";
  ana.user.updated_at = after(9);
  second.users_changed = {change_of(ana.user)};
  ana.checking.name = "Renamed";
  ana.checking.floor = base::centavos{-500};
  ana.checking.ceiling = base::centavos{900};
  ana.checking.active = false;
  ana.checking.updated_at = after(9);
  second.accounts_changed = {ana.checking};
  s.write(w, {first, second});

  const auto stored = value_of<std::vector<ledger::transaction_record>>([&](auto done) {
    w.reads().transactions_by_id(ana.user.id, {t.id}, false, std::move(done));
  });
  BOOST_REQUIRE(stored.size() == 1);
  BOOST_TEST((stored.front() == t));
  const auto user = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_email("second@example.org", std::move(done)); });
  BOOST_TEST((user == ana.user));
  BOOST_TEST((w.load({ana.checking.id}).at(0).record == ana.checking));
  const auto tags = value_of<std::vector<ledger::tag_count>>(
      [&](auto done) { w.reads().tags(ana.user.id, std::move(done)); });
  BOOST_REQUIRE(tags.size() == 2);
  BOOST_TEST(tags[0].name == "kept");
  BOOST_TEST(tags[1].name == "new");
}

BOOST_AUTO_TEST_CASE(made_and_changed_in_one_batch) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto t = expense(ana, "t1", 100);
  t.tags = {"old"};
  auto edit = storage::commit_item{};
  auto edited = t;
  edited.tags = {"new"};
  edit.transactions_changed = {edited};
  s.write(w, {newcomer(ana), posting(t), edit});
  const auto tags = value_of<std::vector<ledger::tag_count>>(
      [&](auto done) { w.reads().tags(ana.user.id, std::move(done)); });
  BOOST_REQUIRE(tags.size() == 1);
  BOOST_TEST(tags[0].name == "new");
}

BOOST_AUTO_TEST_CASE(a_taken_email_is_a_duplicate_key) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  s.write(w, {newcomer(make_person("ana"))});
  auto ben = make_person("ben");
  ben.user.email = "ana@example.org";
  BOOST_TEST(w.commit(s.batch({newcomer(ben)})).what == commit_class::duplicate_key);
  BOOST_TEST(w.load({ben.checking.id}).empty());
  // An id that is taken is a fault of ours, not of a client.
  auto twin = make_person("ana");
  twin.user.email = "twin@example.org";
  BOOST_TEST(w.commit(s.batch({newcomer(twin)})).what == commit_class::definite);
}

// -- fences -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_same_seq_by_another_owner_is_fenced) {
  const auto db = fresh_database();
  world w{db->settings()};
  const auto ana = make_person("ana");
  scribe zombie;
  zombie.write(w, {newcomer(ana)});
  const auto taken = w.take_over({zombie.shard()}, "node-b");
  BOOST_REQUIRE(taken.size() == 1);
  BOOST_TEST(taken[0].seq == 2);
  BOOST_TEST(taken[0].epoch == zombie.head().epoch + 1);
  const auto late = zombie.batch({posting(expense(ana, "t1", 100))});
  BOOST_TEST(w.commit(late).what == commit_class::fenced);
  BOOST_TEST(w.entries().empty());
  zombie.accept(taken[0]);
  zombie.write(w, {posting(expense(ana, "t1", 100))});
}

BOOST_AUTO_TEST_CASE(take_over_links_each_shard) {
  const auto db = fresh_database();
  world w{db->settings()};
  const auto first = w.take_over({7, 2});
  BOOST_REQUIRE(first.size() == 2);
  BOOST_TEST(first[0].shard == 7);
  BOOST_TEST(first[1].shard == 2);
  for (const auto& head : first) {
    BOOST_TEST(head.seq == 1);
    BOOST_TEST(head.epoch == 1);
  }
  const auto second = w.take_over({7});
  BOOST_TEST(second.at(0).seq == 2);
  BOOST_TEST(second.at(0).epoch == 2);
  const auto chain = w.commits(7);
  BOOST_REQUIRE(chain.size() == 2);
  BOOST_TEST((chain[1].prev_hash == chain[0].hash));
  BOOST_TEST((chain[1].hash == ledger::hash_of(chain[1], {})));
  BOOST_TEST((chain[1].head() == second.at(0)));
}

BOOST_AUTO_TEST_CASE(in_doubt_and_committed) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto b = s.batch({posting(expense(ana, "t1", 100))});
  BOOST_REQUIRE(w.commit(b).what == commit_class::committed);
  BOOST_TEST(w.resolve(b).what == storage::resolution::fate::applied);
  BOOST_TEST(w.commits(s.shard()).size() == 2);
  s.accept(b);
  s.write(w, {posting(expense(ana, "t2", 100))});
}

BOOST_AUTO_TEST_CASE(in_doubt_and_absent) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto b = s.batch({posting(expense(ana, "t1", 100))});
  const auto r = w.resolve(b);
  BOOST_TEST(r.what == storage::resolution::fate::absent);
  BOOST_TEST(r.fence.seq == b.records[0].seq);
  // Final: the batch can never be committed any more, and asking again answers the same.
  BOOST_TEST(w.commit(b).what == commit_class::fenced);
  const auto again = w.resolve(b);
  BOOST_TEST(again.what == storage::resolution::fate::absent);
  BOOST_TEST((again.fence == r.fence));
  BOOST_TEST(w.entries().empty());
  // The fence is a link of the chain.
  s.accept(r.fence);
  s.write(w, {posting(expense(ana, "t1", 100))});
  const auto chain = w.commits(s.shard());
  BOOST_REQUIRE(chain.size() == 3);
  BOOST_TEST((chain[1].prev_hash == chain[0].hash));
  BOOST_TEST((chain[1].hash == ledger::hash_of(chain[1], {})));
  BOOST_TEST((chain[2].prev_hash == chain[1].hash));
}

BOOST_AUTO_TEST_CASE(in_doubt_without_entries) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto b = s.batch({newcomer(make_person("ana"))});
  BOOST_TEST(w.resolve(b).what == storage::resolution::fate::absent);
  BOOST_TEST(w.resolve(b).what == storage::resolution::fate::absent);
  s.accept(w.commits(s.shard()).back().head());
  const auto second = s.batch({newcomer(make_person("ana"))});
  BOOST_REQUIRE(w.commit(second).what == commit_class::committed);
  BOOST_TEST(w.resolve(second).what == storage::resolution::fate::applied);
}

BOOST_AUTO_TEST_CASE(in_doubt_and_fenced_by_another) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto b = s.batch({posting(expense(ana, "t1", 100))});
  w.take_over({s.shard()}, "node-b");
  BOOST_TEST(w.resolve(b).what == storage::resolution::fate::fenced);
}

// -- idempotency --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_answer_commits_with_its_effect_or_not_at_all) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto key = keyed(ana, "key-1", start, after(60));
  const auto find = [&](base::utc_us now) {
    return value_of<std::optional<ledger::idempotency_record>>(
        [&](auto done) { w.reads().answer(ana.user.id, key.scope, now, std::move(done)); });
  };
  auto item = posting(expense(ana, "t1", 100));
  item.answers = {key};
  auto broken = s.batch({item});
  broken.balances.front().previous_version = 9;
  BOOST_TEST(w.commit(broken).what == commit_class::conflict);
  BOOST_TEST(!find(start).has_value());
  s.write(w, {item});
  BOOST_TEST((find(start) == key));
  BOOST_TEST(!find(after(60)).has_value());
}

BOOST_AUTO_TEST_CASE(a_live_key_collides_and_an_expired_one_is_replaced) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto first = newcomer(ana);
  first.answers = {keyed(ana, "key-1", start, after(60)), keyed(ana, "key-2", start, after(60))};
  s.write(w, {first});

  auto second = posting(expense(ana, "t1", 100));
  second.answers = {keyed(ana, "key-1", after(59), after(119))};
  BOOST_TEST(w.commit(s.batch({second})).what == commit_class::duplicate_key);
  BOOST_TEST(w.entries().empty());

  second.answers = {keyed(ana, "key-1", after(60), after(120))};
  second.answers[0].answer = {422, "refused"};
  s.write(w, {second});
  const auto found = value_of<std::vector<ledger::idempotency_record>>(
      [&](auto done) { w.reads().answers(ana.user.id, "key-1", after(61), std::move(done)); });
  BOOST_REQUIRE(found.size() == 1);
  BOOST_TEST((found[0] == second.answers[0]));

  auto twice = storage::commit_item{};
  twice.answers = {keyed(ana, "key-9", start, after(60)), keyed(ana, "key-9", start, after(60))};
  BOOST_TEST(w.commit(s.batch({twice})).what == commit_class::duplicate_key);
}

BOOST_AUTO_TEST_CASE(a_book_knows_the_hashes_of_its_live_keys) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  auto item = newcomer(ana);
  item.answers = {keyed(ana, "live", start, after(60)), keyed(ana, "dead", start, after(10))};
  s.write(w, {item, newcomer(make_person("ben"))});
  const auto book = value_of<storage::book_rows>(
      [&](auto done) { w.reads().book(ana.user.id, after(30), std::move(done)); });
  BOOST_TEST((book.user == ana.user));
  BOOST_TEST(book.accounts.size() == 3);
  BOOST_TEST(book.keys_complete);
  BOOST_REQUIRE(book.key_hashes.size() == 1);
  BOOST_TEST(book.key_hashes[0] == ledger::scope_hash(item.answers[0].scope));
}

// -- append-only --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(entries_and_commits_are_append_only) {
  const auto db = fresh_database();
  {
    world w{db->settings()};
    scribe s;
    const auto ana = make_person("ana");
    s.write(w, {newcomer(ana), posting(expense(ana, "t1", 100))});
  }
  for (const std::string table : {"ledger_entries", "ledger_commits"}) {
    const auto refused = [&](const std::string& sql) {
      BOOST_TEST(db->raw(sql).find("append-only") != std::string::npos, sql);
    };
    refused("update " + table + " set " +
            (table == "ledger_commits" ? "seq = seq + 1" : "commit_id = commit_id + 1"));
    refused("delete from " + table);
    for (const auto& sql : db->other_ways_to_delete(table)) refused(sql);
  }
  world w{db->settings()};
  BOOST_TEST(w.entries().size() == 2);
}

// -- values -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_edges_of_integers_are_exact) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  auto b = s.batch({posting(expense(ana, "t1", 100))});
  b.entries[0].balance_after.minor = least;
  b.entries[1].balance_after.minor = most;
  b.entries[0].draft.amount.minor = -most;
  b.entries[1].draft.amount.minor = most;
  for (auto& e : b.entries) e.booked_at = b.records[0].booked_at = {most};
  for (auto& row : b.balances) row.balance.minor = row.account == ana.food.id ? most : least;
  BOOST_TEST(w.commit(b).what == commit_class::committed);
  const auto entries = value_of<std::vector<ledger::entry>>(
      [&](auto done) { w.audit().entries_of_commits(s.shard(), 0, UINT64_MAX, std::move(done)); });
  BOOST_TEST((entries == b.entries));
  BOOST_TEST(w.load({ana.checking.id}).at(0).balance.minor == least);
  BOOST_TEST(w.load({ana.food.id}).at(0).balance.minor == most);
}

BOOST_AUTO_TEST_CASE(texts_come_back_byte_for_byte) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const std::vector<std::string> texts{"ação",
                                       "acao",
                                       "a\xcc\x81", // decomposed: another text than á
                                       "á",
                                       "👩‍👩‍👧 família",
                                       "it's {1,\"2\"} \\ %_ NULL",
                                       std::string(100'000, 'x') + "é",
                                       "line\nfeed\ttab",
                                       "",
                                       "NULL"};
  std::vector<storage::commit_item> items;
  std::vector<ledger::transaction_id> ids;
  for (const auto& text : texts) {
    auto t = expense(ana, "t" + std::to_string(ids.size()), 100);
    t.description = text;
    t.tags = {text, "x" + text};
    ids.push_back(t.id);
    items.push_back(posting(t));
  }
  s.write(w, std::move(items));
  const auto stored = value_of<std::vector<ledger::transaction_record>>(
      [&](auto done) { w.reads().transactions_by_id(ana.user.id, ids, false, std::move(done)); });
  BOOST_REQUIRE(stored.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    BOOST_TEST((stored[i].id == ids[i]));
    BOOST_TEST((stored[i].description == texts[i]));
    BOOST_TEST((stored[i].tags == std::vector{texts[i], "x" + texts[i]}));
  }
}

BOOST_AUTO_TEST_CASE(order_of_text_is_the_order_of_its_bytes) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana");
  std::vector<std::string> tags{"Z", "a", "B", "á", "~", "é", "aa", "10", "9"};
  auto t = expense(ana, "t1", 5);
  t.tags = tags;
  s.write(w, {newcomer(ana), posting(t)});
  std::vector<std::string> read;
  for (const auto& tag : value_of<std::vector<ledger::tag_count>>(
           [&](auto done) { w.reads().tags(ana.user.id, std::move(done)); }))
    read.push_back(tag.name);
  std::sort(tags.begin(), tags.end());
  BOOST_TEST(read == tags, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
