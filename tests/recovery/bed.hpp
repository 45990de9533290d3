// What   bed: a whole node on a real database, and SQL behind its back: what a partial restore
//        does.
// Why    Recovery is about rows that no program of ours writes, so the test writes them itself,
//        with the triggers off.
// Threads the test's; execute() any.
#pragma once

#include "actors/slot.hpp"
#include "actors/system.hpp"
#include "http/api/correction.hpp"
#include "ledger/audit.hpp"
#include "storage/open.hpp"
#include "tests/support/pg_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>

namespace recovery {

using namespace std::chrono_literals;
using balances = std::map<std::string, std::int64_t>;

inline std::string text_of(const balances& all) {
  std::string text;
  for (const auto& [name, balance] : all) text += name + ' ' + std::to_string(balance) + "; ";
  return text;
}

inline observability::log_options quiet() {
  observability::log_options o;
  o.level = observability::log_level::critical;
  o.sink = [](std::string_view) { return true; };
  return o;
}

/// A database that outlives its node.
class sqlite_database {
public:
  static bool required() { return true; }
  sqlite_database() {
    std::string pattern = std::filesystem::temp_directory_path() / "vaidepix-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~sqlite_database() { std::filesystem::remove_all(folder_); }
  sqlite_database(const sqlite_database&) = delete;
  sqlite_database& operator=(const sqlite_database&) = delete;

  std::string url() const { return "sqlite:///" + folder_ + "/ledger.db"; }
  std::string run(const std::string& sql) const {
    sqlite3* handle = nullptr;
    sqlite3_open((folder_ + "/ledger.db").c_str(), &handle);
    sqlite3_busy_timeout(handle, 5000);
    std::string first;
    char* error = nullptr;
    sqlite3_exec(
        handle, sql.c_str(),
        [](void* to, int, char** cells, char**) {
          auto& out = *static_cast<std::string*>(to);
          if (out.empty() && cells[0] != nullptr) out = cells[0];
          return 0;
        },
        &first, &error);
    const std::string why = error == nullptr ? "" : error;
    sqlite3_free(error);
    sqlite3_close(handle);
    BOOST_REQUIRE_MESSAGE(why.empty(), why << ": " << sql);
    return first;
  }
  bool takes(const std::string& sql) const {
    sqlite3* handle = nullptr;
    sqlite3_open((folder_ + "/ledger.db").c_str(), &handle);
    sqlite3_busy_timeout(handle, 5000);
    const bool done = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(handle);
    return done;
  }
  /// What follows may change entries and records.
  std::string unlocked(const std::string& table, const std::string& sql) const {
    const auto trigger = [&](const std::string& what) { return table + "_no_" + what; };
    std::string both;
    for (const char* what : {"update", "delete"})
      both += run("select sql from sqlite_master where name = '" + trigger(what) + "'") + ";";
    return "drop trigger " + trigger("update") + "; drop trigger " + trigger("delete") + ";" + sql +
           ";" + both;
  }

private:
  std::string folder_;
};

class pg_database {
public:
  static bool required() { return support::pg_cluster::require(); }
  pg_database() : name_(support::pg_cluster::instance().create_database()) {}
  ~pg_database() { support::pg_cluster::instance().drop_database(name_); }
  pg_database(const pg_database&) = delete;
  pg_database& operator=(const pg_database&) = delete;

