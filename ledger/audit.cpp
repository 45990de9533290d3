#include "ledger/audit.hpp"

#include <algorithm>

namespace ledger {
namespace {

constexpr std::array<std::string_view, invariant_count> invariant_names{
    "LedgerBalance", "TransferNetZero", "SoftDeleteReversal", "LedgerAppendOnly", "HasEntries",
    "SameOwner",     "Balanced",        "Snapshot",           "WithinLimits",     "StoredAnswers",
    "Goal",          "Envelope",        "SharesExact"};

std::string place(const commit_record& r) {
  return "shard " + std::to_string(r.shard) + " seq " + std::to_string(r.seq);
}
std::string place(const entry& e) {
  return "account " + e.draft.account.text() + " version " + std::to_string(e.version);
}
std::string place(const transaction_record& t) { return "transaction " + t.id.text(); }

} // namespace

std::string_view to_text(invariant i) { return invariant_names[static_cast<std::size_t>(i)]; }

bool audit_report::clean() const {
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (findings[i].faults > 0 && static_cast<invariant>(i) != invariant::within_limits)
      return false;
  return true;
}

void audit_report::add(const audit_report& found) {
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto& other = found.findings[i];
    findings[i].checked += other.checked;
    findings[i].faults += other.faults;
    if (findings[i].first.empty()) findings[i].first = other.first;
  }
}

auditor::auditor(audit_extent extent) : extent_(extent) {}

auditor::auditor(audit_extent extent, std::uint64_t sketch_seed)
    : extent_(extent), sketch_(effect_sketch{sketch_seed}) {}

// -- with a sketch --------------------------------------------------------------------------------

std::optional<auditor> auditor::second_look() const {
  std::optional<auditor> second;
  if (!sketch_) return second;
  auto differing = sketch_->differing();
  if (std::find(differing.begin(), differing.end(), true) == differing.end()) return second;
  second = *this; // the same seed, and the owners
  second->report_ = {};
  second->legs_.clear();
  second->only_ = std::move(differing);
  second->current_.reset();
  return second;
}

void auditor::entries_without_row(const std::vector<std::string>& transactions) {
  if (!transactions.empty())
    without_row(*std::min_element(transactions.begin(), transactions.end()), transactions.size());
}

void auditor::accept(const audit_report& of_second_look) {
  for (const auto i :
       {invariant::has_entries, invariant::soft_delete_reversal, invariant::transfer_net_zero}) {
    const auto& seen = of_second_look[i];
    at(i).faults += seen.faults;
    if (at(i).first.empty()) at(i).first = seen.first;
  }
}

bool auditor::sees(const transaction_id& id) const {
  return only_.empty() || only_[sketch_->bucket_of(id)];
}

void auditor::fault(invariant i, std::string text) {
  auto& f = at(i);
  if (f.faults++ == 0) f.first = std::move(text);
}

// -- pass 1: the chain of each shard --------------------------------------------------------------

void auditor::commit(const commit_record& record, const std::vector<entry>& entries) {
  if (only_.empty()) {
    check_link(record, entries);
    check_postings(record, entries);
  }
  for (const auto& e : entries) {
    const auto& d = e.draft;
    if (sketch_ && only_.empty())
      sketch_->add(d.transaction, d.account, d.amount);
    else if (extent_ == audit_extent::whole && sees(d.transaction))
      open_sums_[d.transaction][d.account] += d.amount.minor;
  }
  entries_in_chain_ += entries.size();
}

void auditor::resume(const shard_head& sound, const commit_record* now) {
  constexpr auto rule = invariant::ledger_append_only;
  check(rule);
  if (now == nullptr || now->head() != sound)
    fault(rule, "shard " + std::to_string(sound.shard) + " seq " + std::to_string(sound.seq) +
                    ": is not the commit that was sound before");
  heads_[sound.shard] = now == nullptr ? sound : now->head();
}

void auditor::check_link(const commit_record& record, const std::vector<entry>& entries) {
  constexpr auto rule = invariant::ledger_append_only;
  check(rule);
  auto& head = heads_[record.shard];
  const bool first = head.seq == 0;
  if (record.seq != head.seq + 1) fault(rule, place(record) + ": a record before it is missing");
  if (record.epoch < head.epoch) fault(rule, place(record) + ": the epoch falls");
  if (record.prev_hash != head.hash) {
    fault(rule, place(record) + ": prev_hash is not the hash of the record before");
  }
  if (!first && record.booked_at < head.booked_at) fault(rule, place(record) + ": booked_at falls");

  std::vector<const entry*> sealed;
  sealed.reserve(entries.size());
  std::uint32_t position = 0;
  for (const auto& e : entries) {
    if (e.shard != record.shard || e.seq != record.seq || e.booked_at != record.booked_at ||
        e.position != position) {
      fault(rule, place(record) + ": " + place(e) + " does not belong at this position");
    }
    ++position;
    sealed.push_back(&e);
  }
  if (record.entries != entries.size()) {
    fault(rule, place(record) + ": the number of entries is not the recorded one");
  }
  if (hash_of(record, sealed) != record.hash) {
    fault(rule, place(record) + ": the hash does not match record and entries");
  }
  head = record.head();
}

