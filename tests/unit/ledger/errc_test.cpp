// proves P6 as far as it is a list: which refusals are pinned under an idempotency key.
#include "base/assert.hpp"
#include "ledger/account.hpp"
#include "ledger/errc.hpp"
#include "ledger/hold.hpp"
#include "ledger/transaction.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(every_refusal_has_a_code_of_its_own_and_four_are_pinned) {
  std::set<std::string_view> codes, pinned;
  std::size_t count = 0;
  try { // a number behind the last one has no text
    for (;; ++count) {
      const auto code = code_text(static_cast<errc>(count));
      codes.insert(code);
      if (is_pinned(code)) pinned.insert(code);
    }
  } catch (const base::broken_invariant&) {
  }
  BOOST_TEST(count > static_cast<std::size_t>(errc::feed_item_not_found));
  BOOST_TEST(codes.size() == count);
  BOOST_TEST((pinned == std::set<std::string_view>{"TX_INSUFFICIENT_BALANCE", "TX_ACCOUNT_CLOSED",
                                                   "TX_BALANCE_LIMIT", "ENVELOPE_INSUFFICIENT"}));
}

BOOST_AUTO_TEST_CASE(names_of_types_kinds_and_roles_are_read_back) {
  const std::pair<const char*, transaction_type> types[]{
      {"income", transaction_type::income},
      {"expense", transaction_type::expense},
      {"transfer", transaction_type::transfer},
      {"opening", transaction_type::opening},
      {"adjustment", transaction_type::adjustment}};
  for (const auto& [text, type] : types) {
    BOOST_TEST(to_text(type) == text);
    BOOST_TEST((type_from_text(text) == type));
  }
  const std::pair<const char*, account_kind> kinds[]{{"asset", account_kind::asset},
                                                     {"liability", account_kind::liability},
                                                     {"income", account_kind::income},
                                                     {"expense", account_kind::expense},
                                                     {"equity", account_kind::equity}};
  for (const auto& [text, kind] : kinds) {
    BOOST_TEST(to_text(kind) == text);
    BOOST_TEST((kind_from_text(text) == kind));
  }
  const std::pair<const char*, account_role> roles[]{{"money", account_role::money},
                                                     {"category", account_role::category},
                                                     {"opening", account_role::opening}};
  for (const auto& [text, role] : roles) {
    BOOST_TEST(to_text(role) == text);
    BOOST_TEST((role_from_text(text) == role));
  }
  for (const auto* text : {"", "Income", "income ", "foo"}) {
    BOOST_TEST(!type_from_text(text).has_value());
    BOOST_TEST(!kind_from_text(text).has_value());
    BOOST_TEST(!role_from_text(text).has_value());
  }
}

BOOST_AUTO_TEST_CASE(states_of_a_hold_are_read_back) {
  for (int i = 1; i <= 4; ++i) {
    const auto s = static_cast<hold_status>(i);
    BOOST_TEST((hold_status_from_text(to_text(s)) == s));
  }
  BOOST_TEST(!hold_status_from_text("").has_value());
}

BOOST_AUTO_TEST_CASE(only_credit_cards_are_liabilities) {
  for (const auto* type :
       {"checking", "savings", "investment", "cash", "refeicao", "alimentacao"}) {
    BOOST_TEST((kind_of_type(type) == account_kind::asset));
  }
  BOOST_TEST((kind_of_type("credit") == account_kind::liability));
}

BOOST_AUTO_TEST_SUITE_END()
