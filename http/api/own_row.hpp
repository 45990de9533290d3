// What   One row that a user has beside the books: read, changed, removed, shown.
// Why    Goals, envelopes, rules and notifications differ in what they hold, and in nothing else:
//        whose a row is, what a stale If-Match means and how an answer is made stands once.
// Errors `missing` for rows that are not there or of someone else, errc::version_conflict for a
//        stale tag; what the decision refuses.
// Threads any (pure); decisions run in the book.
// Source api-contract.md §1.4; docs/decisions/0015
#pragma once

#include "http/api/service.hpp"
#include "ledger/errc.hpp"
#include "ledger/user_row.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

/// Characters of what users write about goals, envelopes and automations.
constexpr std::size_t row_name_max = 100, row_description_max = 500;
constexpr std::string_view goal_priorities[] = {"low", "medium", "high"};
constexpr std::string_view goal_statuses[] = {"active", "achieved", "on_track", "at_risk",
                                              "overdue"};

/// They are of the user, and of no account or transaction.
inline refusal_context beside_the_books() {
  refusal_context c;
  c.about = refusal_context::subject::user;
  return c;
}

/// Movements are counted, edits have their time. What changes once, by being read or answered, has
/// the time of that.
template <class Row> std::string tag_of(const Row& row) {
  const auto once = [&](const std::optional<base::utc_us>& ended) {
    return ended ? 'e' + std::to_string(ended->count) : std::to_string(row.created_at.count);
  };
  if constexpr (requires { row.read_at; }) {
    return once(row.read_at);
  } else if constexpr (requires { row.responded_at; }) {
    return once(row.responded_at);
  } else {
    const auto time = std::to_string(row.updated_at.value_or(row.created_at).count);
    if constexpr (requires { row.version; })
      return std::to_string(row.version) + '.' + time;
    else
      return time;
  }
}

/// Written whole, and shown.
template <class Row> ledger::row_change written(Row row) {
  ledger::row_change c;
  c.answer.emplace_back(row);
  c.writes.emplace_back(std::move(row));
  return c;
}

/// With the movement that changed its amount, if one did: goal_move, envelope_move.
template <class Move> ledger::row_change moved(Move done) {
  auto c = written(std::move(done.now));
  if (done.movement) c.writes.emplace_back(*done.movement);
  return c;
}

/// Reads the row and decides: base::result<row_change>(const Row&, utc_us now). What is added to
/// its reads comes third: const std::vector<user_rows>&, the row's own answer first.
template <class Row, class Decide>
ledger::change_rows change_of_row(ledger::row_question which, ledger::errc missing,
                                  std::optional<std::string> wanted, Decide decide) {
  ledger::change_rows wish;
  wish.reads = {std::move(which)};
  wish.decide = [missing, wanted = std::move(wanted),
                 decide = std::move(decide)](const std::vector<ledger::user_rows>& found,
                                             base::utc_us now) -> base::result<ledger::row_change> {
    const auto row = ledger::row_of<Row>(found.at(0));
    if (!row) return base::fail(missing);
    if (wanted && *wanted != tag_of(*row)) return base::fail(ledger::errc::version_conflict);
    if constexpr (requires { decide(*row, now, found); })
      return decide(*row, now, found);
    else
      return decide(*row, now);
  };
  return wish;
}

/// A row that nobody sees from now on.
template <class Row> ledger::row_change removed(Row row, base::utc_us now) {
  row.deleted_at = now;
  return written(std::move(row));
}

/// A new row, unless the user has as many as the bound allows.
template <class Make>
ledger::change_rows new_row(const ledger::user_id& user, ledger::dumped_row kind, std::int64_t most,
                            Make make) {
  ledger::change_rows wish;
  wish.reads = {ledger::count_of{user, kind}};
  wish.decide = [most,
                 make = std::move(make)](const std::vector<ledger::user_rows>& found,
                                         base::utc_us now) -> base::result<ledger::row_change> {
    if (ledger::row_of<ledger::row_count>(found.at(0)).value().count >= most)
      return base::fail(ledger::errc::too_many);
    return make(now);
  };
  return wish;
}

/// The row that a change answered with.
template <class Row> Row changed_row(const ledger::outcome& o) {
  return ledger::row_of<Row>(std::get<ledger::changed_rows>(o).rows).value();
}

/// As `append` writes it.
template <class Row, class Append> success_render showing_row(Append append) {
  return [append = std::move(append)](const ledger::outcome& o) {
    ledger::stored_answer answer{200, {}};
    append(answer.body, changed_row<Row>(o));
    return answer;
  };
}

/// The tag of the row that the change answered with.
template <class Row> success_headers tagging_row() {
  return [](response& answer, const ledger::outcome& o) {
    put_etag(answer, tag_of(changed_row<Row>(o)));
  };
}

/// One row as a GET answers it, with its tag.
template <class Row, class Append>
response answer_row(const service& s, const request& r, const ledger::row_question& which,
                    ledger::errc missing, Append append) {
  constexpr auto about = refusal_context::subject::user;
  const auto rows = s.books.user_rows(which);
  if (!rows) return s.refused(rows.error(), r, about);
  const auto row = ledger::row_of<Row>(*rows);
  if (!row) return s.refused(base::fail(missing), r, about);
  response answer;
  append(answer.body, *row);
  put_etag(answer, tag_of(*row));
  return answer;
}

} // namespace http
