// What   memory_jobs: job_port over rows in memory.
// Why    Fakes answer the same questions as the tables do, and tests look into it.
// Bounds Pages end at their limits; a list looks at all jobs. What may be written once stops the
//        test when it is written again.
// Threads one; answers come when `later` runs them.
#pragma once

#include "base/assert.hpp"
#include "storage/job_port.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tests {

class memory_jobs final : public storage::job_port {
public:
  using deferring = std::function<void(std::function<void()>)>;
  explicit memory_jobs(deferring later) : later_(std::move(later)) {}

  std::map<scheduler::job_id, scheduler::job> all;
  std::map<scheduler::job_id, std::vector<scheduler::job_attempt>> tries;
  std::map<scheduler::job_id, scheduler::job_outcome> outcomes;
  std::map<scheduler::job_id, std::vector<scheduler::job_control>> controls;
  std::map<scheduler::job_id, scheduler::job_rest> rests;
  std::map<std::uint32_t, scheduler::job_id> watermarks;
  std::map<scheduler::schedule_id, scheduler::schedule> plans;
  std::map<std::pair<scheduler::schedule_id, base::utc_us>, scheduler::schedule_tick> settled;
  std::map<std::string, scheduler::pause> paused;
  std::map<std::string, scheduler::queue_limits> limits;
  std::map<std::string, int> refused; ///< by question: how many of the next ones fail
  std::vector<storage::job_cleaning> cleaned;
  std::map<std::string, scheduler::dead_letter_note> notes;
  std::map<scheduler::job_id, std::vector<ledger::transaction_id>> posted; ///< by tests

  void put(const scheduler::job_row& r) {
    std::visit([this](const auto& one) { write(one); }, r);
  }

