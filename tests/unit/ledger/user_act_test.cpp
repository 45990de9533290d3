// What an administrator does to a user, and what a book lacks of what a new one begins with.
#include "ledger/command.hpp"
#include "ledger/errc.hpp"
#include "ledger/user_act.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(user_acts)

namespace {

const base::utc_us now{1'700'000'000 * base::us_per_second};

user_record person(bool active, bool admin) {
  user_record u;
  u.id = user_id{"ana"};
  u.email = "ana@example.com";
  u.active = active;
  u.admin = admin;
  return u;
}

login_session live_session(std::int64_t n) {
  login_session s;
  s.id = session_id::of(n);
  s.user = user_id{"ana"};
  s.expires_at = {now.count + 1};
  return s;
}

base::result<row_change> act_on(user_act act, user_record who, std::int64_t others = 1,
                                std::vector<login_session> sessions = {}) {
  audit_note note;
  note.actor = "root";
  note.reason = "pedido 7";
  note.request_id = "rid";
  return decide_act(act, {std::move(who), others, std::move(sessions)}, std::move(note), now);
}

void refused(const base::result<row_change>& r, errc why) {
  BOOST_REQUIRE(!r.has_value());
  BOOST_TEST(r.error().code == code_text(why));
}

void unchanged(const base::result<row_change>& r) {
  BOOST_REQUIRE(r.has_value());
  BOOST_TEST(!r->user.has_value());
  BOOST_TEST(!r->note.has_value());
  BOOST_TEST(r->writes.empty());
  BOOST_TEST(row_of<user_record>(r->answer).has_value());
}

account_record member(account_role role, const char* id) {
  account_record a;
  a.id = account_id{id};
  a.role = role;
  return a;
}

std::string ids_of(const std::vector<account_record>& members) {
  std::string all;
  for (const auto& m : members) all += m.id.text() + ' ';
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_role_is_given_and_taken_with_a_line_that_says_so) {
  const auto up = act_on(user_act::promote, person(true, false));
  BOOST_REQUIRE(up.has_value());
  BOOST_TEST(up->user->admin.value());
  BOOST_TEST(!up->user->active.has_value()); // all else stays as it is
  BOOST_TEST((up->user->updated_at == now));
  BOOST_TEST((*up->note == audit_note{"root", "user.role", "ana", "pedido 7", R"({"role":"user"})",
                                      R"({"role":"admin"})", "rid"}));
  const auto shown = row_of<user_record>(up->answer);
  BOOST_TEST((shown->admin && shown->updated_at == now));
  const auto down = act_on(user_act::demote, person(true, true));
  BOOST_TEST(!down->user->admin.value());
  BOOST_TEST(down->note->after == R"({"role":"user"})");
}

BOOST_AUTO_TEST_CASE(what_is_so_already_changes_nothing_and_makes_no_line) {
  unchanged(act_on(user_act::promote, person(true, true), 0));
  unchanged(act_on(user_act::demote, person(true, false), 0));
  unchanged(act_on(user_act::activate, person(true, true), 0));
  unchanged(act_on(user_act::deactivate, person(false, true), 0));
  unchanged(act_on(user_act::revoke_sessions, person(true, true), 0));
}

BOOST_AUTO_TEST_CASE(an_active_administrator_is_left) {
  refused(act_on(user_act::demote, person(true, true), 0), errc::last_admin);
  refused(act_on(user_act::deactivate, person(true, true), 0), errc::last_admin);
  BOOST_TEST(act_on(user_act::demote, person(true, true), 1).has_value());
  BOOST_TEST(act_on(user_act::deactivate, person(true, true), 1).has_value());
  // One who counts for nothing takes nothing.
  BOOST_TEST(act_on(user_act::demote, person(false, true), 0).has_value());
  BOOST_TEST(act_on(user_act::deactivate, person(true, false), 0).has_value());
  BOOST_TEST(takes_admin(user_act::demote));
  BOOST_TEST(takes_admin(user_act::deactivate));
  for (const auto act : {user_act::promote, user_act::activate, user_act::revoke_sessions})
    BOOST_TEST(!takes_admin(act));
}

BOOST_AUTO_TEST_CASE(whoever_is_deactivated_loses_all_sessions_and_gets_none_back) {
  const auto off =
      act_on(user_act::deactivate, person(true, false), 1, {live_session(1), live_session(2)});
  BOOST_REQUIRE(off.has_value());
  BOOST_TEST(!off->user->active.value());
  const auto ended = rows_of<login_session>(off->writes);
  BOOST_REQUIRE(ended.size() == 2u);
  for (const auto& s : ended) BOOST_TEST((s.revoked_at == now));
  BOOST_TEST(row_of<row_count>(off->answer)->count == 2);
  BOOST_TEST(off->note->action == "user.deactivate");
  BOOST_TEST(off->note->before == R"({"active":true,"sessions":2})");
  BOOST_TEST(off->note->after == R"({"active":false,"sessions":0})");
  const auto on = act_on(user_act::activate, person(false, false));
  BOOST_TEST(on->user->active.value());
  BOOST_TEST(on->writes.empty());
  BOOST_TEST(on->note->action == "user.activate");
  BOOST_TEST(on->note->after == R"({"active":true,"sessions":0})");
}

BOOST_AUTO_TEST_CASE(sessions_end_without_anything_else) {
  const auto done = act_on(user_act::revoke_sessions, person(true, true), 0, {live_session(1)});
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(!done->user.has_value());
  BOOST_TEST(done->writes.size() == 1u);
  BOOST_TEST(done->note->action == "user.revoke_sessions");
  BOOST_TEST(done->note->after == R"({"active":true,"sessions":0})");
}

BOOST_AUTO_TEST_CASE(whoever_deleted_the_account_does_not_come_back) {
  auto gone = person(false, false);
  gone.email = deleted_address(gone.id);
  BOOST_TEST(gone.email == "deleted_ana@anonymized.local");
  refused(act_on(user_act::activate, gone), errc::user_deleted);
  unchanged(act_on(user_act::deactivate, gone));
  // The address of another who is gone says nothing.
  gone.email = deleted_address(user_id{"bia"});
  BOOST_TEST(act_on(user_act::activate, gone).has_value());
  refused(decide_act(user_act::activate, {}, {}, now), errc::user_not_found);
}

BOOST_AUTO_TEST_CASE(a_book_lacks_the_kinds_that_it_has_nothing_of) {
  const std::vector<account_record> all{
      member(account_role::money, "m1"), member(account_role::money, "m2"),
      member(account_role::category, "c1"), member(account_role::opening, "o")};
  BOOST_TEST(ids_of(lacking(all, {})) == "m1 m2 c1 o ");
  BOOST_TEST(ids_of(lacking(all, {.accounts = 1})) == "c1 o ");
  BOOST_TEST(ids_of(lacking(all, {.categories = 1, .opening = true})) == "m1 m2 ");
  BOOST_TEST(lacking(all, {1, 1, true}).empty());
  const auto made = members_in(lacking(all, {.opening = true}));
  BOOST_TEST(made.accounts == 2u);
  BOOST_TEST(made.categories == 1u);
  const auto note = seeding_note({}, {0, 3, true}, {2, 0});
  BOOST_TEST(note.before == R"({"accounts":0,"categories":3})");
  BOOST_TEST(note.after == R"({"accounts":2,"categories":3})");
}

BOOST_AUTO_TEST_CASE(operators_send_these_commands_and_no_others) {
  change_rows of_client, of_admin;
  of_admin.of_operator = true;
  BOOST_TEST(of_operator(of_admin));
  BOOST_TEST(!of_operator(of_client));
  BOOST_TEST(of_operator(repair_entries{}));
  BOOST_TEST(of_operator(sync_balances{}));
  BOOST_TEST(of_operator(note_action{}));
  BOOST_TEST(of_operator(seed_members{{}, audit_note{}}));
  BOOST_TEST(!of_operator(seed_members{}));
  BOOST_TEST(!of_operator(create_transaction{}));
  BOOST_TEST(!of_operator(expire_hold{}));
}

BOOST_AUTO_TEST_SUITE_END()
