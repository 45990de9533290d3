// What   scribe: makes batches as the journal actor would; world: an open store with everything
//        that it needs, and answers as values.
// Why    A case of the contract should show what it is about, and nothing else.
// Threads the test's.
#pragma once

#include "base/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/open.hpp"
#include "storage/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace contract {

using namespace std::string_literals;

inline constexpr base::utc_us start{1'764'000'000'000'000};
inline constexpr base::utc_us after(std::int64_t seconds) {
  return {start.count + seconds * base::us_per_second};
}

struct fixed_clock final : base::clock {
  base::utc_us now() override { return start; }
};

// -- waiting ------------------------------------------------------------------------------------

/// Calls and waits for the one answer.
template <class T, class Call> T answer_of(Call call) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  call([promise](T answer) { promise->set_value(std::move(answer)); });
  BOOST_REQUIRE(future.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
  return future.get();
}

/// The value of an answer that must be one.
template <class T, class Call> T value_of(Call call) {
  auto answer = answer_of<base::result<T>>(std::move(call));
  BOOST_REQUIRE_MESSAGE(
      answer.has_value(),
      (answer ? ""s : std::string{answer.error().code} + ": " + answer.error().detail));
  return std::move(*answer);
}

/// The value of a result that must be one.
template <class T> T must(base::result<T> r) {
  BOOST_REQUIRE_MESSAGE(r.has_value(),
                        (r ? ""s : std::string{r.error().code} + ": " + r.error().detail));
  return std::move(*r);
}

// -- world --------------------------------------------------------------------------------------

struct surroundings {
  fixed_clock clock;
  observability::metrics metrics;
  observability::log log{{.level = observability::log_level::critical,
                          .json = true,
                          .node = {},
                          .queue_lines = 64,
                          .sink = [](std::string_view) { return true; }},
                         clock,
                         metrics};
};

class world {
public:
  explicit world(const storage::open_settings& settings,
                 storage::migrate_mode mode = storage::migrate_mode::serve) {
    auto opened = storage::open_store(settings, mode, around_.clock, around_.log, around_.metrics);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? ""s : opened.error().detail));
    store_ = std::move(*opened);
  }

  storage::store& store() { return *store_; }
  storage::journal_port& journal() { return store_->journal(0); }
  storage::read_port& reads() { return store_->reads(); }
  storage::audit_port& audit() { return store_->audit(); }
  observability::metrics& metrics() { return around_.metrics; }

  storage::commit_result commit(const storage::journal_batch& b) {
    return answer_of<storage::commit_result>([&](auto done) {
      journal().commit(std::make_shared<storage::journal_batch>(b), std::move(done));
    });
  }
  storage::resolution resolve(const storage::journal_batch& b) {
    return value_of<storage::resolution>([&](auto done) {
      journal().resolve(std::make_shared<storage::journal_batch>(b), std::move(done));
    });
  }
  std::vector<storage::loaded_account> load(std::vector<ledger::account_id> ids) {
    return value_of<std::vector<storage::loaded_account>>(
        [&](auto done) { journal().load(ids, std::move(done)); });
  }
  std::vector<ledger::shard_head> take_over(std::vector<ledger::shard_id> shards,
                                            std::string node = "node-a") {
    return value_of<std::vector<ledger::shard_head>>(
        [&](auto done) { journal().take_over(shards, node, start, std::move(done)); });
  }
  std::vector<ledger::commit_record> commits(ledger::shard_id shard) {
    return value_of<std::vector<ledger::commit_record>>(
        [&](auto done) { audit().commits(shard, 0, 1000, std::move(done)); });
  }
  std::vector<ledger::entry> entries(std::int64_t limit = 100'000) {
    return value_of<std::vector<ledger::entry>>([&](auto done) {
      audit().entries_after(ledger::account_id{""}, 0, limit, std::move(done));
    });
  }

private:
  surroundings around_;
  std::unique_ptr<storage::store> store_;
};

/// An adapter without a store, for cases about the seam itself.
template <class T> T run_on(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
  auto future = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
  context.restart();
  // Not run(): a session that watches its socket always has work.
  while (future.wait_for(std::chrono::seconds{0}) != std::future_status::ready) context.run_one();
  return future.get();
}

// -- scribe -------------------------------------------------------------------------------------

/// Ids as id_source makes them, in the order of n; any other text is an imported one.
inline std::string own_id(int n) { return base::id_of((base::id_key{1} << 55) + n); }

struct person {
  ledger::user_record user;
  ledger::account_record checking, savings, food;
};

/// All columns that a change can name.
inline ledger::user_change change_of(const ledger::user_record& u) {
  return {u.id, u.name, u.email, u.password_hash, u.updated_at.value_or(u.created_at)};
}