  void live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                  storage::callback<std::vector<storage::live_job>> done) override {
    later_([=, this] {
      const auto from = watermarks.contains(shard) ? watermarks.at(shard) : scheduler::job_id{};
      done(page(limit, [&](const scheduler::job& j) {
        return j.shard == shard && j.id > after && j.id >= from && !rests.contains(j.id);
      }));
    });
  }
  void resting_after(ledger::shard_id shard, storage::resting_part part, scheduler::job_id after,
                     std::int64_t limit,
                     storage::callback<std::vector<storage::live_job>> done) override {
    later_([=, this] {
      if (part.sleepers && refuse("sleepers")) return done(base::failure{"DB_UNAVAILABLE", {}});
      done(page(limit, [&](const scheduler::job& j) {
        const auto rest = rests.find(j.id);
        return j.shard == shard && j.id > after && rest != rests.end() &&
               only_sleeps(rest->second, part.until) == part.sleepers;
      }));
    });
  }
  void job(scheduler::job_id id,
           storage::callback<std::optional<storage::job_details>> done) override {
    later_([=, this] {
      const auto found = all.find(id);
      if (found == all.end()) return done(std::optional<storage::job_details>{});
      done(std::optional{details(found->second)});
    });
  }
  void jobs(storage::job_filter filter, storage::callback<storage::job_list> done) override {
    later_([=, this] {
      storage::job_list list;
      for (auto at = all.rbegin(); at != all.rend(); ++at) {
        if (!fits(filter, at->second)) continue;
        list.more = std::ssize(list.items) == filter.limit;
        if (list.more) break;
        list.next = at->first;
        list.items.push_back(details(at->second));
      }
      done(list);
    });
  }
  void count(storage::job_filter filter, storage::callback<storage::job_count> done) override {
    later_([=, this] {
      storage::job_count found;
      for (const auto& [id, j] : all) found.value += fits(filter, j) ? 1 : 0;
      done(found);
    });
  }
  void traces(scheduler::job_id id, storage::callback<storage::job_traces> done) override {
    later_([=, this] {
      storage::job_traces found;
      if (const auto at = posted.find(id); at != posted.end()) found.transactions = at->second;
      for (const auto& [other, j] : all)
        if (j.parent == id) found.followers.push_back(other);
      done(found);
    });
  }
  void dead_notes(storage::callback<std::vector<scheduler::dead_letter_note>> done) override {
    later_([=, this] {
      std::vector<scheduler::dead_letter_note> found;
      for (const auto& [fingerprint, n] : notes) found.push_back(n);
      done(found);
    });
  }
  void attempts(scheduler::job_id id,
                storage::callback<std::vector<scheduler::job_attempt>> done) override {
    later_([=, this] {
      done(tries.contains(id) ? tries.at(id) : std::vector<scheduler::job_attempt>{});
    });
  }
  void dead_groups(std::int64_t limit,
                   storage::callback<std::vector<storage::dead_group>> done) override {
    later_([=, this] {
      std::map<std::string, storage::dead_group> groups;
      for (auto at = rests.rbegin(); at != rests.rend(); ++at) {
        const auto& r = at->second;
        if (r.state != scheduler::job_state::dead) continue;
        auto& g = groups[r.fingerprint];
        if (g.count++ == 0)
          g = {r.fingerprint, all.at(r.job).kind, r.error, 1, r.since, r.since, {}};
        g.first_at = std::min(g.first_at, r.since);
        g.last_at = std::max(g.last_at, r.since);
        if (g.samples.size() < 5) g.samples.push_back(r.job);
      }
      std::vector<storage::dead_group> found;
      for (auto& [fingerprint, g] : groups) found.push_back(std::move(g));
      std::stable_sort(found.begin(), found.end(),
                       [](const auto& a, const auto& b) { return a.count > b.count; });
      done(cut(std::move(found), limit));
    });
  }
  void dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit,
               storage::callback<std::vector<scheduler::job_id>> done) override {
    later_([=, this] {
      std::vector<scheduler::job_id> found;
      for (const auto& [id, r] : rests)
        if (id > after && r.state == scheduler::job_state::dead && r.fingerprint == fingerprint)
          found.push_back(id);
      done(cut(std::move(found), limit));
    });
  }

  void schedules_due(ledger::shard_id shard, storage::schedule_place after, base::utc_us until,
                     std::int64_t limit,
                     storage::callback<std::vector<scheduler::schedule>> done) override {
    later_([=, this] {
      const auto place = [](const auto& s) { return std::pair{*s.next_at, s.id}; };
      auto found = schedules_where([&](const scheduler::schedule& s) {
        return s.shard == shard && s.next_at && *s.next_at <= until && !s.deleted_at &&
               place(s) > std::pair{after.at, after.id};
      });
      std::stable_sort(found.begin(), found.end(),
                       [&](const auto& a, const auto& b) { return place(a) < place(b); });
      done(cut(std::move(found), limit));
    });
  }
  void schedule(scheduler::schedule_id id,
                storage::callback<std::optional<scheduler::schedule>> done) override {
    later_([=, this] {
      const auto found = plans.find(id);
      done(found == plans.end() ? std::optional<scheduler::schedule>{}
                                : std::optional{found->second});
    });
  }
  void schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
                 std::int64_t limit,
                 storage::callback<std::vector<scheduler::schedule>> done) override {
    later_([=, this] {
      auto found = schedules_where([&](const scheduler::schedule& s) {
        return s.user == user && !s.deleted_at && (!before || s.id < *before);
      });
      std::reverse(found.begin(), found.end());
      done(cut(std::move(found), limit));
    });
  }
  void count_schedules(storage::callback<storage::schedule_counts> done) override {
    later_([=, this] {
      storage::schedule_counts n;
      for (const auto& [id, s] : plans)
        if (!s.deleted_at) ++(s.paused ? n.paused : s.next_at ? n.active : n.ended);
      done(n);
    });
  }
  void ticks(scheduler::schedule_id id, std::optional<base::utc_us> before, std::int64_t limit,
             storage::callback<std::vector<scheduler::schedule_tick>> done) override {
    later_([=, this] {
      std::vector<scheduler::schedule_tick> found;
      for (auto at = settled.rbegin(); at != settled.rend(); ++at)
        if (at->first.first == id && (!before || at->first.second < *before))
          found.push_back(at->second);
      done(cut(std::move(found), limit));
    });
  }
  void windows(base::utc_us now, std::int64_t limit,
               storage::callback<std::vector<scheduler::job>> done) override {
    later_([=, this] {
      if (refuse("windows")) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<scheduler::job> found;
      for (const auto& [id, j] : all)
        if (j.unique && j.unique->until == scheduler::unique_rule::period::window &&
            j.created_at.count + j.unique->window_us > now.count)
          found.push_back(j);
      done(cut(std::move(found), limit));
    });
  }
  void finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit,
                      storage::callback<std::vector<scheduler::finished_job>> done) override {
    later_([=, this] {
      if (refuse("finished_after")) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<scheduler::finished_job> found;
      for (const auto& [id, o] : outcomes) {
        if (id <= after || base::instant_of(key_of(id)) >= made_before) continue;
        const auto& j = all.at(id);
        const bool whole = o.log != "" || o.result != "null" || j.payload != "{}";
        const auto tried = tries.find(id);
        found.push_back({id, o.state, j.created_at, o.ended_at, j.kind, j.unique, false, whole,
                         tried == tries.end() ? 0 : std::ssize(tried->second)});
      }
      done(cut(std::move(found), limit));
    });
  }
  void ticks_before(scheduler::schedule_id, base::utc_us before,
                    storage::callback<storage::old_ticks> done) override {
    later_([=, this] {
      storage::old_ticks page;
      for (const auto& [key, t] : settled)
        if (t.at < before && t.settled_at < before) page.ticks.push_back(key);
      done(std::move(page));
    });
  }
  void clean(storage::job_cleaning what, storage::callback<bool> done) override {
    later_([=, this] {
      cleaned.push_back(what);
      for (const auto& id : what.jobs) {
        all.erase(id);
        outcomes.erase(id);
        tries.erase(id);
      }
      for (const auto& id : what.attempts) tries.erase(id);
      for (const auto& id : what.bodies) {
        all.at(id).payload = "{}";
        outcomes.at(id).result = "null";
        outcomes.at(id).log.clear();
      }
      for (const auto& key : what.ticks) settled.erase(key);
      done(true);
    });
  }
  void pauses(storage::callback<std::vector<scheduler::pause>> done) override {
    later_([=, this] {
      if (refuse("pauses")) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<scheduler::pause> found;
      for (const auto& [target, p] : paused)
        if (!p.over) found.push_back(p);
      done(found);
    });
  }
  void queues(storage::callback<std::vector<scheduler::queue_limits>> done) override {
    later_([=, this] {
      if (refuse("queues")) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<scheduler::queue_limits> found;
      for (const auto& [name, q] : limits) found.push_back(q);
      done(found);
    });
  }