void auditor::check_postings(const commit_record& record, const std::vector<entry>& entries) {
  std::map<std::uint32_t, wide> postings;
  for (const auto& e : entries) {
    postings[e.draft.posting] += e.draft.amount.minor;
    if (e.draft.amount.minor == 0) {
      fault(invariant::balanced, place(record) + ": " + place(e) + " moves nothing");
    }
  }
  for (const auto& [posting, sum] : postings) {
    check(invariant::balanced);
    if (sum != 0) {
      fault(invariant::balanced,
            place(record) + " posting " + std::to_string(posting) + ": does not sum to zero");
    }
  }
}

// -- pass 2: accounts -----------------------------------------------------------------------------

void auditor::account(const account_record& row, base::centavos balance, std::uint64_t version,
                      account_start from) {
  close_account();
  owners_.emplace(row.id, row.owner);
  current_.emplace();
  current_->id = row.id;
  current_->has_row = true;
  current_->balance = balance;
  current_->version = version;
  current_->last_version = from.version;
  current_->last_balance = from.balance.minor;
  current_->sum = from.balance.minor;
  current_->floor = row.floor;
  current_->ceiling = row.ceiling;
  total_ += balance.minor;
}

void auditor::held(base::centavos amount) { current_->held = amount; }

void auditor::snapshot(const monthly_snapshot& row, base::utc_us end) {
  current_->snapshots.emplace_back(row, end);
}

/// Those of months that had ended when an entry was booked; nothing: all that are left.
void auditor::compare_snapshots(open_account& a, std::optional<base::utc_us> before) {
  for (; a.compared < a.snapshots.size(); ++a.compared) {
    const auto& [row, end] = a.snapshots[a.compared];
    if (before && *before < end) return;
    check(invariant::snapshot);
    if (row.balance.minor != a.sum || row.version != a.last_version)
      fault(invariant::snapshot, "account " + a.id.text() + " month " + to_text(row.month) +
                                     ": is not the sum of the entries booked before its end");
  }
}

void auditor::check_limits(const open_account& a) {
  if (!a.floor && !a.ceiling) return;
  check(invariant::within_limits);
  if (a.floor && wide{a.balance.minor} - a.held.minor < a.floor->minor)
    fault(invariant::within_limits, "account " + a.id.text() + ": is below its floor");
  if (a.ceiling && a.balance > *a.ceiling)
    fault(invariant::within_limits, "account " + a.id.text() + ": is above its ceiling");
}

void auditor::account_entry(const entry& e) {
  if (!current_ || current_->id != e.draft.account) {
    close_account();
    current_.emplace();
    current_->id = e.draft.account;
  }
  auto& a = *current_;
  compare_snapshots(a, e.booked_at);
  constexpr auto rule = invariant::ledger_append_only;
  check(rule);
  if (e.version != a.last_version + 1) fault(rule, place(e) + ": the versions are not 1..n");
  if (wide{e.balance_after.minor} != a.last_balance + e.draft.amount.minor) {
    fault(rule, place(e) + ": balance_after is not the one before plus the amount");
  }
  if (a.shard.value_or(e.shard) != e.shard) fault(rule, place(e) + ": lies in another shard");
  if (!heads_.empty()) {
    const auto head = heads_.find(e.shard);
    if (head == heads_.end() || e.seq == 0 || e.seq > head->second.seq) {
      fault(rule, place(e) + ": names a commit record that does not exist");
    }
  }
  a.shard = e.shard;
  a.last_version = e.version;
  a.last_balance = e.balance_after.minor;
  a.sum += e.draft.amount.minor;
  ++entries_in_accounts_;
}

void auditor::close_account() {
  if (!current_) return;
  auto& a = *current_;
  compare_snapshots(a, std::nullopt);
  check_limits(a);
  constexpr auto rule = invariant::ledger_balance;
  check(rule);
  if (!a.has_row) {
    fault(rule, "account " + a.id.text() + ": has entries and no row");
  } else if (a.version != a.last_version) {
    fault(rule, "account " + a.id.text() + ": its version is not that of its last entry");
  } else if (a.balance.minor != a.last_balance || a.balance.minor != a.sum) {
    fault(rule, "account " + a.id.text() + ": its balance is not the sum of its entries");
  }
  current_.reset();
}

// -- pass 3: transactions -------------------------------------------------------------------------

