#include "actors/batcher.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace actors {

using base::centavos;

namespace {
// A position and a posting with its two flags are stored in 16 bits. The bounds of a batch keep far
// below it: 8,000 rows, or one item of 1,000 transfers.
constexpr std::size_t positions_max = 8191;
} // namespace

base::failure failure_of(storage::commit_class what) {
  using enum storage::commit_class;
  switch (what) {
  case committed: break;
  case definite: return base::fail(storage::errc::broken);
  case duplicate_key: return base::failure{"DUPLICATE_KEY", {}};
  case transient:
  case unavailable:
  case in_doubt: return base::fail(storage::errc::unavailable);
  case read_only: return base::fail(storage::errc::read_only);
  case full: return base::fail(storage::errc::full);
  case fenced:
  case conflict: return base::failure{"SHARD_STOPPED", {}};
  }
  UNREACHABLE("a committed batch has no failure");
}

// -- queue ----------------------------------------------------------------------------------------

void batcher::adopt(const std::vector<ledger::shard_head>& heads) {
  ENSURE(in_flight_.empty(), "a take-over happens between batches");
  shards_.clear();
  heads_.clear();
  unknown_.clear();
  for (const auto& head : heads) shards_.emplace(head.shard, head);
}

std::size_t batcher::queued() const {
  std::size_t n = queue_.size();
  for (const auto& group : groups_) n += group.size();
  return n;
}

void batcher::add(pending_item p) {
  // A correction reads its heads itself.
  for (const auto& e :
       p.item->corrective() ? std::vector<ledger::entry_draft>{} : p.item->entries) {
    if (!heads_.contains(e.account)) wanted_.insert(e.account);
  }
  for (const auto& fresh : p.item->accounts_new) wanted_.erase(fresh.id);
  queued_rows_ += p.item->rows();
  queue_.push_back(std::move(p));
}

std::vector<ledger::account_id> batcher::missing() const {
  return {wanted_.begin(), wanted_.end()};
}

void batcher::learn(const std::vector<ledger::account_id>& asked,
                    const std::vector<storage::loaded_account>& rows) {
  for (const auto& row : rows) {
    // Between batches the database and our heads agree; the row wins only where we knew nothing.
    heads_.emplace(row.record.id, account_head{row.balance, row.version});
    unknown_.erase(row.record.id);
    wanted_.erase(row.record.id);
  }
  for (const auto& id : asked) {
    if (heads_.contains(id)) continue;
    unknown_.insert(id);
    wanted_.erase(id);
  }
}

// -- building -------------------------------------------------------------------------------------

std::vector<pending_item> batcher::next_group(base::utc_us now, std::vector<ended_item>& refused) {
  std::vector<pending_item> group;
  const auto refusal = [&](const pending_item& p) -> const char* {
    if (refused_by_stop(*p.item) || !owns(p.item->shard)) return "SHARD_STOPPED";
    return p.deadline < now ? "OVERLOADED" : nullptr;
  };
  if (!groups_.empty()) {
    // Already sent once, so its clients wait for the truth: no deadline any more, only the stop of
    // a shard.
    for (auto& p : groups_.front()) {
      if (refused_by_stop(*p.item)) {
        refused.push_back({p.ticket, base::failure{"SHARD_STOPPED", {}}, {}});
      } else {
        group.push_back(std::move(p));
      }
    }
    groups_.pop_front();
    return group;
  }
  if (queue_.size() > bounds_.journal_batch_items) PROBE("batch_cap_reached");
  std::size_t rows = 0;
  while (!queue_.empty() && group.size() < bounds_.journal_batch_items) {
    auto& p = queue_.front();
    const bool alone = p.item->corrective();
    if (alone && !group.empty()) break; // its basis is not read yet
    const auto more = p.item->rows();
    if (!group.empty() && rows + more > bounds_.journal_batch_rows) break;
    queued_rows_ -= more;
    if (const char* why = refusal(p)) {
      PROBE("deadline_passed_in_the_queue_or_stopped");
      refused.push_back({p.ticket, base::failure{why, {}}, {}});
    } else {
      rows += more;
      group.push_back(std::move(p));
    }
    queue_.pop_front();
    if (alone && !group.empty()) break;
  }
  return group;
}

