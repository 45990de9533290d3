// The tables against what was committed and against the model.
#include "tests/sim/judge.hpp"

#include "ledger/audit.hpp"
#include "storage/read_work.hpp"
#include "tests/sim/far.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using model::money;

namespace {

model::row seen(const ledger::transaction_record& r) {
  model::row row;
  row.what = r.type == ledger::transaction_type::income    ? model::kind::income
             : r.type == ledger::transaction_type::expense ? model::kind::expense
                                                           : model::kind::transfer;
  row.outgoing = r.type != ledger::transaction_type::transfer || r.direction == -1;
  row.account = r.account.text();
  row.category = r.category.text();
  row.amount = r.amount.minor;
  row.day = r.effective.count;
  row.instant = r.date.count;
  if (r.partner) row.partner = r.partner->text();
  row.deleted = r.deleted_at.has_value();
  return row;
}

} // namespace

void judge::compare_rows(const customer& c, const std::vector<ledger::transaction_record>& rows) {
  std::size_t count = 0;
  for (const auto& r : rows) {
    if (r.owner.text() != c.id || r.system()) continue;
    ++count;
    const auto known = c.books.rows().find(r.id.text());
    if (known == c.books.rows().end())
      return accuse("I13", "transaction " + r.id.text() + " has no command");
    auto expected = known->second;
    expected.description.clear();
    if (!(expected == seen(r)))
      return accuse("I8", "the row of transaction " + r.id.text() + " is not the model's");
    if (c.descriptions.at(r.id.text()) != r.description)
      return accuse("I13", "the description of " + r.id.text() + " is not the one that was sent");
  }
  if (count != c.books.rows().size()) accuse("I13", "a transaction is missing of " + c.id);
}

void judge::compare_tables(bool whole) {
  storage::read_work work{*reader_, db_.metrics(), far()};
  const auto get = [&](auto answer) {
    auto found = run_now(std::move(answer));
    if (!found) throw std::runtime_error("the judge cannot read: " + found.error().detail);
    return std::move(*found);
  };
  ledger::auditor auditor;

  // I10, I11, P2, P10: exactly what was seen to be committed; records of others have no entries.
  // What was compared at the last calm and has been the same is read again at the end only.
  if (whole) compared_.clear();
  std::size_t records = 0;
  std::vector<ledger::entry> stored;
  for (ledger::shard_id shard = 0; shard < shards_; ++shard) {
    auto& head = compared_[shard];
    std::uint64_t after = head.seq;
    for (;;) {
      const auto page = get(work.commits(shard, after, 1000));
      if (page.empty()) break;
      for (const auto& r : page) {
        if (r.seq != head.seq + 1) accuse("I11", fmt::format("shard {}: seq has a gap", shard));
        if (r.epoch < head.epoch) accuse("I11", fmt::format("shard {}: the epoch falls", shard));
        if (r.prev_hash != head.hash) accuse("I11", fmt::format("shard {}: broken chain", shard));
        if (r.booked_at < head.booked_at)
          accuse("P16", fmt::format("shard {}: the booking time falls", shard));
        head = r.head();
        const auto known = records_.find({shard, r.seq});
        if (known != records_.end()) {
          ++records;
          if (!(known->second == r))
            accuse("P9", fmt::format("{}:{} is not the record that was sent", shard, r.seq));
        } else if (r.entries != 0) {
          accuse("P10", fmt::format("{}:{} was committed by nobody", shard, r.seq));
        }
      }
      after = page.back().seq;
      if (!whole) continue;
      const auto first = page.front().seq;
      const auto rows = get(work.entries_of_commits(shard, first, after));
      for (const auto& r : page) {
        std::vector<ledger::entry> own;
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(own),
                     [&](const auto& e) { return e.seq == r.seq; });
        auditor.commit(r, own);
        stored.insert(stored.end(), own.begin(), own.end());
      }
    }
  }
  if (whole && records != records_.size()) accuse("P1", "a durable commit record has gone");
  if (whole) {
    const auto order = [](const ledger::entry& a, const ledger::entry& b) {
      return std::tie(a.shard, a.seq, a.position) < std::tie(b.shard, b.seq, b.position);
    };
    auto expected = entries_;
    std::sort(expected.begin(), expected.end(), order);
    std::sort(stored.begin(), stored.end(), order);
    if (expected != stored) accuse("I10", "the entries are not those that were committed");
  }

  // I3, I4: account rows, entries and the model.
  std::size_t accounts = 0;
  ledger::account_id after;
  std::map<std::string, std::vector<ledger::entry>> by_account;
  for (const auto& e : entries_) by_account[e.draft.account.text()].push_back(e);
  for (;;) {
    const auto page = get(work.accounts_after(after, 500));
    if (page.empty()) break;
    for (const auto& row : page) {
      ++accounts;
      const auto& id = row.record.id.text();
      const auto head = heads_[id];
      if (row.balance.minor != head.first || row.version != head.second)
        accuse("I3", "the row of account " + id + " is not its last entry");
      if (auto* c = customer_of(row.record.owner.text())) {
        const auto known = c->books.accounts().find(id);
        if (known == c->books.accounts().end()) {
          accuse("I13", "account " + id + " has no command");
        } else {
          const auto& a = known->second;
          const bool same_floor =
              row.record.floor ? a.floor && *a.floor == row.record.floor->minor : !a.floor;
          if (a.posted != row.balance.minor) accuse("I3", "balance of " + id);
          if (a.limited && (!same_floor || a.open != row.record.active))
            accuse("I13", "floor or state of account " + id);
        }
      }
      if (!whole) continue;
      auditor.account(row.record, row.balance, row.version);
      for (const auto& e : by_account[id]) auditor.account_entry(e);
    }
    after = page.back().record.id;
  }
  std::size_t expected_accounts = 0;
  for (const auto& c : users) expected_accounts += c.books.accounts().size();
  if (accounts != expected_accounts) accuse("I13", "an account is missing");

  std::vector<ledger::transaction_record> rows;
  ledger::transaction_id after_row;
  for (;;) {
    const auto page = get(work.transactions_after(after_row, 500));
    if (page.empty()) break;
    rows.insert(rows.end(), page.begin(), page.end());
    after_row = page.back().id;
  }
  for (const auto& c : users) compare_rows(c, rows);

  // P3, P4: the stored answers are those of the keys, and there is none without effect.
  std::size_t turn = comparisons_++;
  for (const auto& c : users)
    for (const auto& [name, key] : c.keys) {
      if (!whole && ++turn % 8 != 0) continue; // each in its turn
      const auto found = get(work.answers(ledger::user_id{c.id}, name, db_.clock().now()));
      const bool live = key.stored && db_.clock().now().count < key.expires_us;
      if (found.empty() == live) accuse("P3", "the answer of key " + name + " is not as committed");
      if (live && !found.empty() && found.front().answer != *key.stored)
        accuse("P4", "the stored answer of key " + name + " has changed");
    }
  if (!whole) return;
  for (const auto& r : rows) auditor.transaction(r);
  const auto report = auditor.finish();
  for (std::size_t i = 0; i < ledger::invariant_count; ++i)
    if (report.findings[i].faults > 0)
      accuse(std::string{ledger::to_text(static_cast<ledger::invariant>(i))},
             report.findings[i].first);
  for (const auto& text : get(work.without_transaction(10)))
    accuse("I13", "entries without a transaction: " + text);
}

} // namespace sim
