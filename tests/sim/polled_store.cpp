#include "tests/sim/polled_store.hpp"

#include "base/assert.hpp"
#include "storage/job_work.hpp"
#include "storage/projection.hpp"
#include "tests/sim/far.hpp"

#include <boost/asio/detached.hpp>

#include <algorithm>

namespace sim {

using boost::asio::awaitable;
using storage::callback;

namespace {

template <class T>
awaitable<base::result<T>> guarded(std::function<awaitable<base::result<T>>()> work) {
  try {
    co_return co_await work();
  } catch (const std::exception& e) {
    co_return base::fail(storage::errc::broken, e.what());
  }
}

} // namespace

// -- journals -------------------------------------------------------------------------------------

class polled_store::writer final : public storage::journal_port {
public:
  writer(polled_store& store, std::uint64_t seed)
      : store_(store), session_(store.db_, store.sleeps_, session_role::journal),
        work_(session_, 60'000, store.log_, store.metrics_, store.stop_, seed) {}

  bool busy = false;

  void take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now,
                 callback<std::vector<ledger::shard_head>> done) override {
    using heads = std::vector<ledger::shard_head>;
    call<heads>(std::move(done), [=, this]() -> awaitable<base::result<heads>> {
      return work_.take_over(shards, node, now);
    });
  }
  void load(std::vector<ledger::account_id> ids,
            callback<std::vector<storage::loaded_account>> done) override {
    using rows = std::vector<storage::loaded_account>;
    call<rows>(std::move(done),
               [=, this]() -> awaitable<base::result<rows>> { return work_.load(ids); });
  }
  void basis(ledger::shard_id, std::vector<ledger::account_id>,
             callback<storage::correction_basis>) override {
    UNREACHABLE("nobody corrects here");
  }
  void commit(std::shared_ptr<const storage::journal_batch> batch,
              std::function<void(storage::commit_result)> done) override {
    call<storage::commit_result>(
        [done = std::move(done)](base::result<storage::commit_result> r) {
          if (r) return done(std::move(*r));
          done({storage::commit_class::definite, r.error().detail});
        },
        [=, this]() -> awaitable<base::result<storage::commit_result>> {
          return commit_of(batch);
        });
  }
  void resolve(std::shared_ptr<const storage::journal_batch> batch,
               callback<storage::resolution> done) override {
    call<storage::resolution>(std::move(done),
                              [=, this]() -> awaitable<base::result<storage::resolution>> {
                                return work_.resolve(batch);
                              });
  }

private:
  awaitable<base::result<storage::commit_result>>
  commit_of(std::shared_ptr<const storage::journal_batch> batch) {
    session_.carries(batch);
    co_return co_await work_.commit(batch);
  }

  template <class T> void call(callback<T> done, std::function<awaitable<base::result<T>>()> work) {
    store_.add(this, [this, done = std::move(done), work = std::move(work)] {
      return perform<T>(done, work);
    });
  }

  // As sql_journal does: connect again when the session was lost, then the work, then the answer.
  template <class T>
  awaitable<void> perform(callback<T> done, std::function<awaitable<base::result<T>>()> work) {
    if (!session_.connected()) co_await session_.connect(far());
    auto result = co_await guarded<T>(std::move(work));
    busy = false;
    if (!store_.cut_) done(std::move(result));
  }

  polled_store& store_;
  faulty_session session_;
  storage::journal_work work_;
};

// -- jobs -----------------------------------------------------------------------------------------

class polled_store::job_questions final : public storage::job_port {
public:
  explicit job_questions(polled_store& store) : store_(store) {}

