#include "app/ledger_walk.hpp"

#include <algorithm>

namespace app {
namespace {

constexpr std::int64_t page = 1000;
constexpr std::uint64_t entries_max = 10'000; ///< of one read; a single commit may hold more

base::status judge_records(storage::store& store, ledger::auditor& judge,
                           const std::vector<ledger::commit_record>& records, std::size_t first,
                           std::size_t last) {
  const auto entries = ask_store<std::vector<ledger::entry>>([&](auto done) {
    store.audit().entries_of_commits(records[first].shard, records[first].seq, records[last].seq,
                                     std::move(done));
  });
  if (!entries) return entries.error();
  auto at = entries->begin();
  for (auto i = first; i <= last; ++i) {
    std::vector<ledger::entry> mine;
    while (at != entries->end() && at->seq == records[i].seq) mine.push_back(*at++);
    judge.commit(records[i], mine);
  }
  return {};
}

} // namespace

base::result<ledger::log_auditor> walk_audit_log(storage::store& store) {
  ledger::log_auditor judge;
  for (ledger::shard_id shard = 0; shard < store.shards(); ++shard) {
    for (std::uint64_t after = 0;;) {
      const auto records = ask_store<std::vector<ledger::audit_record>>(
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
  for (ledger::shard_id shard = 0; shard < store.shards(); ++shard) {
    for (std::uint64_t after = 0;;) {
      const auto records = ask_store<std::vector<ledger::commit_record>>(
          [&](auto done) { store.audit().commits(shard, after, page, std::move(done)); });
      if (!records) return records.error();
      if (records->empty()) break;
      for (std::size_t first = 0; first < records->size();) {
        auto last = first;
        std::uint64_t sum = (*records)[first].entries;
        while (last + 1 < records->size() && sum + (*records)[last + 1].entries <= entries_max)
          sum += (*records)[++last].entries;
        if (auto s = judge_records(store, judge, *records, first, last); !s) return s.error();
        first = last + 1;
      }
      after = records->back().seq;
      last_booked = std::max(last_booked, records->back().booked_at);
    }
  }
  return judge.finish();
}

base::status walk_states(storage::store& store,
                         const std::function<base::status(const ledger::transaction_state&)>& see) {
  ledger::transaction_id after;
  for (;;) {
    const auto states = ask_store<std::vector<ledger::transaction_state>>(
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
    const auto checks = ask_store<std::vector<storage::account_check>>(
        [&](auto done) { store.recovery().checks_after(after, page, std::move(done)); });
    if (!checks) return checks.error();
    if (checks->empty()) return {};
    for (const auto& c : *checks) see(c);
    after = checks->back().record.id;
  }
}

} // namespace app
