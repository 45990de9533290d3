// What   Contract of storage::bulk: one snapshot to read, all or nothing to write.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "audit/rebuilding.hpp"
#include "tests/contract/auditing.hpp"

#include <set>
#include <sstream>

BOOST_AUTO_TEST_SUITE(bulk_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

/// Own surroundings: a bulk shares nothing with an open store.
class bulk_world {
public:
  bulk_world(const storage::open_settings& settings, storage::transaction_use use) {
    auto opened = storage::open_bulk(settings, use, around_.clock, around_.log, around_.metrics);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? ""s : opened.error().detail));
    bulk_ = std::move(*opened);
  }
  storage::bulk* operator->() { return bulk_.get(); }

private:
  surroundings around_;
  std::unique_ptr<storage::bulk> bulk_;
};

bool fine(const base::status& s) {
  if (!s) BOOST_TEST_MESSAGE(s.error().code << ": " << s.error().detail);
  return s.has_value();
}

storage::journal_batch rows_alone(storage::commit_item item) {
  storage::journal_batch b;
  b.items = {std::make_shared<storage::commit_item>(std::move(item))};
  return b;
}

// -- what a dump carries ------------------------------------------------------------------------
// A new table or column stands in one of the two lists before it stands in the schema. First list:
// dump_line has a line for its rows, export writes it, import reads it, and the black box test
// compares. The column must be a member of that line, or follow from one.

const std::map<std::string, std::string> carried{
    {"users", "id imported_id name email password_hash active admin created_at updated_at"},
    {"accounts",
     "id imported_id user_id role kind type name color icon currency floor ceiling active"
     " created_at updated_at"},
    {"balances", "account_id balance version"}, // with its account
    {"ledger_commits", "shard seq epoch node prev_hash hash entries booked_at"},
    {"ledger_entries", "account_id version amount balance_after transaction_id commit_id"
                       " effective_day position posting"},
    {"transactions", "id user_id account_id category_id amount occurred_at commit_id effective_day"
                     " type direction description tags partner_id shared_expense_id imported_id"
                     " created_at updated_at deleted_at"},
    {"holds", "id imported_id user_id account_id amount description status created_at expires_at"
              " ended_at posted_amount transaction_id"},
    {"goals", "id imported_id user_id name target current due_at due_day description category"
              " priority status version created_at updated_at deleted_at"},
    {"envelopes", "id imported_id user_id name balance target color description version created_at"
                  " updated_at deleted_at"},
    {"earmark_movements", "kind earmark_id version user_id amount amount_after at"},
    {"automations", "id imported_id user_id name description type active conditions actions"
                    " last_run next_run last_error created_at updated_at deleted_at"},
    {"insight_preferences", "user_id category_variation goals_at_risk updated_at"},
    {"insight_feedback", "user_id hash type status at"},
    {"shared_expenses",
     "id imported_id user_id total description split cancelled automatic created_at updated_at"},
    {"expense_shares", "id imported_id expense_id user_id status basis amount created_at"
                       " responded_at"},
    {"share_events", "id imported_id share_id action performed_by at"},
    {"feed_items", "id imported_id user_id type title description entity_type entity_id metadata"
                   " created_at read_at"},
    {"automation_runs", "automation_id day user_id how transaction_id code at"},
    {"round_ups", "transaction_id rule_id user_id envelope_id amount at"},
    {"alert_states", "user_id rule subject fired at"},
    {"notifications", "id imported_id user_id type title body metadata created_at read_at"},
    {"schedules",
     "id imported_id user_id shard name kind queue lane payload priority max_attempts timeout_s "
     "rule"
     " zone misfire overlap ends_at ticks_left paused paused_until pause_reason paused_by watermark"
     " next_at version created_at updated_at deleted_at"},
    {"transaction_tags", "user_id name transaction_id"}, // the tags of the transaction
    {"idempotency", "user_id endpoint scope_key key_hash fingerprint status body created_at"
                    " expires_at"},
};

