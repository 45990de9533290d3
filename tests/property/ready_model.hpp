// What   ready_model: the rules of the ready queue in the plainest form: one list, looked at from
//        end to end for every question.
// Why    What the queue answers from sets and counters has to be what a scan finds.
// Source jobs.md §4, §8, §16
#pragma once

#include "scheduler/ready_queue.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace property {

using scheduler::job_id;
using scheduler::lane_policy;
using scheduler::ready_queue;

class ready_model {
public:
  enum class state { not_due, waiting, resting, running, failed, parked };
  struct one {
    ready_queue::entry e; ///< with its place and priority of now
    state is = state::not_due;
    bool held = false;
    bool in_lane = false;
    bool returned = false; ///< its handler has
    base::utc_us ready_at, until;
  };
  using names = std::vector<std::string>;
  /// Not a bucket but what a bucket promises: no stretch of time has more starts than its rate
  /// brings and the burst besides; the stretch since the rate was set has no burst.
  struct limited {
    scheduler::start_rate rate;
    base::utc_us since;
    std::vector<base::utc_us> starts;

    bool allows(base::utc_us now) const {
      const auto token = std::int64_t{rate.per_s} * base::us_per_second;
      const auto within = [&](base::utc_us from, std::int64_t count, std::int64_t burst) {
        return count * token <= burst * token + (now.count - from.count) * rate.starts;
      };
      const auto all = std::ssize(starts);
      bool fits = within(since, all + 1, 0) && within(now, 1, rate.burst);
      for (std::ptrdiff_t i = 0; i < all; ++i)
        fits = fits && within(starts[static_cast<std::size_t>(i)], all - i + 1, rate.burst);
      return fits;
    }
  };

  std::map<job_id, one> jobs;
  std::map<std::string, std::size_t> tokens;
  std::map<std::string, bool> executors; ///< of the known kinds
  std::map<std::string, limited> rates;
  base::utc_us now;

  void enter(const ready_queue::entry& e) {
    act([&] {
      auto& j = jobs[e.id];
      j.e = e;
      j.until = e.due;
      if (e.due <= now) ready(j, e.due);
    });
  }
  void wake(const job_id& id) {
    act([&] {
      auto& j = jobs.at(id);
      if (j.is == state::not_due || j.is == state::resting) ready(j, std::min(j.until, now));
    });
  }
  void rest(const job_id& id, base::utc_us until) {
    act([&] {
      auto& j = jobs.at(id);
      j.until = until;
      if (j.is != state::not_due) j.is = state::resting;
    });
  }
  void fail(const job_id& id) {
    act([&] {
      auto& j = jobs.at(id);
      j.is = state::failed;
      j.in_lane = j.e.lane && j.e.on_failure != lane_policy::park_head;
    });
  }
  void park(const job_id& id) {
    act([&] {
      jobs.at(id).is = state::parked;
      jobs.at(id).in_lane = false;
    });
  }
  void revive(const job_id& id, base::utc_us due) {
    act([&] {
      auto& j = jobs.at(id);
      if (j.is == state::running) return;
      if (due <= now) {
        if (!j.in_lane && j.is != state::waiting) j.e.due = due;
        if (j.is != state::waiting) ready(j, now);
      } else if (j.is != state::resting || due != j.until) {
        j.is = state::not_due;
        j.in_lane = false;
        j.e.due = j.until = due;
      }
    });
  }
  void change(const job_id& id, std::int32_t priority) {
    act([&] { jobs.at(id).e.priority = priority; });
  }
  void hold(const job_id& id, bool held) {
    act([&] { jobs.at(id).held = held; });
  }
  void leave(const job_id& id) {
    act([&] { jobs.erase(id); });
  }
  void take(const job_id& id) {
    act([&] {
      auto& j = jobs.at(id);
      run(j);
      j.in_lane = j.e.lane.has_value();
    });
  }
  void give_back(const job_id& id) {
    act([&] { jobs.at(id).returned = jobs.at(id).is == state::running; });
  }
  void set_pause(const scheduler::pause& p) {
    act([&] {
      pauses_.erase(p.target);
      if (!p.over && (!p.until || *p.until > now)) pauses_[p.target] = p;
    });
  }
  void set_rate(const std::string& queue, const std::optional<scheduler::start_rate>& rate) {
    const auto at = rates.find(queue);
    if (rate && at != rates.end() && at->second.rate == *rate) return;
    rates.erase(queue);
    if (rate) rates.emplace(queue, limited{*rate, now, {}});
  }
  bool too_fast(const std::string& queue) const {
    const auto at = rates.find(queue);
    return at != rates.end() && !at->second.allows(now);
  }
  void pass_time(base::utc_us to) {
    now = std::max(now, to);
    while (true) {
      const scheduler::pause* first = nullptr;
      for (const auto& [target, p] : pauses_)
        if (p.until && *p.until <= now && (first == nullptr || *p.until < *first->until))
          first = &p;
      if (first == nullptr) return;
      act([&] { pauses_.erase(std::string{first->target}); });
    }
  }

