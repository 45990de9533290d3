#include "audit/user_row_walk.hpp"

#include "audit/commit_pages.hpp"
#include "audit/ordered_rows.hpp"

#include <utility>
#include <vector>

namespace audit {
namespace {

using ledger::dumped_row;
using ledger::earmark_kind;

template <class Row>
base::result<std::vector<Row>> user_rows_of(storage::bulk& books,
                                            const ledger::row_question& asked) {
  const auto rows = books.user_rows(asked);
  if (!rows) return rows.error();
  return ledger::rows_of<Row>(*rows);
}

/// Those whose id is the key of their table.
template <class Row>
auto wholes(storage::bulk& books, dumped_row kind, const std::function<base::status()>& told) {
  return ordered<Row>(told, [&books, kind](const Row* last) {
    ledger::rows_after asked;
    asked.kind = kind;
    asked.limit = page;
    if (last != nullptr) asked.key = key_of(last->id);
    return user_rows_of<Row>(books, asked);
  });
}

auto movements(storage::bulk& books, earmark_kind kind, const std::function<base::status()>& told) {
  using row = ledger::earmark_movement;
  return ordered<row>(told, [&books, kind](const row* last) {
    ledger::rows_after asked;
    asked.kind = dumped_row::movements;
    asked.limit = page;
    asked.earmarks = kind;
    if (last != nullptr) {
      asked.key = last->earmark;
      asked.version = last->version;
    }
    auto rows = user_rows_of<row>(books, asked);
    if (rows) std::erase_if(*rows, [&](const row& m) { return m.kind != kind; }); // the next ones
    return rows;
  });
}

auto shares(storage::bulk& books, const std::function<base::status()>& told) {
  using row = ledger::expense_share;
  return ordered<row>(told, [&books](const row* last) {
    ledger::shares_by_expense asked;
    asked.limit = page;
    if (last != nullptr) {
      asked.expense = key_of(last->expense);
      asked.share = key_of(last->id);
    }
    return user_rows_of<row>(books, asked);
  });
}

base::id_key whole_of(const ledger::earmark_movement& m) { return m.earmark; }
base::id_key whole_of(const ledger::expense_share& s) { return key_of(s.expense); }

/// Each whole, and behind it its parts; what is a part of nothing comes where its whole would.
template <class Wholes, class Parts>
base::status feed(Wholes all, Parts parts, ledger::user_row_auditor& judge,
                  std::uint64_t& wholes_seen, std::uint64_t& parts_seen) {
  for (;;) {
    const auto whole = all.peek();
    if (!whole) return whole.error();
    const auto part = parts.peek();
    if (!part) return part.error();
    if (*part != nullptr && (*whole == nullptr || whole_of(**part) < key_of((*whole)->id))) {
      judge.row(**part);
      parts.take();
      ++parts_seen;
      continue;
    }
    if (*whole == nullptr) return {};
    judge.row(**whole);
    all.take();
    ++wholes_seen;
  }
}

} // namespace

base::status walk_user_rows(storage::bulk& books, ledger::user_row_auditor& judge, verify_counts& n,
                            const std::function<base::status()>& told) {
  std::uint64_t shares_seen = 0;
  auto read = feed(wholes<ledger::goal>(books, dumped_row::goals, told),
                   movements(books, earmark_kind::goal, told), judge, n.earmarks, n.movements);
  if (read)
    read = feed(wholes<ledger::budget_envelope>(books, dumped_row::envelopes, told),
                movements(books, earmark_kind::envelope, told), judge, n.earmarks, n.movements);
  if (read)
    read = feed(wholes<ledger::shared_expense>(books, dumped_row::shared_expenses, told),
                shares(books, told), judge, n.expenses, shares_seen);
  return read;
}

} // namespace audit
