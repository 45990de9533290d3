// What   memory_locks: lock_port in memory, with another process that the test plays.
// Threads the test's thread only.
#pragma once

#include "scheduler/lock_name.hpp"
#include "storage/lock_port.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace tests {

class memory_locks final : public storage::lock_port {
public:
  /// Every answer goes through `later`, in order.
  explicit memory_locks(std::function<void(std::function<void()>)> later)
      : later_(std::move(later)) {}

  std::set<std::string> held;
  std::map<std::string, storage::lock_state> foreign; ///< by name
  bool away = false;
  std::size_t tries = 0;

  void hold_elsewhere(const std::string& name, const std::string& session = "celery",
                      const std::string& state = "idle") {
    storage::lock_state s;
    s.held = true;
    s.pid = 4711;
    s.session = session;
    s.address = "10.0.0.9";
    s.state = state;
    s.since = {1'000'000};
    foreign[name] = s;
  }
  /// The session ends, and its locks with it.
  void lose_session() {
    held.clear();
    if (lost_) lost_();
  }

  void try_lock(std::string name, storage::callback<bool> done) override {
    later_([=, this] {
      ++tries;
      if (away) return done(base::failure{"DB_UNAVAILABLE", {}});
      if (foreign.contains(name)) return done(false);
      done(held.insert(name).second);
    });
  }
  void unlock(std::string name, storage::callback<bool> done) override {
    later_([=, this] { done(held.erase(name) != 0); });
  }
  void unlock_all(storage::callback<bool> done) override {
    later_([=, this] {
      held.clear();
      done(true);
    });
  }
  void holders(std::vector<std::string> names,
               storage::callback<std::vector<storage::lock_state>> done) override {
    later_([=, this] {
      if (away) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<storage::lock_state> found;
      for (const auto& name : names) {
        storage::lock_state s;
        if (const auto at = foreign.find(name); at != foreign.end()) {
          s = at->second;
        } else if (held.contains(name)) {
          s.held = s.ours = true;
          s.pid = 99;
          s.session = storage::lock_session_name;
          s.state = "idle";
        }
        s.name = name;
        s.key = scheduler::lock_key(name);
        found.push_back(s);
      }
      done(found);
    });
  }
  void end_session(std::string name, std::int64_t pid, storage::callback<bool> done) override {
    later_([=, this] {
      const auto at = foreign.find(name);
      const bool there = at != foreign.end() && at->second.pid == pid;
      if (there) foreign.erase(at);
      done(there);
    });
  }
  void watch(std::function<void()> lost) override { lost_ = std::move(lost); }

private:
  std::function<void(std::function<void()>)> later_;
  std::function<void()> lost_;
};

} // namespace tests
