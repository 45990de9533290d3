// What   Jobs and their facts as rows, items that write them, and answers of job_port as values.
// Why    The contract of what is written about jobs and that of the questions need the same.
// Threads the test's.
#pragma once

#include "storage/job_port.hpp"
#include "tests/contract/scribe.hpp"

#include <functional>

namespace contract {

inline scheduler::job_id job_at(int n) { return scheduler::job_id{own_id(n)}; }

/// Of the system, with nothing that is optional.
inline scheduler::job plain_job(int n, ledger::shard_id shard = 3) {
  scheduler::job j;
  j.id = job_at(n);
  j.shard = shard;
  j.kind = "report.csv";
  j.queue = "default";
  j.run_at = after(n);
  j.created_at = after(n);
  j.created_by = "system";
  return j;
}

inline scheduler::job_outcome outcome_of(const scheduler::job& j, scheduler::job_state state) {
  scheduler::job_outcome o;
  o.job = j.id;
  o.shard = j.shard;
  o.state = state;
  o.attempts = 1;
  o.started_at = after(10);
  o.ended_at = after(11);
  o.executor = "node-a";
  return o;
}

inline scheduler::job_rest rest_of(const scheduler::job& j, scheduler::job_state state,
                                   const std::string& fingerprint = {}) {
  scheduler::job_rest r;
  r.job = j.id;
  r.shard = j.shard;
  r.state = state;
  r.since = after(20);
  r.fingerprint = fingerprint;
  return r;
}

inline scheduler::job_attempt attempt_of(const scheduler::job& j, std::int32_t number,
                                         scheduler::attempt_end end) {
  scheduler::job_attempt a;
  a.job = j.id;
  a.number = number;
  a.end = end;
  a.started_at = after(number);
  a.ended_at = after(number + 1);
  a.executor = "node-a";
  return a;
}

inline scheduler::schedule plain_schedule(int n, ledger::shard_id shard = 3) {
  scheduler::schedule s;
  s.id = scheduler::schedule_id{own_id(n)};
  s.shard = shard;
  s.name = "relatório";
  s.kind = "report.csv";
  s.queue = "default";
  s.rule = R"({"cron":"0 9 * * *"})";
  s.zone = "America/Sao_Paulo";
  s.watermark = start;
  s.created_at = start;
  return s;
}

inline storage::commit_item facts(scheduler::job_rows rows) {
  storage::commit_item item;
  item.job_rows = std::move(rows);
  return item;
}

// -- answers --------------------------------------------------------------------------------------

inline std::vector<storage::live_job> live(world& w, ledger::shard_id shard = 3,
                                           scheduler::job_id behind = {},
                                           std::int64_t limit = 1000) {
  return value_of<std::vector<storage::live_job>>(
      [&](auto done) { w.store().jobs().live_after(shard, behind, limit, std::move(done)); });
}
inline std::vector<storage::live_job> resting_part(world& w, storage::resting_part part,
                                                   ledger::shard_id shard, scheduler::job_id behind,
                                                   std::int64_t limit) {
  return value_of<std::vector<storage::live_job>>([&](auto done) {
    w.store().jobs().resting_after(shard, part, behind, limit, std::move(done));
  });
}
/// Both parts, which have no job in common.
inline std::vector<storage::live_job> resting(world& w, ledger::shard_id shard = 3,
                                              scheduler::job_id behind = {},
                                              std::int64_t limit = 1000) {
  auto all = resting_part(w, {start, false}, shard, behind, limit);
  for (auto& j : resting_part(w, {start, true}, shard, behind, limit)) all.push_back(std::move(j));
  std::ranges::sort(all, {}, [](const auto& j) { return j.what.id; });
  if (std::ssize(all) > limit) all.resize(static_cast<std::size_t>(limit));
  return all;
}
inline std::optional<storage::job_details> details(world& w, const scheduler::job_id& id) {
  return value_of<std::optional<storage::job_details>>(
      [&](auto done) { w.store().jobs().job(id, std::move(done)); });
}
inline storage::job_list list(world& w, const storage::job_filter& f) {
  return value_of<storage::job_list>([&](auto done) { w.store().jobs().jobs(f, std::move(done)); });
}
inline std::optional<scheduler::schedule> schedule_row(world& w, const scheduler::schedule_id& id) {
  return value_of<std::optional<scheduler::schedule>>(
      [&](auto done) { w.store().jobs().schedule(id, std::move(done)); });
}
inline std::vector<scheduler::schedule_tick> ticks(world& w, const scheduler::schedule_id& id,
                                                   std::optional<base::utc_us> before = {},
                                                   std::int64_t limit = 1000) {
  return value_of<std::vector<scheduler::schedule_tick>>(
      [&](auto done) { w.store().jobs().ticks(id, before, limit, std::move(done)); });
}

inline std::vector<scheduler::job_id> ids_of(const std::vector<storage::live_job>& jobs) {
  std::vector<scheduler::job_id> ids;
  for (const auto& j : jobs) ids.push_back(j.what.id);
  return ids;
}
inline std::vector<scheduler::job_id> ids_of(const storage::job_list& page) {
  std::vector<scheduler::job_id> ids;
  for (const auto& d : page.items) ids.push_back(d.job.what.id);
  return ids;
}
inline std::vector<scheduler::job_id> jobs_at(const std::vector<int>& numbers) {
  std::vector<scheduler::job_id> ids;
  for (const auto n : numbers) ids.push_back(job_at(n));
  return ids;
}

using ids = std::vector<scheduler::job_id>;

/// All pages of a list, one behind the other.
inline ids walk(world& w, storage::job_filter f, std::size_t pages_most = 100) {
  ids all;
  for (std::size_t pages = 0; pages < pages_most; ++pages) {
    const auto page = list(w, f);
    BOOST_TEST(std::ssize(page.items) <= f.limit);
    const auto some = ids_of(page);
    all.insert(all.end(), some.begin(), some.end());
    if (!page.more) return all;
    f.before = page.next;
  }
  BOOST_FAIL("the list has no end");
  return all;
}

/// The same of a question that takes the last id; two on each page.
inline ids walk_after(const std::function<ids(scheduler::job_id)>& page_behind) {
  ids all;
  for (;;) {
    const auto page = page_behind(all.empty() ? scheduler::job_id{} : all.back());
    BOOST_TEST(page.size() <= 2u);
    if (page.empty()) return all;
    all.insert(all.end(), page.begin(), page.end());
  }
}

template <class Change> storage::job_filter by(Change change) {
  storage::job_filter f;
  f.limit = 2;
  change(f);
  return f;
}

inline std::vector<storage::dead_group> groups(world& w, std::int64_t limit = 100) {
  return value_of<std::vector<storage::dead_group>>(
      [&](auto done) { w.store().jobs().dead_groups(limit, std::move(done)); });
}

} // namespace contract
