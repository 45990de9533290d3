#include "actors/job_gateway.hpp"

#include "actors/job_ended_view.hpp"
#include "actors/job_owner.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <mutex>

namespace actors {
namespace {

const base::failure no_owner{"SHARD_STOPPED", {}};
constexpr int looks_max = 5; ///< of 10,000 jobs each
constexpr std::int64_t exact_max = 10'000;
constexpr std::int64_t groups_max = 1000;

storage::job_filter filter_of(const http::job_question& q) {
  storage::job_filter f;
  f.user = q.user;
  f.kind = q.kind;
  f.queue = q.queue;
  f.lane = q.lane;
  f.tag = q.tag;
  f.schedule = q.schedule;
  f.created_from = q.created_from;
  f.created_to = q.created_to;
  f.final_state = q.state;
  return f;
}

} // namespace

bool job_gateway::tell(std::function<void(job_owner&)> run) {
  const auto to = routes_->jobs();
  if (!to) return false;
  caf::anon_send(*to, owner_call{std::move(run)});
  return true;
}

template <class T>
base::result<T> job_gateway::ask(std::function<base::result<T>(job_owner&)> look) {
  const auto waiting = std::make_shared<slot<base::result<T>>>();
  if (!tell([waiting, look = std::move(look)](job_owner& o) { waiting->put(look(o)); }))
    return no_owner;
  auto answer = waiting->wait_for(read_deadline_);
  if (!answer) return base::failure{"OUTCOME_UNKNOWN", {}};
  return std::move(*answer);
}

template <class T, class Ask> base::result<T> job_gateway::read(Ask ask) {
  const auto waiting = std::make_shared<slot<base::result<T>>>();
  ask([waiting](base::result<T> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(read_deadline_);
  if (!answer) return base::fail(storage::errc::timed_out);
  return std::move(*answer);
}

/// The answer comes exactly once, also when the owner dies with the message.
template <class T>
void job_gateway::pass_on(http::on_result<T> done,
                          const std::function<void(job_owner&, const http::on_result<T>&)>& run) {
  auto answer = std::make_shared<promise<base::result<T>>>(
      std::move(done), base::result<T>{base::failure{"OUTCOME_UNKNOWN", {}}});
  const bool told = tell([answer, run](job_owner& o) {
    run(o, [answer](base::result<T> r) { answer->put(std::move(r)); });
  });
  if (!told) answer->put(no_owner);
}

bool job_gateway::may_see(const http::job_caller& who, const scheduler::job& what) const {
  if (who.admin) return true;
  const auto* kind = kinds_->find(what.kind);
  return what.user == who.user && (kind == nullptr || kind->user_visible);
}

// -- jobs -----------------------------------------------------------------------------------------

void job_gateway::enqueue(http::enqueue_request asked, http::on_result<http::enqueue_answer> done) {
  auto shared = std::make_shared<http::enqueue_request>(std::move(asked));
  pass_on<http::enqueue_answer>(std::move(done),
                                [shared](job_owner& o, const auto& to) { o.enqueue(shared, to); });
}

base::result<scheduler::job> job_gateway::completed(const scheduler::job& wish,
                                                    const http::job_caller& who) {
  return ask<scheduler::job>([wish, who](job_owner& o) { return o.completed(wish, who); });
}

void job_gateway::act(http::job_act asked, http::on_result<http::job_view> done) {
  // One that has ended is no longer the owner's: it takes nothing more, and that is said.
  const auto ended = [this, asked, done](base::result<http::job_view> r) {
    if (r || r.error().code != "NOT_FOUND") return done(std::move(r));
    env_.store.jobs().job(asked.job, [this, asked, done](auto found) {
      if (!found) return done(found.error());
      if (!*found || !may_see(asked.caller, (**found).job.what))
        return done(base::failure{"NOT_FOUND", {}});
      auto view = view_of(**found);
      if (asked.what == scheduler::control_action::cancel &&
          view.state == scheduler::job_state::cancelled)
        return done(std::move(view));
      done(base::failure{"ILLEGAL_TRANSITION", std::string{scheduler::to_text(asked.what)} + ' ' +
                                                   std::string{scheduler::to_text(view.state)}});
    });
  };
  pass_on<http::job_view>(ended, [asked](job_owner& o, const auto& to) { o.act(asked, to); });
}

base::result<std::optional<http::job_view>> job_gateway::job(const http::job_caller& who,
                                                             const scheduler::job_id& id) {
  using found_view = std::optional<http::job_view>;
  auto live = ask<found_view>([who, id](job_owner& o) -> base::result<found_view> {
    auto v = o.view(id);
    if (v && !o.may_see(who, v->what)) v.reset();
    return v;
  });
  if (!live || *live) return live;
  auto row = read<std::optional<storage::job_details>>(
      [&](auto done) { env_.store.jobs().job(id, std::move(done)); });
  if (!row) return row.error();
  if (!*row || !may_see(who, (**row).job.what)) return found_view{};
  return found_view{view_of(**row)};
}

base::result<http::job_page> job_gateway::jobs(const http::job_question& asked) {
  auto q = asked;
  if (!q.caller.admin) q.user = q.caller.user;
  std::vector<http::job_view> found;
  std::optional<scheduler::job_id> unseen; ///< rows older than it were not looked at
  const bool live_wanted = !q.state || !scheduler::is_final(*q.state);
  const bool ended_wanted = (!q.state || scheduler::is_final(*q.state)) && !q.fingerprint;
  if (live_wanted) {
    auto live = ask<std::vector<http::job_view>>(
        [q](job_owner& o) -> base::result<std::vector<http::job_view>> { return o.views(q); });
    if (!live) return live.error();
    found = std::move(*live);
  }
  if (ended_wanted) {
    auto f = filter_of(q);
    f.before = q.before;
    f.limit = q.limit + 1;
    // A rare condition may need several looks; what lies behind the last of them is for the next
    // page.
    std::int64_t ended = 0;
    for (int look = 0; look < looks_max && ended <= q.limit; ++look) {
      auto rows =
          read<storage::job_list>([&](auto done) { env_.store.jobs().jobs(f, std::move(done)); });
      if (!rows) return rows.error();
      for (const auto& d : rows->items) {
        const bool there = std::any_of(found.begin(), found.end(),
                                       [&](const auto& v) { return v.what.id == d.job.what.id; });
        if (there || !d.outcome || !may_see(q.caller, d.job.what)) continue;
        found.push_back(view_of(d));
        ++ended;
      }
      unseen = rows->more ? std::optional{rows->next} : std::nullopt;
      if (!unseen) break;
      f.before = unseen;
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return b.what.id < a.what.id; });
  // A live job that is older than what was looked at comes with a later page.
  if (unseen) std::erase_if(found, [&](const auto& v) { return v.what.id < *unseen; });
  http::job_page page;
  page.next = unseen;
  if (std::ssize(found) > q.limit) {
    found.resize(static_cast<std::size_t>(q.limit));
    page.next = found.back().what.id;
  }
  page.items = std::move(found);
  auto total = total_of(q);
  if (!total) return total.error();
  page.total = *total;
  return page;
}

/// Live states are known in memory; all others, and all together, are rows.
base::result<http::list_total> job_gateway::total_of(const http::job_question& asked) {
  if ((asked.state && !scheduler::is_final(*asked.state)) || asked.fingerprint)
    return ask<http::list_total>([asked](job_owner& o) -> base::result<http::list_total> {
      return o.count(asked, exact_max);
    });
  auto rows = read<storage::job_count>(
      [&](auto done) { env_.store.jobs().count(filter_of(asked), std::move(done)); });
  if (!rows) return rows.error();
  return http::list_total{rows->value, rows->exact};
}

base::result<http::live_job_ids> job_gateway::live_ids(const http::job_question& asked,
                                                       std::int64_t limit) {
  return ask<http::live_job_ids>([asked, limit](job_owner& o) -> base::result<http::live_job_ids> {
    return o.live_ids(asked, limit);
  });
}

base::result<std::optional<http::job_traces>> job_gateway::traces(const http::job_caller& who,
                                                                  const scheduler::job_id& id) {
  const auto seen = job(who, id);
  if (!seen) return seen.error();
  if (!*seen) return std::optional<http::job_traces>{};
  auto rows =
      read<storage::job_traces>([&](auto done) { env_.store.jobs().traces(id, std::move(done)); });
  if (!rows) return rows.error();
  http::job_traces t;
  t.transactions = std::move(rows->transactions);
  t.followers = std::move(rows->followers);
  t.commit = rows->commit;
  return std::optional{std::move(t)};
}

base::result<std::optional<std::vector<scheduler::job_attempt>>>
job_gateway::attempts(const http::job_caller& who, const scheduler::job_id& id) {
  const auto seen = job(who, id);
  if (!seen) return seen.error();
  if (!*seen) return std::optional<std::vector<scheduler::job_attempt>>{};
  auto rows = read<std::vector<scheduler::job_attempt>>(
      [&](auto done) { env_.store.jobs().attempts(id, std::move(done)); });
  if (!rows) return rows.error();
  return std::optional{std::move(*rows)};
}

base::result<std::optional<http::job_explanation>>
job_gateway::explain(const http::job_caller& who, const scheduler::job_id& id) {
  using explained = std::optional<http::job_explanation>;
  auto live = ask<explained>(
      [who, id](job_owner& o) -> base::result<explained> { return o.explain(who, id); });
  if (!live || *live) return live;
  const auto ended = job(who, id);
  if (!ended) return ended.error();
  if (!*ended) return explained{};
  http::job_explanation e;
  e.job = id;
  e.state = (**ended).state;
  return explained{std::move(e)};
}

base::result<http::job_stats> job_gateway::stats() {
  return ask<http::job_stats>(
      [](job_owner& o) -> base::result<http::job_stats> { return o.stats(); });
}

std::vector<http::job_kind_view> job_gateway::kinds() {
  using counts = std::map<std::string, std::int64_t>;
  const auto live =
      ask<counts>([](job_owner& o) -> base::result<counts> { return o.live_by_kind(); });
  std::vector<http::job_kind_view> all;
  for (const auto& [name, k] : kinds_->all()) {
    http::job_kind_view v;
    v.kind = name;
    v.queue = k.queue;
    v.executor = k.pushed ? "push" : k.builtin ? "builtin" : "pull";
    v.money = k.money;
    v.user_visible = k.user_visible;
    v.dry = k.dry;
    v.lock = k.lock;
    v.attempts = k.attempts;
    if (live)
      if (const auto n = live->find(name); n != live->end()) v.live = n->second;
    all.push_back(std::move(v));
  }
  return all;
}

// -- lanes, the dead, queues ----------------------------------------------------------------------

base::result<std::vector<http::lane_view>> job_gateway::shut_lanes(const http::job_caller& who) {
  using lanes = std::vector<http::lane_view>;
  return ask<lanes>([who](job_owner& o) -> base::result<lanes> { return o.shut_lanes(who); });
}

void job_gateway::act_on_lane(const http::job_caller& who, const base::user_id& owner,
                              const std::string& lane, http::lane_action what,
                              const std::string& reason, std::optional<base::utc_us> until,
                              base::utc_us, http::on_result<bool> done) {
  pass_on<bool>(std::move(done), [=](job_owner& o, const auto& to) {
    o.act_on_lane(who, owner, lane, what, reason, until, to);
  });
}

base::result<std::vector<http::dead_group_view>> job_gateway::dead_groups() {
  auto rows = read<std::vector<storage::dead_group>>(
      [&](auto done) { env_.store.jobs().dead_groups(groups_max, std::move(done)); });
  if (!rows) return rows.error();
  auto notes = read<std::vector<scheduler::dead_letter_note>>(
      [&](auto done) { env_.store.jobs().dead_notes(std::move(done)); });
  if (!notes) return notes.error();
  std::vector<http::dead_group_view> all;
  for (auto& g : *rows) {
    http::dead_group_view v;
    v.fingerprint = g.fingerprint;
    v.kind = g.kind;
    v.sample = g.sample;
    v.count = g.count;
    v.first_at = g.first_at;
    v.last_at = g.last_at;
    v.samples = g.samples;
    for (auto& n : *notes)
      if (n.fingerprint == g.fingerprint) v.note = std::move(n);
    all.push_back(std::move(v));
  }
  return all;
}

base::result<std::optional<http::dead_group_view>>
job_gateway::dead_group(const std::string& fingerprint) {
  auto all = dead_groups();
  if (!all) return all.error();
  const auto at = std::find_if(all->begin(), all->end(),
                               [&](const auto& g) { return g.fingerprint == fingerprint; });
  if (at == all->end()) return std::optional<http::dead_group_view>{};
  auto dead = read<std::vector<scheduler::job_id>>(
      [&](auto done) { env_.store.jobs().dead_of(fingerprint, {}, exact_max, std::move(done)); });
  if (!dead) return dead.error();
  using counts = std::pair<std::int64_t, std::int64_t>;
  const auto of =
      ask<counts>([ids = std::move(*dead)](job_owner& o) { return o.concerned_by(ids); });
  if (!of) return of.error();
  at->users = of->first;
  at->lanes = of->second;
  return std::optional{std::move(*at)};
}

void job_gateway::set_dead_note(const scheduler::dead_letter_note& what, base::utc_us,
                                http::on_result<scheduler::dead_letter_note> done) {
  pass_on<scheduler::dead_letter_note>(
      std::move(done), [=](job_owner& o, const auto& to) { o.set_dead_note(what, to); });
}

void job_gateway::act_on_dead(const http::job_caller& who, const std::string& fingerprint,
                              scheduler::control_action what, std::int64_t limit,
                              const std::string& reason, base::utc_us deadline,
                              http::on_result<std::int64_t> done) {
  env_.store.jobs().dead_of(
      fingerprint, {}, limit, [this, who, what, reason, deadline, done](auto found) {
        if (!found) return done(found.error());
        if (found->empty()) return done(std::int64_t{0});
        struct tally {
          std::mutex guard;
          std::size_t open = 0;
          std::int64_t changed = 0;
        };
        auto sum = std::make_shared<tally>();
        sum->open = found->size();
        for (const auto& id : *found) {
          http::job_act one;
          one.caller = who;
          one.job = id;
          one.what = what;
          one.reason = reason;
          one.deadline = deadline;
          act(std::move(one), [sum, done](const base::result<http::job_view>& r) {
            const std::lock_guard hold(sum->guard);
            if (r) ++sum->changed;
            if (--sum->open == 0) done(sum->changed);
          });
        }
      });
}

base::result<std::vector<http::queue_view>> job_gateway::queues() {
  using views = std::vector<http::queue_view>;
  return ask<views>([](job_owner& o) -> base::result<views> { return o.queues(); });
}

void job_gateway::set_queue(const http::job_caller& who, const scheduler::queue_limits& limits,
                            const std::string&, base::utc_us,
                            http::on_result<http::queue_view> done) {
  pass_on<http::queue_view>(std::move(done),
                            [=](job_owner& o, const auto& to) { o.set_queue(who, limits, to); });
}

void job_gateway::set_pause(const scheduler::pause& what, base::utc_us,
                            http::on_result<scheduler::pause> done) {
  pass_on<scheduler::pause>(std::move(done),
                            [=](job_owner& o, const auto& to) { o.set_pause(what, to); });
}

// -- workers --------------------------------------------------------------------------------------

base::result<http::worker_view> job_gateway::join(const http::worker_wish& wish) {
  return ask<http::worker_view>([wish](job_owner& o) { return o.join(wish); });
}

void job_gateway::lease(const http::worker_id& worker, std::int64_t max, std::chrono::seconds wait,
                        http::on_result<std::vector<http::leased_job>> done) {
  pass_on<std::vector<http::leased_job>>(
      std::move(done), [=](job_owner& o, const auto& to) { o.lease(worker, max, wait, to); });
}

base::result<http::heartbeat_answer>
job_gateway::heartbeat(const http::worker_id& worker,
                       const std::vector<http::lease_report>& leases) {
  return ask<http::heartbeat_answer>([=](job_owner& o) { return o.heartbeat(worker, leases); });
}

void job_gateway::complete(http::job_completion what, http::on_result<http::job_ended> done) {
  auto shared = std::make_shared<const http::job_completion>(std::move(what));
  pass_on<http::job_ended>(std::move(done),
                           [shared](job_owner& o, const auto& to) { o.complete(*shared, to); });
}

void job_gateway::fail(http::job_failure what, http::on_result<http::job_ended> done) {
  auto shared = std::make_shared<const http::job_failure>(std::move(what));
  pass_on<http::job_ended>(std::move(done),
                           [shared](job_owner& o, const auto& to) { o.fail(*shared, to); });
}

void job_gateway::snooze(const http::worker_id& worker, const scheduler::job_id& job,
                         const std::string& lease, base::utc_us until, base::utc_us,
                         http::on_result<http::job_ended> done) {
  pass_on<http::job_ended>(std::move(done), [=](job_owner& o, const auto& to) {
    o.snooze(worker, job, lease, until, to);
  });
}

base::status job_gateway::log(const http::worker_id& worker, const scheduler::job_id& job,
                              const std::string& lease, const std::vector<std::string>& lines) {
  const auto r = ask<bool>([=](job_owner& o) -> base::result<bool> {
    const auto s = o.log(worker, job, lease, lines);
    if (!s) return s.error();
    return true;
  });
  if (!r) return r.error();
  return {};
}

base::result<std::vector<http::worker_view>> job_gateway::workers() {
  using views = std::vector<http::worker_view>;
  return ask<views>([](job_owner& o) -> base::result<views> { return o.workers(); });
}

base::result<http::worker_view> job_gateway::set_state(const http::worker_id& worker,
                                                       http::worker_state wanted,
                                                       const std::string&) {
  return ask<http::worker_view>([=](job_owner& o) { return o.set_state(worker, wanted); });
}

base::status job_gateway::leave(const http::worker_id& worker) {
  const auto r = ask<bool>([=](job_owner& o) -> base::result<bool> {
    const auto s = o.leave(worker);
    if (!s) return s.error();
    return true;
  });
  if (!r) return r.error();
  return {};
}

} // namespace actors
