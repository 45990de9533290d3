// Notifications (api-contract §11.2).
#include "http/api/handlers.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/told_row.hpp"

namespace http {

using ledger::errc;
using ledger::notification;

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

ledger::row_question of_path(const request& r, const ledger::user_record& user) {
  return ledger::notification_by_id{user.id, ledger::notification_id{r.path_param("id")}};
}

} // namespace

response list_notifications(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_page(in);
  ledger::notification_filter filter;
  filter.user = user.id;
  filter.unread_only = in.flag("unread_only");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = refusal_of(wish, r)) return std::move(*refused);
  return answer_page<notification>(s, r, wish, filter,
                                   ledger::count_notifications{user.id, filter.unread_only},
                                   append_notification);
}

response count_unread(const service& s, const request& r, const ledger::user_record& user) {
  return answer_count(s, r, ledger::unread_notifications{user.id, false});
}

response count_unread_insights(const service& s, const request& r,
                               const ledger::user_record& user) {
  return answer_count(s, r, ledger::unread_notifications{user.id, true});
}

response get_notification(const service& s, const request& r, const ledger::user_record& user) {
  return answer_row<notification>(s, r, of_path(r, user), errc::notification_not_found,
                                  append_notification);
}

decision read_notification(const service&, const request& r, const ledger::user_record& user) {
  return read_one<notification>(r, of_path(r, user), errc::notification_not_found,
                                append_notification);
}

decision read_all_notifications(const service&, const request& r, const ledger::user_record& user) {
  return read_all<ledger::notifications_read>(r, user.id, ledger::unread_notifications{user.id});
}

} // namespace http
