// What   Contract of shared expenses, the activity feed and what users said about insights:
//        written whole, found by each question.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

#include <algorithm>
#include <set>

BOOST_AUTO_TEST_SUITE(shared_row_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

template <class Row> std::vector<Row> found(world& w, ledger::row_question q) {
  return ledger::rows_of<Row>(value_of<ledger::user_rows>(
      [&](auto done) { w.reads().user_rows(std::move(q), std::move(done)); }));
}

std::int64_t counted(world& w, ledger::row_question q) {
  return found<ledger::row_count>(w, std::move(q)).at(0).count;
}

storage::commit_item rows_of(const person& p, ledger::user_rows rows) {
  storage::commit_item item;
  item.user = p.user.id;
  item.user_rows = std::move(rows);
  return item;
}

ledger::shared_expense expense_of(const person& p, int n, std::int64_t second) {
  ledger::shared_expense e;
  e.id = ledger::shared_expense_id{own_id(n)};
  e.user = p.user.id;
  e.total = {1001};
  e.description = "Pizza “x”";
  e.split = "percentage";
  e.created_at = after(second);
  return e;
}

ledger::expense_share share_of(const ledger::shared_expense& e, const person& p, int n) {
  ledger::expense_share s;
  s.id = ledger::share_id{own_id(n)};
  s.expense = e.id;
  s.user = p.user.id;
  s.status = "pending";
  s.basis = 5000;
  s.amount = {500};
  s.created_at = e.created_at;
  return s;
}

ledger::shares_visible_to seen_by(const person& p) {
  ledger::shares_visible_to q;
  q.user = p.user.id;
  return q;
}

ledger::feed_item item_of(const person& p, int n, std::int64_t second) {
  ledger::feed_item f;
  f.id = ledger::feed_item_id{own_id(n)};
  f.user = p.user.id;
  f.type = "share_received";
  f.title = "Nova";
  f.description = "‘’";
  f.entity_type = "expense_share";
  f.entity_id = own_id(7);
  f.metadata = R"({"amount_cents":1})";
  f.created_at = after(second);
  return f;
}

} // namespace

BOOST_AUTO_TEST_CASE(shares_are_seen_by_those_who_share) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben"), eva = make_person("eva");
  s.write(w, {newcomer(ana), newcomer(ben), newcomer(eva)});
  auto first = expense_of(ana, 1, 0), second = expense_of(ana, 2, 5),
       of_ben = expense_of(ben, 3, 9);
  auto to_ben = share_of(first, ben, 11), own = share_of(first, ana, 10);
  const auto to_eva = share_of(second, eva, 12), of_eva = share_of(of_ben, eva, 13);
  own.status = "accepted";
  own.basis.reset();
  own.responded_at = first.created_at;
  // Whatever their order: a share comes after its expense, also when it is of another user.
  s.write(w, {rows_of(ana, {own, to_ben, first, to_eva, second}), rows_of(ben, {of_eva, of_ben})});

  const auto ids = [&](ledger::row_question q) {
    std::vector<ledger::share_id> all;
    for (const auto& v : found<ledger::share_view>(w, std::move(q))) all.push_back(v.share.id);
    return all;
  };
  using list = std::vector<ledger::share_id>;
  BOOST_TEST((ids(seen_by(ana)) == list{to_eva.id, own.id, to_ben.id}));
  BOOST_TEST((ids(seen_by(ben)) == list{of_eva.id, own.id, to_ben.id}));
  BOOST_TEST((ids(seen_by(eva)) == list{of_eva.id, to_eva.id}));
  auto behind = seen_by(ana);
  behind.after = {second.created_at, second.id};
  BOOST_TEST((ids(behind) == list{own.id, to_ben.id}));
  behind.limit = 1;
  BOOST_TEST((ids(behind) == list{own.id}));
  BOOST_TEST((ids(ledger::shares_of_expense{first.id}) == list{own.id, to_ben.id}));
  BOOST_TEST((ids(ledger::shares_pending_of{ben.user.id}) == list{to_ben.id}));
  BOOST_TEST((ids(ledger::shares_pending_of{eva.user.id}) == list{of_eva.id, to_eva.id}));

  const auto view = found<ledger::share_view>(w, ledger::share_by_id{own.id}).at(0);
  BOOST_TEST((view.share == own));
  BOOST_TEST((view.expense == first));
  BOOST_TEST(view.user_name == ana.user.name);
  BOOST_TEST(view.user_email == ana.user.email);
  BOOST_TEST(view.creator_name == ana.user.name);

  first.cancelled = true;
  first.automatic = ledger::transaction_id{own_id(77)};
  first.updated_at = after(20);
  to_ben.status = "rejected";
  to_ben.responded_at = after(19);
  s.write(w, {rows_of(ana, {first}), rows_of(ben, {to_ben})});
  using ledger::shared_expense;
  BOOST_TEST(
      (found<shared_expense>(w, ledger::shared_expense_by_id{first.id}) == std::vector{first}));
  BOOST_TEST((found<ledger::share_view>(w, ledger::share_by_id{to_ben.id}).at(0).share == to_ben));
  BOOST_TEST(ids(ledger::shares_pending_of{ben.user.id}).empty());
}

BOOST_AUTO_TEST_CASE(events_of_a_share_are_kept) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  const auto e = expense_of(ana, 1, 0);
  const auto share = share_of(e, ben, 11);
  const ledger::share_event made{ledger::share_event_id{own_id(21)}, share.id, "created",
                                 ana.user.id, start};
  const ledger::share_event accepted{ledger::share_event_id{own_id(22)}, share.id, "accepted",
                                     ben.user.id, after(3)};
  s.write(w, {newcomer(ana), newcomer(ben)});
  s.write(w, {rows_of(ana, {made, share, e}), rows_of(ben, {accepted})});
  BOOST_TEST((found<ledger::share_event>(w, ledger::events_of_share{share.id}) ==
              std::vector{made, accepted}));
  BOOST_TEST(db->raw("update share_events set action = 'rejected'") != "");
  BOOST_TEST(db->raw("delete from share_events") != "");
}

