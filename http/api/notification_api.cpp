// Notifications (api-contract §11.2).
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/own_row.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/request_key.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

using ledger::errc;
using ledger::notification;
using ledger::row_change;
using ledger::user_rows;

constexpr auto about = refusal_context::subject::user;

} // namespace

void append_notification(std::string& out, const notification& n) {
  out += "{\"id\":";
  append_text(out, n.id.text());
  out += ",\"type\":";
  append_text(out, n.type);
  out += ",\"title\":";
  append_text(out, n.title);
  out += ",\"body\":";
  append_text(out, n.body);
  out += ",\"read_at\":";
  append_instant(out, n.read_at);
  out += ",\"created_at\":";
  append_instant(out, n.created_at);
  out += ",\"metadata\":" + n.metadata + '}';
}

namespace {

ledger::notification_id id_of_path(const request& r) {
  return ledger::notification_id{r.path_param("id")};
}

response counted(const service& s, const request& r, const ledger::unread_notifications& what) {
  const auto rows = s.books.user_rows(what);
  if (!rows) return s.refused(rows.error(), r, about);
  response answer;
  answer.body = fmt::format("{{\"count\":{}}}", ledger::row_of<ledger::row_count>(*rows)->count);
  return answer;
}

} // namespace

response list_notifications(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_page(in);
  ledger::notification_filter filter;
  filter.user = user.id;
  filter.unread_only = in.flag("unread_only");
  filter.skip = wish.skip;
  filter.limit = wish.limit;
  if (wish.after) filter.after = {wish.after->date, ledger::notification_id{wish.after->id.text()}};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = refusal_of(wish, r)) return std::move(*refused);
  const auto rows = s.books.user_rows(filter);
  if (!rows) return s.refused(rows.error(), r, about);
  auto page = ledger::rows_of<notification>(*rows);
  const bool more = static_cast<std::int64_t>(page.size()) > filter.limit;
  if (more) page.pop_back();
  response answer;
  append_list(answer.body, page, append_notification);
  if (more)
    put_next_page(answer, r, position_cursor(page.back().created_at, page.back().id.text()));
  if (wish.count) {
    const auto total = s.books.user_rows(ledger::count_notifications{user.id, filter.unread_only});
    if (!total) return s.refused(total.error(), r, about);
    put_total(answer, ledger::row_of<ledger::row_count>(*total).value().count);
  }
  return answer;
}

response count_unread(const service& s, const request& r, const ledger::user_record& user) {
  return counted(s, r, {user.id, false});
}

response count_unread_insights(const service& s, const request& r,
                               const ledger::user_record& user) {
  return counted(s, r, {user.id, true});
}

response get_notification(const service& s, const request& r, const ledger::user_record& user) {
  return answer_row<notification>(s, r, ledger::notification_by_id{user.id, id_of_path(r)},
                                  errc::notification_not_found, append_notification);
}

decision read_notification(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  ledger::change_rows wish;
  wish.reads = {ledger::notification_by_id{user.id, id_of_path(r)}};
  wish.decide = [](const std::vector<user_rows>& found,
                   base::utc_us now) -> base::result<row_change> {
    auto n = ledger::row_of<notification>(found.at(0));
    if (!n) return base::fail(errc::notification_not_found);
    row_change c;
    if (!n->read_at) { // the first time counts
      n->read_at = now;
      c.writes.emplace_back(*n);
    }
    c.answer.emplace_back(std::move(*n));
    return c;
  };
  return change{.what = std::move(wish),
                .key = std::move(key),
                .show = showing_row<notification>(append_notification),
                .context = beside_the_books()};
}

decision read_all_notifications(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  ledger::change_rows wish;
  wish.reads = {ledger::unread_notifications{user.id}};
  wish.decide = [user = user.id](const std::vector<user_rows>& found,
                                 base::utc_us now) -> base::result<row_change> {
    const auto unread = ledger::row_of<ledger::row_count>(found.at(0)).value();
    row_change c;
    if (unread.count > 0) c.writes.emplace_back(ledger::notifications_read{user, now, now});
    c.answer.emplace_back(unread);
    return c;
  };
  return change{
      .what = std::move(wish), .key = std::move(key), .show = [](const ledger::outcome& o) {
        return ledger::stored_answer{
            200, fmt::format("{{\"marked\":{}}}", changed_row<ledger::row_count>(o).count)};
      }};
}

} // namespace http
