// What   The tree with an owner of jobs whose handlers end when the test says so.
// Threads the test's thread only.
#pragma once

#include "actors/job_owner.hpp"
#include "storage/crash_recorder.hpp"
#include "tests/support/caf_fixture.hpp"

#include <deque>

namespace tests {

struct job_fixture : caf_fixture {
  struct shared {
    std::deque<actors::job_executor::task> running;
    bool begins = true; ///< else it waits for a thread
    std::shared_ptr<actors::job_feed> feed;
    std::unique_ptr<storage::crash_recorder> recorder; ///< of owners that start from now on
  };
  std::shared_ptr<shared> at;
  std::shared_ptr<actors::job_feed> feed;

  explicit job_fixture(actors::zone_lookup zones = {})
      : job_fixture(std::make_shared<shared>(), std::move(zones)) {}
  job_fixture(std::shared_ptr<shared> s, actors::zone_lookup zones)
      : caf_fixture([s, zones = std::move(zones)](caf_fixture& f) {
          std::vector<actors::job_kind> kinds(7);
          kinds[0].name = "work";
          kinds[1].name = "pulled";
          kinds[1].builtin = false;
          kinds[2].name = "hidden";
          kinds[2].user_visible = false;
          kinds[3].name = "paid";
          kinds[3].money = true;
          kinds[3].attempts = {3,
                               7,
                               {scheduler::backoff_curve::fixed,
                                5'000'000,
                                2,
                                9'000'000,
                                scheduler::jitter::none,
                                {}}};
          kinds[4].name = "locked";
          kinds[4].lock = "insights_job";
          kinds[5].name = "pulled_locked";
          kinds[5].builtin = false;
          kinds[5].lock = "prune";
          kinds[6].name = "prune";
          kinds[6].user_visible = false;
          kinds[6].kept = true;
          kinds[6].failed_line =
              observability::literal{"Erro crítico no job prune: a tentativa falhou"};
          actors::job_settings settings;
          settings.kinds = std::make_shared<const actors::job_kinds>(kinds);
          settings.run = [s](actors::job_executor::task t) {
            if (s->begins) t.begun->store(t.now.count);
            s->running.push_back(std::move(t));
          };
          settings.lease_secret = "secret";
          settings.zones = zones;
          s->feed = std::make_shared<actors::job_feed>(settings.kinds, base::utc_us{1});
          settings.feed = s->feed;
          f.jobs = [&f, s, settings](caf::scheduled_actor& parent,
                                     const std::shared_ptr<actors::routing>& all) {
            auto now = settings;
            now.recorder = s->recorder.get();
            return parent.spawn<actors::job_owner>(f.env, all, now);
          };
        }),
        at(std::move(s)), feed(at->feed) {}

  /// What still runs ends, so that nobody waits for it.
  ~job_fixture() {
    for (int round = 0; root && round < 20 && !at->running.empty(); ++round) {
      for (auto& t : std::exchange(at->running, {})) t.ended(actors::job_done{});
      settle();
      pass(std::chrono::seconds{2});
      settle();
    }
  }

  // -- as the gateway calls it --------------------------------------------------------------------

  void call(std::function<void(actors::job_owner&)> run) {
    caf::anon_send(*routes->jobs(), actors::owner_call{std::move(run)});
  }
  template <class T> T ask(std::function<T(actors::job_owner&)> look) {
    std::optional<T> found;
    call([&](actors::job_owner& o) { found = look(o); });
    run();
    BOOST_TEST_REQUIRE(found.has_value());
    return std::move(*found);
  }

  static scheduler::job wish(const std::string& kind = "work") {
    scheduler::job j;
    j.kind = kind;
    j.user = base::user_id{"ana"};
    j.retry.spread = scheduler::jitter::none;
    return j;
  }
  http::job_caller ana{base::user_id{"ana"}, false};
  http::job_caller admin{base::user_id{"root"}, true};

  using enqueued = std::shared_ptr<std::optional<base::result<http::enqueue_answer>>>;
  enqueued enqueue(std::vector<scheduler::job> jobs) {
    auto answer = std::make_shared<std::optional<base::result<http::enqueue_answer>>>();
    auto asked = std::make_shared<http::enqueue_request>();
    asked->caller = ana;
    asked->jobs = std::move(jobs);
    call([asked, answer](actors::job_owner& o) {
      o.enqueue(asked, [answer](base::result<http::enqueue_answer> r) { *answer = std::move(r); });
    });
    run();
    return answer;
  }
  /// Put in, and durable.
  scheduler::job_id put(scheduler::job j = wish()) {
    const auto answer = enqueue({std::move(j)});
    settle();
    BOOST_TEST_REQUIRE(answer->has_value());
    BOOST_TEST_REQUIRE((**answer).has_value(), (**answer ? "" : (**answer).error().code));
    return (**answer)->jobs.front().what.id;
  }

