#include "storage/sql_bulk.hpp"

#include "storage/job_work.hpp"
#include "storage/journal_work.hpp"
#include "storage/lane.hpp"
#include "storage/observed.hpp"
#include "storage/projection_work.hpp"
#include "storage/read_work.hpp"

#include <charconv>
#include <exception>
#include <iterator>

namespace storage {

namespace {

base::failure failure_of(const commit_result& r) {
  switch (r.what) {
  case commit_class::read_only: return base::fail(errc::read_only, r.detail);
  case commit_class::full: return base::fail(errc::full, r.detail);
  case commit_class::in_doubt:
    return base::fail(errc::unavailable, "it is not known whether it was done: " + r.detail);
  case commit_class::transient:
  case commit_class::unavailable: return base::fail(errc::unavailable, r.detail);
  default: return base::fail(errc::broken, r.detail);
  }
}

class sql_bulk final : public bulk {
public:
  sql_bulk(std::unique_ptr<database> db, transaction_use use, observability::metrics& metrics)
      : db_(std::move(db)),
        session_(use == transaction_use::read ? db_->read_session(lane_.executor())
                                              : db_->journal_session(lane_.executor())),
        metrics_(metrics) {}

  ~sql_bulk() override {
    lane_.run([this]() -> boost::asio::awaitable<void> {
      session_->close();
      co_return;
    });
    lane_.join();
  }

  base::status begin(transaction_use use) {
    base::status done;
    lane_.run([&]() -> boost::asio::awaitable<void> {
      done = co_await session_->connect(in(bulk_patience_ms));
      if (done) done = co_await session_->begin(use, in(bulk_patience_ms));
    });
    if (!done) return done;
    const auto found = meta("shards");
    if (!found) return found.error();
    const auto id = meta("installation_id");
    if (!id) return id.error();
    installation_ = id->value_or("");
    const auto text = found->value_or("");
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), shards_);
    if (fault != std::errc{} || end != text.data() + text.size() || shards_ == 0)
      return base::fail(errc::schema, "the number of shards is missing in the table meta");
    return {};
  }

  std::uint32_t shards() const override { return shards_; }
  const std::string& installation() const override { return installation_; }

