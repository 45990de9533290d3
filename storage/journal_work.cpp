#include "storage/journal_work.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"
#include "storage/job_row_codec.hpp"
#include "storage/observed.hpp"
#include "storage/statements.hpp"
#include "storage/user_row_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace storage {

namespace {

constexpr unsigned take_over_attempts = 8; ///< each one lost to somebody who wrote in between

// -- building a batch ---------------------------------------------------------------------------

/// The last state of each record that several items of the batch change: one row is updated once.
template <class Record>
std::vector<const Record*> last_of_each(const journal_batch& what,
                                        std::vector<Record> commit_item::*member) {
  std::vector<const Record*> found;
  std::unordered_map<decltype(Record::id), std::size_t> place;
  for (const auto& item : what.items)
    for (const auto& r : (*item).*member) {
      const auto [at, fresh] = place.emplace(r.id, found.size());
      if (fresh)
        found.push_back(&r);
      else
        found[at->second] = &r;
    }
  return found;
}

template <class Member> std::size_t count_of(const journal_batch& what, Member member) {
  std::size_t n = 0;
  for (const auto& item : what.items) n += ((*item).*member).size();
  return n;
}

/// Changes are of single columns, so those of one user add up.
std::map<ledger::user_id, ledger::user_change> changes_by_user(const journal_batch& what) {
  std::map<ledger::user_id, ledger::user_change> all;
  for (const auto& item : what.items)
    for (const auto& c : item->users_changed) {
      auto& sum = all[c.id];
      sum.id = c.id;
      if (c.name) sum.name = c.name;
      if (c.email) sum.email = c.email;
      if (c.password_hash) sum.password_hash = c.password_hash;
      if (c.active) sum.active = c.active;
      if (c.admin) sum.admin = c.admin;
      sum.updated_at = c.updated_at;
    }
  return all;
}

std::unordered_set<ledger::transaction_id> ids_of_new(const journal_batch& what) {
  std::unordered_set<ledger::transaction_id> ids;
  for (const auto& item : what.items) {
    for (const auto& t : item->transactions_new) ids.insert(t.id);
    for (const auto& id : item->transactions_reborn) ids.insert(id);
  }
  return ids;
}

/// Adds the step unless it has no rows.
void append(commit_plan& plan, batch&& rows) {
  if (!rows.empty()) plan.steps.push_back(std::move(rows).done());
}

void append_users(commit_plan& plan, const journal_batch& what) {
  batch fresh{sql::user_insert, count_of(what, &commit_item::users_new)};
  for (const auto& item : what.items)
    for (const auto& u : item->users_new) add_user(fresh, u);
  append(plan, std::move(fresh));
  const auto changed = changes_by_user(what);
  batch changes{sql::user_update, changed.size()};
  for (const auto& [id, change] : changed) add_user_change(changes, change, plan.texts);
  append(plan, std::move(changes));
}

void append_accounts(commit_plan& plan, const journal_batch& what) {
  const auto count = count_of(what, &commit_item::accounts_new);
  batch fresh{sql::account_insert, count};
  batch balances{sql::balance_insert, count};
  for (const auto& item : what.items)
    for (const auto& a : item->accounts_new) {
      add_account(fresh, a);
      balances.add(key_of(a.id));
    }
  append(plan, std::move(fresh));
  append(plan, std::move(balances));
  const auto changed = last_of_each(what, &commit_item::accounts_changed);
  batch changes{sql::account_update, changed.size()};
  for (const auto* a : changed) add_account_change(changes, *a);
  append(plan, std::move(changes));
}

void append_holds(commit_plan& plan, const journal_batch& what) {
  const auto fresh_count = count_of(what, &commit_item::holds_new);
  const auto ended_count = count_of(what, &commit_item::holds_changed);
  if (fresh_count + ended_count == 0) return; // most batches: not even the columns are made
  batch fresh{sql::hold_insert, fresh_count};
  batch ended{sql::hold_update, ended_count};
  for (const auto& item : what.items) {
    for (const auto& h : item->holds_new) add_hold(fresh, h);
    for (const auto& h : item->holds_changed) add_hold_end(ended, h);
  }
  append(plan, std::move(fresh));
  append(plan, std::move(ended));
}

void append_transactions(commit_plan& plan, const journal_batch& what) {
  batch fresh{sql::transaction_insert, count_of(what, &commit_item::transactions_new)};
  batch reborn{sql::transaction_reborn, count_of(what, &commit_item::transactions_reborn)};
  std::vector<const ledger::transaction_record*> tagged;
  for (const auto& item : what.items) {
    if (item->transactions_new.empty() && item->transactions_reborn.empty()) continue;
    const auto record = std::find_if(what.records.begin(), what.records.end(),
                                     [&](const auto& r) { return r.shard == item->shard; });
    ENSURE(record != what.records.end(), "the shard of an item has a record in its batch");
    for (const auto& t : item->transactions_new) {
      add_transaction(fresh, t, commit_id_of(record->shard, record->seq), plan.texts);
      if (!t.tags.empty()) tagged.push_back(&t);
    }
    for (const auto& id : item->transactions_reborn)
      reborn.add(key_of(id), commit_id_of(record->shard, record->seq));
  }
  append(plan, std::move(fresh));
  append(plan, std::move(reborn));

  const auto changed = last_of_each(what, &commit_item::transactions_changed);
  std::unordered_set<ledger::transaction_id> changed_ids;
  batch changes{sql::transaction_update, changed.size()};
  batch untagged{sql::tags_delete, changed.size()};
  for (const auto* t : changed) {
    add_transaction_change(changes, *t, plan.texts);
    untagged.add(key_of(t->id));
    changed_ids.insert(t->id);
  }
  append(plan, std::move(changes));
  append(plan, std::move(untagged));

  // A transaction that is made and changed in one batch keeps the tags of the change.
  std::erase_if(tagged, [&](const auto* t) { return changed_ids.contains(t->id); });
  std::copy_if(changed.begin(), changed.end(), std::back_inserter(tagged),
               [](const auto* t) { return !t->tags.empty(); });
  batch tags{sql::tag_insert, tagged.size()};
  for (const auto* t : tagged)
    for (const auto& name : t->tags)
      tags.add(key_of(t->owner), std::string_view{name}, key_of(t->id));
  append(plan, std::move(tags));
}

void append_user_rows(commit_plan& plan, const journal_batch& what) {
  std::vector<const ledger::user_row*> rows;
  for (const auto& item : what.items)
    for (const auto& r : item->user_rows) rows.push_back(&r);
  for (auto& s : puts_of(rows, plan.texts)) plan.steps.push_back(std::move(s));
}

void append_job_rows(commit_plan& plan, const journal_batch& what) {
  std::vector<const scheduler::job_row*> rows;
  for (const auto& item : what.items)
    for (const auto& r : item->job_rows) rows.push_back(&r);
  for (auto& s : puts_of(rows, plan.texts)) plan.steps.push_back(std::move(s));
}

/// Unique keys that are kept longer than their job is live.
void append_job_windows(commit_plan& plan, const journal_batch& what) {
  std::vector<const scheduler::job*> windowed;
  for (const auto& item : what.items)
    for (const auto& r : item->job_rows)
      if (const auto* j = std::get_if<scheduler::job>(&r))
        if (j->unique && j->unique->until == scheduler::unique_rule::period::window)
          windowed.push_back(j);
  batch windows{sql::job_window_insert, windowed.size()};
  for (const auto* j : windowed)
    windows.add(j->created_at.count + j->unique->window_us, key_of(j->id));
  append(plan, std::move(windows));
}

/// What a job posts comes in the item of its outcome.
void append_job_postings(commit_plan& plan, const journal_batch& what) {
  batch postings{sql::job_posting_insert, count_of(what, &commit_item::transactions_new)};
  for (const auto& item : what.items) {
    if (item->transactions_new.empty()) continue;
    const auto ended =
        std::find_if(item->job_rows.begin(), item->job_rows.end(), [](const auto& r) {
          return std::holds_alternative<scheduler::job_outcome>(r);
        });
    if (ended == item->job_rows.end()) continue;
    const auto record = std::find_if(what.records.begin(), what.records.end(),
                                     [&](const auto& r) { return r.shard == item->shard; });
    for (const auto& t : item->transactions_new)
      postings.add(key_of(std::get<scheduler::job_outcome>(*ended).job), key_of(t.id),
                   commit_id_of(record->shard, record->seq));
  }
  append(plan, std::move(postings));
}

/// Records of no entries at the place of `ours`; the later instant tells it from a batch that has
/// no entries either.
ledger::commit_record fence_for(const ledger::commit_record& ours) {
  auto fence = ours;
  fence.entries = 0;
  fence.booked_at.count += 1;
  ledger::seal(fence, {});
  return fence;
}

base::failure failure_of(const commit_result& r) {
  switch (r.what) {
  case commit_class::read_only: return base::fail(errc::read_only, r.detail);
  case commit_class::full: return base::fail(errc::full, r.detail);
  case commit_class::definite:
  case commit_class::duplicate_key:
  case commit_class::conflict: return base::fail(errc::broken, r.detail);
  default: return base::fail(errc::unavailable, r.detail);
  }
}

} // namespace