private:
  bool refuse(const std::string& question) {
    auto& left = refused[question];
    if (left == 0) return false;
    --left;
    return true;
  }
  void write(const scheduler::job& j) {
    ENSURE(all.emplace(j.id, j).second, "a job is written once");
  }
  void write(const scheduler::job_attempt& a) { tries[a.job].push_back(a); }
  void write(const scheduler::job_outcome& o) {
    ENSURE(outcomes.emplace(o.job, o).second, "a job has one outcome");
    rests.erase(o.job);
  }
  bool only_sleeps(const scheduler::job_rest& r, base::utc_us until) const {
    return (r.state == scheduler::job_state::scheduled ||
            r.state == scheduler::job_state::retrying) &&
           r.wake_at > until && !controls.contains(r.job);
  }
  void write(const scheduler::job_control& c) { controls[c.job].push_back(c); }
  void write(const scheduler::job_rest& r) {
    if (!outcomes.contains(r.job)) rests[r.job] = r;
  }
  void write(const scheduler::job_watermark& w) {
    watermarks[w.shard] = std::max(watermarks[w.shard], w.from);
  }
  void write(const scheduler::schedule& s) {
    const auto there = plans.find(s.id);
    ENSURE(there == plans.end() || there->second.version + 1 == s.version,
           "a schedule is newer by one version");
    plans[s.id] = s;
  }
  void write(const scheduler::schedule_tick& t) {
    ENSURE(settled.emplace(std::pair{t.schedule, t.at}, t).second, "a tick is settled once");
  }
  void write(const scheduler::pause& p) { paused[p.target] = p; }
  void write(const scheduler::queue_limits& q) { limits[q.queue] = q; }
  void write(const scheduler::dead_letter_note& n) { notes[n.fingerprint] = n; }

  storage::live_job live(const scheduler::job& j, bool with_controls) const {
    storage::live_job found;
    found.what = j;
    if (rests.contains(j.id)) found.rest = rests.at(j.id);
    if (const auto at = tries.find(j.id); at != tries.end()) {
      found.attempts = static_cast<std::int32_t>(at->second.size());
      const auto* rest = found.rest ? &*found.rest : nullptr;
      if (rest != nullptr) found.attempts_counted = rest->attempts;
      for (const auto& a : at->second)
        if (counts(a.end) && (rest == nullptr || a.ended_at > rest->since))
          ++found.attempts_counted;
      found.last = at->second.back();
      found.last->error.stack.clear();
      found.last->log.clear();
    }
    if (const auto at = controls.find(j.id); with_controls && at != controls.end())
      found.controls = at->second;
    return found;
  }
  storage::job_details details(const scheduler::job& j) const {
    storage::job_details found{live(j, true), {}};
    if (outcomes.contains(j.id)) found.outcome = outcomes.at(j.id);
    return found;
  }
  template <class Test> std::vector<storage::live_job> page(std::int64_t limit, Test wanted) const {
    std::vector<storage::live_job> found;
    for (const auto& [id, j] : all)
      if (!outcomes.contains(id) && wanted(j) && std::ssize(found) < limit)
        found.push_back(live(j, true));
    return found;
  }
  bool fits(const storage::job_filter& f, const scheduler::job& j) const {
    const auto ended = outcomes.find(j.id);
    const auto is = [](const auto& wanted, const auto& value) {
      return !wanted || wanted == value;
    };
    const auto made = base::instant_of(key_of(j.id));
    return is(f.user, j.user) && is(f.kind, j.kind) && is(f.queue, j.queue) &&
           (!f.lane || f.lane == j.lane) && is(f.schedule, j.schedule) &&
           (!f.tag || std::count(j.tags.begin(), j.tags.end(), *f.tag) > 0) &&
           (!f.created_from || made >= *f.created_from) &&
           (!f.created_to || made < *f.created_to) && (!f.before || j.id < *f.before) &&
           (!f.live_only || ended == outcomes.end()) &&
           (!f.final_state || (ended != outcomes.end() && ended->second.state == *f.final_state));
  }
  template <class Test> std::vector<scheduler::schedule> schedules_where(Test wanted) const {
    std::vector<scheduler::schedule> found;
    for (const auto& [id, s] : plans)
      if (wanted(s)) found.push_back(s);
    return found;
  }
  template <class Row> static std::vector<Row> cut(std::vector<Row> rows, std::int64_t limit) {
    if (std::ssize(rows) > limit) rows.resize(static_cast<std::size_t>(limit));
    return rows;
  }

  deferring later_;
};

} // namespace tests
