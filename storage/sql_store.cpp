#include "storage/sql_store.hpp"

#include "storage/asked.hpp"
#include "storage/asked_automations.hpp"
#include "storage/health_probe.hpp"
#include "storage/observed.hpp"
#include "storage/read_work.hpp"
#include "storage/sql_jobs.hpp"
#include "storage/sql_pruning.hpp"
#include "storage/sql_recovery.hpp"
#include "storage/store_locks.hpp"

#include <charconv>
#include <exception>

namespace storage {

namespace {

using observability::connection_role;
using observability::connection_state;

constexpr std::int64_t connect_deadline_ms = 15'000;
constexpr std::int64_t reconnect_deadline_ms = 1000; ///< of a call; the next one tries again

// -- journals -----------------------------------------------------------------------------------

class sql_journal final : public journal_port {
public:
  sql_journal(std::unique_ptr<lane> on, database& db, const open_settings& settings,
              observability::log& log, observability::metrics& metrics, stop_signal& stop,
              open_calls& calls)
      : lane_(std::move(on)), session_(db.journal_session(lane_->executor())),
        work_(*session_, settings.commit_deadline_ms, log, metrics, stop),
        queue_(*lane_, journal_queue_max), deadline_ms_(settings.commit_deadline_ms),
        metrics_(metrics), stop_(stop), calls_(calls) {}

  base::status connect() {
    base::status done;
    lane_->run([&]() -> boost::asio::awaitable<void> {
      done = co_await session_->connect(in(connect_deadline_ms));
    });
    return done;
  }

  void close() {
    lane_->run([&]() -> boost::asio::awaitable<void> {
      session_->close();
      co_return;
    });
    lane_->join();
  }

  bool broken() const { return broken_.load(); }
  bool busy() const { return busy_.load(); }

  void take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now,
                 callback<std::vector<ledger::shard_head>> done) override {
    call<std::vector<ledger::shard_head>>(
        std::move(done), [this, shards = std::move(shards), node = std::move(node),
                          now](session&, deadline) { return work_.take_over(shards, node, now); });
  }

  void load(std::vector<ledger::account_id> ids,
            callback<std::vector<loaded_account>> done) override {
    call<std::vector<loaded_account>>(
        std::move(done),
        [this, ids = std::move(ids)](session&, deadline) { return work_.load(ids); });
  }

  void basis(ledger::shard_id shard, std::vector<ledger::account_id> ids,
             callback<correction_basis> done) override {
    call<correction_basis>(std::move(done),
                           [this, shard, ids = std::move(ids)](session& db, deadline until) {
                             return basis_of(db, until, shard, ids);
                           });
  }

  void commit(std::shared_ptr<const journal_batch> batch,
              std::function<void(commit_result)> done) override {
    // Nothing was sent when the call is refused or throws while it builds its steps.
    call<commit_result>(
        [done = std::move(done)](base::result<commit_result> r) {
          if (r) return done(std::move(*r));
          const bool ours = r.error().code == code_text(errc::broken);
          done({ours ? commit_class::definite : commit_class::unavailable, r.error().detail});
        },
        [this, batch = std::move(batch)](session&, deadline) { return commit_of(batch); });
  }

  void resolve(std::shared_ptr<const journal_batch> batch, callback<resolution> done) override {
    call<resolution>(std::move(done), [this, batch = std::move(batch)](session&, deadline) {
      return work_.resolve(batch);
    });
  }

  /// A write beside the ledger, between two commits.
  void write(callback<bool> done, beside_work work) {
    call<bool>(std::move(done), std::move(work));
  }

private:
  boost::asio::awaitable<base::result<commit_result>>
  commit_of(std::shared_ptr<const journal_batch> batch) {
    co_return co_await work_.commit(std::move(batch));
  }

  boost::asio::awaitable<base::result<correction_basis>>
  basis_of(session& db, deadline until, ledger::shard_id shard,
           std::vector<ledger::account_id> ids) {
    read_work work{db, metrics_, until};
    co_return co_await work.basis(shard, std::move(ids));
  }

  template <class T, class Done> void call(Done done, work_of<T, session&, deadline> work) {
    calls_.enter();
    if (stop_.stopped()) {
      done(base::result<T>{base::fail(errc::shutting_down)});
      return calls_.leave();
    }
    // Shared: a queue of std::function copies, and a refusal still needs the callback.
    const auto answer = std::make_shared<Done>(std::move(done));
    const bool taken = queue_.push(
        [this, answer, w = std::move(work)]() mutable { return perform<T>(answer, w); });
    if (taken) return;
    (*answer)(base::result<T>{base::fail(errc::overloaded)});
    calls_.leave();
  }

