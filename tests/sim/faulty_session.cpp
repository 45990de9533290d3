#include "tests/sim/faulty_session.hpp"

#include "base/assert.hpp"
#include "storage/statements.hpp"
#include "tests/sim/marks.hpp"

#include <algorithm>

namespace sim {

using boost::asio::awaitable;
using storage::commit_class;
using storage::commit_result;
using storage::deadline;
using storage::step;

namespace {

constexpr std::int64_t commit_deadline_us = 5'000'000;

bool poisoned(const storage::journal_batch& batch) {
  const auto bad = [](const ledger::transaction_record& t) {
    return t.description.starts_with("poison");
  };
  return std::any_of(batch.items.begin(), batch.items.end(), [&](const auto& item) {
    return std::any_of(item->transactions_new.begin(), item->transactions_new.end(), bad) ||
           std::any_of(item->transactions_changed.begin(), item->transactions_changed.end(), bad);
  });
}

} // namespace

faulty_session::faulty_session(shared_database& db, virtual_sleeps& sleeps, session_role role)
    : db_(db), sleeps_(sleeps), role_(role),
      inner_(role == session_role::journal ? db.writer() : db.reader()) {}

awaitable<base::status> faulty_session::connect(deadline until) {
  if (connected()) co_return base::status{};
  if (db_.mode() == database_mode::away || db_.happens(db_.rates.no_connection))
    co_return base::fail(storage::errc::unavailable, "simulated");
  co_return co_await inner_->connect(until);
}

awaitable<base::result<storage::rows>> faulty_session::execute(step what, deadline until) {
  const bool fence = what.what == &storage::sql::commit_fence;
  if (db_.happens(db_.rates.slow_read)) co_await sleeps_.sleep(db_.chance.between(1'000, 900'000));
  if (fence) db_.wait_for_going();
  if (db_.mode() == database_mode::away) {
    close();
    co_return base::fail(storage::errc::unavailable, "simulated");
  }
  if (fence && db_.mode() == database_mode::read_only)
    co_return base::fail(storage::errc::read_only, "simulated");
  if (fence && db_.mode() == database_mode::full)
    co_return base::fail(storage::errc::full, "simulated");
  const bool breaks = db_.happens(db_.rates.broken_read);
  const auto breaks_how = breaks ? db_.chance.below(3) : 0;
  if (breaks && breaks_how == 0) {
    close();
    co_return base::fail(storage::errc::unavailable, "simulated");
  }
  if (breaks && breaks_how == 1) co_return base::fail(storage::errc::timed_out, "simulated");
  auto found = co_await inner_->execute(std::move(what), until);
  if (breaks) { // done, and nobody hears of it
    close();
    co_return base::fail(storage::errc::unavailable, "simulated");
  }
  co_return found;
}

awaitable<commit_result> faulty_session::commit(const steps& all, deadline until) {
  ENSURE(role_ == session_role::journal, "only journals commit");
  const auto batch = std::exchange(carried_, nullptr);
  const auto& r = db_.rates;
  if (db_.happens(r.read_only))
    db_.enter(database_mode::read_only, db_.chance.between(10'000, 3'000'000));
  if (db_.happens(r.full)) db_.enter(database_mode::full, db_.chance.between(10'000, 3'000'000));
  if (db_.happens(r.away)) db_.enter(database_mode::away, db_.chance.between(10'000, 7'000'000));
  if (db_.happens(r.slow)) {
    reached("slow");
    co_await sleeps_.sleep(db_.chance.between(1'000, 2'000'000));
  }
  db_.wait_for_going();
  switch (db_.mode()) {
  case database_mode::normal: break;
  case database_mode::read_only: co_return commit_result{commit_class::read_only, "25006"};
  case database_mode::full: co_return co_await fail_half_way(all, commit_class::full, until);
  case database_mode::away:
    close();
    co_return commit_result{commit_class::unavailable, "simulated"};
  }
  const bool poison = batch && poisoned(*batch);
  if (poison || db_.happens(r.definite)) {
    if (batch && batch->items.size() == 1) db_.refused(*batch);
    co_return co_await fail_half_way(all, commit_class::definite, until);
  }
  if (db_.happens(r.transient))
    co_return co_await fail_half_way(all, commit_class::transient, until);
  if (batch && db_.happens(r.foreign_hand))
    co_return co_await with_a_foreign_hand(all, batch, until);
  if (db_.happens(r.late)) {
    const bool there = db_.chance.below(2) == 0;
    if (there) {
      auto done = co_await apply(all, batch, until);
      if (done.what != commit_class::committed) co_return done;
    }
    co_await sleeps_.sleep(commit_deadline_us);
    close();
    co_return commit_result{commit_class::in_doubt, "simulated"};
  }
  if (db_.happens(r.lost_before)) {
    close();
    co_return commit_result{commit_class::in_doubt, "simulated"};
  }
  if (db_.happens(r.lost_after)) co_return co_await lose(all, batch, until);
  if (db_.happens(r.still_going)) {
    db_.leave_going(all, batch);
    close();
    co_return commit_result{commit_class::in_doubt, "simulated"};
  }
  auto done = co_await apply(all, batch, until);
  if (db_.happens(r.slow)) co_await sleeps_.sleep(db_.chance.between(1'000, 2'000'000));
  co_return done;
}

awaitable<commit_result> faulty_session::apply(const steps& all, shared_database::batch_ptr batch,
                                               deadline until) {
  auto done = co_await inner_->commit(all, until);
  if (done.what == commit_class::committed && batch) db_.applied(*batch);
  if (done.what != commit_class::committed) db_.say("the database refuses: " + done.detail);
  co_return done;
}

awaitable<commit_result> faulty_session::lose(const steps& all, shared_database::batch_ptr batch,
                                              deadline until) {
  auto done = co_await apply(all, std::move(batch), until);
  if (done.what != commit_class::committed) co_return done;
  close();
  co_return commit_result{commit_class::in_doubt, "simulated"};
}

/// The statements before the drawn one run; then a second copy of the commit record breaks the
/// transaction, and what was done is rolled back.
awaitable<commit_result> faulty_session::fail_half_way(const steps& all, commit_class as,
                                                       deadline until) {
  reached("statement_failed");
  const auto whole = 1 + db_.chance.below(all.size());
  steps some(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(whole));
  some.push_back(all.front());
  const auto failed = co_await inner_->commit(some, until);
  ENSURE(failed.what != commit_class::committed, "a commit record cannot be written twice");
  co_return commit_result{as, "simulated"};
}

awaitable<commit_result> faulty_session::with_a_foreign_hand(const steps& all,
                                                             shared_database::batch_ptr batch,
                                                             deadline until) {
  for (const auto& row : batch->balances) {
    if (row.previous_version == 0 || !db_.touch_balance(row, false)) continue;
    auto done = co_await inner_->commit(all, until);
    if (done.what == commit_class::committed)
      db_.broken("I3", "a balance row that a foreign hand wrote was not noticed");
    if (!db_.touch_balance(row, true)) db_.broken("I3", "the touched balance row has changed");
    db_.say("foreign hand");
    if (done.what == commit_class::conflict && batch->items.size() == 1) db_.hand_felt(*batch);
    co_return done;
  }
  co_return co_await apply(all, batch, until);
}

awaitable<void> faulty_session::end_former(deadline) {
  db_.wait_for_going();
  co_return;
}

awaitable<base::result<bool>> faulty_session::probe_read_only(deadline until) {
  co_return co_await inner_->probe_read_only(until);
}

} // namespace sim
