#include "ledger/audit.hpp"

#include <algorithm>

namespace ledger {
namespace {

constexpr std::array<std::string_view, invariant_count> names{
    "LedgerBalance", "TransferNetZero", "SoftDeleteReversal", "LedgerAppendOnly", "HasEntries",
    "SameOwner",     "Balanced"};

std::string place(const commit_record& r) {
  return "shard " + std::to_string(r.shard) + " seq " + std::to_string(r.seq);
}
std::string place(const entry& e) {
  return "account " + e.draft.account.value + " version " + std::to_string(e.version);
}
std::string place(const transaction_record& t) { return "transaction " + t.id.value; }

} // namespace

std::string_view to_text(invariant i) { return names[static_cast<std::size_t>(i)]; }

bool audit_report::clean() const {
  return std::all_of(findings.begin(), findings.end(),
                     [](const finding& f) { return f.faults == 0; });
}

auditor::auditor(audit_extent extent) : extent_(extent) {}

void auditor::fault(invariant i, std::string text) {
  auto& f = at(i);
  if (f.faults++ == 0) f.first = std::move(text);
}

// -- pass 1: the chain of each shard --------------------------------------------------------------

void auditor::commit(const commit_record& record, const std::vector<entry>& entries) {
  check_link(record, entries);
  check_postings(record, entries);
  for (const auto& e : entries) {
    open_sums_[e.draft.transaction][e.draft.account] += e.draft.amount.minor;
  }
  entries_in_chain_ += entries.size();
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

void auditor::account(const account_record& row, base::centavos balance, std::uint64_t version) {
  close_account();
  owners_.emplace(row.id, row.owner);
  current_.emplace();
  current_->id = row.id;
  current_->has_row = true;
  current_->balance = balance;
  current_->version = version;
  total_ += balance.minor;
}

void auditor::account_entry(const entry& e) {
  if (!current_ || current_->id != e.draft.account) {
    close_account();
    current_.emplace();
    current_->id = e.draft.account;
  }
  auto& a = *current_;
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
  const auto& a = *current_;
  constexpr auto rule = invariant::ledger_balance;
  check(rule);
  if (!a.has_row) {
    fault(rule, "account " + a.id.value + ": has entries and no row");
  } else if (a.version != a.last_version) {
    fault(rule, "account " + a.id.value + ": its version is not that of its last entry");
  } else if (a.balance.minor != a.last_balance || a.balance.minor != a.sum) {
    fault(rule, "account " + a.id.value + ": its balance is not the sum of its entries");
  }
  current_.reset();
}

// -- pass 3: transactions -------------------------------------------------------------------------

void auditor::transaction(const transaction_record& row) {
  close_account();
  check_owner(row);
  const auto known = open_sums_.find(row.id);
  const bool any = known != open_sums_.end();
  const auto entries = any ? std::move(known->second) : sums{};
  if (any) open_sums_.erase(known);
  check_effect(row, entries, any);

  if (row.type != transaction_type::transfer) return;
  open_leg leg{row, 0};
  for (const auto& [id, sum] : entries) leg.sum += sum;
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
      fault(invariant::same_owner, place(row) + ": account " + id.value + " does not exist");
    } else if (owner->second != row.owner) {
      fault(invariant::same_owner, place(row) + ": account " + id.value + " is of another owner");
    }
  }
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
  sums expected;
  expected[row.account] += row.effect().minor;
  if (row.type != transaction_type::transfer) expected[row.category] -= row.effect().minor;
  // What an edit moved away from another account sums to zero there.
  auto rest = entries;
  for (const auto& [id, sum] : expected) rest[id] -= sum;
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

// -- the whole ------------------------------------------------------------------------------------

audit_report auditor::finish() {
  close_account();
  // Maps without order: the smallest id makes the first fault the same in every run.
  const auto smallest = [](const auto& map) {
    return std::min_element(map.begin(), map.end(),
                            [](const auto& a, const auto& b) { return a.first < b.first; })
        ->first.value;
  };
  if (!legs_.empty()) {
    at(invariant::transfer_net_zero).checked += legs_.size();
    fault(invariant::transfer_net_zero,
          "transaction " + smallest(legs_) + ": its other leg is missing");
    at(invariant::transfer_net_zero).faults += legs_.size() - 1;
  }
  if (extent_ == audit_extent::part) return report_;

  if (!open_sums_.empty()) {
    at(invariant::soft_delete_reversal).checked += open_sums_.size();
    fault(invariant::soft_delete_reversal,
          "transaction " + smallest(open_sums_) + ": has entries and no row");
    at(invariant::soft_delete_reversal).faults += open_sums_.size() - 1;
  }
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
