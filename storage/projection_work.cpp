#include "storage/projection_work.hpp"

#include "ledger/effective_days.hpp"
#include "storage/observed.hpp"
#include "storage/row_codec.hpp"
#include "storage/statements.hpp"

#include <algorithm>

namespace storage {

namespace {

using integer = std::int64_t;

base::civil_day day_at(const row& r, std::size_t column) {
  return {static_cast<std::int32_t>(integer_at(r, column))};
}

/// Adds the step unless it has no rows.
void append(std::vector<step>& steps, batch&& rows) {
  if (!rows.empty()) steps.push_back(std::move(rows).done());
}

} // namespace

projection_work::answer_of<rows> projection_work::ask_one(const statement& what, params values) {
  step one;
  one.what = &what;
  one.values = std::move(values);
  return ask(db_, metrics_, std::move(one), until_);
}

projection_work::answer_of<bool> projection_work::write(std::vector<step> steps) {
  const auto done = co_await db_.commit(steps, until_);
  count_error(metrics_, done.what);
  switch (done.what) {
  case commit_class::committed: co_return true;
  case commit_class::conflict: co_return false;
  case commit_class::read_only: co_return base::fail(errc::read_only, done.detail);
  case commit_class::full: co_return base::fail(errc::full, done.detail);
  case commit_class::definite: co_return base::fail(errc::broken, done.detail);
  default: co_return base::fail(errc::unavailable, done.detail);
  }
}

// -- monthly snapshots --------------------------------------------------------------------------

projection_work::answer_of<std::vector<past_balance>>
projection_work::booked_before(std::vector<past_question> wanted) {
  batch keys{sql::booked_before, wanted.size()};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    keys.add(static_cast<integer>(i), key_of(wanted[i].account), wanted[i].before.count);
  auto found = co_await ask(db_, metrics_, std::move(keys).done(), until_);
  if (!found) co_return found.error();
  std::vector<past_balance> out(wanted.size());
  for (const auto& r : *found) {
    auto& b = out.at(unsigned_bits(integer_at(r, 0)));
    const auto role = ledger::role_from_text(text_at(r, 1));
    if (!role) throw codec_error("an unknown role of an account");
    b = {true, *role, {integer_at(r, 2)}, unsigned_bits(integer_at(r, 3)), {integer_at(r, 4)}};
  }
  co_return out;
}

projection_work::answer_of<std::vector<base::centavos>>
projection_work::sums(std::vector<version_range> ranges) {
  batch wanted{sql::version_sums, ranges.size()};
  for (std::size_t i = 0; i < ranges.size(); ++i)
    wanted.add(static_cast<integer>(i), key_of(ranges[i].account), bound(ranges[i].above),
               bound(ranges[i].up_to));
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!found) co_return found.error();
  std::vector<base::centavos> out(ranges.size());
  for (const auto& r : *found) out.at(unsigned_bits(integer_at(r, 0))) = {integer_at(r, 1)};
  co_return out;
}

projection_work::answer_of<std::vector<ledger::balance_check>>
projection_work::balance_checks(ledger::account_id after, std::int64_t limit) {
  params values;
  values.emplace_back(key_of(after));
  values.emplace_back(limit);
  auto found = co_await ask_one(sql::balance_checks, std::move(values));
  if (!found) co_return found.error();
  std::vector<ledger::balance_check> out;
  out.reserve(found->size());
  for (const auto& r : *found) {
    ledger::balance_check c;
    c.account = id_at<ledger::account_id>(r, 0);
    c.stored = {integer_at(r, 2)};
    c.version = unsigned_bits(integer_at(r, 3));
    c.running = {integer_at(r, 4)};
    c.sum = {integer_at(r, 5)};
    c.entries = unsigned_bits(integer_at(r, 6));
    out.push_back(std::move(c));
  }
  co_return out;
}

projection_work::answer_of<std::vector<ledger::monthly_snapshot>>
projection_work::snapshots_after(ledger::account_id account, ledger::month month,
                                 std::int64_t limit) {
  params values;
  values.emplace_back(key_of(account));
  values.emplace_back(integer{month.count});
  values.emplace_back(limit);
  auto found = co_await ask_one(sql::snapshots_after, std::move(values));
  if (!found) co_return found.error();
  std::vector<ledger::monthly_snapshot> out;
  out.reserve(found->size());
  for (const auto& r : *found)
    out.push_back({id_at<ledger::account_id>(r, 0),
                   {static_cast<std::int32_t>(integer_at(r, 2))},
                   {integer_at(r, 3)},
                   unsigned_bits(integer_at(r, 4)),
                   {integer_at(r, 5)}});
  co_return out;
}

projection_work::answer_of<bool>
projection_work::write_snapshots(std::vector<ledger::monthly_snapshot> snapshots) {
  batch all{sql::snapshot_upsert, snapshots.size()};
  for (const auto& s : snapshots)
    all.add(key_of(s.account), integer{s.month.count}, s.balance.minor, signed_bits(s.version),
            s.computed_at.count);
  std::vector<step> steps;
  append(steps, std::move(all));
  if (steps.empty()) co_return true;
  co_return co_await write(std::move(steps));
}

// -- balances by effective day ------------------------------------------------------------------

// g++ 12 inlines one half of what Asio allocates a frame with, and then takes the other half for a
// mistake.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
projection_work::answer_of<bool> projection_work::refresh_effective(ledger::account_id id) {
  const auto key = key_of(id);
  const auto arguments = [&](auto... more) {
    params values;
    values.emplace_back(key);
    (values.emplace_back(integer{more}), ...);
    return values;
  };
  auto head = co_await ask_one(sql::effective_head, arguments());
  if (!head) co_return head.error();
  if (head->empty()) co_return true; // no such account
  auto mark = integer_at(head->front(), 0);
  const auto version = integer_at(head->front(), 1);
  if (mark == version) co_return true;

  std::vector<step> steps;
  batch first{sql::effective_mark_insert, 1};
  first.add(key);
  append(steps, std::move(first));
  const auto previous = mark;
  if (mark > version) {
    // Entries were lost behind our back (a restored backup): what we know is of another history.
    batch gone{sql::effective_clear, 1};
    gone.add(key);
    append(steps, std::move(gone));
    mark = 0;
  }
  const auto up_to = std::min(version, mark + static_cast<integer>(refresh_step));
  batch next{sql::effective_mark_update, 1};
  next.add(key, up_to, previous);
  append(steps, std::move(next));

  auto tail = co_await ask_one(sql::effective_tail, arguments(mark, up_to));
  if (!tail) co_return tail.error();
  std::vector<ledger::day_sum> added;
  for (const auto& r : *tail)
    added.push_back({day_at(r, 0), {integer_at(r, 1)}, unsigned_bits(integer_at(r, 2))});
  if (added.empty()) co_return base::fail(errc::broken, "versions without entries");
  std::vector<ledger::effective_day> known;
  if (mark > 0) {
    auto from = co_await ask_one(sql::effective_from, arguments(integer{added.front().day.count}));
    if (!from) co_return from.error();
    for (const auto& r : *from)
      known.push_back({day_at(r, 0), {integer_at(r, 1)}, unsigned_bits(integer_at(r, 2))});
  }
  const auto changed = ledger::merged(known, added);
  if (!changed) co_return base::fail(errc::broken, "the sum of a day overflows");
  batch days{sql::effective_upsert, changed->size()};
  for (const auto& d : *changed)
    days.add(key, integer{d.day.count}, d.balance.minor, signed_bits(d.entries));
  append(steps, std::move(days));
  co_return co_await write(std::move(steps));
}
#pragma GCC diagnostic pop

} // namespace storage