inline person make_person(const std::string& name) {
  person p;
  p.user = {ledger::user_id{name}, name, name + "@example.org", "hash", true, false, start, {}};
  const auto account = [&](const std::string& id, ledger::account_role role,
                           ledger::account_kind kind, const std::string& type) {
    ledger::account_record a;
    a.id = ledger::account_id{name + "-" + id};
    a.owner = p.user.id;
    a.role = role;
    a.kind = kind;
    a.type = type;
    a.name = id;
    a.created_at = start;
    return a;
  };
  using ledger::account_kind;
  using ledger::account_role;
  p.checking = account("checking", account_role::money, account_kind::asset, "checking");
  p.savings = account("savings", account_role::money, account_kind::asset, "savings");
  p.food = account("food", account_role::category, account_kind::expense, "expense");
  p.food.color = "#ef4444";
  p.food.icon = "🍕";
  return p;
}

inline storage::commit_item newcomer(const person& p) {
  storage::commit_item item;
  item.user = p.user.id;
  item.users_new = {p.user};
  item.accounts_new = {p.checking, p.savings, p.food};
  return item;
}

inline ledger::transaction_record expense(const person& p, const std::string& id,
                                          std::int64_t amount, base::utc_us date = start) {
  ledger::transaction_record t;
  t.id = ledger::transaction_id{id};
  t.owner = p.user.id;
  t.account = p.checking.id;
  t.category = p.food.id;
  t.type = ledger::transaction_type::expense;
  t.direction = -1;
  t.amount = {amount};
  t.description = "Almoço " + id;
  t.date = date;
  t.effective = base::day_of(date);
  t.created_at = start;
  return t;
}

/// The transaction as a new row, with its two entries.
inline storage::commit_item posting(const ledger::transaction_record& t) {
  storage::commit_item item;
  item.user = t.owner;
  item.transactions_new = {t};
  item.entries = {{t.account, t.effect(), t.id, t.effective, 0, false},
                  {t.category, -t.effect(), t.id, t.effective, 0, false}};
  return item;
}

inline ledger::idempotency_record keyed(const person& p, const std::string& key,
                                        base::utc_us created, base::utc_us expires) {
  ledger::idempotency_record i;
  i.user = p.user.id;
  i.scope = {"POST /api/transactions", key};
  i.fingerprint = base::sha256(key);
  i.answer = {200, R"({"id":"1"})"};
  i.created_at = created;
  i.expires_at = expires;
  return i;
}

class scribe {
public:
  /// One commit of the shard with all items, as it would follow what accept() was told.
  storage::journal_batch batch(std::vector<storage::commit_item> items, base::utc_us now = start) {
    for (auto& i : items) i.shard = shard_;
    storage::journal_batch b;
    auto record = ledger::next_record(head_, std::max<std::uint64_t>(head_.epoch, 1), node_, now);
    auto balances = balances_;
    std::map<ledger::account_id, std::uint64_t> first;
    for (const auto& item : items)
      for (const auto& draft : item.entries) {
        auto& [balance, version] = balances[draft.account];
        first.emplace(draft.account, version);
        balance.minor += draft.amount.minor;
        ledger::entry e;
        e.draft = draft;
        e.version = ++version;
        e.balance_after = balance;
        e.shard = shard_;
        e.seq = record.seq;
        e.position = static_cast<std::uint32_t>(b.entries.size());
        e.booked_at = record.booked_at;
        b.entries.push_back(e);
      }
    for (const auto& [account, version] : first)
      b.balances.push_back({account, balances[account].first, balances[account].second, version});
    std::vector<const ledger::entry*> sealed;
    for (const auto& e : b.entries) sealed.push_back(&e);
    ledger::seal(record, sealed);
    b.records = {record};
    for (auto& i : items) b.items.push_back(std::make_shared<storage::commit_item>(std::move(i)));
    return b;
  }

  /// The batch is durable: the next one follows it.
  void accept(const storage::journal_batch& b) {
    head_ = b.records.front().head();
    for (const auto& row : b.balances) balances_[row.account] = {row.balance, row.version};
  }
  void accept(const ledger::shard_head& head) { head_ = head; }
  const ledger::shard_head& head() const { return head_; }
  ledger::shard_id shard() const { return shard_; }

  /// Commits and accepts; the case goes on only when it worked.
  void write(world& w, std::vector<storage::commit_item> items, base::utc_us now = start) {
    const auto b = batch(std::move(items), now);
    const auto done = w.commit(b);
    BOOST_REQUIRE_MESSAGE(done.what == storage::commit_class::committed, done.detail);
    accept(b);
  }

  explicit scribe(ledger::shard_id shard = 3, std::string node = "node-a")
      : shard_(shard), node_(std::move(node)) {
    head_.shard = shard;
  }

private:
  ledger::shard_id shard_;
  std::string node_;
  ledger::shard_head head_;
  std::map<ledger::account_id, std::pair<base::centavos, std::uint64_t>> balances_;
};

} // namespace contract

namespace storage {

inline std::ostream& operator<<(std::ostream& out, commit_class c) {
  return out << static_cast<int>(c);
}
inline std::ostream& operator<<(std::ostream& out, resolution::fate f) {
  return out << static_cast<int>(f);
}

} // namespace storage