batcher::fit batcher::take(const pending_item& p, storage::journal_batch& batch,
                           std::map<ledger::shard_id, shard_work>& work, base::utc_us now) {
  const auto& item = *p.item;
  for (const auto& fresh : item.accounts_new) {
    working_.emplace(fresh.id, working_head{{}, 0, false});
  }
  if (item.corrective()) correct(item);
  for (const auto& e : item.entries) {
    if (working_.contains(e.account)) continue;
    if (item.corrective()) return fit::unknown_account; // it names all of its accounts
    const auto head = heads_.find(e.account);
    if (head == heads_.end()) {
      if (unknown_.contains(e.account)) return fit::unknown_account;
      wanted_.insert(e.account);
      return fit::head_missing;
    }
    working_.emplace(e.account, working_head{head->second, head->second.version, false});
  }
  // Sums first: a limit that breaks in the middle would leave half of the item in the working
  // heads.
  const auto beyond = [&](const ledger::account_id& id, std::int64_t sum) {
    const auto after = working_.at(id).now.balance.minor + sum;
    return after > base::amount_minor_max || after < -base::amount_minor_max;
  };
  std::unordered_map<ledger::account_id, std::int64_t> net;
  std::map<std::uint32_t, std::int64_t> posting_sum;
  for (const auto& e : item.entries) {
    ENSURE(e.amount.minor != 0, "an entry moves money");
    const auto sum = net[e.account] += e.amount.minor;
    if (p.singly && beyond(e.account, sum)) return fit::over_limit;
    posting_sum[e.posting] += e.amount.minor;
  }
  for (const auto& [posting, sum] : posting_sum) ENSURE(sum == 0, "every posting sums to zero");
  for (const auto& [id, sum] : net)
    if (beyond(id, sum)) return fit::over_limit;

  auto [at, fresh_shard] = work.try_emplace(item.shard);
  auto& shard = at->second;
  if (fresh_shard) {
    const auto& head = shards_.at(item.shard);
    shard.record = ledger::next_record(head, head.epoch, node_, now);
    if (now < head.booked_at) PROBE("clock_went_back");
    if (base::mutant("booked_at_follows_the_clock")) shard.record.booked_at = now;
  }
  ENSURE(shard.entries.size() + item.entries.size() <= positions_max,
         "the entries of a commit fit its positions");
  std::uint32_t postings = 0;
  for (const auto& e : item.entries) {
    auto& head = working_.at(e.account);
    head.now.balance.minor += e.amount.minor;
    head.now.version += 1;
    head.touched = true;
    ledger::entry full{e,
                       head.now.version,
                       head.now.balance,
                       item.shard,
                       shard.record.seq,
                       static_cast<std::uint32_t>(shard.entries.size()),
                       shard.record.booked_at};
    full.draft.posting = shard.postings + e.posting;
    postings = std::max(postings, e.posting + 1);
    shard.entries.push_back(batch.entries.size());
    batch.entries.push_back(std::move(full));
  }
  shard.postings += postings;

  for (const auto& id : corrected_) net.try_emplace(id, 0);
  std::vector<ended_item::fact> facts;
  facts.reserve(net.size());
  for (const auto& [id, sum] : net) {
    const auto& head = working_.at(id).now;
    facts.push_back({id, head.balance, head.version});
  }
  facts_.push_back(std::move(facts));
  batch.items.push_back(p.item);
  in_flight_.push_back(p);
  return fit::taken;
}

std::vector<ended_item::fact> batcher::held_by(const storage::commit_item& item) const {
  std::vector<ended_item::fact> held;
  held.reserve(item.entries.size());
  for (const auto& e : item.entries) {
    const auto& now = working_.at(e.account).now;
    held.push_back({e.account, now.balance, now.version});
  }
  return held;
}

namespace {

/// When the youngest id of the group was made. Whoever takes the shard over makes its ids behind
/// the last booking time (id_source::not_before), so no durable id may be younger than that, also
/// when the clock went back after it was made. Ids of an item stand in the order of their making.
base::utc_us youngest_id(const std::vector<pending_item>& group) {
  base::utc_us youngest;
  const auto look = [&](const auto& made) {
    if (made.empty()) return;
    const auto key = key_of(made.back().id);
    if (base::text_follows(key)) youngest = std::max(youngest, base::instant_of(key));
  };
  for (const auto& p : group) {
    look(p.item->transactions_new);
    look(p.item->accounts_new);
  }
  return youngest;
}

} // namespace

