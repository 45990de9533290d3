#include "audit/ledger_walk.hpp"

#include "audit/commit_pages.hpp"

#include <algorithm>
#include <span>

namespace audit {

commit_source source_of(storage::store& store) {
  return {store.shards(),
          [&](auto shard, auto after, auto limit) {
            return ask_long<std::vector<ledger::commit_record>>(
                [&](auto done) { store.audit().commits(shard, after, limit, std::move(done)); });
          },
          [&](auto shard, auto first, auto last) {
            return ask_long<std::vector<ledger::entry>>([&](auto done) {
              store.audit().entries_of_commits(shard, first, last, std::move(done));
            });
          },
          [&](auto shard, auto after, auto limit) {
            return ask_long<std::vector<ledger::audit_record>>([&](auto done) {
              store.recovery().audit_records(shard, after, limit, std::move(done));
            });
          }};
}

commit_source source_of(storage::bulk& books) {
  return {
      books.shards(),
      [&](auto shard, auto after, auto limit) { return books.commits(shard, after, limit); },
      [&](auto shard, auto first, auto last) {
        return books.entries_of_commits(shard, first, last);
      },
      [&](auto shard, auto after, auto limit) { return books.audit_records(shard, after, limit); }};
}

base::status feed_commits(const commit_source& from, ledger::auditor& judge,
                          const commit_listener& seen,
                          const std::map<ledger::shard_id, std::uint64_t>& behind) {
  for (ledger::shard_id shard = 0; shard < from.shards; ++shard) {
    const auto read = [&](std::uint64_t after, std::int64_t limit) {
      return from.commits(shard, after, limit);
    };
    const auto see = [&](std::span<const ledger::commit_record> records) -> base::status {
      const auto entries = from.entries(shard, records.front().seq, records.back().seq);
      if (!entries) return entries.error();
      auto at = entries->begin();
      for (const auto& record : records) {
        std::vector<ledger::entry> mine;
        while (at != entries->end() && at->seq == record.seq) mine.push_back(*at++);
        judge.commit(record, mine);
        if (auto s = seen(record, mine); !s) return s;
      }
      return {};
    };
    const auto start = behind.find(shard);
    if (auto s = walk_commits(read, see, start == behind.end() ? 0 : start->second); !s) return s;
  }
  return {};
}

base::result<ledger::log_auditor> walk_audit_log(const commit_source& from) {
  ledger::log_auditor judge;
  for (ledger::shard_id shard = 0; shard < from.shards; ++shard) {
    for (std::uint64_t after = 0;;) {
      const auto records = from.audit_records(shard, after, page);
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
  const auto fed =
      feed_commits(source_of(store), judge, [&](const auto& record, const auto&) -> base::status {
        last_booked = std::max(last_booked, record.booked_at);
        return {};
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

} // namespace audit
