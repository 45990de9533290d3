// Goal: an event becomes one delivery for each rule that wants it, and says ids alone.
#include "ledger/webhook_event.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(webhook_events)

namespace {

ledger::automation hook(const std::string& id, const std::string& conditions) {
  ledger::automation a;
  a.id = ledger::automation_id{id};
  a.user = ledger::user_id{"ana"};
  a.type = "webhook";
  a.conditions = conditions;
  return a;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_wants_an_event) {
  const auto created = hook("r1", R"({"events":["alert_fired","transaction_created"]})");
  BOOST_TEST(wants(created, "transaction_created"));
  BOOST_TEST(!wants(created, "goal_entered_risk_state"));
  auto other = created;
  other.active = false;
  BOOST_TEST(!wants(other, "transaction_created"));
  other = created;
  other.deleted_at = base::utc_us{1};
  BOOST_TEST(!wants(other, "transaction_created"));
  other = created;
  other.type = "budget_alert";
  BOOST_TEST(!wants(other, "transaction_created"));
  for (const char* odd :
       {"", "[]", "{}", R"({"events":"transaction_created"})", R"({"events":[7,null]})"})
    BOOST_TEST(!wants(hook("r1", odd), "transaction_created"), odd);
}

BOOST_AUTO_TEST_CASE(one_delivery_for_each_rule_with_ids_alone) {
  int made = 0;
  const auto all = webhooks_of({"transaction_created", {{"transaction_id", "t\"1"}}},
                               {hook("r1", R"({"events":["transaction_created"]})"),
                                hook("r2", R"({"events":["x"]})"),
                                hook("r3", R"({"events":["transaction_created"]})")},
                               base::parse_instant("2026-11-24T18:00:00Z")->at,
                               [&] { return ledger::delivery_id{"d" + std::to_string(++made)}; });
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].rule == "r1");
  BOOST_TEST(all[1].rule == "r3");
  BOOST_TEST((all[1].id == ledger::delivery_id{"d2"}));
  BOOST_TEST((all[0].kind == ledger::delivery_kind::webhook));
  BOOST_TEST((all[0].state == ledger::delivery_state::pending));
  BOOST_TEST((all[0].user == ledger::user_id{"ana"}));
  BOOST_TEST(all[0].body == R"({"event":"transaction_created","automation_rule_id":"r1",)"
                            R"("transaction_id":"t\"1","occurred_at":"2026-11-24T18:00:00Z"})");
}

BOOST_AUTO_TEST_SUITE_END()
