#include "app/ledger_walk.hpp"

#include "app/commit_pages.hpp"

#include <algorithm>
#include <span>

namespace app {

base::status
feed_commits(storage::store& store, ledger::auditor& judge, std::chrono::seconds longest,
             const std::function<void(const ledger::commit_record&, std::size_t)>& seen) {
  for (ledger::shard_id shard = 0; shard < store.shards(); ++shard) {
    const auto read = [&](std::uint64_t after, std::int64_t limit) {
      return audit::ask<std::vector<ledger::commit_record>>(
          [&](auto done) { store.audit().commits(shard, after, limit, std::move(done)); }, longest);
    };
    const auto see = [&](std::span<const ledger::commit_record> records) -> base::status {
      const auto entries = audit::ask<std::vector<ledger::entry>>(
          [&](auto done) {
            store.audit().entries_of_commits(shard, records.front().seq, records.back().seq,
                                             std::move(done));
          },
          longest);
      if (!entries) return entries.error();
      auto at = entries->begin();
      for (const auto& record : records) {
        std::vector<ledger::entry> mine;
        while (at != entries->end() && at->seq == record.seq) mine.push_back(*at++);
        judge.commit(record, mine);
        seen(record, mine.size());
      }
      return {};
    };
    if (auto s = walk_commits(read, see); !s) return s;
  }
  return {};
}

base::result<ledger::log_auditor> walk_audit_log(storage::store& store) {
  ledger::log_auditor judge;
  for (ledger::shard_id shard = 0; shard < store.shards(); ++shard) {
    for (std::uint64_t after = 0;;) {
      const auto records = ask_long<std::vector<ledger::audit_record>>(
          [&](auto done) { store.recovery().audit_records(shard, after, page, std::move(done)); });
      if (!records) return records.error();
      if (records->empty()) break;
      for (const auto& r : *records) judge.record(r);
      after = records->back().number;
    }
  }
  return judge;
}

base::result<ledger::audit_report> walk_chain(storage::store& store, base::utc_us& last_booked) {
  ledger::auditor judge{ledger::audit_extent::part};
  const auto fed = feed_commits(store, judge, walk_patience, [&](const auto& record, std::size_t) {
    last_booked = std::max(last_booked, record.booked_at);
  });
  if (!fed) return fed.error();
  return judge.finish();
}

base::status walk_states(storage::store& store,
                         const std::function<base::status(const ledger::transaction_state&)>& see) {
  ledger::transaction_id after;
  for (;;) {
    const auto states = ask_long<std::vector<ledger::transaction_state>>(
        [&](auto done) { store.recovery().states_after(after, page, std::move(done)); });
    if (!states) return states.error();
    if (states->empty()) return {};
    for (const auto& s : *states)
      if (auto seen = see(s); !seen) return seen;
    after = states->back().row.id;
  }
}

base::status walk_checks(storage::store& store,
                         const std::function<void(const storage::account_check&)>& see) {
  ledger::account_id after;
  for (;;) {
    const auto checks = ask_long<std::vector<storage::account_check>>(
        [&](auto done) { store.recovery().checks_after(after, page, std::move(done)); });
    if (!checks) return checks.error();
    if (checks->empty()) return {};
    for (const auto& c : *checks) see(c);
    after = checks->back().record.id;
  }
}

} // namespace app
