// What   Actors under CAF's test coordinator with a manual store and a manual clock: no thread, no
//        real time.
// Why    Every interleaving is the test's choice, and a failure repeats.
// Threads the test's thread only.
// Source testing.md §4.
#pragma once

#include "actors/environment.hpp"
#include "actors/supervisor_actor.hpp"
#include "tests/support/manual_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <boost/test/unit_test.hpp>

namespace tests {

struct manual_clock final : base::clock {
  base::utc_us at{base::start_of(base::make_day(2026, 11, 24)).count};
  std::int64_t steady = 0; ///< moved by pass() only
  base::utc_us now() override { return at; }
  std::int64_t steady_ns() override { return ++steady; }
};

struct testing_config : caf::actor_system_config {
  testing_config() { set("scheduler.policy", caf::atom("testing")); }
};

/// The whole tree: supervisor, one journal, one shard. Users "ana" and "bia"; ana has accounts A, B
/// and category C.
struct caf_fixture {
  manual_clock clock;
  observability::metrics metrics;
  std::vector<std::string> logged; ///< errors and worse
  observability::log log{[this] {
                           observability::log_options o;
                           o.level = observability::log_level::error;
                           o.sink = [this](std::string_view line) {
                             logged.emplace_back(line);
                             return true;
                           };
                           return o;
                         }(),
                         clock, metrics};
  manual_store store;
  actors::node_status status;
  base::id_source ids;
  actors::environment env{store, clock,  log,    metrics,
                          {},    status, "node", [](base::utc_us t) { return base::day_of(t); },
                          ids,   "test"};
  testing_config config;
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::shared_ptr<actors::routing> routes = std::make_shared<actors::routing>(1, 1);
  actors::spawn_jobs jobs; ///< set by `prepare`; none: no jobs
  actors::supervisor_actor root;
  std::vector<std::shared_ptr<actors::slot<ledger::reply>>> asked;

  /// `prepare` runs before the tree starts.
  explicit caf_fixture(const std::function<void(caf_fixture&)>& prepare = {}) {
    if (prepare) prepare(*this);
    for (const char* user : {"ana", "bia"}) store.add_user(user);
    store.add_account("ana", "A", ledger::account_role::money, 10'000, 0);
    store.add_account("ana", "B");
    store.add_account("ana", "C", ledger::account_role::category);
    root = system.spawn<actors::supervisor>(env, routes, jobs);
    settle();
  }
  ~caf_fixture() {
    if (root) stop();
  }

  void stop() {
    const auto ended = std::make_shared<actors::slot<bool>>();
    caf::anon_send(root, actors::stop_all{actors::promise_for(ended, false)});
    settle();
    BOOST_TEST(ended->wait_for(std::chrono::microseconds{0}).value_or(false),
               "the tree stops in order");
    root = actors::supervisor_actor{};
    sched.run();
  }

  /// Messages only; storage stays silent.
  void run() { sched.run(); }
  /// Messages and storage until nothing moves. Timers do not fire.
  void settle() {
    do {
      sched.run();
      store.run();
      sched.run();
    } while (store.pending());
  }
  void pass(std::chrono::milliseconds d) {
    clock.at.count += std::chrono::microseconds{d}.count();
    clock.steady += std::chrono::nanoseconds{d}.count();
    sched.advance_time(d);
    sched.run();
  }

  /// Sends a command; its answer is read with answer().
  std::size_t send(ledger::command what, const std::string& key = {},
                   const std::string& user = "ana", int body = 1) {
    ledger::envelope e;
    e.user = ledger::user_id{user};
    e.deadline = base::utc_us{clock.at.count + 9 * base::us_per_second};
    if (!key.empty()) {
      e.key = ledger::request_key{{"POST /test", key}, base::sha256(std::to_string(body))};
      e.to_answer = [](const base::result<ledger::outcome>& r) {
        return ledger::stored_answer{r ? 200 : 422,
                                     r ? std::string{"fine"} : std::string{r.error().code}};
      };
    }
    e.item_to_answer = [](std::size_t, const base::result<ledger::transaction_record>& r) {
      return ledger::stored_answer{r ? 200 : 422, r ? r->id.text() : std::string{r.error().code}};
    };
    e.what = std::move(what);
    return send(std::move(e));
  }
  std::size_t send(ledger::envelope e) {
    asked.push_back(std::make_shared<actors::slot<ledger::reply>>());
    auto to =
        actors::promise_for(asked.back(), ledger::reply{base::failure{"LOST", {}}, {}, false});
    caf::anon_send(*routes->shard(0),
                   actors::submit{std::make_shared<const ledger::envelope>(std::move(e)), to});
    return asked.size() - 1;
  }
  std::optional<ledger::reply> answer(std::size_t index) {
    return asked[index]->wait_for(std::chrono::microseconds{0});
  }
  /// "ok", the code of the failure, "stored:<body>" for a replay, or "-" while there is no answer.
  std::string word(std::size_t index) {
    const auto reply = answer(index);
    if (!reply) return "-";
    asked[index] = std::make_shared<actors::slot<ledger::reply>>();
    if (reply->replayed) return "stored:" + reply->stored->body;
    return reply->result ? "ok" : std::string{reply->result.error().code};
  }
  std::int64_t balance(const std::string& id) const { return store.balance(id).minor; }
};

inline ledger::create_transaction expense(std::int64_t amount, const std::string& account = "A") {
  ledger::create_transaction c;
  c.account = ledger::account_id{account};
  c.category = ledger::account_id{"C"};
  c.type = "expense";
  c.amount = base::centavos{amount};
  c.description = "padaria";
  return c;
}
inline ledger::create_transaction income(std::int64_t amount, const std::string& account = "A") {
  auto c = expense(amount, account);
  c.type = "income";
  return c;
}
inline ledger::create_transaction transfer(std::int64_t amount, const std::string& from,
                                           const std::string& to) {
  auto c = expense(amount, from);
  c.type = "transfer";
  c.to_account = ledger::account_id{to};
  return c;
}

} // namespace tests
