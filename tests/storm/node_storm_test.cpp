// A whole node under load: real scheduler, real store in memory, many threads at one door. What
// counts is that every command is answered once and that the books agree with the answers. Run
// under ThreadSanitizer by scripts/tsan.
#include "actors/slot.hpp"
#include "actors/system.hpp"
#include "storage/open.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(node_storm)

namespace {

constexpr int users = 3;
constexpr int threads = 6;
constexpr int commands_per_thread = 150;

observability::log_options quiet() {
  observability::log_options o;
  o.level = observability::log_level::critical;
  o.sink = [](std::string_view) { return true; };
  return o;
}

std::string name_of(int user, const char* what) { return "u" + std::to_string(user) + what; }

struct node_fixture {
  base::system_clock clock;
  observability::metrics metrics;
  observability::log log{quiet(), clock, metrics};
  base::id_source ids;
  std::unique_ptr<storage::store> store;
  std::unique_ptr<actors::node> node;
  std::atomic<int> answers{0};

  node_fixture() {
    storage::open_settings open;
    open.database_url = "sqlite:///:memory:";
    auto opened = storage::open_store(open, storage::migrate_mode::serve, clock, log, metrics);
    BOOST_REQUIRE(opened.has_value());
    store = std::move(*opened);
    actors::node_settings n;
    n.node_id = "storm";
    n.bounds.book_idle = 1ms; // books come and go all the time
    n.local_day = [](base::utc_us t) { return base::day_of(t); };
    node = std::make_unique<actors::node>(n, *store, clock, log, metrics, ids);
    while (!node->backend().health().ready) std::this_thread::sleep_for(1ms);
    for (int u = 0; u < users; ++u) enrol(u);
  }

  base::utc_us late() { return {clock.now().count + 60 * base::us_per_second}; }

  void enrol(int u) {
    ledger::user_record user;
    user.id = ledger::user_id{name_of(u, "")};
    user.name = "Ana";
    user.email = name_of(u, "@example.com");
    user.created_at = clock.now();
    std::vector<ledger::account_record> accounts;
    const auto add = [&](const char* id, ledger::account_role role, ledger::account_kind kind) {
      ledger::account_record a;
      a.id = ledger::account_id{name_of(u, id)};
      a.owner = user.id;
      a.role = role;
      a.kind = kind;
      a.type = role == ledger::account_role::money ? "checking" : "expense";
      a.name = id;
      if (role == ledger::account_role::money) a.floor = base::centavos{0};
      a.created_at = user.created_at;
      accounts.push_back(std::move(a));
    };
    add("-equity", ledger::account_role::opening, ledger::account_kind::equity);
    add("-a", ledger::account_role::money, ledger::account_kind::asset);
    add("-b", ledger::account_role::money, ledger::account_kind::asset);
    add("-c", ledger::account_role::category, ledger::account_kind::expense);
    BOOST_REQUIRE(node->backend().register_user(user, accounts, {}, late()).has_value());
  }

  ledger::create_transaction wish(int u, const char* type, std::int64_t amount) {
    ledger::create_transaction c;
    c.date = clock.now();
    c.effective = base::day_of(c.date);
    c.account = ledger::account_id{name_of(u, "-a")};
    c.category = ledger::account_id{name_of(u, "-c")};
    c.type = type;
    c.amount = base::centavos{amount};
    c.description = "feira";
    if (c.type == "transfer") c.to_account = ledger::account_id{name_of(u, "-b")};
    return c;
  }

  ledger::reply execute(int u, ledger::command what, const std::string& key = {}) {
    ledger::envelope e;
    e.user = ledger::user_id{name_of(u, "")};
    e.deadline = late();
    e.what = std::move(what);
    if (!key.empty()) {
      e.key = ledger::request_key{{"POST /storm", key}, base::sha256("same")};
      e.to_answer = [](const base::result<ledger::outcome>& r) {
        return ledger::stored_answer{r ? 200 : 422, r ? "fine" : std::string{r.error().code}};
      };
    }
    const auto waiting = std::make_shared<actors::slot<ledger::reply>>();
    node->backend().execute(std::move(e), [this, waiting](ledger::reply r) {
      ++answers;
      waiting->put(std::move(r));
    });
    auto r = waiting->wait_for(120s);
    return r ? std::move(*r) : ledger::reply{base::failure{"NO_ANSWER", {}}, {}, false};
  }

