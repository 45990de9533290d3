// What   Contract of what is kept no longer beside the books: what is old goes, oldest first and no
//        more than a slice, and nothing else does.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "storage/pruning.hpp"
#include "storage/statements.hpp"
#include "tests/contract/scribe.hpp"

BOOST_AUTO_TEST_SUITE(prune_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using storage::old_rows;

namespace {

std::int64_t prune(world& w, old_rows what, base::utc_us before) {
  return value_of<std::int64_t>(
      [&](auto done) { w.store().pruning().prune(what, before, std::move(done)); });
}

template <class Row> std::vector<Row> rows_at(world& w, ledger::row_question asked) {
  return ledger::rows_of<Row>(value_of<ledger::user_rows>(
      [&](auto done) { w.reads().user_rows(std::move(asked), std::move(done)); }));
}

storage::commit_item of(const person& p, ledger::user_rows rows) {
  storage::commit_item item;
  item.user = p.user.id;
  item.user_rows = std::move(rows);
  return item;
}

storage::commit_item only_the_user(const person& p) {
  storage::commit_item item;
  item.user = p.user.id;
  item.users_new = {p.user};
  return item;
}

ledger::notification told_at(const person& p, const std::string& id, base::utc_us at) {
  ledger::notification n;
  n.id = ledger::notification_id{id};
  n.user = p.user.id;
  n.type = "budget_alert";
  n.title = "t";
  n.body = "b";
  n.created_at = at;
  return n;
}
std::string id_made_at(base::utc_us at) { return base::id_of(base::first_key_at(at) + 7); }

} // namespace

BOOST_AUTO_TEST_CASE(answers_go_when_they_have_expired) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  storage::commit_item item;
  item.user = ana.user.id;
  item.users_new = {ana.user};
  for (int n = 0; n < 5; ++n)
    item.answers.push_back(keyed(ana, "k" + std::to_string(n), start, after(100 + n)));
  s.write(w, {item});
  const auto there = [&](const std::string& key) {
    return !value_of<std::vector<ledger::idempotency_record>>([&](auto done) {
              w.reads().answers(ana.user.id, key, start, std::move(done));
            }).empty();
  };
  BOOST_TEST(prune(w, old_rows::answers, after(100)) == 0); // not yet: its last second
  BOOST_TEST(prune(w, old_rows::answers, after(103)) == 3);
  BOOST_TEST(!there("k0"));
  BOOST_TEST(!there("k2"));
  BOOST_TEST(there("k3"));
  BOOST_TEST(there("k4"));
  BOOST_TEST(prune(w, old_rows::answers, after(103)) == 0);
}

BOOST_AUTO_TEST_CASE(no_more_than_a_slice_at_once_and_the_oldest_first) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  storage::commit_item item;
  item.user = ana.user.id;
  item.users_new = {ana.user};
  for (int n = 0; n < 601; ++n)
    item.answers.push_back(keyed(ana, "k" + std::to_string(n), start, after(1000 - n)));
  s.write(w, {item});
  BOOST_TEST(prune(w, old_rows::answers, after(5000)) == storage::pruned_rows_max);
  const auto left = value_of<std::vector<ledger::idempotency_record>>(
      [&](auto done) { w.reads().answers(ana.user.id, "k0", start, std::move(done)); });
  BOOST_TEST(left.size() == 1u); // it ends last
  BOOST_TEST(prune(w, old_rows::answers, after(5000)) == 101);
  BOOST_TEST(prune(w, old_rows::answers, after(5000)) == 0);
}