  template <class T, class Done>
  boost::asio::awaitable<void> perform(std::shared_ptr<Done> answer,
                                       const work_of<T, session&, deadline>& work) {
    busy_ = true;
    // Lost while idle: nothing of ours was on its way, so a new session simply goes on.
    if (!session_->connected()) co_await session_->connect(in(reconnect_deadline_ms));
    auto r = co_await guarded<T>(work, *session_, in(deadline_ms_));
    busy_ = false;
    const bool was_broken = broken_.exchange(!session_->connected());
    if (was_broken && !broken_) metrics_.storage_reconnects(connection_role::journal).add();
    (*answer)(std::move(r));
    calls_.leave();
  }

  std::unique_ptr<lane> lane_;
  std::unique_ptr<session> session_;
  journal_work work_;
  serial_queue queue_;
  std::int64_t deadline_ms_;
  observability::metrics& metrics_;
  stop_signal& stop_;
  open_calls& calls_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> broken_{false};
};

// -- reads --------------------------------------------------------------------------------------

class sql_reads final : public read_port, public audit_port {
public:
  sql_reads(reader_pool& pool, observability::metrics& metrics, open_calls& calls)
      : pool_(pool), metrics_(metrics), calls_(calls) {}

  void user_by_id(ledger::user_id id, callback<std::optional<ledger::user_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.user_by_id(id); });
  }
  void user_by_email(std::string email,
                     callback<std::optional<ledger::user_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.user_by_email(email); });
  }
  void book(ledger::user_id user, base::utc_us now, callback<book_rows> done) override {
    ask(std::move(done), [=](read_work& w) { return w.book(user, now); });
  }
  void accounts(ledger::user_id user, ledger::account_role role, bool inactive, base::utc_us now,
                callback<std::vector<ledger::account_view>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.accounts(user, role, inactive, now); });
  }
  void account(ledger::user_id user, ledger::account_id id, base::utc_us now,
               callback<std::optional<ledger::account_view>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.account(user, id, now); });
  }
  void hold(ledger::user_id user, ledger::hold_id id,
            callback<std::optional<ledger::hold_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.hold(user, id); });
  }
  void holds(ledger::user_id user, ledger::hold_filter filter,
             callback<ledger::hold_page> done) override {
    ask(std::move(done), [=](read_work& w) { return w.holds(user, filter); });
  }
  void entries(ledger::entry_filter filter, callback<ledger::entry_page> done) override {
    ask(std::move(done), [=](read_work& w) { return w.entries(filter); });
  }
  void entries_of_transaction(ledger::transaction_id id,
                              std::optional<ledger::transaction_id> partner,
                              callback<std::vector<ledger::entry_view>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.entries_of_transaction(id, partner); });
  }
  void balance_booked(ledger::account_id id, base::utc_us at,
                      callback<ledger::balance_at> done) override {
    ask(std::move(done), [=](read_work& w) { return w.balance_booked(id, at); });
  }
  void balance_effective(ledger::account_id id, base::civil_day until,
                         callback<ledger::balance_at> done) override {
    ask(std::move(done), [=](read_work& w) { return w.balance_effective(id, until); });
  }
  void transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                          bool with_partners,
                          callback<std::vector<ledger::transaction_record>> done) override {
    ask(std::move(done),
        [=](read_work& w) { return w.transactions_by_id(user, ids, with_partners); });
  }
  void transactions(ledger::transaction_filter filter,
                    callback<ledger::transaction_page> done) override {
    ask(std::move(done), [=](read_work& w) { return w.transactions(filter); });
  }
  void monthly(ledger::user_id user, base::civil_day first, base::civil_day last,
               callback<ledger::monthly_sums> done) override {
    ask(std::move(done), [=](read_work& w) { return w.monthly(user, first, last); });
  }
  void tags(ledger::user_id user, callback<std::vector<ledger::tag_count>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.tags(user); });
  }
  void user_rows(ledger::row_question asked, callback<ledger::user_rows> done) override {
    if (auto* rule = std::get_if<ledger::automation_by_id>(&asked)) {
      calls_.enter();
      return pool_.ask(
          std::make_unique<asked_automations>(std::move(*rule), std::move(done), metrics_, calls_));
    }
    ask(std::move(done), [=](read_work& w) { return w.user_rows(asked); });
  }
  void answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now,
              callback<std::optional<ledger::idempotency_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.answer(user, scope, now); });
  }
  void answers(ledger::user_id user, std::string key, base::utc_us now,
               callback<std::vector<ledger::idempotency_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.answers(user, key, now); });
  }

  void commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit,
               callback<std::vector<ledger::commit_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.commits(shard, after_seq, limit); });
  }
  void head(ledger::shard_id shard, callback<std::optional<ledger::commit_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.head(shard); });
  }
  void entries_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last,
                          callback<std::vector<ledger::entry>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.entries_of_commits(shard, first, last); });
  }
  void accounts_after(ledger::account_id after, std::int64_t limit,
                      callback<std::vector<loaded_account>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.accounts_after(after, limit); });
  }
  void entries_after(ledger::account_id account, std::uint64_t version, std::int64_t limit,
                     callback<std::vector<ledger::entry>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.entries_after(account, version, limit); });
  }
  void transactions_after(ledger::transaction_id after, std::int64_t limit,
                          callback<std::vector<ledger::transaction_record>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.transactions_after(after, limit); });
  }
  void without_transaction(std::int64_t limit, callback<std::vector<std::string>> done) override {
    ask(std::move(done), [=](read_work& w) { return w.without_transaction(limit); });
  }