  std::string url() const { return support::pg_cluster::instance().url(name_); }
  std::string run(const std::string& sql) const { return support::pg_admin(url()).query(sql); }
  bool takes(const std::string& sql) const {
    try {
      run(sql);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }
  std::string unlocked(const std::string& table, const std::string& sql) const {
    return "begin; alter table " + table + " disable trigger user; " + sql + "; alter table " +
           table + " enable trigger user; commit";
  }

private:
  std::string name_;
};

template <class Database> class bed {
public:
  Database db;
  base::system_clock clock;
  observability::metrics metrics;
  observability::log log{quiet(), clock, metrics};
  base::id_source ids;
  std::unique_ptr<storage::store> store;
  std::unique_ptr<actors::node> node;

  bed() {
    start();
    ledger::user_record user;
    user.id = ledger::user_id::of(ids.next(clock.now(), 0));
    owner = user.id;
    user.name = "Ana";
    user.email = "ana@example.com";
    user.created_at = clock.now();
    std::vector<ledger::account_record> accounts;
    const auto add = [&](const char* name, ledger::account_role role, ledger::account_kind kind) {
      ledger::account_record a;
      a.id = ledger::account_id::of(ids.next(clock.now(), 0));
      a.owner = owner;
      a.role = role;
      a.kind = kind;
      a.type = role == ledger::account_role::money ? "checking" : "expense";
      a.name = name;
      a.created_at = user.created_at;
      named[name] = a.id;
      accounts.push_back(std::move(a));
    };
    add("equity", ledger::account_role::opening, ledger::account_kind::equity);
    add("food", ledger::account_role::category, ledger::account_kind::expense);
    add("wage", ledger::account_role::category, ledger::account_kind::income);
    BOOST_REQUIRE(books().register_user(user, accounts, {}, late()).has_value());
  }
  ~bed() { stop(); }

  ledger::user_id owner;
  std::map<std::string, ledger::account_id> named;
  bool recovery_mode = false; ///< of the next start

  void start() {
    storage::open_settings open;
    open.database_url = db.url();
    open.shards = 1;
    open.read_connections = 2;
    open.require_durable = false;
    auto opened = storage::open_store(open, storage::migrate_mode::serve, clock, log, metrics);
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().detail));
    store = std::move(*opened);
    actors::node_settings n;
    n.node_id = "recovery";
    n.recovery = recovery_mode;
    n.local_day = [](base::utc_us t) { return base::day_of(t); };
    node = std::make_unique<actors::node>(n, *store, clock, log, metrics, ids);
    while (!node->backend().health().ready) std::this_thread::sleep_for(1ms);
  }
  void stop() {
    // In the order of serve(): a storage thread may hold the last reference to an actor for a
    // moment longer than its answer takes, and an actor that dies needs its node.
    if (node) node->stop(5s);
    if (store) store->stop();
    node.reset();
    store.reset();
  }
  http::backend& books() { return node->backend(); }
  base::utc_us late() { return {clock.now().count + 60 * base::us_per_second}; }

  // -- what a client does -------------------------------------------------------------------------