  std::string state(const scheduler::job_id& id) {
    const auto v =
        ask<std::optional<http::job_view>>([&](actors::job_owner& o) { return o.view(id); });
    if (v) return std::string{scheduler::to_text(v->state)};
    const auto ended = store.jobs_kept.outcomes.find(id);
    return ended == store.jobs_kept.outcomes.end()
               ? "unknown"
               : std::string{scheduler::to_text(ended->second.state)};
  }
  std::optional<http::job_view> view(const scheduler::job_id& id) {
    return ask<std::optional<http::job_view>>([&](actors::job_owner& o) { return o.view(id); });
  }

  /// The oldest handler that runs ends so, and the owner has not heard of it.
  void returns(actors::job_verdict how) {
    BOOST_TEST_REQUIRE(!at->running.empty());
    auto t = std::move(at->running.front());
    at->running.pop_front();
    t.ended(std::move(how));
  }
  void ends(actors::job_verdict how) {
    returns(std::move(how));
    settle();
  }
  static actors::job_failed transient(const std::string& code = "BUSY") {
    return {{code, "try later", {}}, true, {}};
  }

  http::job_act act_of(const scheduler::job_id& id, scheduler::control_action what) const {
    http::job_act a;
    a.caller = ana;
    a.job = id;
    a.what = what;
    a.reason = "because";
    return a;
  }
  /// Sent: the state or the reason, as soon as it is answered.
  std::shared_ptr<std::string> asks(const http::job_act& a) {
    auto said = std::make_shared<std::string>("-");
    call([a, said](actors::job_owner& o) {
      o.act(a, [said](const base::result<http::job_view>& r) {
        *said = r ? std::string{scheduler::to_text(r->state)} : std::string{r.error().code};
      });
    });
    return said;
  }
  std::string act(const http::job_act& a) {
    const auto said = asks(a);
    settle();
    return *said;
  }
  std::string act(const scheduler::job_id& id, scheduler::control_action what,
                  std::optional<std::int32_t> priority = {}) {
    auto a = act_of(id, what);
    a.priority = priority;
    return act(a);
  }

  // -- as workers do ------------------------------------------------------------------------------

  http::worker_id join(const std::vector<std::string>& kinds = {"pulled"}, int slots = 10) {
    http::worker_wish w;
    w.name = "w";
    w.kinds = kinds;
    w.slots = slots;
    pass(std::chrono::seconds{6}); // at first jobs wait for those who have them
    settle();
    const auto made =
        ask<base::result<http::worker_view>>([&](actors::job_owner& o) { return o.join(w); });
    return made->id;
  }
  using leased = std::shared_ptr<std::optional<base::result<std::vector<http::leased_job>>>>;
  leased lease(const http::worker_id& worker, std::int64_t max = 10, int wait_s = 0) {
    auto got = std::make_shared<std::optional<base::result<std::vector<http::leased_job>>>>();
    call([=](actors::job_owner& o) {
      o.lease(worker, max, std::chrono::seconds{wait_s}, [got](auto r) { *got = std::move(r); });
    });
    run();
    return got;
  }
  /// A job of the kind `pulled`, at a worker.
  http::leased_job leased_by(const http::worker_id& worker, scheduler::job j = wish("pulled")) {
    put(std::move(j));
    const auto got = lease(worker);
    BOOST_TEST_REQUIRE(got->has_value());
    BOOST_TEST_REQUIRE((**got).has_value());
    BOOST_TEST_REQUIRE((**got)->size() == 1u);
    return (**got)->front();
  }
  base::result<http::job_ended> complete(const http::worker_id& worker, const http::leased_job& j,
                                         http::job_effects effects = {},
                                         std::vector<std::string> log = {}) {
    std::optional<base::result<http::job_ended>> said;
    call([&](actors::job_owner& o) {
      o.complete({worker, j.id, j.lease, "null", effects, log, {}}, [&](auto r) { said = r; });
    });
    settle();
    BOOST_TEST_REQUIRE(said.has_value());
    return *said;
  }
  base::result<http::heartbeat_answer> beat(const http::worker_id& worker,
                                            const std::vector<http::leased_job>& held = {}) {
    std::vector<http::lease_report> reports;
    for (const auto& j : held) reports.push_back({j.id, j.lease, {}});
    return ask<base::result<http::heartbeat_answer>>(
        [&](actors::job_owner& o) { return o.heartbeat(worker, reports); });
  }

  /// The owner dies, as by a bug, and the supervisor starts another.
  void restart_owner() {
    caf::anon_send_exit(*routes->jobs(), caf::exit_reason::kill);
    at->running.clear();
    settle();
  }
};

} // namespace tests
