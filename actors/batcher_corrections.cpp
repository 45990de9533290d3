// Corrections: items whose balances come from the entries (storage::commit_item::corrects), and
// notes for the audit log. Each is a batch of its own, built on what was read right before it.
#include "actors/batcher.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"

#include <algorithm>

namespace actors {
namespace {

using base::json::object;

base::json::value count_of(std::uint64_t n) { return static_cast<std::int64_t>(n); }

} // namespace

const pending_item* batcher::front() const {
  if (!groups_.empty()) return groups_.front().empty() ? nullptr : &groups_.front().front();
  return queue_.empty() ? nullptr : &queue_.front();
}

std::optional<batcher::correction> batcher::correction_due() const {
  const auto* next = front();
  if (next == nullptr || !next->item->corrective()) return std::nullopt;
  if (basis_ && basis_ticket_ == next->ticket) return std::nullopt;
  const auto& item = *next->item;
  if (refused_by_stop(item)) return std::nullopt; // build() says so
  correction due{next->ticket, item.shard, item.corrects};
  if (!item.corrects.empty()) {
    // Whoever mends a suspected shard mends all that it is suspected of.
    for (auto& id : stopped_.suspects(item.shard)) due.accounts.push_back(std::move(id));
    std::sort(due.accounts.begin(), due.accounts.end());
    due.accounts.erase(std::unique(due.accounts.begin(), due.accounts.end()), due.accounts.end());
  }
  return due;
}

void batcher::learn_basis(std::uint64_t ticket, storage::correction_basis basis) {
  basis_ = std::move(basis);
  basis_ticket_ = ticket;
}

std::vector<ended_item> batcher::refuse_correction(std::uint64_t ticket, const base::failure& why) {
  const auto* next = front();
  if (next == nullptr || next->ticket != ticket) return {};
  if (!groups_.empty()) {
    groups_.front().erase(groups_.front().begin());
    if (groups_.front().empty()) groups_.pop_front();
  } else {
    queued_rows_ -= next->item->rows();
    queue_.pop_front();
  }
  return {{ticket, why, {}}};
}

/// The heads that the entries give, whatever the rows and our memory say.
void batcher::correct(const storage::commit_item& item) {
  ENSURE(basis_.has_value() && in_flight_.empty(), "a correction stands alone on a fresh basis");
  if (item.corrects.empty()) return;
  for (const auto& check : basis_->accounts) {
    const auto& truth = check.from_ledger;
    working_.insert_or_assign(check.record.id,
                              working_head{{truth.balance, truth.version}, 0, false});
    corrected_.push_back(check.record.id);
  }
}

void batcher::note(const storage::commit_item& item, storage::journal_batch& batch) const {
  auto words = *item.note;
  if (!item.corrects.empty()) {
    // How many entries each row knew of, and how many there are.
    object before, after;
    std::uint64_t changed = 0;
    for (const auto& check : basis_->accounts) {
      const auto& id = check.record.id.text();
      before.emplace_back(id, check.stored ? count_of(check.stored->version) : base::json::value{});
      after.emplace_back(id, count_of(working_.at(check.record.id).now.version));
      if (!check.same()) ++changed;
    }
    words.before = base::json::write(object{{"versions", std::move(before)}});
    words.after = base::json::write(object{{"versions", std::move(after)},
                                           {"entries_created", count_of(item.entries.size())},
                                           {"balances_changed", count_of(changed)}});
  }
  batch.audit.push_back(ledger::next_record(basis_->head, std::move(words), records_.front()));
}

} // namespace actors