/// What is made anew, and why.
const std::set<std::string> left_out{
    "meta",              // of this installation; the number of shards stands in the header
    "schema_migrations", // of this installation
    "monthly_snapshots", // follows from the entries: audit/rebuilding
    "effective_days",    // the same
    "effective_marks",   // the same
    "sessions",          // whoever moves to another database logs in again
    "refresh_tokens",    // the same
    "password_resets",   // the same
    "deliveries",        // what was to leave this house
    "audit_log",         // of this database, like the commits that its lines came with
    "jobs",              // how work went here; what waits has to end before one moves
    "job_attempts",      // the same
    "job_outcomes",      // the same
    "job_controls",      // the same
    "job_rest",          // the same
    "job_watermarks",    // of the jobs that are left out
    "schedule_ticks",    // how work went here: the watermark of the schedule keeps them from coming
                         // again
    "pauses",            // of this installation: what an operator stopped here
    "queue_limits",      // of this installation
    "dead_letter_notes", // of dead jobs, which are left out
    "job_postings",      // of jobs, which are left out
    "job_windows",       // the same
};

} // namespace

BOOST_AUTO_TEST_CASE(a_dump_carries_every_column_or_says_why_not) {
  const auto db = fresh_database();
  world w{db->settings()};
  std::map<std::string, std::set<std::string>> there, known;
  std::istringstream found{db->columns()};
  for (std::string one; found >> one;) {
    const auto table = one.substr(0, one.find('.'));
    if (left_out.count(table) == 0) there[table].insert(one.substr(table.size() + 1));
  }
  for (const auto& [table, columns] : carried) {
    std::istringstream names{columns};
    for (std::string name; names >> name;) known[table].insert(name);
  }
  for (const auto& [table, columns] : there)
    for (const auto& name : columns)
      BOOST_TEST(known[table].count(name) == 1u,
                 table << "." << name << " is in no dump: see the lists above");
  BOOST_TEST((known == there), "a list names what is no table or column");
}

