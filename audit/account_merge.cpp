#include "audit/account_merge.hpp"

#include "audit/commit_pages.hpp"

#include <utility>

namespace audit {
namespace {

/// One ordered table, a page at a time. `more` reads the page behind a row; nullptr: from the
/// start.
template <class Row, class More> class ordered_rows {
public:
  ordered_rows(More more, const std::function<base::status()>& told)
      : more_(std::move(more)), told_(told) {}

  /// The next row, or nullptr at the end.
  base::result<const Row*> peek() {
    if (next_ == rows_.size() && !ended_) {
      const Row last = rows_.empty() ? Row{} : rows_.back();
      auto read = more_(rows_.empty() ? nullptr : &last);
      if (!read) return read.error();
      if (auto s = told_(); !s) return s.error();
      rows_ = std::move(*read);
      next_ = 0;
      ended_ = rows_.empty();
    }
    return next_ < rows_.size() ? &rows_[next_] : nullptr;
  }
  void take() { ++next_; }

private:
  More more_;
  const std::function<base::status()>& told_;
  std::vector<Row> rows_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

template <class Row, class More>
ordered_rows<Row, More> ordered(const account_listener& to, More more) {
  return {std::move(more), to.page};
}

} // namespace

base::status walk_accounts(storage::bulk& books, const account_listener& to) {
  auto accounts = ordered<storage::loaded_account>(to, [&](const auto* last) {
    return books.accounts_after(last == nullptr ? ledger::account_id{} : last->record.id, page);
  });
  auto entries = ordered<ledger::entry>(to, [&](const auto* last) {
    return books.entries_after(last == nullptr ? ledger::account_id{} : last->draft.account,
                               last == nullptr ? 0 : last->version, page);
  });
  auto snapshots = ordered<ledger::monthly_snapshot>(to, [&](const auto* last) {
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