  std::int64_t balance(int u, const char* id) {
    const auto a = node->backend().account(ledger::user_id{name_of(u, "")},
                                           ledger::account_id{name_of(u, id)});
    BOOST_REQUIRE(a.has_value());
    BOOST_REQUIRE(a->has_value());
    return (**a).balance.minor;
  }
};

} // namespace

// proves I3, I5, P1, P2
BOOST_FIXTURE_TEST_CASE(the_books_agree_with_the_answers, node_fixture) {
  struct sums {
    std::atomic<std::int64_t> a{0}, b{0};
  };
  std::vector<sums> expected(users);
  std::atomic<int> strange{0}, sent{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&, t] {
      base::random chance(static_cast<std::uint64_t>(t) + 1);
      for (int i = 0; i < commands_per_thread; ++i) {
        const int u = static_cast<int>(chance.below(users));
        auto& sum = expected[static_cast<std::size_t>(u)];
        const auto amount = chance.between(1, 500);
        const auto kind = chance.below(4);
        const auto* type = kind < 2 ? "income" : kind == 2 ? "expense" : "transfer";
        ++sent;
        const auto reply = execute(u, wish(u, type, amount));
        if (!reply.result) {
          if (reply.result.error().code != "TX_INSUFFICIENT_BALANCE") ++strange;
          continue;
        }
        sum.a += kind < 2 ? amount : -amount;
        if (kind == 3) sum.b += amount;
        if (kind != 0) continue;
        ledger::delete_transaction undo;
        undo.id = std::get<ledger::transaction_record>(*reply.result).id;
        ++sent;
        const auto undone = execute(u, undo);
        if (undone.result)
          sum.a -= amount;
        else if (undone.result.error().code != "TX_INSUFFICIENT_BALANCE")
          ++strange;
      }
    });
  for (auto& c : crowd) c.join();
  BOOST_TEST(strange == 0);
  BOOST_TEST(answers == sent);
  for (int u = 0; u < users; ++u) {
    BOOST_TEST(balance(u, "-a") == expected[static_cast<std::size_t>(u)].a);
    BOOST_TEST(balance(u, "-b") == expected[static_cast<std::size_t>(u)].b);
  }
}

// proves P4
BOOST_FIXTURE_TEST_CASE(one_key_sent_by_everybody_at_once_counts_once, node_fixture) {
  BOOST_REQUIRE(execute(0, wish(0, "income", 100'000)).result.has_value());
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> fresh{0}, replayed{0};
    std::vector<std::thread> crowd;
    for (int t = 0; t < threads; ++t)
      crowd.emplace_back([&] {
        const auto r = execute(0, wish(0, "expense", 7), "key-" + std::to_string(round));
        if (r.result) ++(r.replayed ? replayed : fresh);
      });
    for (auto& c : crowd) c.join();
    BOOST_TEST(fresh == 1);
    BOOST_TEST(replayed == threads - 1);
  }
  BOOST_TEST(balance(0, "-a") == 100'000 - 20 * 7);
}

BOOST_FIXTURE_TEST_CASE(a_stop_under_load_answers_everybody, node_fixture) {
  std::atomic<bool> over{false};
  std::atomic<int> sent{0}, strange{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&] {
      while (!over) {
        ++sent;
        const auto r = execute(1, wish(1, "income", 1));
        if (r.result) continue;
        const auto code = r.result.error().code;
        if (code != "SHUTTING_DOWN" && code != "OUTCOME_UNKNOWN" && code != "SHARD_STOPPED")
          ++strange;
      }
    });
  while (answers < 200) std::this_thread::yield();
  node->stop(10s);
  over = true;
  for (auto& c : crowd) c.join();
  BOOST_TEST(answers == sent);
  BOOST_TEST(strange == 0);
}

BOOST_AUTO_TEST_SUITE_END()
