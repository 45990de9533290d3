// The activity feed (api-contract §13.2). The stream: feed_stream.cpp.
#include "http/api/decode.hpp"
#include "http/api/own_row.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/sharing.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

using ledger::errc;
using ledger::feed_item;
using ledger::row_change;
using ledger::user_rows;

constexpr auto about = refusal_context::subject::user;

} // namespace

response list_feed(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto wanted = read_page(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = refusal_of(wanted, r)) return std::move(*refused);
  ledger::feed_filter filter;
  filter.user = user.id;
  filter.skip = wanted.skip;
  filter.limit = wanted.limit;
  if (wanted.after)
    filter.after = {wanted.after->date, ledger::feed_item_id{wanted.after->id.text()}};
  const auto rows = s.books.user_rows(filter);
  if (!rows) return s.refused(rows.error(), r, about);
  auto page = ledger::rows_of<feed_item>(*rows);
  const bool more = static_cast<std::int64_t>(page.size()) > filter.limit;
  if (more) page.pop_back();
  response answer;
  append_list(answer.body, page, append_feed_item);
  if (more)
    put_next_page(answer, r, position_cursor(page.back().created_at, page.back().id.text()));
  return answer;
}

response count_unread_feed(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::unread_feed_items{user.id});
  if (!rows) return s.refused(rows.error(), r, about);
  response answer;
  answer.body = fmt::format("{{\"count\":{}}}", ledger::row_of<ledger::row_count>(*rows)->count);
  return answer;
}

decision read_feed_item(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  ledger::change_rows wish;
  wish.reads = {ledger::feed_item_by_id{user.id, ledger::feed_item_id{r.path_param("id")}}};
  wish.decide = [](const std::vector<user_rows>& found,
                   base::utc_us now) -> base::result<row_change> {
    auto f = ledger::row_of<feed_item>(found.at(0));
    if (!f) return base::fail(errc::feed_item_not_found);
    row_change c;
    if (!f->read_at) { // the first time counts
      f->read_at = now;
      c.writes.emplace_back(*f);
    }
    c.answer.emplace_back(std::move(*f));
    return c;
  };
  return change{.what = std::move(wish),
                .key = std::move(key),
                .show = showing_row<feed_item>(append_feed_item),
                .context = beside_the_books()};
}

decision read_whole_feed(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  ledger::change_rows wish;
  wish.reads = {ledger::unread_feed_items{user.id}};
  wish.decide = [user = user.id](const std::vector<user_rows>& found,
                                 base::utc_us now) -> base::result<row_change> {
    const auto unread = ledger::row_of<ledger::row_count>(found.at(0)).value();
    row_change c;
    if (unread.count > 0) c.writes.emplace_back(ledger::feed_read{user, now, now});
    c.answer.emplace_back(unread);
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
