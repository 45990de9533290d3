// What   Contract of changes to users: single columns, beside others who change the same row.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

BOOST_AUTO_TEST_SUITE(user_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

BOOST_AUTO_TEST_CASE(changes_of_a_user_touch_what_they_name_and_add_up) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  BOOST_TEST(value_of<bool>(
      [&](auto done) { w.store().set_admin(ana.user.email, true, after(5), std::move(done)); }));

  storage::commit_item renames, moves, rehashes;
  renames.users_changed = {{ana.user.id, "Ana Maria", {}, {}, after(7)}};
  moves.users_changed = {{ana.user.id, {}, "ana.maria@example.org", {}, after(8)}};
  rehashes.users_changed = {{ana.user.id, {}, {}, "$argon2id$new", after(9)}};
  s.write(w, {renames, moves});
  s.write(w, {rehashes});

  ana.user.name = "Ana Maria";
  ana.user.email = "ana.maria@example.org";
  ana.user.password_hash = "$argon2id$new";
  ana.user.admin = true; // granted by somebody else, and still there
  ana.user.updated_at = after(9);
  const auto stored = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_id(ana.user.id, std::move(done)); });
  BOOST_TEST((stored == ana.user));
}

BOOST_AUTO_TEST_CASE(roles_are_changed_in_a_commit_and_active_administrators_counted) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto ana = make_person("ana"), ben = make_person("ben"), caio = make_person("caio");
  ben.user.admin = true;
  s.write(w, {newcomer(ana), newcomer(ben), newcomer(caio)});
  const auto others = [&](const ledger::user_id& than) {
    const auto rows = value_of<ledger::user_rows>(
        [&](auto done) { w.reads().user_rows(ledger::other_admins{than}, std::move(done)); });
    return ledger::row_of<ledger::row_count>(rows).value().count;
  };
  const auto change = [&](const person& who, std::optional<bool> active,
                          std::optional<bool> admin) {
    storage::commit_item item;
    item.users_changed = {{who.user.id, {}, {}, {}, after(1), active, admin}};
    return item;
  };
  BOOST_TEST(others(ben.user.id) == 0);
  BOOST_TEST(others(ana.user.id) == 1);
  BOOST_TEST(others(ledger::user_id{"nobody"}) == 1);
  // Two changes of one user in one batch add up.
  s.write(w, {change(ana, {}, true), change(ana, false, {}), change(caio, {}, true)});
  BOOST_TEST(others(ben.user.id) == 1); // who is inactive counts for nothing
  s.write(w, {change(ana, true, {})});
  BOOST_TEST(others(ben.user.id) == 2);
  s.write(w, {change(ben, {}, false)});
  BOOST_TEST(others(ana.user.id) == 1);
  ana.user.admin = true;
  ana.user.updated_at = after(1);
  const auto stored = value_of<std::optional<ledger::user_record>>(
      [&](auto done) { w.reads().user_by_id(ana.user.id, std::move(done)); });
  BOOST_TEST((stored == ana.user));
}

BOOST_AUTO_TEST_SUITE_END()