BOOST_AUTO_TEST_CASE(the_feed_is_paged_followed_and_read) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  auto one = item_of(ana, 1, 0);
  const auto two = item_of(ana, 2, 5), twin = item_of(ana, 3, 5), of_ben = item_of(ben, 4, 5);
  s.write(w, {newcomer(ana), newcomer(ben)});
  s.write(w, {rows_of(ana, {one, two, twin, of_ben})}); // news for others come with their cause
  using ledger::feed_item;
  ledger::feed_filter page;
  page.user = ana.user.id;
  BOOST_TEST((found<feed_item>(w, page) == std::vector{twin, two, one}));
  page.limit = 1; // one more, to know of it
  page.after = {two.created_at, two.id};
  BOOST_TEST((found<feed_item>(w, page) == std::vector{one}));
  page.after.reset();
  page.limit = 50;
  page.skip = 2;
  BOOST_TEST((found<feed_item>(w, page) == std::vector{one}));
  BOOST_TEST(
      (found<feed_item>(w, ledger::feed_since{ana.user.id, after(5)}) == std::vector{two, twin}));
  BOOST_TEST(counted(w, ledger::unread_feed_items{ana.user.id}) == 3);
  one.read_at = after(6);
  s.write(w, {rows_of(ana, {one})});
  BOOST_TEST(
      (found<feed_item>(w, ledger::feed_item_by_id{ana.user.id, one.id}) == std::vector{one}));
  BOOST_TEST(found<feed_item>(w, ledger::feed_item_by_id{ben.user.id, one.id}).empty());
  s.write(w, {rows_of(ana, {ledger::feed_read{ana.user.id, after(7), after(8)}})});
  BOOST_TEST(counted(w, ledger::unread_feed_items{ana.user.id}) == 0);
  BOOST_TEST(counted(w, ledger::unread_feed_items{ben.user.id}) == 1);
  BOOST_TEST(counted(w, ledger::count_feed_items{ana.user.id}) == 3); // read ones too
  BOOST_TEST(counted(w, ledger::count_feed_items{ben.user.id}) == 1);
  BOOST_TEST((found<feed_item>(w, ledger::feed_item_by_id{ana.user.id, one.id}) ==
              std::vector{one})); // the first time counts
}

BOOST_AUTO_TEST_CASE(what_users_said_about_insights) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  ledger::insight_preferences likes{ana.user.id, false, true, start};
  ledger::insight_feedback seen{ana.user.id, "goal_at_risk:“1”", "goal_at_risk", "seen", start};
  const ledger::insight_feedback other{ana.user.id, "b", "category_variation", "ignored", after(1)};
  s.write(w, {newcomer(ana), newcomer(ben)});
  s.write(w, {rows_of(ana, {likes, seen, other})});
  using ledger::insight_feedback;
  using ledger::insight_preferences;
  const auto said = [&](const person& p) {
    return found<insight_feedback>(w, ledger::insight_feedback_of{p.user.id});
  };
  BOOST_TEST((said(ana) == std::vector{other, seen}));
  BOOST_TEST(said(ben).empty());
  seen.status = "ignored";
  seen.at = after(2);
  likes.goals_at_risk = false;
  likes.updated_at = after(2);
  s.write(w, {rows_of(ana, {seen, likes})});
  BOOST_TEST((said(ana) == std::vector{seen, other}));
  BOOST_TEST((found<insight_preferences>(w, ledger::insight_preferences_of{ana.user.id}) ==
              std::vector{likes}));
  BOOST_TEST(found<insight_preferences>(w, ledger::insight_preferences_of{ben.user.id}).empty());
}

BOOST_AUTO_TEST_CASE(what_changed_since_an_instant) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  // One whose time stands in its id alone, and one whose time has to be stored.
  auto own = expense(ana, own_id(1), 100);
  own.created_at = base::instant_of(key_of(own.id));
  const auto stored = expense(ana, own_id(2), 100);
  BOOST_REQUIRE(own.created_at != stored.created_at);
  s.write(w, {posting(own), posting(stored)});
  ledger::transaction_filter f;
  f.user = ana.user.id;
  f.include_deleted = true;
  const auto changed = [&](base::utc_us since) {
    f.changed_since = since;
    std::set<std::string> ids;
    for (const auto& t : value_of<ledger::transaction_page>([&](auto done) {
                           w.reads().transactions(f, std::move(done));
                         }).items)
      ids.insert(t.id.text());
    return ids;
  };
  using set = std::set<std::string>;
  const auto first = std::min(own.created_at, stored.created_at),
             last = std::max(own.created_at, stored.created_at);
  const auto& late = own.created_at == last ? own : stored;
  BOOST_TEST((changed(first) == set{own.id.text(), stored.id.text()}));
  BOOST_TEST((changed({first.count + 1000}) == set{late.id.text()}));
  BOOST_TEST((changed(last) == set{late.id.text()}));
  BOOST_TEST((changed({last.count + 1000}) == set{}));
  own.deleted_at = own.updated_at = {last.count + 5000};
  storage::commit_item gone;
  gone.user = ana.user.id;
  gone.transactions_changed = {own};
  s.write(w, {gone});
  BOOST_TEST((changed({last.count + 5000}) == set{own.id.text()}));
}

BOOST_AUTO_TEST_SUITE_END()
