// Goal: what was added to an envelope is compared with its transaction, without an alarm for what
// the rules of rounding allow.
#include "ledger/round_up.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

BOOST_AUTO_TEST_SUITE(round_ups)

namespace {

using ledger::round_up_verdict;
using ledger::rounding_terms;

constexpr base::utc_us made{1'000}, edited{2'000}, later{3'000};

struct rounded {
  ledger::transaction_record spent;
  ledger::round_up added;
  std::optional<rounding_terms> rule = rounding_terms{{100}, {}};

  rounded() {
    spent.id = added.transaction = ledger::transaction_id{"t"};
    spent.owner = added.user = ledger::user_id{"ana"};
    spent.type = ledger::transaction_type::expense;
    spent.amount = {1'234};
    spent.created_at = added.at = made;
    added.amount = {66};
  }
  std::string judged(const std::function<void(rounded&)>& change) const {
    auto r = *this;
    change(r);
    switch (ledger::judge_round_up(r.added, r.spent, r.rule)) {
    case round_up_verdict::sound: return "sound";
    case round_up_verdict::too_little: return "too little";
    case round_up_verdict::wrong: break;
    }
    return "wrong";
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(what_was_added_is_what_the_transaction_adds) {
  const rounded r;
  BOOST_TEST(r.judged([](auto&) {}) == "sound");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {0}; }) == "sound");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {65}; }) == "too little");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {67}; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {266}; }) == "wrong"); // of another step
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {-1}; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.spent.amount = {1'235}; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.added.user = ledger::user_id{"ben"}; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.spent.type = ledger::transaction_type::income; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.spent.deleted_at = made; }) == "wrong");
}

BOOST_AUTO_TEST_CASE(a_rule_that_was_changed_may_have_had_any_step) {
  rounded r;
  r.rule->changed = edited;
  for (const std::int64_t amount : {66, 266, 766})
    BOOST_TEST(r.judged([&](auto& x) { x.added.amount = {amount}; }) == "sound");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {767}; }) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.added.amount = {100}; }) == "too little");
}

// PUT may give the rule another type: from then on it corrects nothing.
BOOST_AUTO_TEST_CASE(what_nobody_corrected_is_not_called_wrong) {
  rounded r;
  r.spent.updated_at = edited;
  r.spent.amount = {1'250};                      // 50
  BOOST_TEST(r.judged([](auto&) {}) == "wrong"); // the rule was there
  BOOST_TEST(r.judged([](auto& x) { x.rule.reset(); }) == "sound");
  BOOST_TEST(r.judged([](auto& x) { x.rule->changed = later; }) == "sound");
  BOOST_TEST(r.judged([](auto& x) { x.rule->changed = made; }) == "too little"); // of any step
  BOOST_TEST(r.judged([](auto& x) { x.added.at = later, x.rule.reset(); }) == "too little");
  BOOST_TEST(r.judged([](auto& x) { x.rule.reset(), x.added.amount = {1'000}; }) == "wrong");
  r.spent.deleted_at = later;
  BOOST_TEST(r.judged([](auto&) {}) == "wrong");
  BOOST_TEST(r.judged([](auto& x) { x.rule.reset(); }) == "sound");
}

BOOST_AUTO_TEST_CASE(what_a_rule_says_of_rounding_whatever_its_state) {
  ledger::automation rule;
  rule.type = "round_up";
  rule.conditions = R"({"envelope_id":"e","round_to_cents":500})";
  rule.actions = "{}";
  rule.active = false;
  rule.deleted_at = later;
  rule.updated_at = edited;
  const auto terms = ledger::rounding_terms_of(rule);
  BOOST_REQUIRE(terms.has_value());
  BOOST_TEST(terms->step.minor == 500);
  BOOST_TEST((terms->changed == edited));
  rule.type = "webhook";
  BOOST_TEST(!ledger::rounding_terms_of(rule).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