commit_plan plan_commit(const journal_batch& what) {
  commit_plan plan;
  // Records first, in shard order: a former owner waits at statement one and cannot deadlock.
  batch records{sql::commit_insert, what.records.size()};
  for (const auto& r : what.records) add_commit(records, r);
  append(plan, std::move(records));
  append_users(plan, what);
  append_accounts(plan, what);
  append_transactions(plan, what);
  append_holds(plan, what);

  const auto born = ids_of_new(what);
  batch entries{sql::entry_insert, what.entries.size()};
  for (const auto& e : what.entries) add_entry(entries, e, !born.contains(e.draft.transaction));
  append(plan, std::move(entries));
  batch balances{sql::balance_update, what.balances.size()};
  for (const auto& b : what.balances) add_balance(balances, b);
  append(plan, std::move(balances));
  batch corrected{sql::balance_correct, what.balances_corrected.size()};
  batch marks{sql::effective_mark_reset, what.balances_corrected.size()};
  batch days{sql::effective_clear, what.balances_corrected.size()};
  for (const auto& b : what.balances_corrected) {
    add_corrected_balance(corrected, b);
    marks.add(key_of(b.account));
    days.add(key_of(b.account));
  }
  append(plan, std::move(corrected));
  append(plan, std::move(marks));
  append(plan, std::move(days));
  append_user_rows(plan, what);
  append_job_rows(plan, what);
  append_job_windows(plan, what);
  append_job_postings(plan, what);
  batch log{sql::log_insert, what.audit.size()};
  for (const auto& r : what.audit) add_audit(log, r);
  append(plan, std::move(log));
  batch answers{sql::answer_upsert, count_of(what, &commit_item::answers)};
  for (const auto& item : what.items)
    for (const auto& a : item->answers) add_answer(answers, a);
  append(plan, std::move(answers));
  return plan;
}