  std::optional<job_id> next(const ready_queue::can_run& may) {
    const one* best = nullptr;
    for (const auto& [id, j] : jobs)
      if (offered(j) && running(j.e.queue) < limit(j.e.queue) && !paused("queue:" + j.e.queue) &&
          !paused("kind:" + j.e.kind) && !paused("user:" + user_of(j)) && !too_fast(j.e.queue) &&
          may(j.e.kind, j.e.queue) && (best == nullptr || order(j) < order(*best)))
        best = &j;
    if (best == nullptr) return std::nullopt;
    const auto id = best->e.id;
    const auto whose = std::pair{best->e.queue, user_of(*best)};
    act([&] { run(jobs.at(id)); });
    if (const auto r = rates.find(whose.first); r != rates.end()) r->second.starts.push_back(now);
    if (const auto at = turns_.find(whose); at != turns_.end()) at->second = ++last_turn_;
    return id;
  }

  std::size_t running(const std::string& queue) const {
    return count([&](const one& j) { return holds_token(j) && j.e.queue == queue; });
  }
  static bool holds_token(const one& j) { return j.is == state::running && !j.returned; }
  std::size_t limit(const std::string& queue) const {
    const auto at = tokens.find(queue);
    return at == tokens.end() ? scheduler::concurrency_default : at->second;
  }
  std::size_t running_beside(const one& j) const {
    return count([&](const one& o) { return same_lane(o, j) && o.is == state::running; });
  }
  std::pair<std::int64_t, std::int64_t> lanes() const {
    std::set<std::pair<std::string, std::string>> all, shut;
    for (const auto& [id, j] : jobs)
      if (j.in_lane) {
        all.insert({user_of(j), *j.e.lane});
        if (j.is == state::failed) shut.insert({user_of(j), *j.e.lane});
      }
    return {std::ssize(all), std::ssize(shut)};
  }
  std::optional<std::int64_t> in_lane(const job_id& id) const {
    const auto& j = jobs.at(id);
    if (!j.in_lane) return std::nullopt;
    return 1 + static_cast<std::int64_t>(
                   count([&](const one& o) { return same_lane(o, j) && place(o) < place(j); }));
  }
  std::optional<std::int64_t> in_queue(const job_id& id) const {
    const auto& j = jobs.at(id);
    if (j.is != state::waiting) return std::nullopt;
    const auto key = [&](const one& o) {
      return std::tuple{aged(o.e.priority, o.ready_at), o.ready_at, o.e.id};
    };
    return 1 + static_cast<std::int64_t>(count([&](const one& o) {
             return o.is == state::waiting && o.e.queue == j.e.queue && key(o) < key(j);
           }));
  }
  names gates(const job_id& id) const {
    const auto& j = jobs.at(id);
    names found;
    if (j.is == state::running || j.is == state::failed || j.is == state::parked) return found;
    if (j.is != state::waiting) found.emplace_back("not_due");
    for (const auto& target : {"queue:" + j.e.queue, "kind:" + j.e.kind, "user:" + user_of(j),
                               "lane:" + user_of(j) + '/' + j.e.lane.value_or("")})
      if (paused(target)) found.emplace_back("paused");
    if (j.in_lane) {
      const bool shut =
          exists([&](const one& o) { return same_lane(o, j) && o.is == state::failed; });
      if (shut)
        found.emplace_back("lane_shut");
      else if (running_beside(j) > 0 ||
               exists([&](const one& o) { return same_lane(o, j) && place(o) < place(j); }))
        found.emplace_back("lane_head");
    }
    if (const auto k = executors.find(j.e.kind); k == executors.end())
      found.emplace_back("unknown_kind");
    else if (!k->second)
      found.emplace_back("no_executor");
    if (running(j.e.queue) >= limit(j.e.queue)) found.emplace_back("concurrency");
    if (too_fast(j.e.queue)) found.emplace_back("rate");
    if (found.empty() && !j.held) found.emplace_back("turn");
    return found;
  }
  /// Whether it could start if its queue, kind and user let it.
  bool offered(const one& j) const {
    if (j.is != state::waiting || j.held) return false;
    if (!j.e.lane) return true;
    if (paused("lane:" + user_of(j) + '/' + *j.e.lane)) return false;
    return !exists([&](const one& o) {
      return same_lane(o, j) &&
             (o.is == state::running || o.is == state::failed || place(o) < place(j));
    });
  }
  static std::string user_of(const one& j) { return j.e.user ? j.e.user->text() : std::string{}; }

private:
  using offering = std::set<std::pair<std::string, std::string>>; ///< queue and user

