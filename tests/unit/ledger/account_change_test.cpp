// What an edit makes of an account (api-contract §5).
#include "ledger/account_change.hpp"

#include "ledger/errc.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(account_changes)

namespace {

using namespace ledger;

constexpr base::utc_us now{1'800'000'000'000'000};

account_state state(std::int64_t posted, std::int64_t held = 0) {
  account_state s;
  s.record.id = account_id{"a"};
  s.record.type = "checking";
  s.record.name = "Conta";
  s.posted = {posted};
  s.held_back = {held};
  s.version = 7;
  return s;
}

update_account named() {
  update_account e;
  e.id = account_id{"a"};
  e.name = "Conta";
  e.type = "checking";
  return e;
}

std::string_view refused(const base::result<account_change>& r) {
  return r ? std::string_view{} : r.error().code;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_edit_that_says_what_is_there_is_no_change) {
  auto e = named();
  e.balance = base::centavos{500};
  const auto same = change_account(state(500), e, now);
  BOOST_REQUIRE(same.has_value());
  BOOST_TEST(!same->changed);
  BOOST_TEST(same->difference.minor == 0);
  BOOST_TEST(same->after.version == 7u);
  BOOST_TEST(!same->after.record.updated_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_balance_is_the_difference_to_what_is_posted) {
  auto e = named();
  e.balance = base::centavos{-200};
  const auto moved = change_account(state(500, 50), e, now);
  BOOST_TEST(moved->difference.minor == -700);
  BOOST_TEST(moved->after.balance.minor == -200);
  BOOST_TEST(moved->after.available.minor == -250);
  BOOST_TEST(moved->after.version == 8u);
  BOOST_TEST((moved->after.record.updated_at == now));
  e.balance = base::centavos{base::amount_minor_max};
  BOOST_TEST(refused(change_account(state(-1), e, now)) == code_text(errc::balance_limit));
}

BOOST_AUTO_TEST_CASE(limits_count_when_they_or_the_balance_change) {
  auto e = named();
  e.change_floor = true;
  e.floor = base::centavos{0};
  BOOST_TEST(refused(change_account(state(-1), e, now)) == code_text(errc::floor_above_balance));
  BOOST_TEST(refused(change_account(state(100, 101), e, now)) ==
             code_text(errc::floor_above_balance));
  BOOST_TEST(refused(change_account(state(100, 100), e, now)).empty());
  auto c = named();
  c.change_ceiling = true;
  c.ceiling = base::centavos{99};
  BOOST_TEST(refused(change_account(state(100), c, now)) == code_text(errc::ceiling_below_balance));
  auto below = state(-1);
  below.record.floor = base::centavos{0}; // a reversal took it there
  BOOST_TEST(refused(change_account(below, named(), now)).empty());
  auto credit = named();
  credit.change_floor = credit.credit_limit = true;
  credit.floor = base::centavos{-500};
  BOOST_TEST(refused(change_account(state(0), credit, now)) ==
             code_text(errc::not_a_credit_account));
}

BOOST_AUTO_TEST_CASE(a_new_one_needs_a_name_and_a_type) {
  auto e = named();
  e.balance = base::centavos{30};
  const auto fresh = open_account(e, user_id{"ana"}, now);
  BOOST_REQUIRE(fresh && *fresh);
  BOOST_TEST((**fresh).difference.minor == 30);
  BOOST_TEST((**fresh).after.version == 1u);
  BOOST_TEST((**fresh).after.record.owner.text() == "ana");
  BOOST_TEST((**fresh).after.record.id.text() == "a");
  e.type = "credit";
  BOOST_TEST(
      ((**open_account(e, user_id{"ana"}, now)).after.record.kind == account_kind::liability));
  e.type.reset();
  BOOST_TEST(!open_account(e, user_id{"ana"}, now)->has_value());
  auto under = named();
  under.balance = base::centavos{-1};
  under.change_floor = true;
  under.floor = base::centavos{0};
  BOOST_TEST(!open_account(under, user_id{"ana"}, now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