  void live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit,
                  callback<std::vector<storage::live_job>> done) override {
    ask(std::move(done), [=](work& w) { return w.live_after(shard, after, limit); });
  }
  void resting_after(ledger::shard_id shard, storage::resting_part part, scheduler::job_id after,
                     std::int64_t limit, callback<std::vector<storage::live_job>> done) override {
    ask(std::move(done), [=](work& w) { return w.resting_after(shard, part, after, limit); });
  }
  void job(scheduler::job_id id, callback<std::optional<storage::job_details>> done) override {
    ask(std::move(done), [=](work& w) { return w.job(id); });
  }
  void jobs(storage::job_filter filter, callback<storage::job_list> done) override {
    ask(std::move(done), [=](work& w) { return w.jobs(filter); });
  }
  void count(storage::job_filter filter, callback<storage::job_count> done) override {
    ask(std::move(done), [=](work& w) { return w.count(filter); });
  }
  void traces(scheduler::job_id id, callback<storage::job_traces> done) override {
    ask(std::move(done), [=](work& w) { return w.traces(id); });
  }
  void dead_notes(callback<std::vector<scheduler::dead_letter_note>> done) override {
    ask(std::move(done), [](work& w) { return w.dead_notes(); });
  }
  void attempts(scheduler::job_id id, callback<std::vector<scheduler::job_attempt>> done) override {
    ask(std::move(done), [=](work& w) { return w.attempts(id); });
  }
  void dead_groups(std::int64_t limit, callback<std::vector<storage::dead_group>> done) override {
    ask(std::move(done), [=](work& w) { return w.dead_groups(limit); });
  }
  void dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit,
               callback<std::vector<scheduler::job_id>> done) override {
    ask(std::move(done), [=](work& w) { return w.dead_of(fingerprint, after, limit); });
  }
  void schedules_due(ledger::shard_id shard, storage::schedule_place after, base::utc_us until,
                     std::int64_t limit, callback<std::vector<scheduler::schedule>> done) override {
    ask(std::move(done), [=](work& w) { return w.schedules_due(shard, after, until, limit); });
  }
  void schedule(scheduler::schedule_id id,
                callback<std::optional<scheduler::schedule>> done) override {
    ask(std::move(done), [=](work& w) { return w.schedule(id); });
  }
  void schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
                 std::int64_t limit, callback<std::vector<scheduler::schedule>> done) override {
    ask(std::move(done), [=](work& w) { return w.schedules(user, before, limit); });
  }
  void count_schedules(callback<storage::schedule_counts> done) override {
    ask(std::move(done), [](work& w) { return w.count_schedules(); });
  }
  void ticks(scheduler::schedule_id id, std::optional<base::utc_us> before, std::int64_t limit,
             callback<std::vector<scheduler::schedule_tick>> done) override {
    ask(std::move(done), [=](work& w) { return w.ticks(id, before, limit); });
  }
  void windows(base::utc_us now, std::int64_t limit,
               callback<std::vector<scheduler::job>> done) override {
    ask(std::move(done), [=](work& w) { return w.windows(now, limit); });
  }
  void finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit,
                      callback<std::vector<scheduler::finished_job>> done) override {
    ask(std::move(done), [=](work& w) { return w.finished_after(after, made_before, limit); });
  }
  void ticks_before(scheduler::schedule_id after, base::utc_us before,
                    callback<storage::old_ticks> done) override {
    ask(std::move(done), [=](work& w) { return w.ticks_before(after, before); });
  }
  void clean(storage::job_cleaning what, callback<bool> done) override {
    ENSURE(what.jobs.empty() && what.ticks.empty(), "nothing gets that old here");
    done(true);
  }
  void pauses(callback<std::vector<scheduler::pause>> done) override {
    ask(std::move(done), [](work& w) { return w.pauses(); });
  }
  void queues(callback<std::vector<scheduler::queue_limits>> done) override {
    ask(std::move(done), [](work& w) { return w.queues(); });
  }

private:
  using work = storage::job_work;
  template <class T, class Question> void ask(callback<T> done, Question question) {
    store_.ask<T, work>(std::move(done), std::move(question));
  }

  polled_store& store_;
};

// -- tasks ----------------------------------------------------------------------------------------