private:
  template <class T, class Work> void ask(callback<T> done, Work work) {
    ask_pool<T, read_work>(pool_, metrics_, calls_, std::move(done), std::move(work));
  }

  reader_pool& pool_;
  observability::metrics& metrics_;
  open_calls& calls_;
};

// -- the whole ----------------------------------------------------------------------------------

class sql_store final : public store {
public:
  sql_store(std::unique_ptr<database> db, const open_settings& settings, std::int64_t schema,
            observability::log& log, observability::metrics& metrics)
      : db_(std::move(db)), settings_(settings), log_(log), metrics_(metrics),
        pool_(settings.read_queue_max, settings.read_deadline_ms, metrics),
        reads_(pool_, metrics, calls_), recovery_(pool_, metrics, calls_),
        jobs_(pool_, metrics, calls_,
              [this](callback<bool> done, beside_work work) {
                write(std::move(done), std::move(work));
              }),
        projections_(pool_, metrics, calls_,
                     [this](callback<bool> done, beside_work work) {
                       write(std::move(done), std::move(work));
                     }),
        pruning_(metrics, [this](callback<bool> done,
                                 beside_work work) { write(std::move(done), std::move(work)); }),
        locks_(*db_, settings_, metrics, stop_, calls_),
        probe_(*db_, schema, metrics, stop_, calls_) {
    const auto journals = std::clamp<std::size_t>(settings.journals, 1, db_->journals_max());
    for (std::size_t i = 0; i < journals; ++i)
      journals_.push_back(std::make_unique<sql_journal>(std::make_unique<lane>(), *db_, settings_,
                                                        log_, metrics_, stop_, calls_));
    const auto readers = std::max<std::size_t>(settings.read_connections, 1);
    for (std::size_t i = 0; i < readers; ++i) {
      if (i == 0 || db_->blocks()) read_lanes_.push_back(std::make_unique<lane>());
      auto& on = *read_lanes_.back();
      pool_.add(on, db_->read_session(on.executor()));
    }
  }

  ~sql_store() override { stop(); }

  base::status start() {
    for (auto& j : journals_)
      if (auto s = j->connect(); !s) return s;
    if (auto s = pool_.connect(in(connect_deadline_ms)); !s) return s;
    if (auto s = read_meta(); !s) return s;
    if (auto s = locks_.start(); !s) return s;
    probe_.start([this] { gauges(); });
    return {};
  }

  std::uint32_t shards() const override { return shards_; }
  const std::string& installation() const override { return installation_; }
  std::size_t journal_count() const override { return journals_.size(); }
  journal_port& journal(std::size_t index) override { return *journals_.at(index); }
  read_port& reads() override { return reads_; }
  audit_port& audit() override { return reads_; }
  projection_port& projections() override { return projections_; }
  recovery_port& recovery() override { return recovery_; }
  job_port& jobs() override { return jobs_; }
  lock_port& locks() override { return locks_; }
  pruning_port& pruning() override { return pruning_; }
  store_health health() override { return probe_.state(); }

