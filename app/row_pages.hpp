// What   row_pages: all rows of one kind, of all users, page by page.
// Why    A job of the system that looks at every rule or user holds one page of them, and no
//        snapshot: what it finds is decided anew in the book of each user.
// Bounds The limit of the question to a page, at most ledger::user_rows_max.
// Errors Those of the store; the same page may be asked for again.
// Threads One at a time; next() waits for the database.
#pragma once

#include "http/backend.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace app {

/// Query: rules_after, users_after.
template <class Row, class Query> class row_pages {
public:
  row_pages(http::backend& books, Query first) : books_(books), next_(std::move(first)) {}

  /// By id. Nothing: it was read to the end.
  base::result<std::vector<Row>> next() {
    std::vector<Row> page;
    if (over_) return page;
    const auto rows = books_.user_rows(next_);
    if (!rows) return rows.error();
    page = ledger::rows_of<Row>(*rows);
    over_ = std::ssize(page) < next_.limit;
    if (!page.empty()) next_.key = key_of(page.back().id);
    return page;
  }
  bool over() const { return over_; }

private:
  http::backend& books_;
  Query next_;
  bool over_ = false;
};

using rule_pages = row_pages<ledger::automation, ledger::rules_after>;
using user_pages = row_pages<ledger::user_record, ledger::users_after>;

} // namespace app