polled_store::polled_store(shared_database& db, observability::log& log,
                           observability::metrics& metrics, std::uint32_t shards,
                           std::size_t journals, std::uint64_t seed)
    : db_(db), log_(log), metrics_(metrics), shards_(shards), chance_(seed), sleeps_(db.clock()),
      stop_(sleeps_), io_(std::make_unique<boost::asio::io_context>(1)) {
  for (std::size_t i = 0; i < journals; ++i)
    journals_.push_back(std::make_unique<writer>(*this, chance_.next()));
  jobs_ = std::make_unique<job_questions>(*this);
  reader_ = std::make_unique<faulty_session>(db, sleeps_, session_role::reader);
}

polled_store::~polled_store() = default;

storage::job_port& polled_store::jobs() { return *jobs_; }
storage::pruning_port& polled_store::pruning() { UNREACHABLE("nothing gets that old here"); }

void polled_store::cut() {
  cut_ = true;
  tasks_.clear();
  io_.reset(); // and with it every coroutine that waits
  running_ = 0;
}

storage::journal_port& polled_store::journal(std::size_t index) { return *journals_.at(index); }
storage::audit_port& polled_store::audit() { UNREACHABLE("no actor audits"); }
storage::recovery_port& polled_store::recovery() { UNREACHABLE("nobody corrects here"); }

storage::projection_port& polled_store::projections() {
  static struct : storage::projection_port {
    void booked_before(std::vector<storage::past_question>,
                       storage::callback<std::vector<storage::past_balance>>) override {
      UNREACHABLE("no actor audits");
    }
    void sums(std::vector<storage::version_range>,
              storage::callback<std::vector<base::centavos>>) override {
      UNREACHABLE("no actor audits");
    }
    void balance_checks(ledger::account_id, std::int64_t,
                        storage::callback<std::vector<ledger::balance_check>>) override {
      UNREACHABLE("no actor audits");
    }
    void snapshots_after(ledger::account_id, ledger::month, std::int64_t,
                         storage::callback<std::vector<ledger::monthly_snapshot>>) override {
      UNREACHABLE("no actor audits");
    }
    void write_snapshots(std::vector<ledger::monthly_snapshot>, storage::callback<bool>) override {
      UNREACHABLE("no actor writes snapshots");
    }
    void refresh_effective(ledger::account_id, storage::callback<bool> done) override {
      done(false);
    }
  } none;
  return none;
}
void polled_store::usage(callback<storage::store_usage>) { UNREACHABLE("no operator asks"); }
void polled_store::set_admin(std::string, bool, base::utc_us, callback<bool>) {
  UNREACHABLE("no actor makes an admin");
}

void polled_store::add(writer* of, std::function<awaitable<void>()> work) {
  if (cut_) return;
  const auto wait = chance_.between(0, latency_us);
  tasks_.push_back({db_.clock().steady_us() + wait, of, std::move(work)});
}

bool polled_store::ready(const task& t) const {
  if (t.due_us > db_.clock().steady_us()) return false;
  if (t.of == nullptr) return true;
  if (t.of->busy) return false;
  // The first of its journal: calls keep their order.
  for (const auto& other : tasks_)
    if (other.of == t.of) return &other == &t;
  return false;
}

std::optional<std::int64_t> polled_store::next_us() const {
  auto first = sleeps_.next_us();
  for (const auto& t : tasks_)
    if ((t.of == nullptr || !t.of->busy) && (!first || t.due_us < *first)) first = t.due_us;
  return first;
}

bool polled_store::run_one(base::random& chance) {
  if (cut_) return false;
  if (sleeps_.wake()) {
    io_->restart();
    io_->poll();
    return true;
  }
  std::vector<std::list<task>::iterator> due;
  for (auto it = tasks_.begin(); it != tasks_.end(); ++it)
    if (ready(*it)) due.push_back(it);
  if (due.empty()) return false;
  const auto chosen = due[chance.below(due.size())];
  auto next = std::move(*chosen);
  tasks_.erase(chosen);
  start(std::move(next));
  return true;
}

