// What   The tree with an owner of schedules, and what people ask of it.
// Threads the test's thread only.
#pragma once

#include "tests/actors/job_fixture.hpp"
#include "tests/support/sample_zones.hpp"

#include <algorithm>

namespace tests {

inline base::result<std::shared_ptr<const scheduler::zone_rules>> sample_zone(std::string_view n) {
  if (n == "UTC") return std::make_shared<const scheduler::zone_rules>(support::utc());
  if (n == "America/New_York")
    return std::make_shared<const scheduler::zone_rules>(support::new_york());
  return base::failure{"ZONE_UNKNOWN", {}};
}

struct schedule_fixture : job_fixture {
  schedule_fixture() : job_fixture(sample_zone) { settle(); }

  static scheduler::schedule plan(const std::string& rule, const std::string& kind = "work") {
    scheduler::schedule s;
    s.name = "aluguel";
    s.kind = kind;
    s.user = base::user_id{"ana"};
    s.rule = rule;
    s.zone = "UTC";
    s.timeout_s = 86'400;
    return s;
  }
  static scheduler::schedule hourly(const std::string& kind = "work") {
    return plan(R"({"cron":"0 * * * *"})", kind);
  }

  using answer = std::shared_ptr<std::optional<base::result<http::schedule_answer>>>;
  answer ask_for(http::schedule_wish what, const std::string& key = {},
                 std::optional<http::job_caller> who = {}) {
    http::schedule_request r;
    r.caller = who.value_or(ana);
    r.what = std::move(what);
    r.deadline = base::utc_us{clock.at.count + 9 * base::us_per_second};
    r.show = [](const http::schedule_answer& a) {
      return ledger::stored_answer{200, a.job ? a.job->what.id.text() : a.view.what.id.text()};
    };
    if (!key.empty()) r.key = {{"POST /test", key}, base::sha256("body")};
    const auto shared = std::make_shared<const http::schedule_request>(std::move(r));
    auto got = std::make_shared<std::optional<base::result<http::schedule_answer>>>();
    call([shared, got](actors::job_owner& o) {
      o.tell_schedules([shared, got](actors::schedule_owner& s) {
        s.change(shared, [got](base::result<http::schedule_answer> a) { *got = std::move(a); });
      });
    });
    run();
    return got;
  }
  http::schedule_answer done(http::schedule_wish what, const std::string& key = {}) {
    const auto got = ask_for(std::move(what), key);
    settle();
    BOOST_TEST_REQUIRE(got->has_value());
    BOOST_TEST_REQUIRE((**got).has_value(), (**got ? "" : (**got).error().code));
    return ***got;
  }
  std::string refused(http::schedule_wish what, std::optional<http::job_caller> who = {}) {
    const auto got = ask_for(std::move(what), {}, std::move(who));
    settle();
    BOOST_TEST_REQUIRE(got->has_value());
    return **got ? "done" : std::string{(**got).error().code};
  }
  scheduler::schedule_id make(scheduler::schedule s) {
    return done(http::new_schedule{std::move(s)}).view.what.id;
  }
  scheduler::schedule row(const scheduler::schedule_id& id) { return store.jobs_kept.plans.at(id); }

  /// Time in steps, each until nothing moves.
  void live(std::chrono::milliseconds all, std::chrono::milliseconds step) {
    for (auto left = all; left.count() > 0; left -= step) {
      pass(std::min(left, step));
      settle();
    }
  }
  /// All that runs ends well.
  void finish() {
    for (int round = 0; round < 100 && !at->running.empty(); ++round) {
      for (auto& t : std::exchange(at->running, {})) t.ended(actors::job_done{});
      settle();
    }
  }

  /// The instants of the ticks that ended so, in their order.
  std::vector<base::utc_us> ticks(scheduler::tick_end how = scheduler::tick_end::ran) {
    std::vector<base::utc_us> found;
    for (const auto& [place, t] : store.jobs_kept.settled)
      if (t.end == how) found.push_back(t.at);
    std::sort(found.begin(), found.end());
    return found;
  }
  std::size_t jobs_made() { return store.jobs_kept.all.size(); }
  std::size_t in_memory() {
    std::size_t n = 0;
    call([&](actors::job_owner& o) {
      o.tell_schedules([&](actors::schedule_owner& s) { n = s.in_memory(); });
    });
    run();
    return n;
  }
  base::utc_us after(std::chrono::microseconds d) const {
    return {clock.at.count + std::chrono::microseconds{d}.count()};
  }
};

} // namespace tests
