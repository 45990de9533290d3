#include "audit/account_merge.hpp"

#include "audit/commit_pages.hpp"
#include "audit/ordered_rows.hpp"

namespace audit {

base::status walk_accounts(storage::bulk& books, const account_listener& to) {
  auto accounts = ordered<storage::loaded_account>(to.page, [&](const auto* last) {
    return books.accounts_after(last == nullptr ? ledger::account_id{} : last->record.id, page);
  });
  auto entries = ordered<ledger::entry>(to.page, [&](const auto* last) {
    return books.entries_after(last == nullptr ? ledger::account_id{} : last->draft.account,
                               last == nullptr ? 0 : last->version, page);
  });
  auto snapshots = ordered<ledger::monthly_snapshot>(to.page, [&](const auto* last) {
    return books.snapshots_after(last == nullptr ? ledger::account_id{} : last->account,
                                 last == nullptr ? ledger::month{} : last->month, page);
  });
  const auto entries_while = [&](auto mine) -> base::status {
    for (;;) {
      const auto e = entries.peek();
      if (!e) return e.error();
      if (*e == nullptr || !mine(key_of((*e)->draft.account))) return {};
      to.entry(**e);
      entries.take();
    }
  };
  for (;;) {
    const auto row = accounts.peek();
    if (!row) return row.error();
    if (*row == nullptr) break;
    const auto key = key_of((*row)->record.id);
    if (auto s = entries_while([&](auto of) { return of < key; }); !s) return s;
    std::vector<ledger::monthly_snapshot> mine;
    for (;;) {
      const auto s = snapshots.peek();
      if (!s) return s.error();
      if (*s == nullptr || key_of((*s)->account) > key) break;
      if (key_of((*s)->account) == key) mine.push_back(**s);
      snapshots.take();
    }
    to.account(**row, mine);
    if (auto s = entries_while([&](auto of) { return of == key; }); !s) return s;
    accounts.take();
  }
  return entries_while([](auto) { return true; });
}

} // namespace audit
