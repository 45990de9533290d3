// What   Contract of audit::verify and verify_since: a sound ledger is sound, and each kind of
//        damage is found under its name, in the whole as in a part.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "audit/verification.hpp"
#include "ledger/plan.hpp"
#include "tests/contract/auditing.hpp"
#include "tests/contract/holds.hpp"
#include "tests/contract/rows_beside.hpp"

#include <array>

BOOST_AUTO_TEST_SUITE(verification_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

std::string key_text(const auto& id) { return std::to_string(key_of(id)); }

std::string faults_of(const audit::verification& v) {
  std::string found;
  for (std::size_t i = 0; i < ledger::invariant_count; ++i)
    if (v.ledger.findings[i].faults > 0)
      found += std::string{ledger::to_text(static_cast<ledger::invariant>(i))} + ' ';
  return found;
}

/// Two people with a year of postings, an edit and a delete, snapshots, holds, limits and answers,
/// and with goals, envelopes and expenses that they share.
struct audited_books {
  explicit audited_books(const storage::open_settings& settings) : at(settings), w(settings) {
    ana.savings.floor = base::centavos{0};
    ana.savings.ceiling = base::centavos{10'000};
    s.write(w, {with_rows(ana), with_rows(ben)});
    for (int n = 0; n < 24; ++n) {
      auto mine = posting(expense(ana, own_id(n), 10 + n));
      if (n == 7) {
        mine.answers = {keyed(ana, "k7", start, after(90'000'000))};
        mine.answers[0].answer.body = R"({"id":")" + own_id(7) + R"(","category_id":"x"})";
      }
      if (n == 17) mine.user_rows = rounded(mine.transactions_new.at(0));
      s.write(w, {std::move(mine), posting(expense(ben, own_id(100 + n), 1))},
              {start.count + n * 15 * base::us_per_day});
    }
    s.write(w, {amended(1, 500, false), amended(2, 12, true)}, later);
    auto held = hold_of(ana, own_id(1), 300);
    held.expires_at = much_later;
    s.write(w, {placing(ana, {held})}, later);
    for (int month = 0; month < 12; ++month)
      BOOST_REQUIRE(audit::compute_monthly_snapshots(w.store(), sao_paulo, {november.count + month},
                                                     {}, much_later, around.log)
                        .has_value());
  }

  /// A goal of an id of ours and one of an imported id, which an envelope has too; ana shares two
  /// expenses with ben, and he one with somebody who is neither.
  storage::commit_item with_rows(const person& p) const {
    auto item = newcomer(p);
    auto& rows = item.user_rows;
    const bool first = p.user.id == ana.user.id;
    add_moves(rows, goal_of(p, own_id(first ? 1 : 2)), {700, 50});
    add_moves(rows, goal_of(p, p.user.name + "-meta"), {9});
    add_moves(rows, envelope_of(p, p.user.name + "-meta"), {90, -30, 5});
    add_moves(rows, envelope_of(p, own_id(first ? 3 : 4)), {});
    if (first) return item;
    add_expense(rows, ana, ben, 1, 1001);
    add_expense(rows, ana, ben, 2, 40);
    return item;
  }

  /// What one of ana's rules has added for it.
  ledger::user_rows rounded(const ledger::transaction_record& t) const {
    ledger::automation rule;
    rule.id = ledger::automation_id{own_id(5)};
    rule.user = ana.user.id;
    rule.name = "Troco";
    rule.type = "round_up";
    rule.conditions = R"({"envelope_id":")" + own_id(3) + R"("})";
    rule.actions = "{}";
    rule.created_at = start;
    const ledger::round_up added{t.id, rule.id,     ana.user.id, ledger::envelope_id{own_id(3)},
                                 {73}, t.created_at};
    return {rule, added};
  }

  /// The posting n of ana with another amount, or deleted.
  storage::commit_item amended(int n, std::int64_t amount, bool deleted) const {
    auto row = expense(ana, own_id(n), amount);
    storage::commit_item item;
    item.user = ana.user.id;
    const auto add = [&](base::centavos by, bool reversal) {
      item.entries.push_back({row.account, by, row.id, row.effective, 0, reversal});
      item.entries.push_back({row.category, -by, row.id, row.effective, 0, reversal});
    };
    add({10 + n}, true);
    row.updated_at = later;
    if (deleted)
      row.deleted_at = later;
    else
      add(-row.amount, false);
    item.transactions_changed = {row};
    return item;
  }

  audit::verification whole(base::utc_us now = later) {
    return verified([&](storage::bulk& books) {
      return audit::verify(books, sao_paulo, {}, now, 42, [](const auto&) { return true; });
    });
  }
  audit::verification part(const audit::verify_scope& only) {
    return verified([&](storage::bulk& books) {
      return audit::verify(books, sao_paulo, only, later, 42, [](const auto&) { return true; });
    });
  }
  audit::verification since(const std::vector<ledger::shard_head>& heads) {
    return verified([&](storage::bulk& books) {
      return audit::verify_since(books, heads, [](const auto&) { return true; });
    });
  }

  static constexpr base::utc_us later{start.count + 365 * base::us_per_day};
  static constexpr base::utc_us much_later{start.count + 500 * base::us_per_day};

  storage::open_settings at;
  world w;
  scribe s;
  surroundings around;
  person ana = make_person("ana");
  person ben = make_person("ben");

private:
  template <class Ask> audit::verification verified(Ask ask) {
    auto books = must(storage::open_bulk(at, storage::transaction_use::read, around.clock,
                                         around.log, around.metrics));
    return must(ask(*books));
  }
};

struct damage {
  std::string harm, repair; ///< SQL
  std::string faults;       ///< names
  bool shared = false;      ///< ben sees it too
};

std::vector<damage> damages(const audited_books& b) {
  const auto checking = key_text(b.ana.checking.id);
  const auto of = [](int n) { return key_text(ledger::transaction_id{own_id(n)}); };
  const std::string limits = "update accounts set ";
  const std::string goals = "update goals set ", envelopes = "update envelopes set ";
  const auto goal_key = key_text(ledger::goal_id{own_id(1)});
  const auto goal = " where id = " + goal_key;
  const auto both_key = key_text(ledger::envelope_id{"ana-meta"});
  const auto both = " where id = " + both_key;
  const auto expense = key_text(ledger::shared_expense_id{own_id(1)});
  const auto other = key_text(ledger::shared_expense_id{own_id(2)});
  return {
      {"update balances set balance = balance + 1 where account_id = " + checking,
       "update balances set balance = balance - 1 where account_id = " + checking,
       "LedgerBalance Balanced "},
      {"update balances set version = version + 1 where account_id = " + checking,
       "update balances set version = version - 1 where account_id = " + checking,
       "LedgerBalance "},
      {"update transactions set amount = amount + 1 where id = " + of(20),
       "update transactions set amount = amount - 1 where id = " + of(20), "HasEntries "},
      {"update transactions set deleted_at = 5 where id = " + of(20),
       "update transactions set deleted_at = null where id = " + of(20), "SoftDeleteReversal "},
      {"update transactions set deleted_at = null where id = " + of(2),
       "update transactions set deleted_at = 5 where id = " + of(2), "HasEntries "},
      {"update transactions set account_id = " + key_text(b.ben.checking.id) +
           " where id = " + of(20),
       "update transactions set account_id = " + checking + " where id = " + of(20),
       "HasEntries SameOwner "},
      {"update monthly_snapshots set balance = balance - 1 where account_id = " + checking +
           " and month = " + std::to_string(november.count + 3),
       "update monthly_snapshots set balance = balance + 1 where account_id = " + checking +
           " and month = " + std::to_string(november.count + 3),
       "Snapshot "},
      {limits + "floor = 1 where id = " + checking, limits + "floor = null where id = " + checking,
       "WithinLimits "},
      {limits + "ceiling = -9000 where id = " + checking,
       limits + "ceiling = null where id = " + checking, "WithinLimits "},
      {"update idempotency set body = '{\"transaction_id\":\"" + own_id(999) + "\"}'",
       "update idempotency set body = '{}'", "StoredAnswers "},
      {goals + "current = current + 1" + goal, goals + "current = current - 1" + goal, "Goal "},
      {goals + "version = version + 1" + goal, goals + "version = version - 1" + goal, "Goal "},
      {goals + "id = 1" + goal, goals + "id = " + goal_key + " where id = 1", "Goal "},
      {envelopes + "balance = balance - 1" + both, envelopes + "balance = balance + 1" + both,
       "Envelope "},
      {envelopes + "version = 0, balance = 0" + both,
       envelopes + "version = 3, balance = 65" + both, "Envelope "},
      {envelopes + "id = 1, imported_id = null" + both,
       envelopes + "id = " + both_key + ", imported_id = 'ana-meta' where id = 1", "Envelope "},
      {"update round_ups set amount = 72", "update round_ups set amount = 73", "Envelope "},
      {"update round_ups set amount = 973", "update round_ups set amount = 73", "Envelope "},
      {"update round_ups set user_id = " + key_text(b.ben.user.id),
       "update round_ups set user_id = " + key_text(b.ana.user.id), "Envelope ", true},
      {"update round_ups set transaction_id = " + of(2),
       "update round_ups set transaction_id = " + of(17), "Envelope "},
      {"update shared_expenses set total = total + 1 where id = " + expense,
       "update shared_expenses set total = total - 1 where id = " + expense, "SharesExact ", true},
      {"update expense_shares set amount = amount - 1 where amount = 40 and expense_id = " +
           expense,
       "update expense_shares set amount = amount + 1 where amount = 39", "SharesExact ", true},
      {"update expense_shares set expense_id = " + other + " where amount = 961",
       "update expense_shares set expense_id = " + expense + " where amount = 961", "SharesExact ",
       true},
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(each_damage_is_found_under_its_name) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const auto sound = b.whole();
  BOOST_TEST(faults_of(sound) == "");
  BOOST_TEST(sound.read.commits == 27u);
  BOOST_TEST(sound.read.entries == 24u * 4 + 6);
  BOOST_TEST(sound.read.transactions == 48u);
  BOOST_TEST(sound.read.answers == 1u);
  using ledger::invariant;
  BOOST_TEST(sound.ledger[invariant::snapshot].checked == 12u * 4);
  BOOST_TEST(sound.ledger[invariant::within_limits].checked == 1u);
  BOOST_TEST(sound.ledger[invariant::stored_answers].checked == 1u);
  BOOST_TEST(sound.ledger[invariant::goal].checked == 4u);
  BOOST_TEST(sound.ledger[invariant::envelope].checked == 4u);
  BOOST_TEST(sound.ledger[invariant::shares_exact].checked == 2u);
  BOOST_TEST(sound.read.earmarks == 8u);
  BOOST_TEST(sound.read.movements == 12u);
  BOOST_TEST(sound.read.expenses == 2u);
  BOOST_TEST(sound.read.round_ups == 1u);
  for (const auto& d : damages(b)) {
    BOOST_TEST(db->raw(d.harm) == "");
    BOOST_TEST(faults_of(b.whole()) == d.faults, d.harm);
    BOOST_TEST(db->raw(d.repair) == "");
    BOOST_TEST(faults_of(b.whole()) == "", d.repair);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_over_names_what_it_likes) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  BOOST_TEST(
      db->raw(
          "update idempotency set body = '{\"items\":[{\"transfer_transaction_id\":\"t9\"}]}'") ==
      "");
  BOOST_TEST(faults_of(b.whole()) == "StoredAnswers ");
  BOOST_TEST(!b.whole().sound());
  BOOST_TEST(faults_of(b.whole(after(90'000'000))) == "");
}

/// More than a page of entries of one account, transfers whose legs lie anywhere, and what was
/// moved in a later commit.
BOOST_AUTO_TEST_CASE(long_accounts_and_transfers) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const auto transfer = [&](int from, int to, std::int64_t amount) {
    auto out = expense(b.ana, own_id(from), amount), in = expense(b.ana, own_id(to), amount);
    out.type = in.type = ledger::transaction_type::transfer;
    in.account = b.ana.savings.id;
    in.direction = 1;
    out.partner = in.id;
    in.partner = out.id;
    const auto plan = ledger::plan_transfer(out, in);
    storage::commit_item item;
    item.user = b.ana.user.id;
    item.transactions_new = plan.inserts;
    item.entries = plan.entries;
    return item;
  };
  for (int batch = 0; batch < 12; ++batch) {
    std::vector<storage::commit_item> items{transfer(2000 - batch, 5000 + batch, 3)};
    for (int n = 0; n < 100; ++n)
      items.push_back(posting(expense(b.ana, own_id(3000 + 100 * batch + n), 1)));
    b.s.write(b.w, std::move(items), audited_books::later);
  }
  const auto sound = b.whole();
  BOOST_TEST(faults_of(sound) == "");
  BOOST_TEST(sound.ledger[ledger::invariant::transfer_net_zero].checked == 12u);
  b.s.write(b.w, {transfer(8000, 1500, 7)}, audited_books::later);
  const audit::verify_scope ana{b.ana.user.id, {}};
  const auto all = [&] {
    return std::array{faults_of(b.whole()), faults_of(b.part(ana)), faults_of(b.since(sound.heads)),
                      faults_of(b.since({}))};
  };
  for (const auto& found : all()) BOOST_TEST(found == "");
  BOOST_TEST(b.since(sound.heads).read.transactions == 2u);
  BOOST_TEST(b.part(ana).read.transactions == 24u + 24u + 1200u + 2u);
  const auto leg = key_text(ledger::transaction_id{own_id(1500)});
  BOOST_TEST(db->raw("update transactions set amount = amount + 1 where id = " + leg) == "");
  for (const auto& found : all()) BOOST_TEST(found == "TransferNetZero HasEntries ");
  BOOST_TEST(db->raw("update transactions set amount = amount - 1, partner_id = null where id = " +
                     leg) == "");
  for (const auto& found : all()) BOOST_TEST(found == "TransferNetZero ");
}

BOOST_AUTO_TEST_CASE(who_asks_for_nobody_or_gives_up_hears_it) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const auto code = [&](const audit::verify_scope& only, bool go_on) {
    auto books = must(storage::open_bulk(b.at, storage::transaction_use::read, b.around.clock,
                                         b.around.log, b.around.metrics));
    const auto listener = [go_on](const auto&) { return go_on; };
    const auto found = audit::verify(*books, sao_paulo, only, start, 1, listener);
    const auto since = audit::verify_since(*books, {}, listener);
    BOOST_TEST(since.has_value() == go_on);
    return found ? std::string{} : std::string{found.error().code};
  };
  BOOST_TEST(code({}, true) == "");
  BOOST_TEST(code({}, false) == "SHUTTING_DOWN");
  BOOST_TEST(code({ledger::user_id{"nobody"}, {}}, true) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(code({{}, ledger::account_id{"none"}}, true) == "ACCOUNT_NOT_FOUND");
  BOOST_TEST(code({b.ana.user.id, b.ben.checking.id}, true) == "ACCOUNT_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(open_holds_count_against_the_floor) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  // checking stands at minus the sum of 10..33, edited, and 300 are held.
  const auto balance = b.w.load({b.ana.checking.id}).at(0).balance.minor;
  const auto floor_at = [&](std::int64_t floor) {
    BOOST_TEST(db->raw("update accounts set floor = " + std::to_string(floor) +
                       " where id = " + key_text(b.ana.checking.id)) == "");
  };
  floor_at(balance - 300);
  BOOST_TEST(faults_of(b.whole()) == "");
  floor_at(balance - 299);
  BOOST_TEST(faults_of(b.whole()) == "WithinLimits ");
  BOOST_TEST(b.whole().sound());                                   // a correction may leave it so
  BOOST_TEST(faults_of(b.whole(audited_books::much_later)) == ""); // its time is over
}

BOOST_AUTO_TEST_CASE(a_part_is_judged_like_the_whole) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const audit::verify_scope ana{b.ana.user.id, {}}, ben{b.ben.user.id, {}};
  const audit::verify_scope account{{}, b.ana.checking.id}, other{{}, b.ben.checking.id};
  for (const auto* scope : {&ana, &ben, &account, &other})
    BOOST_TEST(faults_of(b.part(*scope)) == "");
  BOOST_TEST(b.part(ana).read.accounts == 3u);
  BOOST_TEST(b.part(ana).read.transactions == 24u);
  BOOST_TEST(b.part(account).read.accounts == 1u);
  BOOST_TEST(b.part(account).read.earmarks == 0u);
  using ledger::invariant;
  BOOST_TEST(b.part(ben).ledger[invariant::goal].checked == 2u);
  BOOST_TEST(b.part(ben).ledger[invariant::envelope].checked == 2u);
  BOOST_TEST(b.part(ben).ledger[invariant::shares_exact].checked == 2u);
  for (const auto& d : damages(b)) {
    BOOST_TEST(db->raw(d.harm) == "");
    auto expected = d.faults;
    if (const auto total = expected.find("Balanced "); total != expected.npos)
      expected.erase(total); // says the sum of all accounts
    BOOST_TEST(faults_of(b.part(ana)) == expected, d.harm);
    BOOST_TEST(faults_of(b.part(ben)) == (d.shared ? expected : ""), d.harm);
    BOOST_TEST(faults_of(b.part(other)) == "", d.harm);
    const bool of_account = d.harm.starts_with("update balances") ||
                            d.harm.starts_with("update accounts") ||
                            d.harm.starts_with("update monthly_snapshots");
    BOOST_TEST(faults_of(b.part(account)) == (of_account ? expected : ""), d.harm);
    BOOST_TEST(db->raw(d.repair) == "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_new_since_it_was_sound) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const auto sound = b.whole().heads;
  BOOST_REQUIRE(sound.size() == 1u);
  BOOST_TEST((sound[0] == b.s.head()));
  auto nothing = b.since(sound);
  BOOST_TEST(faults_of(nothing) == "");
  BOOST_TEST(nothing.read.commits == 0u);
  BOOST_TEST((nothing.heads == sound));

  // A new posting, and an edit and a delete of old ones.
  b.s.write(b.w, {posting(expense(b.ana, own_id(50), 77))}, audited_books::later);
  b.s.write(b.w, {b.amended(10, 5, false), b.amended(11, 21, true)}, audited_books::later);
  const auto after_it = b.since(sound);
  BOOST_TEST(faults_of(after_it) == "");
  BOOST_TEST(after_it.read.commits == 2u);
  BOOST_TEST(after_it.read.entries == 8u);
  BOOST_TEST(after_it.read.accounts == 2u);
  BOOST_TEST(after_it.read.transactions == 3u);
  BOOST_TEST((after_it.heads == std::vector{b.s.head()}));
  BOOST_TEST(faults_of(b.since({})) == ""); // from the beginning, by the same way
  BOOST_TEST(b.since({}).read.transactions == 49u);

  const auto of = [](int n) { return key_text(ledger::transaction_id{own_id(n)}); };
  const auto checking = key_text(b.ana.checking.id);
  const damage seen[]{
      {"update balances set balance = balance + 1 where account_id = " + checking,
       "update balances set balance = balance - 1 where account_id = " + checking,
       "LedgerBalance "},
      {"update transactions set amount = amount + 1 where id = " + of(50),
       "update transactions set amount = amount - 1 where id = " + of(50), "HasEntries "},
      {"update transactions set amount = amount + 1 where id = " + of(10),
       "update transactions set amount = amount - 1 where id = " + of(10), "HasEntries "},
      {"update transactions set deleted_at = null where id = " + of(11),
       "update transactions set deleted_at = 5 where id = " + of(11), "HasEntries "},
      {"update accounts set floor = 1 where id = " + checking,
       "update accounts set floor = null where id = " + checking, "WithinLimits "},
      {"update transactions set id = 1 where id = " + of(50),
       "update transactions set id = " + of(50) + " where id = 1", "SoftDeleteReversal "},
  };
  for (const auto& d : seen) {
    BOOST_TEST(db->raw(d.harm) == "");
    BOOST_TEST(faults_of(b.since(sound)) == d.faults, d.harm);
    BOOST_TEST(db->raw(d.repair) == "");
    BOOST_TEST(faults_of(b.since(sound)) == "", d.repair);
  }
  // What was not touched since is not looked at: that is the bargain.
  BOOST_TEST(db->raw("update transactions set amount = amount + 1 where id = " + of(20)) == "");
  BOOST_TEST(faults_of(b.since(sound)) == "");
  BOOST_TEST(faults_of(b.whole()) == "HasEntries ");
}

// More than a page of each, and what is at the ends of pages.
BOOST_AUTO_TEST_CASE(many_movements_and_shares) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  storage::commit_item item;
  item.user = b.ana.user.id;
  add_moves(item.user_rows, goal_of(b.ana, own_id(500)), std::vector<std::int64_t>(1995, 1));
  add_moves(item.user_rows, envelope_of(b.ana, own_id(500)), std::vector<std::int64_t>(1994, 2));
  for (int n = 1000; n < 2100; ++n) {
    add_moves(item.user_rows, goal_of(b.ana, own_id(n)), {});
    add_expense(item.user_rows, b.ana, b.ben, n, 100);
  }
  b.s.write(b.w, {std::move(item)}, audited_books::later);
  const auto sound = b.whole();
  BOOST_TEST(faults_of(sound) == "");
  BOOST_TEST(sound.read.earmarks == 8u + 2u + 1100u);
  BOOST_TEST(sound.read.movements == 12u + 1995u + 1994u);
  using ledger::invariant;
  BOOST_TEST(sound.ledger[invariant::goal].checked == 4u + 1u + 1100u);
  BOOST_TEST(sound.ledger[invariant::shares_exact].checked == 2u + 1100u);
  const auto last = key_text(ledger::shared_expense_id{own_id(2099)});
  BOOST_TEST(db->raw("update goals set current = 1 where id = " +
                     key_text(ledger::goal_id{own_id(2099)})) == "");
  BOOST_TEST(db->raw("update shared_expenses set total = 101 where id = " + last) == "");
  const auto found = b.whole();
  BOOST_TEST(faults_of(found) == "Goal SharesExact ");
  BOOST_TEST(!found.sound());
  BOOST_TEST(found.ledger[invariant::goal].faults == 1u);
  BOOST_TEST(found.ledger[invariant::goal].first ==
             "goal " + own_id(2099) + ": its amount is not the sum of its movements");
  BOOST_TEST(found.ledger[invariant::shares_exact].first ==
             "shared expense " + own_id(2099) + ": its shares do not sum to its total");
  BOOST_TEST(faults_of(b.since({})) == ""); // no commit names these rows
}

BOOST_AUTO_TEST_CASE(a_history_that_is_not_the_sound_one) {
  const auto db = fresh_database();
  audited_books b{db->settings()};
  const auto sound = b.whole().heads;
  auto other = sound;
  other[0].hash = base::sha256("another");
  BOOST_TEST(faults_of(b.since(other)) == "LedgerAppendOnly ");
  auto ahead = sound; // a restore has lost it
  ahead[0].seq += 3;
  BOOST_TEST(faults_of(b.since(ahead)) == "LedgerAppendOnly ");
  auto elsewhere = sound;
  elsewhere[0].shard = 9;
  const auto found = b.since(elsewhere);
  BOOST_TEST(faults_of(found) == "LedgerAppendOnly ");
  BOOST_TEST(found.read.commits == 27u); // the shard that is not named is read from its beginning
}

BOOST_AUTO_TEST_SUITE_END()