BOOST_AUTO_TEST_CASE(logins_go_with_their_tokens) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto session = [&](int n, std::int64_t ends) {
    ledger::login_session l;
    l.id = ledger::session_id{own_id(n)};
    l.user = ana.user.id;
    l.created_at = l.last_used_at = start;
    l.expires_at = after(ends);
    return l;
  };
  const auto token = [&](const std::string& text, const ledger::login_session& of,
                         std::int64_t ends) {
    return ledger::refresh_token{base::sha256(text), of.id, ana.user.id, start, after(ends), {}};
  };
  const auto over = session(1, 50), lives = session(2, 500);
  const auto its = token("its", over, 400), exchanged = token("exchanged", lives, 60),
             fresh = token("fresh", lives, 500);
  const ledger::password_reset used{base::sha256("used"), ana.user.id, start, after(60), {}},
      usable{base::sha256("usable"), ana.user.id, start, after(160), {}};
  s.write(w, {only_the_user(ana), of(ana, {over, lives, its, exchanged, fresh, used, usable})});
  BOOST_TEST(prune(w, old_rows::sessions, after(100)) == 1);
  using ledger::login_session;
  using ledger::refresh_token;
  BOOST_TEST(rows_at<login_session>(w, ledger::session_by_id{over.id}).empty());
  BOOST_TEST(rows_at<refresh_token>(w, ledger::token_by_hash{its.hash}).empty());
  BOOST_TEST(rows_at<login_session>(w, ledger::session_by_id{lives.id}).size() == 1u);
  BOOST_TEST(rows_at<refresh_token>(w, ledger::token_by_hash{exchanged.hash}).size() == 1u);
  BOOST_TEST(prune(w, old_rows::refresh_tokens, after(100)) == 1);
  BOOST_TEST(rows_at<refresh_token>(w, ledger::token_by_hash{exchanged.hash}).empty());
  BOOST_TEST(rows_at<refresh_token>(w, ledger::token_by_hash{fresh.hash}).size() == 1u);
  BOOST_TEST(prune(w, old_rows::password_resets, after(100)) == 1);
  using ledger::password_reset;
  BOOST_TEST(rows_at<password_reset>(w, ledger::reset_by_hash{used.hash}).empty());
  BOOST_TEST(rows_at<password_reset>(w, ledger::reset_by_hash{usable.hash}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(notifications_go_by_their_age_whoever_made_their_ids) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  ledger::user_rows rows;
  for (const auto at : {after(10), after(200)}) {
    rows.emplace_back(told_at(ana, id_made_at(at), at));
    rows.emplace_back(told_at(ana, "imported " + std::to_string(at.count), at));
  }
  s.write(w, {only_the_user(ana), of(ana, rows)});
  BOOST_TEST(prune(w, old_rows::notifications, after(10)) == 0);
  BOOST_TEST(prune(w, old_rows::notifications, after(100)) == 2);
  ledger::notification_filter all;
  all.user = ana.user.id;
  const auto left = rows_at<ledger::notification>(w, all);
  BOOST_TEST(left.size() == 2u);
  for (const auto& n : left) BOOST_TEST((n.created_at == after(200)));
  BOOST_TEST(prune(w, old_rows::notifications, after(100)) == 0);
}

BOOST_AUTO_TEST_CASE(deliveries_go_when_they_have_ended_long_ago) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto delivery = [&](int n, std::optional<base::utc_us> ended) {
    ledger::delivery d;
    d.id = ledger::delivery_id{own_id(n)};
    d.user = ana.user.id;
    d.state = ended ? ledger::delivery_state::delivered : ledger::delivery_state::pending;
    d.created_at = start;
    d.ended_at = ended;
    return d;
  };
  const auto old = delivery(1, after(10)), young = delivery(2, after(200)), open = delivery(3, {});
  s.write(w, {only_the_user(ana), of(ana, {old, young, open})});
  BOOST_TEST(prune(w, old_rows::deliveries, after(100)) == 1);
  const auto there = [&](const ledger::delivery& d) {
    return rows_at<ledger::delivery>(w, ledger::delivery_by_id{ana.user.id, d.id}).size() == 1;
  };
  BOOST_TEST(!there(old));
  BOOST_TEST(there(young));
  BOOST_TEST(there(open));
}

