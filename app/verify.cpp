// `vaidepix verify`: reads the ledger in three ordered passes of bounded pages and lets
// ledger::auditor judge.
#include "app/commands.hpp"

#include "app/commit_pages.hpp"
#include "app/console.hpp"
#include "app/ledger_walk.hpp"
#include "audit/asking.hpp"
#include "base/json.hpp"
#include "ledger/audit.hpp"
#include "storage/open.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace app {
namespace {

using audit::ask;

struct totals {
  std::uint64_t commits = 0, entries = 0, accounts = 0, transactions = 0;
};

base::status pass_commits(storage::store& store, ledger::auditor& judge, totals& n) {
  return feed_commits(store, judge, audit::patience, [&](const auto&, std::size_t entries) {
    ++n.commits;
    n.entries += entries;
  });
}

/// Rows and entries both come in the order of the keys of accounts: one merge, two pages in memory.
base::status pass_accounts(storage::store& store, ledger::auditor& judge, totals& n,
                           const config::verify& command) {
  ledger::account_id after;
  std::vector<ledger::entry> entries;
  std::size_t next = 0;
  ledger::account_id entry_account;
  std::uint64_t entry_version = 0;
  bool more_entries = true;
  const auto peek = [&]() -> base::result<const ledger::entry*> {
    if (next == entries.size() && more_entries) {
      auto read = ask<std::vector<ledger::entry>>([&](auto done) {
        store.audit().entries_after(entry_account, entry_version, page, std::move(done));
      });
      if (!read) return read.error();
      entries = std::move(*read);
      next = 0;
      more_entries = !entries.empty();
      if (more_entries) {
        entry_account = entries.back().draft.account;
        entry_version = entries.back().version;
      }
    }
    return next < entries.size() ? &entries[next] : nullptr;
  };
  const auto wanted = [&](const ledger::account_record& r) {
    return (!command.user_id || r.owner.value == *command.user_id) &&
           (!command.account_id || r.id.value == *command.account_id);
  };
  const bool whole = !command.user_id && !command.account_id;
  for (;;) {
    const auto rows = ask<std::vector<storage::loaded_account>>(
        [&](auto done) { store.audit().accounts_after(after, page, std::move(done)); });
    if (!rows) return rows.error();
    if (rows->empty()) break;
    for (const auto& row : *rows) {
      const auto key = key_of(row.record.id);
      for (;;) {
        const auto e = peek();
        if (!e) return e.error();
        if (*e == nullptr || key_of((*e)->draft.account) >= key) break;
        if (whole) judge.account_entry(**e); // an account without a row
        ++next;
      }
      const bool feed = wanted(row.record);
      if (feed) judge.account(row.record, row.balance, row.version);
      if (feed) ++n.accounts;
      for (;;) {
        const auto e = peek();
        if (!e) return e.error();
        if (*e == nullptr || key_of((*e)->draft.account) != key) break;
        if (feed) judge.account_entry(**e);
        ++next;
      }
    }
    after = rows->back().record.id;
  }
  for (;;) {
    const auto e = peek();
    if (!e) return e.error();
    if (*e == nullptr) return {};
    if (whole) judge.account_entry(**e);
    ++next;
  }
}

base::status pass_transactions(storage::store& store, ledger::auditor& judge, totals& n,
                               const config::verify& command) {
  ledger::transaction_id after;
  for (;;) {
    const auto rows = ask<std::vector<ledger::transaction_record>>(
        [&](auto done) { store.audit().transactions_after(after, page, std::move(done)); });
    if (!rows) return rows.error();
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      const bool mine =
          (!command.user_id || row.owner.value == *command.user_id) && !command.account_id;
      if (mine) judge.transaction(row);
      if (mine) ++n.transactions;
    }
    after = rows->back().id;
  }
}

void print(const ledger::audit_report& report, const ledger::log_auditor& log, const totals& n,
           bool json) {
  const bool sound = report.clean() && log.faults() == 0;
  using base::json::object;
  if (json) {
    base::json::array checks;
    for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
      const auto& f = report.findings[i];
      base::json::array samples;
      if (!f.first.empty()) samples.push_back(f.first);
      checks.push_back(object{{"invariant", ledger::to_text(static_cast<ledger::invariant>(i))},
                              {"checked", static_cast<std::int64_t>(f.checked)},
                              {"violations", static_cast<std::int64_t>(f.faults)},
                              {"samples", std::move(samples)}});
    }
    base::json::array log_samples;
    if (log.faults() > 0) log_samples.push_back(log.first());
    checks.push_back(object{{"invariant", "AuditLog"},
                            {"checked", static_cast<std::int64_t>(log.checked())},
                            {"violations", static_cast<std::int64_t>(log.faults())},
                            {"samples", std::move(log_samples)}});
    const auto& chain = report[ledger::invariant::ledger_append_only];
    const object whole{
        {"ok", sound},
        {"checks", std::move(checks)},
        {"chain", object{{"commits", static_cast<std::int64_t>(n.commits)},
                         {"ok", chain.faults == 0},
                         {"first_bad", chain.first.empty() ? base::json::value{} : chain.first}}}};
    fmt::print("{}\n", base::json::write(whole));
    return;
  }
  fmt::print("read: {} commits, {} entries, {} accounts, {} transactions\n", n.commits, n.entries,
             n.accounts, n.transactions);
  for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
    const auto& f = report.findings[i];
    fmt::print("{:<20} {:>12} checked  {}\n", ledger::to_text(static_cast<ledger::invariant>(i)),
               f.checked,
               f.faults == 0 ? "ok" : fmt::format("{} VIOLATED, first: {}", f.faults, f.first));
  }
  fmt::print("{:<20} {:>12} checked  {}\n", "AuditLog", log.checked(),
             log.faults() == 0 ? "ok"
                               : fmt::format("{} VIOLATED, first: {}", log.faults(), log.first()));
  fmt::print("{}\n", sound ? "the ledger is sound" : "the ledger is NOT sound");
}

} // namespace

int verify(const config::loaded& loaded, const config::verify& command) {
  console c;
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return report(store.error());

  const bool whole = !command.user_id && !command.account_id;
  ledger::auditor judge(whole ? ledger::audit_extent::whole : ledger::audit_extent::part);
  totals n;
  auto read = base::status{};
  read = pass_commits(**store, judge, n);
  if (read) read = pass_accounts(**store, judge, n, command);
  if (read) read = pass_transactions(**store, judge, n, command);
  const auto log = walk_audit_log(**store);
  (*store)->stop();
  if (!read) return report(read.error());
  if (!log) return report(log.error());
  const auto found = judge.finish();
  print(found, *log, n, command.json);
  return found.clean() && log->faults() == 0 ? 0 : 1;
}

} // namespace app
