// What   fake_jobs: the ports of jobs and workers, answering what the test put there.
// Threads one; a `done` is called before the call returns.
#pragma once

#include "http/job_dry_run.hpp"
#include "http/job_service.hpp"

#include <algorithm>
#include <map>

namespace http_test {

struct fake_jobs final : http::job_backend, http::worker_backend {
  std::optional<base::failure> refusal; ///< of everything, when set
  std::vector<http::enqueue_request> enqueued;
  std::map<std::string, std::pair<base::digest, ledger::stored_answer>> kept; ///< by key
  std::vector<http::job_act> acts;
  std::map<std::string, http::job_view> jobs_kept;
  std::vector<http::leased_job> to_lease;
  std::vector<http::job_completion> completed;
  std::vector<http::job_failure> failed;
  std::vector<scheduler::pause> pauses;
  std::vector<scheduler::queue_limits> limits;
  http::job_question asked;
  std::optional<http::dry_run_request> dry; ///< the last that was asked
  http::dry_run_report would_do;
  base::user_id lane_owner;     ///< of the last lane that somebody acted on
  std::function<void()> polled; ///< a poll that waits: call it to end it
  std::vector<scheduler::dead_letter_note> notes;
  std::vector<scheduler::job_id> live; ///< what a filter takes, newest first

  http::job_view& keep(const std::string& id, const std::string& user) {
    auto& v = jobs_kept[id];
    v.what.id = scheduler::job_id{id};
    v.what.user = base::user_id{user};
    v.what.kind = "noop";
    v.what.queue = "default";
    v.state = scheduler::job_state::ready;
    return v;
  }

  template <class T> void answer(const http::on_result<T>& done, T value) {
    if (refusal) return done(*refusal);
    done(std::move(value));
  }

