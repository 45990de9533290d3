// What   The tree with jobs and schedules, the rules of a user in it, and what became of them.
// Threads the test's thread only.
#pragma once

#include "http/api/recurring_rule.hpp"
#include "tests/actors/job_fixture.hpp"
#include "tests/support/sample_zones.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace tests {

using ledger::automation;
using namespace std::chrono_literals;

inline const ledger::user_id whose{"ana"};

/// From June 2027 to June 2028.
inline const scheduler::zone_rules& zone() {
  using support::instant;
  static const scheduler::zone_rules ny{"America/New_York",
                                        -5 * 3600,
                                        {{instant("2027-03-14T07:00Z"), -4 * 3600},
                                         {instant("2027-11-07T06:00Z"), -5 * 3600},
                                         {instant("2028-03-12T07:00Z"), -4 * 3600}}};
  return ny;
}
inline base::result<std::shared_ptr<const scheduler::zone_rules>>
zone_named(std::string_view name) {
  if (name != zone().name()) return base::failure{"ZONE_UNKNOWN", {}};
  return std::make_shared<const scheduler::zone_rules>(zone());
}

struct recurring_fixture : job_fixture {
  recurring_fixture() : job_fixture(zone_named) {
    settle();
    const auto begin = support::instant("2027-06-01T16:00:00Z"); // noon
    pass(std::chrono::milliseconds{(begin.count - clock.at.count) / 1000});
    settle();
    const auto paid = send(income(100'000'000));
    settle();
    BOOST_TEST_REQUIRE(word(paid) == "ok");
  }

  // -- the rule, and its schedule behind it -------------------------------------------------------

  automation rule(int n, const std::string& conditions, const std::string& actions) {
    automation a;
    a.id = ledger::automation_id::of(n);
    a.user = whose;
    a.name = "regra " + std::to_string(n);
    a.type = http::recurring_type;
    a.conditions = conditions;
    a.actions = actions;
    a.created_at = clock.at;
    return a;
  }
  automation coffee(std::int64_t cents = 700) {
    return rule(1, R"({"frequency":"daily","start_date":"2027-06-01"})", spend(cents));
  }
  static std::string spend(std::int64_t cents) {
    return R"({"type":"expense","account_id":"A","category_id":"C","amount_cents":)" +
           std::to_string(cents) + "}";
  }
  automation write(automation a) {
    a.next_run = a.active && !a.deleted_at ? http::next_run(a, clock.at, zone()) : std::nullopt;
    ledger::change_rows c;
    c.decide = [a](const std::vector<ledger::user_rows>&,
                   base::utc_us) -> base::result<ledger::row_change> {
      ledger::row_change change;
      change.writes.emplace_back(a);
      return change;
    };
    const auto done = send(std::move(c));
    settle();
    BOOST_TEST_REQUIRE(word(done) == "ok");
    return a;
  }
  void align(const automation& a) {
    http::kept_schedule wish;
    wish.what = http::schedule_that_follows(a, zone()).value();
    wish.what.kind = "paid"; // the kind of this tree that may post
    wish.rests = !a.active || !a.next_run;
    if (a.next_run) wish.settled_until = std::min(base::utc_us{a.next_run->count - 1}, clock.at);
    auto asked = std::make_shared<http::schedule_request>();
    asked->caller = {base::user_id{http::kept_by}, true};
    asked->deadline = base::utc_us{clock.at.count + 9 * base::us_per_second};
    asked->what = std::move(wish);
    const auto got = std::make_shared<std::optional<base::result<http::schedule_answer>>>();
    call([asked, got](actors::job_owner& o) {
      o.tell_schedules([asked, got](actors::schedule_owner& s) {
        s.change(asked, [got](base::result<http::schedule_answer> r) { *got = std::move(r); });
      });
    });
    settle();
    BOOST_TEST_REQUIRE(got->has_value());
    BOOST_TEST_REQUIRE((**got).has_value(), (**got ? "" : (**got).error().code));
  }
  automation follow(automation a) {
    a = write(std::move(a));
    align(a);
    return a;
  }

  // -- what its jobs do ---------------------------------------------------------------------------

  actors::job_done occurrence(const ledger::automation_id& id, base::civil_day day) {
    const http::occurrence which{whose, id, day};
    return {{},
            http::occurrence_effects(which, zone(),
                                     "n-" + which.rule.text() + base::to_text(which.day), {},
                                     [] { return http::job_effects{}; })};
  }
  void work() {
    for (int round = 0; round < 1000 && !at->running.empty(); ++round)
      for (auto& t : std::exchange(at->running, {})) {
        const auto id = http::rule_in_payload(t.what->payload);
        BOOST_TEST_REQUIRE((id.has_value() && t.what->tick.has_value()));
        t.ended(occurrence(*id, zone().day_of(*t.what->tick)));
        settle();
      }
  }
  void live(std::chrono::milliseconds all, std::chrono::milliseconds step = 6h) {
    for (auto left = all; left.count() > 0; left -= step) {
      pass(std::min(left, step));
      settle();
      work();
    }
  }
  /// Until its tick stands before the handler.
  void until_due() {
    for (int i = 0; i < 100 && at->running.empty(); ++i) {
      pass(100ms);
      settle();
    }
    BOOST_TEST_REQUIRE(at->running.size() == 1u);
  }

  // -- what became of it --------------------------------------------------------------------------

  std::multiset<std::string> postings() {
    std::multiset<std::string> all;
    for (const auto& commit : store.committed)
      for (const auto& item : commit->items)
        for (const auto& t : item->transactions_new)
          if (t.description.starts_with("regra"))
            all.insert(t.description + ' ' + base::to_text(t.effective) + ' ' +
                       base::to_text(t.date) + ' ' + t.account.text() + ' ' +
                       std::to_string(t.effect().minor));
    return all;
  }
  std::string runs() {
    std::set<std::string> all;
    for (const auto& r : store.beside.all<ledger::automation_run>())
      all.insert(base::to_text(r.day).substr(5) + ' ' + std::string{ledger::to_text(r.end)});
    std::string text;
    for (const auto& r : all) text += r + ' ';
    return text;
  }
};

} // namespace tests
