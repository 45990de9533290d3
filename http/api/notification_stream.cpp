// GET /api/notifications/stream: what the server tells the user, as server-sent events.
#include "http/api/handlers.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/row_stream.hpp"

namespace http {

namespace {

struct told_notifications {
  using row = ledger::notification;
  static constexpr std::string_view event = "notification_new";
  static ledger::row_question since(const ledger::user_id& user, base::utc_us at) {
    return ledger::notifications_since{user, at};
  }
  static ledger::row_question by_id(const ledger::user_id& user, const std::string& id) {
    return ledger::notification_by_id{user, ledger::notification_id{id}};
  }
  static void append(std::string& out, const row& n) { append_notification(out, n); }
};

} // namespace

response stream_notifications(const service& s, const request& r) {
  return for_user(s, with_bearer(r), open_row_stream<told_notifications>);
}

} // namespace http