  void enqueue(http::enqueue_request e, http::on_result<http::enqueue_answer> done) override {
    http::enqueue_answer a;
    for (std::size_t i = 0; i < e.jobs.size(); ++i) {
      http::job_view v;
      v.what = e.jobs[i];
      v.what.id = scheduler::job_id{"j" + std::to_string(i)};
      v.state = scheduler::job_state::ready;
      a.jobs.push_back(std::move(v));
    }
    if (e.key) {
      const auto [at, fresh] =
          kept.try_emplace(e.key->first.key, e.key->second, ledger::stored_answer{});
      if (at->second.first != e.key->second)
        return done(base::failure{"IDEMPOTENCY_KEY_REUSED", {}});
      if (fresh) at->second.second = e.show(a.jobs);
      a.stored = at->second.second;
      a.replayed = !fresh;
      if (a.replayed) a.jobs.clear();
    }
    enqueued.push_back(std::move(e));
    answer(done, std::move(a));
  }
  base::result<http::dry_run_report> dry_run(const http::dry_run_request& r) override {
    if (refusal) return *refusal;
    dry = r;
    http::dry_run_report found = would_do;
    found.what = r.what;
    return found;
  }
  void act(http::job_act a, http::on_result<http::job_view> done) override {
    acts.push_back(a);
    const auto at = jobs_kept.find(a.job.text());
    if (at == jobs_kept.end()) return done(base::failure{"NOT_FOUND", {}});
    answer(done, at->second);
  }
  base::result<std::optional<http::job_view>> job(const http::job_caller& who,
                                                  const scheduler::job_id& id) override {
    if (refusal) return *refusal;
    const auto at = jobs_kept.find(id.text());
    const bool seen = at != jobs_kept.end() && (who.admin || at->second.what.user == who.user);
    return seen ? std::optional{at->second} : std::nullopt;
  }
  base::result<http::job_page> jobs(const http::job_question& q) override {
    asked = q;
    if (refusal) return *refusal;
    http::job_page page;
    for (const auto& [id, v] : jobs_kept) page.items.push_back(v);
    page.next = scheduler::job_id{"older"};
    page.total = {12'000, false};
    return page;
  }
  base::result<std::optional<http::job_traces>> traces(const http::job_caller& who,
                                                       const scheduler::job_id& id) override {
    if (!*job(who, id)) return std::optional<http::job_traces>{};
    http::job_traces t;
    t.transactions = {ledger::transaction_id{"t1"}};
    t.followers = {scheduler::job_id{"j8"}};
    t.commit = {3, 81'233};
    return std::optional{t};
  }
  base::result<http::live_job_ids> live_ids(const http::job_question& q,
                                            std::int64_t limit) override {
    asked = q;
    if (refusal) return *refusal;
    http::live_job_ids page;
    auto at = live.begin();
    if (q.before) at = std::next(std::find(live.begin(), live.end(), *q.before));
    while (at != live.end() && std::ssize(page.ids) < limit) page.ids.push_back(*at++);
    page.more = at != live.end();
    return page;
  }
  base::result<std::optional<std::vector<scheduler::job_attempt>>>
  attempts(const http::job_caller& who, const scheduler::job_id& id) override {
    if (!*job(who, id)) return std::optional<std::vector<scheduler::job_attempt>>{};
    scheduler::job_attempt a;
    a.job = id;
    a.error = {"BUSY", "later", ""};
    return std::optional{std::vector{a}};
  }
  base::result<std::optional<http::job_explanation>> explain(const http::job_caller& who,
                                                             const scheduler::job_id& id) override {
    if (!*job(who, id)) return std::optional<http::job_explanation>{};
    http::job_explanation e;
    e.job = id;
    e.queue_position = 41;
    e.gates.push_back({"lane_shut", base::utc_us{0}, {}, true, {"redrive"}, {{"head", "j7"}}});
    return std::optional{e};
  }
  base::result<http::job_stats> stats() override { return http::job_stats{}; }
  std::vector<http::job_kind_view> kinds() override {
    return {{"noop", "default", "builtin", false, true, {}, 3, false, {}},
            {"secret", "system", "builtin", false, false, {}, 1, false, {}}};
  }
  base::result<std::vector<http::lane_view>> shut_lanes(const http::job_caller&) override {
    http::lane_view l;
    l.lane = "l";
    l.head = scheduler::job_id{"j7"};
    return std::vector{l};
  }
  void act_on_lane(const http::job_caller&, const base::user_id& owner, const std::string&,
                   http::lane_action, const std::string&, std::optional<base::utc_us>, base::utc_us,
                   http::on_result<bool> done) override {
    lane_owner = owner;
    answer(done, true);
  }
  base::result<std::vector<http::dead_group_view>> dead_groups() override {
    http::dead_group_view g;
    g.fingerprint = "0011223344556677";
    g.count = 2;
    return std::vector{g};
  }
  base::result<std::optional<http::dead_group_view>>
  dead_group(const std::string& fingerprint) override {
    auto group = dead_groups()->front();
    if (fingerprint != group.fingerprint) return std::optional<http::dead_group_view>{};
    group.users = 2;
    group.lanes = 1;
    if (!notes.empty()) group.note = notes.back();
    return std::optional{group};
  }
  void set_dead_note(const scheduler::dead_letter_note& n, base::utc_us,
                     http::on_result<scheduler::dead_letter_note> done) override {
    notes.push_back(n);
    answer(done, n);
  }
  void act_on_dead(const http::job_caller&, const std::string&, scheduler::control_action,
                   std::int64_t limit, const std::string&, base::utc_us,
                   http::on_result<std::int64_t> done) override {
    answer(done, std::int64_t{limit});
  }
  base::result<std::vector<http::queue_view>> queues() override {
    http::queue_view q;
    q.limits.queue = "default";
    return std::vector{q};
  }
  void set_queue(const http::job_caller&, const scheduler::queue_limits& l, const std::string&,
                 base::utc_us, http::on_result<http::queue_view> done) override {
    limits.push_back(l);
    http::queue_view q;
    q.limits = l;
    answer(done, q);
  }
  void set_pause(const scheduler::pause& p, base::utc_us,
                 http::on_result<scheduler::pause> done) override {
    pauses.push_back(p);
    answer(done, p);
  }

  base::result<http::worker_view> join(const http::worker_wish& wish) override {
    if (refusal) return *refusal;
    http::worker_view w;
    w.id = http::worker_id{"w1"};
    w.wish = wish;
    return w;
  }
  void lease(const http::worker_id&, std::int64_t, std::chrono::seconds wait,
             http::on_result<std::vector<http::leased_job>> done) override {
    if (refusal) return done(*refusal);
    if (to_lease.empty() && wait.count() > 0) {
      polled = [done] { done(std::vector<http::leased_job>{}); };
      return;
    }
    done(to_lease);
  }
  base::result<http::heartbeat_answer>
  heartbeat(const http::worker_id&, const std::vector<http::lease_report>& leases) override {
    if (refusal) return *refusal;
    http::heartbeat_answer a;
    for (const auto& l : leases) (l.progress ? a.adopted : a.lost).push_back(l.job);
    return a;
  }
  void complete(http::job_completion c, http::on_result<http::job_ended> done) override {
    completed.push_back(std::move(c));
    answer(done, http::job_ended{scheduler::job_state::succeeded, std::pair{3U, 81233UL}});
  }
  void fail(http::job_failure f, http::on_result<http::job_ended> done) override {
    failed.push_back(std::move(f));
    answer(done, http::job_ended{scheduler::job_state::retrying, {}});
  }
  void snooze(const http::worker_id&, const scheduler::job_id&, const std::string&, base::utc_us,
              base::utc_us, http::on_result<http::job_ended> done) override {
    answer(done, http::job_ended{scheduler::job_state::scheduled, {}});
  }
  base::status log(const http::worker_id&, const scheduler::job_id&, const std::string&,
                   const std::vector<std::string>&) override {
    if (refusal) return *refusal;
    return {};
  }
  base::result<std::vector<http::worker_view>> workers() override {
    std::vector<http::worker_view> all(3);
    for (int i = 0; i < 3; ++i)
      all[static_cast<std::size_t>(i)].id = http::worker_id{"w" + std::to_string(3 - i)};
    return all;
  }
  base::result<http::worker_view> set_state(const http::worker_id& id, http::worker_state s,
                                            const std::string&) override {
    http::worker_view w;
    w.id = id;
    w.state = s;
    return w;
  }
  base::status leave(const http::worker_id&) override { return {}; }
};

} // namespace http_test