std::optional<commit_result> refusal_of(const journal_batch& what) {
  std::map<std::pair<ledger::shard_id, std::uint64_t>, base::centavos> sums;
  for (const auto& e : what.entries) {
    auto& sum = sums[{e.shard, e.seq}];
    const auto next = base::add(sum, e.draft.amount);
    if (!next) return commit_result{commit_class::definite, "the sum of the entries overflows"};
    sum = *next;
  }
  for (const auto& [commit, sum] : sums)
    if (sum.minor != 0)
      return commit_result{
          commit_class::definite,
          fmt::format("the entries of {}:{} do not sum to zero", commit.first, commit.second)};

  std::unordered_set<std::string> keys;
  for (const auto& item : what.items)
    for (const auto& a : item->answers)
      if (!keys.insert(a.user.text() + '\n' + a.scope.endpoint + '\n' + a.scope.key).second)
        return commit_result{commit_class::duplicate_key, "an idempotency key twice in a batch"};

  // Versions follow one another by one, and no statement writes a row twice.
  std::unordered_set<scheduler::schedule_id> schedules;
  for (const auto& item : what.items)
    for (const auto& r : item->job_rows)
      if (const auto* s = std::get_if<scheduler::schedule>(&r))
        if (!schedules.insert(s->id).second)
          return commit_result{commit_class::duplicate_key, "a schedule twice in a batch"};
  return std::nullopt;
}