  void usage(callback<store_usage> done) override {
    probe_.usage([this, done = std::move(done)](base::result<database_usage> said) {
      store_usage all;
      all.adapter = db_->dialect();
      all.readers = pool_.count();
      all.journals = count_journals();
      if (said) all.database = std::move(*said);
      done(std::move(all));
    });
  }

  void set_admin(std::string email, bool admin, base::utc_us now, callback<bool> done) override {
    write(std::move(done),
          [this, email = std::move(email), admin, now](session& db, deadline until) {
            return set_admin_of(db, until, email, admin, now);
          });
  }

  void stop() override {
    const std::lock_guard lock{stopping_};
    if (closed_) return;
    stop_.stop();
    pool_.stop();
    // Each open call ends by its deadline, a resolution by the signal.
    calls_.wait_for_none();
    probe_.close();
    locks_.close();
    pool_.close();
    for (auto& l : read_lanes_) l->join();
    for (auto& j : journals_) j->close();
    metrics_.storage_up.set(0);
    closed_ = true;
  }

private:
  void write(callback<bool> done, beside_work work) {
    journals_.front()->write(std::move(done), std::move(work));
  }

  boost::asio::awaitable<base::result<bool>>
  set_admin_of(session& db, deadline until, std::string email, bool admin, base::utc_us now) {
    read_work work{db, metrics_, until};
    co_return co_await work.set_admin(std::move(email), admin, now);
  }

  base::status read_meta() {
    base::result<std::optional<std::string>> found{base::fail(errc::unavailable)};
    base::result<std::optional<std::string>> installation{base::fail(errc::unavailable)};
    auto& on = *read_lanes_.front();
    const auto once = db_->read_session(on.executor());
    on.run([&]() -> boost::asio::awaitable<void> {
      read_work work{*once, metrics_, in(connect_deadline_ms)};
      found = co_await work.meta("shards");
      installation = co_await work.meta("installation_id");
      once->close();
    });
    if (!found) return found.error();
    if (!installation) return installation.error();
    installation_ = installation->value_or("");
    const auto text = found->value_or("");
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), shards_);
    if (fault != std::errc{} || end != text.data() + text.size() || shards_ == 0)
      return base::fail(errc::schema, "the number of shards is missing in the table meta");
    if (shards_ != settings_.shards)
      log_.warning("vai_de_pix.storage", "the number of shards is fixed by the database",
                   {{"wanted", settings_.shards}, {"shards", shards_}});
    return {};
  }

  pool_usage count_journals() const {
    pool_usage n;
    for (const auto& j : journals_) ++(j->busy() ? n.busy : j->broken() ? n.broken : n.idle);
    return n;
  }

  void gauges() {
    const auto set = [this](connection_role role, const pool_usage& n) {
      const auto one = [&](connection_state state, std::size_t count) {
        metrics_.storage_connections(role, state).set(static_cast<double>(count));
      };
      one(connection_state::idle, n.idle);
      one(connection_state::busy, n.busy);
      one(connection_state::broken, n.broken);
    };
    set(connection_role::read, pool_.count());
    set(connection_role::journal, count_journals());
  }

  std::unique_ptr<database> db_;
  open_settings settings_;
  observability::log& log_;
  observability::metrics& metrics_;
  stop_signal stop_;
  open_calls calls_;
  std::vector<std::unique_ptr<lane>> read_lanes_; // outlive the sessions of the pool
  reader_pool pool_;
  sql_reads reads_;
  sql_recovery recovery_;
  sql_jobs jobs_;
  sql_projections projections_;
  sql_pruning pruning_;
  store_locks locks_;
  health_probe probe_;
  std::vector<std::unique_ptr<sql_journal>> journals_;
  std::uint32_t shards_ = 0;
  std::string installation_;
  std::mutex stopping_;
  bool closed_ = false;
};

} // namespace

base::result<std::unique_ptr<store>> make_sql_store(std::unique_ptr<database> db,
                                                    const open_settings& settings,
                                                    std::int64_t schema, observability::log& log,
                                                    observability::metrics& metrics) {
  auto made = std::make_unique<sql_store>(std::move(db), settings, schema, log, metrics);
  if (auto s = made->start(); !s) return s.error();
  return std::unique_ptr<store>{std::move(made)};
}

} // namespace storage
