// What   The tree with an owner of jobs whose handlers end when the test says so.
// Threads the test's thread only.
#pragma once

#include "actors/job_owner.hpp"
#include "tests/support/caf_fixture.hpp"

#include <deque>

namespace tests {

struct job_fixture : caf_fixture {
  struct shared {
    std::deque<actors::job_executor::task> running;
  };
  std::shared_ptr<shared> at;

  job_fixture() : job_fixture(std::make_shared<shared>()) {}
  explicit job_fixture(std::shared_ptr<shared> s)
      : caf_fixture([s](caf_fixture& f) {
          std::vector<actors::job_kind> kinds(3);
          kinds[0].name = "work";
          kinds[1].name = "pulled";
          kinds[1].builtin = false;
          kinds[2].name = "hidden";
          kinds[2].user_visible = false;
          actors::job_settings settings;
          settings.kinds = std::make_shared<const actors::job_kinds>(kinds);
          settings.run = [s](actors::job_executor::task t) { s->running.push_back(std::move(t)); };
          settings.lease_secret = "secret";
          f.jobs = [&f, settings](caf::scheduled_actor& parent,
                                  const std::shared_ptr<actors::routing>& all) {
            return parent.spawn<actors::job_owner>(f.env, all, settings);
          };
        }),
        at(std::move(s)) {}

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

  /// The oldest handler that runs ends so.
  void ends(actors::job_verdict how) {
    BOOST_TEST_REQUIRE(!at->running.empty());
    auto t = std::move(at->running.front());
    at->running.pop_front();
    t.ended(std::move(how));
    settle();
  }
  static actors::job_failed transient(const std::string& code = "BUSY") {
    return {{code, "try later", {}}, true, {}};
  }

  std::string act(const scheduler::job_id& id, scheduler::control_action what,
                  std::optional<std::int32_t> priority = {}) {
    std::string said = "-";
    http::job_act a;
    a.caller = ana;
    a.job = id;
    a.what = what;
    a.reason = "because";
    a.priority = priority;
    call([&, a](actors::job_owner& o) {
      o.act(a, [&](const base::result<http::job_view>& r) {
        said = r ? std::string{scheduler::to_text(r->state)} : std::string{r.error().code};
      });
    });
    settle();
    return said;
  }

  /// The owner dies, as by a bug, and the supervisor starts another.
  void restart_owner() {
    caf::anon_send_exit(*routes->jobs(), caf::exit_reason::kill);
    at->running.clear();
    settle();
  }
};

} // namespace tests