// -- journal_work -------------------------------------------------------------------------------

journal_work::journal_work(session& db, std::int64_t deadline_ms, observability::log& log,
                           observability::metrics& metrics, stop_signal& stop, std::uint64_t seed)
    : db_(db), deadline_ms_(deadline_ms), log_(log), metrics_(metrics), stop_(stop), chance_(seed) {
}

std::chrono::milliseconds journal_work::backoff(unsigned attempt) {
  const std::int64_t cap = std::min<std::int64_t>(2000, std::int64_t{25} << std::min(attempt, 7U));
  return std::chrono::milliseconds{chance_.between(cap / 2, cap)};
}

boost::asio::awaitable<commit_result> journal_work::send(const std::vector<step>& steps) {
  const auto began = std::chrono::steady_clock::now();
  auto done = co_await db_.commit(steps, in(deadline_ms_));
  metrics_.storage_statement(observability::statement_class::commit)
      .observe(std::chrono::steady_clock::now() - began);
  count_error(metrics_, done.what);
  co_return done;
}

boost::asio::awaitable<commit_result>
journal_work::commit(std::shared_ptr<const journal_batch> what) {
  ENSURE(!what->records.empty(), "a batch has a record for each of its shards");
  if (auto refused = refusal_of(*what)) {
    count_error(metrics_, refused->what);
    co_return *refused;
  }
  const auto plan = plan_commit(*what);
  co_return co_await send(plan.steps);
}

boost::asio::awaitable<base::result<std::vector<loaded_account>>>
journal_work::load(std::vector<ledger::account_id> ids) {
  batch wanted{sql::account_load, ids.size()};
  for (const auto& id : ids) wanted.add(key_of(id));
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), in(deadline_ms_));
  if (!found) co_return found.error();
  std::vector<loaded_account> accounts;
  accounts.reserve(found->size());
  // One row for each of an account's holds: they may stand apart.
  std::unordered_map<ledger::account_id, std::size_t> place;
  for (const auto& r : *found) {
    auto one = loaded_account_from(r);
    auto hold = held_from(r);
    const auto [at, fresh] = place.emplace(one.record.id, accounts.size());
    if (fresh) accounts.push_back(std::move(one));
    if (hold) accounts[at->second].holds.push_back(std::move(*hold));
  }
  co_return accounts;
}

// -- take over ----------------------------------------------------------------------------------

boost::asio::awaitable<base::result<std::vector<ledger::shard_head>>>
journal_work::heads_of(const std::vector<ledger::shard_id>& shards) {
  batch wanted{sql::commit_heads, shards.size()};
  for (const auto shard : shards) wanted.add(std::int64_t{shard});
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), in(deadline_ms_));
  if (!found) co_return found.error();
  std::vector<ledger::shard_head> heads;
  for (const auto shard : shards) {
    ledger::shard_head head;
    head.shard = shard;
    for (const auto& r : *found)
      if (const auto c = commit_from(r); c.shard == shard) head = c.head();
    heads.push_back(head);
  }
  co_return heads;
}

