// What   polled_store: the store of one simulated node. The real journal_work and read_work over
//        faulty sessions, run when the world says so.
// Why    sql_store owns threads; here every call is a task that the world picks, so an interleaving
//        is a draw.
// Bounds Calls of one journal run one after another, reads in any order. What sql_store and
//        reader_pool add (queues, bounds, the health probe) is not simulated.
// Threads the simulation's only one.
// Source testing.md §5.
#pragma once

#include "storage/journal_work.hpp"
#include "storage/process_locks.hpp"
#include "storage/read_work.hpp"
#include "tests/sim/faulty_session.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <list>
#include <memory>

namespace sim {

class polled_store final : public storage::store, storage::read_port {
public:
  polled_store(shared_database& db, observability::log& log, observability::metrics& metrics,
               std::uint32_t shards, std::size_t journals, std::uint64_t seed);
  ~polled_store() override;

  /// Runs one of the tasks that are due, the world's choice; false: none was.
  bool run_one(base::random& chance);
  bool idle() const { return tasks_.empty() && running_ == 0; }
  std::optional<std::int64_t> next_us() const;
  /// The node is gone: no answer any more, whatever is asked.
  void cut();
  /// How long a call waits before it is picked, at most.
  std::int64_t latency_us = 2'000;

  std::uint32_t shards() const override { return shards_; }
  const std::string& installation() const override {
    static const std::string here{"here"};
    return here;
  }
  std::size_t journal_count() const override { return journals_.size(); }
  storage::journal_port& journal(std::size_t index) override;
  storage::read_port& reads() override { return *this; }
  storage::audit_port& audit() override;
  /// Never brought up to date: a balance by effective day then adds up the entries.
  storage::projection_port& projections() override;
  storage::recovery_port& recovery() override;
  storage::job_port& jobs() override;
  storage::lock_port& locks() override { return locks_; }
  storage::pruning_port& pruning() override;
  storage::store_health health() override { return {true, false, {}, 1, 1}; }
  void usage(storage::callback<storage::store_usage>) override;
  void set_admin(std::string, bool, base::utc_us, storage::callback<bool>) override;
  void stop() override {}

private:
  class writer;
  class job_questions;
  struct task {
    std::int64_t due_us = 0;
    writer* of = nullptr; ///< none: a read
    std::function<boost::asio::awaitable<void>()> work;
  };

  void add(writer* of, std::function<boost::asio::awaitable<void>()> work);
  bool ready(const task& t) const;
  void start(task t);
  /// Over: what the work asks, as in storage/asked.hpp.
  template <class T, class Over = storage::read_work, class Work>
  void ask(storage::callback<T> done, Work work);

  void user_by_id(ledger::user_id id,
                  storage::callback<std::optional<ledger::user_record>> done) override;
  void user_by_email(std::string email,
                     storage::callback<std::optional<ledger::user_record>> done) override;
  void book(ledger::user_id user, base::utc_us now,
            storage::callback<storage::book_rows> done) override;
  void accounts(ledger::user_id user, ledger::account_role role, bool inactive, base::utc_us now,
                storage::callback<std::vector<ledger::account_view>> done) override;
  void account(ledger::user_id user, ledger::account_id id, base::utc_us now,
               storage::callback<std::optional<ledger::account_view>> done) override;
  void hold(ledger::user_id user, ledger::hold_id id,
            storage::callback<std::optional<ledger::hold_record>> done) override;
  void holds(ledger::user_id user, ledger::hold_filter filter,
             storage::callback<ledger::hold_page> done) override;
  void entries(ledger::entry_filter filter, storage::callback<ledger::entry_page> done) override;
  void entries_of_transaction(ledger::transaction_id id,
                              std::optional<ledger::transaction_id> partner,
                              storage::callback<std::vector<ledger::entry_view>> done) override;
  void balance_booked(ledger::account_id id, base::utc_us at,
                      storage::callback<ledger::balance_at> done) override;
  void balance_effective(ledger::account_id id, base::civil_day until,
                         storage::callback<ledger::balance_at> done) override;
  void transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                          bool partners,
                          storage::callback<std::vector<ledger::transaction_record>> done) override;
  void transactions(ledger::transaction_filter filter,
                    storage::callback<ledger::transaction_page> done) override;
  void monthly(ledger::user_id user, base::civil_day first, base::civil_day last,
               storage::callback<ledger::monthly_sums> done) override;
  void tags(ledger::user_id user, storage::callback<std::vector<ledger::tag_count>> done) override;
  void user_rows(ledger::row_question asked, storage::callback<ledger::user_rows> done) override;
  void answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now,
              storage::callback<std::optional<ledger::idempotency_record>> done) override;
  void answers(ledger::user_id user, std::string key, base::utc_us now,
               storage::callback<std::vector<ledger::idempotency_record>> done) override;

  shared_database& db_;
  observability::log& log_;
  observability::metrics& metrics_;
  std::uint32_t shards_;
  base::random chance_;
  virtual_sleeps sleeps_;
  virtual_stop stop_;
  std::list<task> tasks_;
  std::size_t running_ = 0;
  bool cut_ = false;
  std::vector<std::unique_ptr<writer>> journals_;
  std::unique_ptr<job_questions> jobs_;
  storage::process_locks locks_; ///< of a node: nothing here is of two at once
  std::unique_ptr<faulty_session> reader_;
  std::unique_ptr<boost::asio::io_context> io_; ///< last: its coroutines use all the others
};

} // namespace sim
