// What   The tree of job_fixture with a second process, and with the keeper of locks at hand.
// Threads the test's thread only.
#pragma once

#include "actors/lock_keeper.hpp"
#include "observability/job_metrics.hpp"
#include "tests/actors/job_fixture.hpp"

namespace tests {

inline const std::string lock_name = "insights_job";
inline constexpr auto lock_label = observability::job_name::insights_job;

struct lock_fixture : job_fixture {
  memory_locks& locks = store.locks_kept;

  bool held(const std::string& name = lock_name) const { return locks.held.contains(name); }
  double acquired() const { return metrics.job_lock_acquired(lock_label).value(); }
  double contended() const { return metrics.job_lock_contended(lock_label).value(); }
  double held_since() { return metrics.jobs().lock_held_timestamp(lock_label).value(); }

  void keeper(std::function<void(actors::lock_keeper&)> run) {
    BOOST_TEST_REQUIRE(routes->locks().has_value());
    caf::anon_send(*routes->locks(), actors::keeper_call{std::move(run)});
    settle();
  }
  void wait(std::chrono::milliseconds d) {
    const std::chrono::milliseconds step{500};
    for (auto left = d; left.count() > 0; left -= step) {
      pass(step);
      settle();
    }
  }
  http::job_explanation told(const scheduler::job_id& id) {
    return *ask<std::optional<http::job_explanation>>(
        [&](actors::job_owner& o) { return o.explain(admin, id); });
  }
  std::optional<http::job_gate> lock_gate(const scheduler::job_id& id) {
    for (const auto& g : told(id).gates)
      if (g.gate == "lock") return g;
    return std::nullopt;
  }
  static std::string detail(const http::job_gate& g, const std::string& name) {
    for (const auto& [key, text] : g.details)
      if (key == name) return text;
    return {};
  }
  std::string try_for(const std::string& holder, std::function<void()> lost = {}) {
    std::string said = "-";
    keeper([&](actors::lock_keeper& k) {
      k.acquire({lock_name, holder, 60, lost, {}}, [&](const base::result<actors::lock_answer>& r) {
        said = !r ? std::string{r.error().code} : r->got ? "got" : "contended";
      });
    });
    settle();
    return said;
  }
  std::string release(std::int64_t pid, bool force = false) {
    auto said = std::make_shared<std::string>("-");
    answers.push_back(said);
    keeper([=](actors::lock_keeper& k) {
      k.free_for_operator({lock_name, pid, force}, [said](const base::result<http::lock_view>& r) {
        *said = r ? "freed" : std::string{r.error().code};
      });
    });
    settle();
    return *said;
  }
  std::vector<std::shared_ptr<std::string>> answers;
};

} // namespace tests