boost::asio::awaitable<base::result<std::vector<ledger::shard_head>>>
journal_work::take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now) {
  commit_result last;
  for (unsigned attempt = 0; attempt < take_over_attempts && !stop_.stopped(); ++attempt) {
    if (attempt > 0) {
      PROBE("take_over_again");
      co_await stop_.sleep(backoff(attempt));
    }
    auto heads = co_await heads_of(shards);
    if (!heads) co_return heads.error();
    std::vector<ledger::commit_record> records;
    for (const auto& head : *heads) {
      records.push_back(ledger::next_record(head, head.epoch + 1, node, now));
      ledger::seal(records.back(), {});
    }
    auto ordered = records;
    std::sort(ordered.begin(), ordered.end(),
              [](const auto& a, const auto& b) { return a.shard < b.shard; });
    batch inserts{sql::commit_insert, ordered.size()};
    for (const auto& r : ordered) add_commit(inserts, r);
    std::vector<step> steps;
    steps.push_back(std::move(inserts).done());
    last = co_await send(steps);
    if (last.what == commit_class::committed) {
      std::vector<ledger::shard_head> taken;
      for (const auto& r : records) taken.push_back(r.head());
      co_return taken;
    }
    // Fenced: a former owner was still committing. In doubt: our record is the head, or it is not;
    // the next look tells, and an epoch may be skipped.
    if (last.what != commit_class::fenced && last.what != commit_class::transient &&
        last.what != commit_class::in_doubt)
      co_return failure_of(last);
  }
  if (stop_.stopped()) co_return base::fail(errc::shutting_down);
  co_return failure_of(last);
}

// -- in doubt -----------------------------------------------------------------------------------

boost::asio::awaitable<base::result<std::optional<resolution>>>
journal_work::look(const ledger::commit_record& ours, const ledger::commit_record& fence) {
  step insert;
  insert.what = &sql::commit_fence;
  insert.values = commit_params(fence);
  auto inserted = co_await ask(db_, metrics_, std::move(insert), in(deadline_ms_));
  if (!inserted) {
    // The database came back without the commit before ours: nothing can follow it.
    if (inserted.error().detail.find(no_former_text) != std::string::npos)
      co_return std::optional{resolution{resolution::fate::fenced, {}}};
    co_return inserted.error();
  }
  if (!inserted->empty())
    co_return std::optional{resolution{resolution::fate::absent, fence.head()}};

  step select;
  select.what = &sql::commit_at;
  select.values.emplace_back(std::int64_t{ours.shard});
  select.values.emplace_back(signed_bits(ours.seq));
  auto there = co_await ask(db_, metrics_, std::move(select), in(deadline_ms_));
  if (!there) co_return there.error();
  // The one who stood there rolled back in between: insert again.
  if (there->empty()) co_return std::optional<resolution>{};
  const auto record = commit_from(there->front());
  if (record.hash == ours.hash)
    co_return std::optional{resolution{resolution::fate::applied, record.head()}};
  // A fence of ours whose answer was lost.
  if (record.hash == fence.hash)
    co_return std::optional{resolution{resolution::fate::absent, record.head()}};
  co_return std::optional{resolution{resolution::fate::fenced, record.head()}};
}

boost::asio::awaitable<base::result<resolution>>
journal_work::resolve(std::shared_ptr<const journal_batch> what) {
  ENSURE(!what->records.empty(), "a batch has a record for each of its shards");
  const auto& ours = what->records.front();
  const auto fence = fence_for(ours);
  for (unsigned attempt = 0; !stop_.stopped(); ++attempt) {
    if (attempt > 0) {
      PROBE("in_doubt_asked_again");
      co_await stop_.sleep(backoff(attempt));
    }
    if (auto ready = co_await db_.connect(in(deadline_ms_)); !ready) {
      log_.warning("vai_de_pix.storage", "in doubt: no connection yet",
                   {{"code", ready.error()}, {"attempt", attempt}});
      continue;
    }
    auto found = co_await look(ours, fence);
    if (found && *found) {
      log_.info("vai_de_pix.storage", "in doubt: resolved",
                {{"shard", ours.shard},
                 {"seq", ours.seq},
                 {"applied", (*found)->what == resolution::fate::applied},
                 {"attempt", attempt}});
      co_return **found;
    }
    if (found) continue;
    log_.warning("vai_de_pix.storage", "in doubt: not resolved yet",
                 {{"code", found.error()}, {"attempt", attempt}});
    // The insert waits for our former connection, which may hang on the other side.
    if (found.error().code == code_text(errc::timed_out)) co_await db_.end_former(in(deadline_ms_));
  }
  co_return base::fail(errc::shutting_down);
}

} // namespace storage