  ledger::reply execute(ledger::command what) {
    ledger::envelope e;
    e.user = owner;
    e.deadline = late();
    e.what = std::move(what);
    const auto waiting = std::make_shared<actors::slot<ledger::reply>>();
    books().execute(std::move(e), [waiting](ledger::reply r) { waiting->put(std::move(r)); });
    auto r = waiting->wait_for(120s);
    return r ? std::move(*r) : ledger::reply{base::failure{"NO_ANSWER", {}}, {}, false};
  }
  ledger::outcome done(ledger::command what) {
    auto r = execute(std::move(what));
    BOOST_REQUIRE_MESSAGE(r.result.has_value(), (r.result ? "" : r.result.error().code)
                                                    << " of a command");
    return *r.result;
  }
  void open_account(const char* name, std::int64_t opening) {
    ledger::create_account c;
    c.name = name;
    c.type = "checking";
    c.opening = base::centavos{opening};
    named[name] = std::get<ledger::account_view>(done(c)).record.id;
  }
  ledger::create_transaction wish(const char* type, const char* account, std::int64_t amount,
                                  const char* to = nullptr) {
    ledger::create_transaction c;
    c.date = base::start_of({20'000});
    c.effective = {20'000};
    c.account = named.at(account);
    c.category = named.at(std::string_view{type} == "income" ? "wage" : "food");
    c.type = type;
    c.amount = base::centavos{amount};
    c.description = "feira";
    if (to != nullptr) c.to_account = named.at(to);
    return c;
  }
  ledger::transaction_id post(const char* type, const char* account, std::int64_t amount,
                              const char* to = nullptr) {
    return std::get<ledger::transaction_record>(done(wish(type, account, amount, to))).id;
  }
  void edit(const ledger::transaction_id& id, std::int64_t amount, std::int32_t day) {
    ledger::edit_transaction e;
    e.id = id;
    e.edit.amount = base::centavos{amount};
    e.edit.date = base::start_of({day});
    e.edit.effective = base::civil_day{day};
    done(e);
  }
  void remove(const ledger::transaction_id& id) {
    ledger::delete_transaction d;
    d.id = id;
    done(d);
  }

  // -- what is there ------------------------------------------------------------------------------

  std::int64_t number(const std::string& sql) { return std::stoll(db.run(sql)); }
  std::int64_t entries() { return number("select count(*) from ledger_entries"); }
  /// Transactions whose row does not point to the commit that holds their first entries.
  std::int64_t astray() {
    return number("select count(*) from transactions t where not exists (select 1 from"
                  " ledger_entries e where e.transaction_id = t.id and e.commit_id = t.commit_id"
                  " and e.posting & 2 = 0)");
  }
  std::uint64_t head() {
    return static_cast<std::uint64_t>(number("select coalesce(max(seq), 0) from ledger_commits"));
  }
  balances stored() {
    balances all;
    for (const auto& [name, id] : named)
      all[name] = number("select coalesce((select balance from balances where account_id = " +
                         std::to_string(key_of(id)) + "), -1)");
    return all;
  }
  /// Balance of an account by effective day.
  std::int64_t on_day(const char* name, std::int32_t day) {
    return number("select coalesce(sum(amount), 0) from ledger_entries where account_id = " +
                  std::to_string(key_of(named.at(name))) +
                  " and effective_day <= " + std::to_string(day));
  }

  // -- what a partial restore does ----------------------------------------------------------------

  void lose_entries_after(std::uint64_t seq) {
    db.run(db.unlocked("ledger_entries",
                       "delete from ledger_entries where (commit_id & 281474976710655) > " +
                           std::to_string(seq)));
  }
  void lose_commits_after(std::uint64_t seq) {
    db.run(db.unlocked("ledger_commits",
                       "delete from ledger_commits where seq > " + std::to_string(seq)));
  }
  void balances_from_entries() {
    db.run("update balances set balance = coalesce((select sum(e.amount) from ledger_entries e"
           " where e.account_id = balances.account_id), 0), version = coalesce((select"
           " max(e.version) from ledger_entries e where e.account_id = balances.account_id), 0)");
  }

  // -- corrections --------------------------------------------------------------------------------

  http::correction_wish wish_for(bool dry_run) {
    http::correction_wish w;
    w.dry_run = dry_run;
    w.note.actor = "root";
    w.note.reason = "restore parcial";
    w.note.request_id = "rid";
    w.deadline = late();
    return w;
  }
  http::backfill_report backfill(bool dry_run) {
    const auto r = http::backfill(books(), clock, wish_for(dry_run), {});
    BOOST_REQUIRE_MESSAGE(r.has_value(), (r ? "" : r.error().code));
    BOOST_TEST(!r->next.has_value());
    return *r;
  }
  http::sync_report sync(bool dry_run) {
    const auto r = http::sync_all(books(), clock, wish_for(dry_run), {});
    BOOST_REQUIRE_MESSAGE(r.has_value(), (r ? "" : r.error().code));
    return *r;
  }

  // -- judgement ----------------------------------------------------------------------------------

  template <class T, class Ask> T asked(Ask question) {
    const auto waiting = std::make_shared<actors::slot<base::result<T>>>();
    question([waiting](base::result<T> r) { waiting->put(std::move(r)); });
    auto r = waiting->wait_for(60s);
    BOOST_REQUIRE(r.has_value());
    BOOST_REQUIRE_MESSAGE(r->has_value(), (*r ? "" : r->error().detail));
    return std::move(**r);
  }
  /// As vaidepix verify, of a ledger that fits a page.
  ledger::audit_report verified() {
    constexpr std::int64_t all = 100'000;
    auto& audit = store->audit();
    ledger::auditor judge;
    const auto records = asked<std::vector<ledger::commit_record>>(
        [&](auto done) { audit.commits(0, 0, all, done); });
    for (const auto& r : records)
      judge.commit(r, asked<std::vector<ledger::entry>>(
                          [&](auto done) { audit.entries_of_commits(0, r.seq, r.seq, done); }));
    const auto entries = asked<std::vector<ledger::entry>>(
        [&](auto done) { audit.entries_after({}, 0, all, done); });
    for (const auto& a : asked<std::vector<storage::loaded_account>>(
             [&](auto done) { audit.accounts_after({}, all, done); })) {
      judge.account(a.record, a.balance, a.version);
      for (const auto& e : entries)
        if (e.draft.account == a.record.id) judge.account_entry(e);
    }
    for (const auto& t : asked<std::vector<ledger::transaction_record>>(
             [&](auto done) { audit.transactions_after({}, all, done); }))
      judge.transaction(t);
    return judge.finish();
  }
  /// The first fault of each invariant that does not hold; empty: all hold.
  std::string faults() {
    const auto report = verified();
    std::string all;
    for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
      const auto& f = report.findings[i];
      if (f.faults > 0)
        all +=
            std::string{ledger::to_text(static_cast<ledger::invariant>(i))} + ": " + f.first + "; ";
    }
    return all;
  }
  std::vector<ledger::audit_record> audit_log() {
    auto records = asked<std::vector<ledger::audit_record>>(
        [&](auto done) { store->recovery().audit_records(0, 0, 10'000, done); });
    ledger::log_auditor judge;
    for (const auto& r : records) judge.record(r);
    BOOST_TEST(judge.first() == "");
    return records;
  }
};

} // namespace recovery
