// What a device has of goals and envelopes, and what becomes of one (api-contract §12.2).
#include "ledger/merge.hpp"

#include "ledger/errc.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(merging)

namespace {

using namespace ledger;

const user_id ana{"ana"};
constexpr base::utc_us before{1'000'000'000'000'000}, now{1'800'000'000'000'000};

goal_edit whole_goal() {
  goal_edit e;
  e.id = goal_id{"g"};
  e.name = "Viagem";
  e.target = base::centavos{1000};
  e.due = now;
  e.category = "lazer";
  e.priority = "low";
  return e;
}

goal made() {
  auto g = merge(nullptr, whole_goal(), ana, before)->now;
  return g;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_new_goal_needs_all_that_a_goal_has) {
  const auto fresh = merge(nullptr, whole_goal(), ana, now);
  BOOST_REQUIRE(fresh && !fresh->skipped);
  BOOST_TEST(fresh->changed);
  BOOST_TEST((fresh->now.user == ana));
  BOOST_TEST(fresh->now.status == "active");
  BOOST_TEST((fresh->now.created_at == now));
  BOOST_TEST(!fresh->now.updated_at.has_value());
  BOOST_TEST(!fresh->movement.has_value());
  for (auto lack : {&goal_edit::name, &goal_edit::category, &goal_edit::priority}) {
    auto e = whole_goal();
    (e.*lack).reset();
    BOOST_TEST((merge(nullptr, e, ana, now)->skipped == merge_refusal::incomplete));
  }
  auto e = whole_goal();
  e.target.reset();
  BOOST_TEST((merge(nullptr, e, ana, now)->skipped == merge_refusal::incomplete));
}

BOOST_AUTO_TEST_CASE(what_is_there_already_changes_nothing) {
  const auto there = made();
  const auto same = merge(&there, whole_goal(), ana, now);
  BOOST_TEST(!same->changed);
  BOOST_TEST((same->now == there));
  auto e = whole_goal();
  e.current = base::centavos{0};
  e.change_description = true;
  BOOST_TEST(!merge(&there, e, ana, now)->changed);
  e.description = "longe";
  const auto other = merge(&there, e, ana, now);
  BOOST_TEST(other->changed);
  BOOST_TEST((other->now.updated_at == now));
  BOOST_TEST((other->now.created_at == before));
}

BOOST_AUTO_TEST_CASE(an_amount_is_a_movement) {
  auto e = whole_goal();
  e.current = base::centavos{400};
  const auto fresh = merge(nullptr, e, ana, now);
  BOOST_REQUIRE(fresh->movement.has_value());
  BOOST_TEST(fresh->movement->amount.minor == 400);
  BOOST_TEST(fresh->now.version == 1u);
  BOOST_TEST(!fresh->now.updated_at.has_value());
  e.current = base::centavos{1001};
  BOOST_TEST(merge(nullptr, e, ana, now).error().code == code_text(errc::goal_amount));

  envelope_edit in;
  in.id = envelope_id{"e"};
  BOOST_TEST((merge(nullptr, in, ana, now)->skipped == merge_refusal::incomplete));
  in.name = "Reserva";
  in.balance = base::centavos{70};
  const auto envelope = merge(nullptr, in, ana, before);
  BOOST_TEST(envelope->movement->amount.minor == 70);
  in.balance = base::centavos{20};
  in.name.reset();
  const auto less = merge(&envelope->now, in, ana, now);
  BOOST_TEST(less->movement->amount.minor == -50);
  BOOST_TEST(less->now.version == 2u);
  BOOST_TEST(less->now.name == "Reserva");
  BOOST_TEST((less->now.updated_at == now));
}

BOOST_AUTO_TEST_CASE(what_was_deleted_does_not_come_back) {
  auto gone = made();
  gone.deleted_at = now;
  BOOST_TEST((merge(&gone, whole_goal(), ana, now)->skipped == merge_refusal::deleted));
}

BOOST_AUTO_TEST_CASE(a_client_may_not_take_an_id_that_we_may_make) {
  base::id_source ids;
  const auto ours = [&](std::int64_t at) { return base::id_of(ids.next(base::utc_us{at}, 3)); };
  const auto old = ours(now.count - 120'000'000);
  const auto fresh = ours(now.count);
  const auto later = ours(now.count + 1'000'000'000);
  BOOST_TEST(may_choose(old, now)); // a backup, another installation
  BOOST_TEST(!may_choose(fresh, now));
  BOOST_TEST(!may_choose(later, now));
  BOOST_TEST(may_choose("1", now));
  BOOST_TEST(may_choose("meta-1", now));
  BOOST_TEST(may_choose("#1", now));
  BOOST_TEST(!may_choose("", now));
  BOOST_TEST(!may_choose(base::id_of(-77), now)); // stands for a row that is gone
}

BOOST_AUTO_TEST_SUITE_END()
