// Goal: the numbers of locks are those that any other program computes for the same names.
// Method: vectors made with Python: int.from_bytes(sha256(b"job:" + name).digest()[:8], "big")
// modulo 2^63.
#include "scheduler/lock_name.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <utility>

BOOST_AUTO_TEST_SUITE(lock_names)

BOOST_AUTO_TEST_CASE(the_number_follows_from_the_name) {
  const std::pair<std::string_view, std::int64_t> vectors[] = {
      {"recurring_transactions", 998334238612765224},
      {"insights_job", 8873791009838222702},
      {"budget_alerts", 4952559665230291924},
      {"weekly_reports", 3410594090312668564},
      {"low_balance_alerts", 1700382408142614572},
      {"insights_weekly_notifications", 1940383938023158155},
      {"payment_reminders", 2299668969683420755},
      {"monthly_balance_snapshots", 6952738458003818528},
      {"reconcile_snapshots", 408848054046278639},
      {"reconcile_balances", 3412287336501752107},
      {"ledger_audit", 1147121848034927475},
      {"idempotency_purge", 7725687872482052162},
      {"prune", 8043213386138733977},
      {"", 2425171805492705668},
  };
  std::set<std::int64_t> different;
  for (const auto& [name, key] : vectors) {
    BOOST_TEST(scheduler::lock_key(name) == key, name);
    different.insert(key);
  }
  BOOST_TEST(different.size() == std::size(vectors));
}

BOOST_AUTO_TEST_SUITE_END()