void auditor::transaction(const transaction_record& row) {
  close_account();
  if (!sees(row.id)) return; // of a second look
  const bool first_look = only_.empty();
  if (first_look) check_owner(row);
  open_leg leg{row, 0};
  if (sketch_ && first_look) {
    check(row.deleted_at ? invariant::soft_delete_reversal : invariant::has_entries);
    for (const auto& [id, sum] : effect_of(row))
      sketch_->subtract(row.id, id, {static_cast<std::int64_t>(sum)});
  } else {
    const auto known = open_sums_.find(row.id);
    const bool any = known != open_sums_.end();
    const auto entries = any ? std::move(known->second) : sums{};
    if (any) open_sums_.erase(known);
    check_effect(row, entries, any);
    for (const auto& [id, sum] : entries) leg.sum += sum;
  }

  if (row.type != transaction_type::transfer) return;
  if (!first_look) { // its partner may be in order, and is not looked at then
    wide effect = 0;
    for (const auto& [id, sum] : effect_of(row)) effect += sum;
    if (leg.sum != effect)
      fault(invariant::transfer_net_zero, place(row) + ": the legs do not sum to zero");
    return;
  }
  const auto waiting = row.partner ? legs_.find(*row.partner) : legs_.end();
  if (waiting == legs_.end()) {
    legs_.emplace(row.id, std::move(leg));
    return;
  }
  check_pair(waiting->second, leg);
  legs_.erase(waiting);
}

void auditor::check_owner(const transaction_record& row) {
  check(invariant::same_owner);
  for (const auto& id : {row.account, row.category}) {
    const auto owner = owners_.find(id);
    if (owner == owners_.end()) {
      if (extent_ == audit_extent::part) continue;
      fault(invariant::same_owner, place(row) + ": account " + id.text() + " does not exist");
    } else if (owner->second != row.owner) {
      fault(invariant::same_owner, place(row) + ": account " + id.text() + " is of another owner");
    }
  }
}

auditor::sums auditor::effect_of(const transaction_record& row) {
  sums effect;
  if (row.deleted_at) return effect;
  effect[row.account] += row.effect().minor;
  if (row.type != transaction_type::transfer) effect[row.category] -= row.effect().minor;
  return effect;
}

void auditor::check_effect(const transaction_record& row, const sums& entries, bool any) {
  if (row.deleted_at) {
    check(invariant::soft_delete_reversal);
    const bool undone =
        std::all_of(entries.begin(), entries.end(), [](const auto& of) { return of.second == 0; });
    if (!undone) {
      fault(invariant::soft_delete_reversal, place(row) + ": is deleted and still has an effect");
    }
    return;
  }
  check(invariant::has_entries);
  if (!any) return fault(invariant::has_entries, place(row) + ": has no entries");
  // What an edit moved away from another account sums to zero there.
  auto rest = entries;
  for (const auto& [id, sum] : effect_of(row)) rest[id] -= sum;
  const bool same =
      std::all_of(rest.begin(), rest.end(), [](const auto& of) { return of.second == 0; });
  if (!same) fault(invariant::has_entries, place(row) + ": its entries are not its effect");
}

void auditor::check_pair(const open_leg& a, const open_leg& b) {
  constexpr auto rule = invariant::transfer_net_zero;
  check(rule);
  if (a.sum + b.sum != 0) fault(rule, place(b.row) + ": the legs do not sum to zero");
  const bool linked = a.row.partner == b.row.id && b.row.partner == a.row.id;
  const bool agree = a.row.direction + b.row.direction == 0 && a.row.amount == b.row.amount &&
                     a.row.effective == b.row.effective && a.row.category == b.row.category &&
                     a.row.date == b.row.date && a.row.account != b.row.account &&
                     a.row.deleted_at.has_value() == b.row.deleted_at.has_value();
  if (!linked || !agree) fault(rule, place(b.row) + ": the legs contradict each other");
}

// -- stored answers -------------------------------------------------------------------------------

void auditor::answer(const key_scope& scope, const transaction_id& named, bool exists) {
  check(invariant::stored_answers);
  if (!exists)
    fault(invariant::stored_answers, "the answer to " + scope.endpoint + " names transaction " +
                                         named.text() + ", which does not exist");
}

// -- the whole ------------------------------------------------------------------------------------

void auditor::without_row(const std::string& smallest, std::size_t count) {
  constexpr auto rule = invariant::soft_delete_reversal;
  at(rule).checked += count;
  fault(rule, "transaction " + smallest + ": has entries and no row");
  at(rule).faults += count - 1;
}

audit_report auditor::finish() {
  close_account();
  // Maps without order: the smallest id makes the first fault the same in every run.
  const auto smallest = [](const auto& map) {
    return std::min_element(map.begin(), map.end(),
                            [](const auto& a, const auto& b) { return a.first < b.first; })
        ->first.text();
  };
  if (!legs_.empty()) {
    at(invariant::transfer_net_zero).checked += legs_.size();
    fault(invariant::transfer_net_zero,
          "transaction " + smallest(legs_) + ": its other leg is missing");
    at(invariant::transfer_net_zero).faults += legs_.size() - 1;
  }
  if (extent_ == audit_extent::part || !only_.empty()) return report_;

  if (!open_sums_.empty()) without_row(smallest(open_sums_), open_sums_.size());
  check(invariant::balanced);
  if (total_ != 0) fault(invariant::balanced, "all accounts together do not sum to zero");
  check(invariant::ledger_append_only);
  if (entries_in_chain_ != entries_in_accounts_) {
    fault(invariant::ledger_append_only,
          "entries of accounts and of commit records differ in number");
  }
  return report_;
}

} // namespace ledger