  template <class What> void act(const What& what) {
    const auto before = all_offering();
    what();
    const auto after = all_offering();
    for (const auto& o : before)
      if (!after.contains(o)) turns_.erase(o);
    for (const auto& o : after)
      if (!before.contains(o)) turns_[o] = ++last_turn_;
  }
  offering all_offering() const {
    offering all;
    for (const auto& [id, j] : jobs)
      if (offered(j)) all.insert({j.e.queue, user_of(j)});
    return all;
  }
  static void run(one& j) {
    j.is = state::running;
    j.returned = false;
  }
  static void ready(one& j, base::utc_us at) {
    j.is = state::waiting;
    j.ready_at = at;
    j.in_lane = j.e.lane.has_value();
  }
  template <class Test> std::size_t count(const Test& test) const {
    return static_cast<std::size_t>(
        std::count_if(jobs.begin(), jobs.end(), [&](const auto& j) { return test(j.second); }));
  }
  template <class Test> bool exists(const Test& test) const { return count(test) > 0; }
  /// Others of its lane that have their place.
  static bool same_lane(const one& o, const one& j) {
    return o.in_lane && o.e.id != j.e.id && j.e.lane && o.e.lane == j.e.lane &&
           o.e.user == j.e.user;
  }
  static std::pair<base::utc_us, job_id> place(const one& j) { return {j.e.due, j.e.id}; }
  bool paused(const std::string& target) const { return pauses_.contains(target); }
  std::int32_t aged(std::int32_t priority, base::utc_us since) const {
    for (auto left = now.count - since.count; left >= 60'000'000 && priority > 0;
         left -= 60'000'000)
      --priority;
    return priority;
  }
  std::tuple<std::int32_t, std::uint64_t, base::utc_us, job_id> order(const one& j) const {
    auto best = j.e.priority;
    for (const auto& [id, o] : jobs)
      if (same_lane(o, j)) best = std::min(best, o.e.priority);
    return {aged(best, j.ready_at), turns_.at({j.e.queue, user_of(j)}), j.ready_at, j.e.id};
  }

  std::map<std::string, scheduler::pause> pauses_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> turns_;
  std::uint64_t last_turn_ = 0;
};

} // namespace property