// What is still to be known stays: an account that is low, an expense that was asked for, a month
// or a date to come though it was told of long ago.
BOOST_AUTO_TEST_CASE(states_of_alerts_go_when_they_can_never_matter_again) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto old = base::parse_instant("2025-10-20T08:00:00Z")->at;
  const base::utc_us cutoff{old.count + base::us_per_day};
  const auto state = [&](const std::string& rule, const std::string& subject, bool fired = true,
                         std::int64_t later_us = 0) {
    return ledger::alert_state{ana.user.id, rule, subject, fired, {old.count + later_us}};
  };
  const std::string category = own_id(7);
  const std::vector gone{state("r", category + ":2025-09"), state("r", category + ":2025-10-19"),
                         state("r", category, false), state("r", "x", false),
                         state("category_monthly_variation_v1/2025-09", "h:2025-09")};
  const std::vector stays{state("r2", category + ":2025-10"),
                          state("r2", category + ":2026-01"),
                          state("r2", category + ":2025-10-21"),
                          state("r2", category + ":2026-02-01"),
                          state("r2", category),
                          state("r2", "2025-09"),
                          state("r2", ":25-09"),
                          state("r2", "a:5-09"),
                          state("goals_at_risk_v1", category),
                          state("insight_weekly_summary_v1", ""),
                          state("r3", category + ":2025-08", true, base::us_per_day),
                          state("r3", category, false, base::us_per_day)};
  ledger::user_rows rows;
  for (const auto& all : {gone, stays})
    for (const auto& one : all) rows.emplace_back(one);
  s.write(w, {only_the_user(ana), of(ana, rows)});
  BOOST_TEST(prune(w, old_rows::alert_states, cutoff) == std::ssize(gone));
  const auto left = rows_at<ledger::alert_state>(w, ledger::alert_states_of{ana.user.id, ""});
  BOOST_TEST(left.size() == stays.size());
  for (const auto& one : stays)
    BOOST_TEST((std::find(left.begin(), left.end(), one) != left.end()), one.subject);
  BOOST_TEST(prune(w, old_rows::alert_states, cutoff) == 0);
  BOOST_TEST(prune(w, old_rows::alert_states, old) == 0); // exclusive
}

BOOST_AUTO_TEST_CASE(states_of_alerts_go_a_slice_at_a_time) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  ledger::user_rows rows;
  for (int n = 0; n < 501; ++n)
    rows.emplace_back(ledger::alert_state{ana.user.id, "r", std::to_string(n), false, after(n)});
  s.write(w, {only_the_user(ana), of(ana, rows)});
  BOOST_TEST(prune(w, old_rows::alert_states, after(5000)) == storage::pruned_rows_max);
  BOOST_TEST((rows_at<ledger::alert_state>(w, ledger::alert_states_of{ana.user.id, ""}) ==
              std::vector{std::get<ledger::alert_state>(rows.back())}));
  BOOST_TEST(prune(w, old_rows::alert_states, after(5000)) == 1);
}

BOOST_AUTO_TEST_CASE(a_database_that_takes_no_writes_says_so) {
  const auto db = fresh_database();
  {
    world w{db->settings()};
    scribe s;
    const auto ana = make_person("ana");
    storage::commit_item item;
    item.user = ana.user.id;
    item.users_new = {ana.user};
    item.answers = {keyed(ana, "k", start, after(1))};
    s.write(w, {item});
  }
  world w{db->read_only_settings(), storage::migrate_mode::refuse};
  const auto said = answer_of<base::result<std::int64_t>>(
      [&](auto done) { w.store().pruning().prune(old_rows::answers, after(9), std::move(done)); });
  BOOST_TEST_REQUIRE(!said.has_value());
  BOOST_TEST(said.error().code == "DB_READ_ONLY");
}

BOOST_AUTO_TEST_CASE(a_look_for_what_is_old_begins_at_a_place_in_an_index) {
  const auto db = fresh_database();
  { world made{db->settings()}; }
  const std::vector<std::pair<const storage::statement*, std::string>> looks{
      {&storage::sql::answers_old, "idempotency_by_expiry"},
      {&storage::sql::sessions_old, "sessions_by_expiry"},
      {&storage::sql::refresh_tokens_old, "refresh_tokens_by_expiry"},
      {&storage::sql::password_resets_old, "password_resets_by_expiry"},
      {&storage::sql::notifications_imported_old, "notifications_imported"},
      {&storage::sql::deliveries_old, "deliveries_ended"},
      {&storage::sql::alert_states_old, "alert_states_by_age"}};
  for (const auto& [what, index] : looks) {
    const auto plan = what == &storage::sql::alert_states_old
                          ? db->plan(*what, {"9", "'2025-10'", "'2025-10-20'", "500"})
                          : db->plan(*what, {"9", "500"});
    BOOST_TEST(plan.find(index) != plan.npos, what->name << ": " << plan);
  }
}

BOOST_AUTO_TEST_SUITE_END()