void polled_store::start(task t) {
  if (t.of != nullptr) t.of->busy = true;
  ++running_;
  boost::asio::co_spawn(*io_, std::move(t.work), [this](std::exception_ptr failed) {
    --running_;
    if (failed) std::rethrow_exception(failed);
  });
  io_->restart();
  io_->poll();
}

// -- reads ----------------------------------------------------------------------------------------

template <class T, class Over, class Work> void polled_store::ask(callback<T> done, Work work) {
  add(nullptr, [this, done = std::move(done), work = std::move(work)]() -> awaitable<void> {
    return [](polled_store& self, callback<T> answer, Work what) -> awaitable<void> {
      if (!self.reader_->connected()) co_await self.reader_->connect(far());
      Over reads{*self.reader_, self.metrics_, far()};
      std::function<awaitable<base::result<T>>()> question = [&] { return what(reads); };
      auto result = co_await guarded<T>(std::move(question));
      if (!self.cut_) answer(std::move(result));
    }(*this, done, work);
  });
}

void polled_store::user_by_id(ledger::user_id id,
                              callback<std::optional<ledger::user_record>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.user_by_id(id); });
}
void polled_store::user_by_email(std::string email,
                                 callback<std::optional<ledger::user_record>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.user_by_email(email); });
}
void polled_store::book(ledger::user_id user, base::utc_us now, callback<storage::book_rows> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.book(user, now); });
}
void polled_store::hold(ledger::user_id user, ledger::hold_id id,
                        callback<std::optional<ledger::hold_record>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.hold(user, id); });
}
void polled_store::holds(ledger::user_id user, ledger::hold_filter filter,
                         callback<ledger::hold_page> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.holds(user, filter); });
}
void polled_store::accounts(ledger::user_id user, ledger::account_role role, bool inactive,
                            base::utc_us now, callback<std::vector<ledger::account_view>> done) {
  ask(std::move(done),
      [=](storage::read_work& w) { return w.accounts(user, role, inactive, now); });
}
void polled_store::account(ledger::user_id user, ledger::account_id id, base::utc_us now,
                           callback<std::optional<ledger::account_view>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.account(user, id, now); });
}
void polled_store::entries(ledger::entry_filter filter, callback<ledger::entry_page> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.entries(filter); });
}
void polled_store::entries_of_transaction(ledger::transaction_id id,
                                          std::optional<ledger::transaction_id> partner,
                                          callback<std::vector<ledger::entry_view>> done) {
  ask(std::move(done),
      [=](storage::read_work& w) { return w.entries_of_transaction(id, partner); });
}
void polled_store::balance_booked(ledger::account_id id, base::utc_us at,
                                  callback<ledger::balance_at> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.balance_booked(id, at); });
}
void polled_store::balance_effective(ledger::account_id id, base::civil_day until,
                                     callback<ledger::balance_at> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.balance_effective(id, until); });
}
void polled_store::transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                                      bool partners,
                                      callback<std::vector<ledger::transaction_record>> done) {
  ask(std::move(done),
      [=](storage::read_work& w) { return w.transactions_by_id(user, ids, partners); });
}
void polled_store::transactions(ledger::transaction_filter filter,
                                callback<ledger::transaction_page> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.transactions(filter); });
}
void polled_store::monthly(ledger::user_id user, base::civil_day first, base::civil_day last,
                           callback<ledger::monthly_sums> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.monthly(user, first, last); });
}
void polled_store::tags(ledger::user_id user, callback<std::vector<ledger::tag_count>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.tags(user); });
}
void polled_store::user_rows(ledger::row_question asked, callback<ledger::user_rows> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.user_rows(asked); });
}
void polled_store::answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now,
                          callback<std::optional<ledger::idempotency_record>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.answer(user, scope, now); });
}
void polled_store::answers(ledger::user_id user, std::string key, base::utc_us now,
                           callback<std::vector<ledger::idempotency_record>> done) {
  ask(std::move(done), [=](storage::read_work& w) { return w.answers(user, key, now); });
}

} // namespace sim