  base::result<ledger::row_counts> counts() override {
    return ask<ledger::row_counts>([](read_work& w) { return w.counts(); });
  }
  base::result<std::vector<ledger::entry>>
  entries_after(ledger::account_id account, std::uint64_t version, std::int64_t limit) override {
    return ask<std::vector<ledger::entry>>(
        [&](read_work& w) { return w.entries_after(account, version, limit); });
  }
  base::result<std::vector<ledger::transaction_record>>
  transactions_after(ledger::transaction_id after, std::int64_t limit) override {
    return ask<std::vector<ledger::transaction_record>>(
        [&](read_work& w) { return w.transactions_after(after, limit); });
  }
  base::result<std::vector<ledger::audit_record>>
  audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit) override {
    return ask<std::vector<ledger::audit_record>>(
        [&](read_work& w) { return w.audit_records(shard, after, limit); });
  }
  base::result<std::vector<ledger::transaction_state>>
  states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids) override {
    return ask<std::vector<ledger::transaction_state>>(
        [&](read_work& w) { return w.states_of(user, ids); });
  }
  base::result<std::vector<ledger::monthly_snapshot>>
  snapshots_after(ledger::account_id account, ledger::month month, std::int64_t limit) override {
    return ask_with<std::vector<ledger::monthly_snapshot>, projection_work>(
        [&](projection_work& w) { return w.snapshots_after(account, month, limit); });
  }
  base::result<std::vector<std::string>> without_transaction(std::int64_t limit) override {
    return ask<std::vector<std::string>>(
        [&](read_work& w) { return w.without_transaction(limit); });
  }
  base::result<std::vector<scheduler::schedule>> schedules_after(scheduler::schedule_id after,
                                                                 std::int64_t limit) override {
    return ask_with<std::vector<scheduler::schedule>, job_work>(
        [&](job_work& w) { return w.schedules_after(after, limit); });
  }
  base::result<ledger::user_rows> user_rows(ledger::row_question asked) override {
    return ask<ledger::user_rows>([&](read_work& w) { return w.user_rows(asked); });
  }
  base::result<std::vector<ledger::hold_record>> holds_after(ledger::hold_id after,
                                                             std::int64_t limit) override {
    return ask<std::vector<ledger::hold_record>>(
        [&](read_work& w) { return w.holds_after(after, limit); });
  }
  base::result<std::vector<ledger::user_record>> users_after(ledger::user_id after,
                                                             std::int64_t limit) override {
    return ask<std::vector<ledger::user_record>>(
        [&](read_work& w) { return w.users_after(after, limit); });
  }
  base::result<std::vector<loaded_account>> accounts_after(ledger::account_id after,
                                                           std::int64_t limit) override {
    return ask<std::vector<loaded_account>>(
        [&](read_work& w) { return w.accounts_after(after, limit); });
  }
  base::result<std::vector<ledger::commit_record>>
  commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit) override {
    return ask<std::vector<ledger::commit_record>>(
        [&](read_work& w) { return w.commits(shard, after_seq, limit); });
  }
  base::result<std::vector<ledger::entry>>
  entries_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last) override {
    return ask<std::vector<ledger::entry>>(
        [&](read_work& w) { return w.entries_of_commits(shard, first, last); });
  }
  base::result<std::vector<ledger::transaction_record>>
  transactions_of_commits(ledger::shard_id shard, std::uint64_t first,
                          std::uint64_t last) override {
    return ask<std::vector<ledger::transaction_record>>(
        [&](read_work& w) { return w.transactions_of_commits(shard, first, last); });
  }
  base::result<std::vector<ledger::idempotency_record>>
  answers_after(ledger::user_id user, ledger::key_scope scope, std::int64_t limit) override {
    return ask<std::vector<ledger::idempotency_record>>(
        [&](read_work& w) { return w.answers_after(user, scope, limit); });
  }

  base::result<std::optional<ledger::user_record>> user_by_id(ledger::user_id id) override {
    return ask<std::optional<ledger::user_record>>([&](read_work& w) { return w.user_by_id(id); });
  }
  base::result<std::optional<ledger::user_record>> user_by_email(std::string email) override {
    return ask<std::optional<ledger::user_record>>(
        [&](read_work& w) { return w.user_by_email(email); });
  }
  base::result<std::vector<ledger::account_view>> accounts(ledger::user_id user) override {
    using views = std::vector<ledger::account_view>;
    views all;
    for (const auto role : {ledger::account_role::opening, ledger::account_role::money,
                            ledger::account_role::category}) {
      auto some = ask<views>([&](read_work& w) { return w.accounts(user, role, true, {}); });
      if (!some) return some.error();
      all.insert(all.end(), std::make_move_iterator(some->begin()),
                 std::make_move_iterator(some->end()));
    }
    return all;
  }
  base::result<ledger::entry_page> entries(ledger::entry_filter filter) override {
    return ask<ledger::entry_page>([&](read_work& w) { return w.entries(filter); });
  }
  base::result<std::vector<ledger::transaction_record>>
  transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids) override {
    return ask<std::vector<ledger::transaction_record>>(
        [&](read_work& w) { return w.transactions_by_id(user, ids, false); });
  }
  base::result<ledger::transaction_page> transactions(ledger::transaction_filter filter) override {
    return ask<ledger::transaction_page>([&](read_work& w) { return w.transactions(filter); });
  }
  base::result<std::vector<ledger::tag_count>> tags(ledger::user_id user) override {
    return ask<std::vector<ledger::tag_count>>([&](read_work& w) { return w.tags(user); });
  }

  base::status write(const std::vector<journal_batch>& batches) override {
    std::vector<step> steps;
    std::vector<commit_plan> plans; // own the texts that the steps borrow
    plans.reserve(batches.size());
    for (const auto& b : batches) {
      if (const auto refused = refusal_of(b)) return failure_of(*refused);
      auto& plan = plans.emplace_back(plan_commit(b));
      steps.insert(steps.end(), std::make_move_iterator(plan.steps.begin()),
                   std::make_move_iterator(plan.steps.end()));
    }
    return work([&](deadline until) { return session_->append(steps, until); });
  }

  base::status finish() override {
    return work([&](deadline until) { return session_->end(until); });
  }

private:
  base::result<std::optional<std::string>> meta(const char* name) {
    return ask<std::optional<std::string>>([&](read_work& w) { return w.meta(name); });
  }

  template <class T, class Ask> base::result<T> ask(Ask question) {
    return ask_with<T, read_work>(std::move(question));
  }
  template <class T, class Work, class Ask> base::result<T> ask_with(Ask question) {
    base::result<T> answer{base::fail(errc::broken)};
    lane_.run([&]() -> boost::asio::awaitable<void> {
      try {
        Work reader{*session_, metrics_, in(bulk_patience_ms)};
        answer = co_await question(reader);
      } catch (const std::exception& e) { // a row that no program of ours writes
        answer = base::fail(errc::broken, e.what());
      }
    });
    return answer;
  }

  template <class Work> base::status work(Work what) {
    commit_result done;
    lane_.run(
        [&]() -> boost::asio::awaitable<void> { done = co_await what(in(bulk_patience_ms)); });
    count_error(metrics_, done.what);
    if (done.what == commit_class::committed) return {};
    return failure_of(done);
  }

  std::unique_ptr<database> db_;
  lane lane_;
  std::unique_ptr<session> session_;
  observability::metrics& metrics_;
  std::uint32_t shards_ = 0;
  std::string installation_;
};

} // namespace

base::result<std::unique_ptr<bulk>> make_sql_bulk(std::unique_ptr<database> db, transaction_use use,
                                                  observability::metrics& metrics) {
  auto made = std::make_unique<sql_bulk>(std::move(db), use, metrics);
  if (auto s = made->begin(use); !s) return s.error();
  return std::unique_ptr<bulk>{std::move(made)};
}

} // namespace storage
