// What   Rows that tell a user something: paged newest first, counted, read one by one or all.
// Why    Notifications and the activity feed differ in what they say, and in nothing else.
// Bounds A page as read_page() allows.
// Errors `missing` for a row that is not there or of someone else.
// Threads any (pure); decisions run in the book.
// Source api-contract.md §1.4, §11.2, §13.2
#pragma once

#include "http/api/own_row.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

/// What the filter says beside the page is the caller's; `all` counts what it finds on all pages.
template <class Row, class Filter, class Append>
response answer_page(const service& s, const request& r, const page_wish& wish, Filter filter,
                     const ledger::row_question& all, Append append) {
  filter.skip = wish.skip;
  filter.limit = wish.limit;
  if (wish.after) filter.after = {wish.after->date, decltype(Row::id){wish.after->id.text()}};
  const auto rows = s.books.user_rows(filter);
  if (!rows) return s.refused(rows.error(), r, refusal_context::subject::user);
  auto page = ledger::rows_of<Row>(*rows);
  const bool more = static_cast<std::int64_t>(page.size()) > filter.limit;
  if (more) page.pop_back();
  response answer;
  append_list(answer.body, page, append);
  if (more)
    put_next_page(answer, r, position_cursor(page.back().created_at, page.back().id.text()));
  if (!wish.count) return answer;
  const auto total = s.books.user_rows(all);
  if (!total) return s.refused(total.error(), r, refusal_context::subject::user);
  put_total(answer, ledger::row_of<ledger::row_count>(*total).value().count);
  return answer;
}

/// {count} of a question that answers a row_count.
inline response answer_count(const service& s, const request& r, const ledger::row_question& what) {
  const auto rows = s.books.user_rows(what);
  if (!rows) return s.refused(rows.error(), r, refusal_context::subject::user);
  response answer;
  answer.body = fmt::format("{{\"count\":{}}}", ledger::row_of<ledger::row_count>(*rows)->count);
  return answer;
}

/// The row is read from now on, or as long as it was.
template <class Row, class Append>
decision read_one(const request& r, ledger::row_question which, ledger::errc missing,
                  Append append) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto wish =
      change_of_row<Row>(std::move(which), missing, if_match(r), [](Row row, base::utc_us now) {
        ledger::row_change c;
        if (!row.read_at) { // the first time counts
          row.read_at = now;
          c.writes.emplace_back(row);
        }
        c.answer.emplace_back(std::move(row));
        return c;
      });
  return change{.what = std::move(wish),
                .key = std::move(key),
                .show = showing_row<Row>(append),
                .context = beside_the_books(),
                .headers = tagging_row<Row>()};
}

/// All that `unread` counts are read from now on. Mark: the row that says so to the table.
template <class Mark>
decision read_all(const request& r, const ledger::user_id& user, ledger::row_question unread) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  ledger::change_rows wish;
  wish.reads = {std::move(unread)};
  wish.decide = [user](const std::vector<ledger::user_rows>& found,
                       base::utc_us now) -> base::result<ledger::row_change> {
    const auto count = ledger::row_of<ledger::row_count>(found.at(0)).value();
    ledger::row_change c;
    if (count.count > 0) c.writes.emplace_back(Mark{user, now, now});
    c.answer.emplace_back(count);
    return c;
  };
  return change{
      .what = std::move(wish),
      .key = std::move(key),
      .show =
          [](const ledger::outcome& o) {
            return ledger::stored_answer{
                200, fmt::format("{{\"marked\":{}}}", changed_row<ledger::row_count>(o).count)};
          },
      .context = beside_the_books()};
}

} // namespace http
