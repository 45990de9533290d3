// What   A small ledger in memory, made with the functions of ledger/ as a journal would: the
//        rows that the tests of the chain and of the auditor start from.
#pragma once

#include "ledger/account.hpp"
#include "ledger/audit.hpp"
#include "ledger/commit.hpp"
#include "ledger/plan.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace support {

using namespace ledger;

struct account_row {
  account_record record;
  base::centavos balance;
  std::uint64_t version = 0;
};

/// Plain vectors, so that a test may plant any fault.
struct ledger_chain {
  struct link {
    commit_record record;
    std::vector<entry> entries;
  };
  std::vector<link> links;
  std::map<account_id, account_row> accounts;
  std::map<transaction_id, transaction_record> transactions;
  std::map<shard_id, shard_head> heads;

  void open(const std::string& id, account_role role = account_role::money,
            const std::string& owner = "ana") {
    account_row row;
    row.record.id = account_id{id};
    row.record.owner = user_id{owner};
    row.record.role = role;
    accounts.emplace(row.record.id, row);
  }

  void commit(const plan& p, base::utc_us now, shard_id shard = 3) {
    auto& head = heads[shard];
    head.shard = shard;
    link l{next_record(head, std::max<std::uint64_t>(head.epoch, 1), "node-1", now), {}};
    for (const auto& draft : p.entries) {
      auto& a = accounts.at(draft.account);
      a.balance.minor += draft.amount.minor;
      l.entries.push_back({draft, ++a.version, a.balance, shard, l.record.seq,
                           static_cast<std::uint32_t>(l.entries.size()), l.record.booked_at});
    }
    reseal(l);
    head = l.record.head();
    for (const auto& t : p.inserts) transactions[t.id] = t;
    for (const auto& t : p.updates) transactions[t.id] = t;
    links.push_back(std::move(l));
  }

  static void reseal(link& l) {
    std::vector<const entry*> entries;
    for (const auto& e : l.entries) entries.push_back(&e);
    l.record.entries = static_cast<std::uint32_t>(entries.size());
    l.record.hash = hash_of(l.record, entries);
  }
  /// After a fault was planted in the entries: hashes that fit again, so that only the fault shows.
  void reseal_all() {
    std::map<shard_id, base::digest> last;
    for (auto& l : links) {
      l.record.prev_hash = last[l.record.shard];
      reseal(l);
      last[l.record.shard] = l.record.hash;
    }
  }

  std::vector<entry> entries_of(const account_id& id) const {
    std::vector<entry> all;
    for (const auto& l : links) {
      for (const auto& e : l.entries) {
        if (e.draft.account == id) all.push_back(e);
      }
    }
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.version < b.version; });
    return all;
  }

  audit_report audit(audit_extent extent = audit_extent::whole) const {
    return audit_with(auditor{extent});
  }
  /// As verify does it: a sketch, and a second look when it differs.
  audit_report audit_sketched(std::uint64_t seed, bool* looked_again = nullptr) const {
    return audit_with(auditor{audit_extent::whole, seed}, looked_again);
  }

private:
  audit_report audit_with(auditor judge, bool* looked_again = nullptr) const {
    for (const auto& l : links) judge.commit(l.record, l.entries);
    for (const auto& [id, row] : accounts) {
      judge.account(row.record, row.balance, row.version);
      for (const auto& e : entries_of(id)) judge.account_entry(e);
    }
    for (const auto& [id, row] : transactions) judge.transaction(row);
    if (auto again = judge.second_look()) {
      if (looked_again != nullptr) *looked_again = true;
      for (const auto& l : links) again->commit(l.record, l.entries);
      for (const auto& [id, row] : transactions) again->transaction(row);
      judge.accept(again->finish());
    }
    if (judge.sketched()) judge.entries_without_row(nameless());
    return judge.finish();
  }
  std::vector<std::string> nameless() const {
    std::set<std::string> ids;
    for (const auto& l : links)
      for (const auto& e : l.entries)
        if (!transactions.contains(e.draft.transaction)) ids.insert(e.draft.transaction.text());
    return {ids.begin(), ids.end()};
  }
};

} // namespace support