batcher::built batcher::build(base::utc_us now) {
  ENSURE(in_flight_.empty(), "one batch at a time");
  built result;
  auto group = next_group(now, result.refused);
  auto batch = std::make_shared<storage::journal_batch>();
  std::map<ledger::shard_id, shard_work> work;
  working_.clear();
  facts_.clear();
  const auto booked = std::max(now, youngest_id(group));
  corrected_.clear();
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto fitted = take(group[i], *batch, work, booked);
    if (fitted == fit::taken) continue;
    if (fitted == fit::head_missing) {
      PROBE("head_missing_while_building");
      // The rest waits, in its order, until the heads are read.
      groups_.emplace_front(group.begin() + static_cast<std::ptrdiff_t>(i), group.end());
      break;
    }
    if (fitted == fit::over_limit) {
      result.refused.push_back({group[i].ticket, base::fail(ledger::errc::balance_limit), {}});
      if (group[i].singly) result.refused.back().facts = held_by(*group[i].item);
    } else {
      result.refused.push_back(
          {group[i].ticket, base::fail(storage::errc::broken, "unknown account"), {}});
    }
  }
  if (in_flight_.empty()) {
    basis_.reset();
    return result;
  }

  records_.clear();
  for (auto& [shard, w] : work) {
    std::vector<const ledger::entry*> entries;
    entries.reserve(w.entries.size());
    for (const auto index : w.entries) entries.push_back(&batch->entries[index]);
    ledger::seal(w.record, entries);
    records_.push_back(w.record);
  }
  batch->records = records_;
  for (const auto& [id, head] : working_) {
    if (std::find(corrected_.begin(), corrected_.end(), id) != corrected_.end()) {
      batch->balances_corrected.push_back({id, head.now.balance, head.now.version, 0});
    } else if (head.touched) {
      batch->balances.push_back({id, head.now.balance, head.now.version, head.previous_version});
    }
  }
  if (batch->items.front()->note) note(*batch->items.front(), *batch);
  basis_.reset(); // of this batch and no other
  // One order for all writers: two sessions that meet on rows wait for each other instead of dying.
  std::sort(batch->balances.begin(), batch->balances.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
  result.batch = std::move(batch);
  return result;
}

// -- corrections (batcher_corrections.cpp has the rest) -------------------------------------------

bool batcher::refused_by_stop(const storage::commit_item& item) const {
  if (!stopped_.contains(item.shard)) return false;
  return item.corrects.empty() || !stopped_.correctable(item.shard);
}

// -- outcomes -------------------------------------------------------------------------------------

std::vector<ended_item> batcher::committed() {
  std::vector<ended_item> all;
  all.reserve(in_flight_.size());
  for (std::size_t i = 0; i < in_flight_.size(); ++i) {
    const auto record =
        std::find_if(records_.begin(), records_.end(), [&](const ledger::commit_record& r) {
          return r.shard == in_flight_[i].item->shard;
        });
    ENSURE(record != records_.end(), "the shard of an item has a record in its batch");
    all.push_back({in_flight_[i].ticket, {}, std::move(facts_[i]), record->seq});
  }
  for (const auto& [id, head] : working_) {
    heads_[id] = head.now;
    wanted_.erase(id);
    unknown_.erase(id);
  }
  for (const auto& record : records_) shards_[record.shard] = record.head();
  in_flight_.clear();
  working_.clear();
  return all;
}

std::vector<ended_item> batcher::bisect(storage::commit_class what) {
  if (in_flight_.size() == 1) return fail(what);
  const auto middle = in_flight_.begin() + static_cast<std::ptrdiff_t>(in_flight_.size() / 2);
  if (!base::mutant("bisect_forgets_a_half")) groups_.emplace_front(middle, in_flight_.end());
  groups_.emplace_front(in_flight_.begin(), middle);
  in_flight_.clear();
  return {};
}

std::vector<ended_item> batcher::fail(storage::commit_class what) {
  std::vector<ended_item> all;
  for (const auto& p : in_flight_) all.push_back({p.ticket, failure_of(what), {}});
  in_flight_.clear();
  return all;
}

void batcher::again(const ledger::shard_head* fence) {
  if (fence != nullptr) shards_[fence->shard] = *fence;
  groups_.push_front(std::move(in_flight_));
  in_flight_.clear();
}

std::vector<ended_item> batcher::refuse_waiting(const base::failure& why) {
  std::vector<ended_item> all;
  for (const auto& group : groups_) {
    for (const auto& p : group) all.push_back({p.ticket, why, {}});
  }
  for (const auto& p : queue_) all.push_back({p.ticket, why, {}});
  groups_.clear();
  queue_.clear();
  queued_rows_ = 0;
  wanted_.clear();
  return all;
}

std::vector<ended_item> batcher::expire(base::utc_us now) {
  std::vector<ended_item> all;
  for (auto& p : std::exchange(queue_, {})) {
    if (p.deadline < now) {
      PROBE("deadline_passed_while_committing");
      queued_rows_ -= p.item->rows();
      all.push_back({p.ticket, base::fail(storage::errc::unavailable), {}});
    } else {
      queue_.push_back(std::move(p));
    }
  }
  return all;
}

void batcher::evict() {
  // Any head may go: the next batch that needs it reads it again.
  if (heads_.size() > bounds_.journal_heads) PROBE("head_evicted");
  while (heads_.size() > bounds_.journal_heads) heads_.erase(heads_.begin());
}

} // namespace actors
