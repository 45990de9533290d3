#include "storage/prune_work.hpp"

#include "base/id.hpp"
#include "storage/observed.hpp"
#include "storage/row_codec.hpp"
#include "storage/statements.hpp"

#include <algorithm>
#include <vector>

namespace storage {

namespace {

constexpr std::size_t month_length = 7, date_length = 10; // of 2026-11-24T…

} // namespace

boost::asio::awaitable<base::result<std::int64_t>> prune_work::prune(old_rows what,
                                                                     base::utc_us before) {
  struct way {
    const statement* which = nullptr;
    const statement* deletes = nullptr;
    const statement* then = nullptr;
  };
  const auto by = [&]() -> way {
    switch (what) {
    case old_rows::answers: return {&sql::answers_old, &sql::answers_delete};
    case old_rows::sessions:
      return {&sql::sessions_old, &sql::tokens_of_sessions_delete, &sql::sessions_delete};
    case old_rows::refresh_tokens: return {&sql::refresh_tokens_old, &sql::refresh_tokens_delete};
    case old_rows::password_resets:
      return {&sql::password_resets_old, &sql::password_resets_delete};
    case old_rows::deliveries: return {&sql::deliveries_old, &sql::deliveries_delete};
    case old_rows::alert_states:
    case old_rows::notifications: break;
    }
    return {};
  }();
  if (by.which != nullptr) {
    auto gone =
        co_await prune_by(*by.which, args(before.count, pruned_rows_max), *by.deletes, by.then);
    co_return gone;
  }
  if (what == old_rows::alert_states) {
    const auto day = base::to_text(before);
    auto gone = co_await prune_by(sql::alert_states_old,
                                  args(before.count, day.substr(0, month_length),
                                       day.substr(0, date_length), pruned_rows_max),
                                  sql::alert_states_delete);
    co_return gone;
  }
  // The time of our own ones is in their ids; those of others have an index by it.
  const auto first = base::first_key_at(before);
  auto own = co_await prune_by(sql::notifications_old, args(first, pruned_rows_max),
                               sql::notifications_delete);
  if (!own || *own == pruned_rows_max) co_return own;
  auto others = co_await prune_by(sql::notifications_imported_old,
                                  args(before.count, pruned_rows_max), sql::notifications_delete);
  if (!others) co_return others;
  // Together they may be more than a slice: then it is as if there were more.
  co_return std::min(*own + *others, pruned_rows_max);
}

/// The cells of a row that is found are those of a row that is deleted.
boost::asio::awaitable<base::result<std::int64_t>> prune_work::prune_by(const statement& which,
                                                                        params by,
                                                                        const statement& how,
                                                                        const statement* then) {
  step old;
  old.what = &which;
  old.values = std::move(by);
  auto found = co_await ask(db_, metrics_, std::move(old), until_);
  if (!found) co_return found.error();
  if (found->empty()) co_return std::int64_t{0};
  std::vector<step> steps;
  const auto add = [&](const statement& deletes) {
    batch gone{deletes, found->size()};
    for (const auto& cells : *found) gone.add_row(cells);
    steps.push_back(std::move(gone).done());
  };
  add(how);
  if (then != nullptr) add(*then);
  const auto done = co_await db_.commit(steps, until_);
  count_error(metrics_, done.what);
  switch (done.what) {
  case commit_class::committed: co_return static_cast<std::int64_t>(found->size());
  case commit_class::read_only: co_return base::fail(errc::read_only, done.detail);
  case commit_class::full: co_return base::fail(errc::full, done.detail);
  case commit_class::definite: co_return base::fail(errc::broken, done.detail);
  default: co_return base::fail(errc::unavailable, done.detail);
  }
}

} // namespace storage