BOOST_AUTO_TEST_CASE(what_follows_from_entries_is_made_again) {
  const auto db = fresh_database();
  scribe s;
  const auto ana = make_person("ana");
  const auto newcomers = s.batch({newcomer(ana)});
  s.accept(newcomers);
  std::vector<storage::commit_item> items;
  for (int n = 0; n < 1030; ++n)
    items.push_back(posting(expense(ana, own_id(n), 1, after(n % 3 * 86'400))));
  const auto spent = s.batch(items);
  {
    bulk_world all{db->settings(), storage::transaction_use::write};
    BOOST_REQUIRE(fine(all->write({newcomers, spent})));
    BOOST_REQUIRE(fine(all->finish()));
  }
  world w{db->settings()};
  surroundings around;
  const auto rebuild = [&](base::utc_us now) {
    const auto made = audit::rebuild_projections(w.store(), sao_paulo, start, now, around.log);
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? ""s : std::string{made.error().code}));
    return *made;
  };
  // checking and food have 1030 entries each, savings has none
  auto made = rebuild(start); // no month has ended
  BOOST_TEST(made.accounts == 2u);
  BOOST_TEST(made.months == 0u);
  made = rebuild(after(70 * 86'400));
  BOOST_TEST(made.months == 3u); // November to January
  BOOST_TEST(made.snapshots == 6u);
  BOOST_TEST((snapshots_of(w, november)["ana-checking"] == -1030));
  // A day that is wrong is seen: so the answer comes from the row.
  BOOST_TEST(db->raw("update effective_days set balance = balance + 5000") == "");
  const auto found = value_of<ledger::balance_at>([&](auto done) {
    w.reads().balance_effective(ana.checking.id, base::day_of(after(86'400)), std::move(done));
  });
  BOOST_TEST(found.version == 687u);
  BOOST_TEST(found.balance.minor == 5000 - 687);
}

BOOST_AUTO_TEST_CASE(a_snapshot_stays_while_a_server_writes) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  s.write(w, {posting(expense(ana, "t1", 100))});
  bulk_world before{db->settings(), storage::transaction_use::read};
  s.write(w, {newcomer(make_person("ben")), posting(expense(ana, "t2", 5))});
  const ledger::row_counts then{1, 3, 2, 2, 1, 0, 0, 0};
  BOOST_TEST((must(before->counts()) == then));
  BOOST_TEST(must(before->users_after(ledger::user_id{}, 10)).size() == 1u);
  for (const auto& a : must(before->accounts_after(ledger::account_id{}, 10)))
    BOOST_TEST((a.record.owner == ana.user.id));
  BOOST_TEST(must(before->commits(s.shard(), 0, 10)).size() == 2u);
  BOOST_TEST(must(before->entries_of_commits(s.shard(), 1, 9)).size() == 2u);
  BOOST_TEST(must(before->transactions_of_commits(s.shard(), 1, 9)).size() == 1u);
  ledger::transaction_filter filter;
  filter.user = ana.user.id;
  BOOST_TEST(must(before->transactions(filter)).items.size() == 1u);
  bulk_world after_it{db->settings(), storage::transaction_use::read};
  BOOST_TEST((must(after_it->counts()) == ledger::row_counts{2, 6, 3, 4, 2, 0, 0, 0}));
  // It reads, whatever is asked of it.
  BOOST_TEST(!fine(after_it->write({rows_alone(newcomer(make_person("cia")))})));
}

BOOST_AUTO_TEST_CASE(pages_follow_one_another) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  std::vector<storage::commit_item> items;
  // Pages are in the order of keys (base/id.hpp).
  std::vector<person> people;
  for (int n = 0; n < 3; ++n) {
    people.push_back(make_person("p" + std::to_string(n)));
    auto& p = people.back();
    p.user.id = ledger::user_id{own_id(n)};
    for (auto* a : {&p.checking, &p.savings, &p.food}) a->owner = p.user.id;
    items.push_back(newcomer(p));
  }
  const auto& ana = people[0];
  const auto& ben = people[1];
  items[0].answers = {keyed(ana, "k2", start, after(1)), keyed(ana, "k1", start, after(-1))};
  items[1].answers = {keyed(ben, "k1", start, after(1))};
  items[1].answers.push_back(items[1].answers[0]);
  items[1].answers[1].scope.endpoint = "DELETE /api/transactions";
  for (int n = 0; n < 3; ++n)
    items[2].holds_new.push_back({ledger::hold_id{own_id(n)},
                                  people[2].user.id,
                                  people[2].checking.id,
                                  base::centavos{1 + n},
                                  "conta",
                                  ledger::hold_status::voided,
                                  start,
                                  after(1),
                                  after(2),
                                  {},
                                  {}});
  for (const auto kind : {ledger::earmark_kind::goal, ledger::earmark_kind::envelope})
    for (const base::id_key earmark : {-7, -1, 3})
      for (const std::uint64_t version : {1u, 2u})
        items[2].user_rows.emplace_back(
            ledger::earmark_movement{kind,
                                     earmark,
                                     people[2].user.id,
                                     version,
                                     {1},
                                     {static_cast<std::int64_t>(version)},
                                     start});
  s.write(w, items);
  bulk_world all{db->settings(), storage::transaction_use::read};
  std::vector<ledger::user_record> users;
  for (ledger::user_id at;;) {
    const auto page = must(all->users_after(at, 2));
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2u);
    users.insert(users.end(), page.begin(), page.end());
    at = page.back().id;
  }
  BOOST_REQUIRE(users.size() == 3u);
  BOOST_TEST((users[0] == ana.user));
  BOOST_TEST((users[1] == ben.user));
  std::vector<ledger::hold_record> holds;
  for (ledger::hold_id at;;) {
    const auto page = must(all->holds_after(at, 2));
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2u);
    holds.insert(holds.end(), page.begin(), page.end());
    at = page.back().id;
  }
  BOOST_TEST((holds == items[2].holds_new));
  std::vector<ledger::earmark_movement> movements;
  for (ledger::rows_after at{ledger::dumped_row::movements, base::before_all_keys, 0, {}, {}, 2};
       ;) {
    const auto page = ledger::rows_of<ledger::earmark_movement>(must(all->user_rows(at)));
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2u);
    movements.insert(movements.end(), page.begin(), page.end());
    at.earmarks = page.back().kind;
    at.key = page.back().earmark;
    at.version = page.back().version;
  }
  BOOST_TEST((movements == ledger::rows_of<ledger::earmark_movement>(items[2].user_rows)));
  std::vector<std::string> answers;
  ledger::user_id user;
  for (ledger::key_scope scope;;) {
    const auto page = must(all->answers_after(user, scope, 1));
    if (page.empty()) break;
    const auto& i = page.front();
    answers.push_back(i.user.text() + " " + i.scope.key + " " + i.scope.endpoint);
    user = i.user;
    scope = i.scope;
  }
  const std::vector<std::string> expected{
      own_id(0) + " k1 POST /api/transactions", own_id(0) + " k2 POST /api/transactions",
      own_id(1) + " k1 DELETE /api/transactions", own_id(1) + " k1 POST /api/transactions"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_transaction_is_born_with_its_first_entry) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  const auto t1 = expense(ana, own_id(1), 100);
  s.write(w, {posting(t1)}); // seq 2
  auto back = posting(t1);
  back.transactions_new.clear();
  for (auto& e : back.entries) {
    e.amount = -e.amount;
    e.reversal = true;
  }
  s.write(w, {back, posting(expense(ana, own_id(2), 7))}); // seq 3
  bulk_world all{db->settings(), storage::transaction_use::read};
  const auto born = [&](std::uint64_t first, std::uint64_t last) {
    std::string ids;
    for (const auto& t : must(all->transactions_of_commits(s.shard(), first, last)))
      ids += t.id.text() + " ";
    return ids;
  };
  BOOST_TEST(born(1, 1) == "");
  BOOST_TEST(born(2, 2) == own_id(1) + " ");
  BOOST_TEST(born(3, 3) == own_id(2) + " ");
  BOOST_TEST(born(1, 9) == own_id(1) + " " + own_id(2) + " ");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_there_at_the_end_or_not_at_all) {
  const auto db = fresh_database();
  auto settings = db->settings();
  settings.shards = 7;
  scribe s;
  const auto ana = make_person("ana");
  const auto newcomers = s.batch({newcomer(ana)});
  s.accept(newcomers);
  const auto spent = s.batch({posting(expense(ana, "t1", 100))});
  s.accept(spent);
  const auto more = s.batch({posting(expense(ana, "t2", 5))});
  {
    bulk_world given_up{settings, storage::transaction_use::write};
    BOOST_TEST(given_up->shards() == 7u);
    BOOST_TEST((must(given_up->counts()) == ledger::row_counts{}));
    BOOST_REQUIRE(fine(given_up->write({newcomers, spent})));
    BOOST_TEST((must(given_up->counts()) == ledger::row_counts{1, 3, 2, 2, 1, 0, 0, 0}));
  }
  {
    bulk_world refused{settings, storage::transaction_use::write};
    BOOST_TEST((must(refused->counts()) == ledger::row_counts{}));
    BOOST_REQUIRE(fine(refused->write({newcomers})));
    BOOST_TEST(!fine(refused->write({more}))); // its balance does not follow
    BOOST_TEST(!fine(refused->finish()));
  }
  {
    bulk_world whole{settings, storage::transaction_use::write};
    BOOST_REQUIRE(fine(whole->write({newcomers, spent})));
    storage::commit_item answers;
    answers.answers = {keyed(ana, "k", start, after(1))};
    BOOST_REQUIRE(fine(whole->write({more, rows_alone(answers)})));
    BOOST_REQUIRE(fine(whole->finish()));
    BOOST_TEST(!whole->counts().has_value()); // it has ended
  }
  world w{settings};
  BOOST_TEST(w.store().shards() == 7u);
  const auto records = w.commits(s.shard());
  BOOST_REQUIRE(records.size() == 3u);
  BOOST_TEST((records[0] == newcomers.records[0]));
  BOOST_TEST((records[2] == more.records[0]));
  BOOST_TEST(w.entries().size() == 4u);
  BOOST_TEST(w.load({ana.checking.id})[0].balance.minor == -105);
  BOOST_TEST(w.load({ana.checking.id})[0].version == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
