// What   fake_checks: http::ledger_checks whose runs end when the test says so.
// Threads one.
#pragma once

#include "http/backfill_pass.hpp"
#include "http/ledger_checks.hpp"

#include <algorithm>
#include <deque>

namespace http_test {

struct fake_checks final : http::ledger_checks {
  explicit fake_checks(base::clock& clock) : clock_(clock) {}

  std::deque<http::check_run> runs;            ///< newest first
  std::optional<http::check_run> ends_at_once; ///< result, failed and passed of the next runs
  std::chrono::milliseconds patience{-1};      ///< of the last look()

  base::result<std::string> start(http::check_wish wish) override {
    if (const auto* busy = http::running_of(runs))
      return base::failure{http::check_running, busy->id};
    const auto id = next_id();
    runs.push_front({id, std::move(wish), clock_.now()});
    if (ends_at_once) end(*ends_at_once);
    return id;
  }
  std::optional<http::check_run> look(const std::string& id,
                                      std::chrono::milliseconds longest) override {
    patience = longest;
    const auto at =
        std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return run.id == id; });
    return at == runs.end() ? std::nullopt : std::optional{*at};
  }
  std::vector<http::check_run> recent() override { return {runs.begin(), runs.end()}; }

  void end(const http::check_run& how) {
    auto& run = runs.front();
    run.ended = clock_.now();
    run.result = how.result;
    run.failed = how.failed;
    run.passed = how.passed;
  }

  void backfilled(const http::backfill_page& page) override {
    auto whole = pass_.add(page);
    if (!whole) return;
    whole->id = next_id();
    whole->ended = clock_.now();
    runs.push_front(std::move(*whole));
  }

private:
  std::string next_id() const { return "run-" + std::to_string(runs.size() + 1); }

  http::backfill_pass pass_;
  base::clock& clock_;
};

} // namespace http_test
