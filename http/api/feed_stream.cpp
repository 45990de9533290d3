// GET /api/activity-feed/stream: the feed as server-sent events (api-contract §13.2).
#include "http/api/row_stream.hpp"
#include "http/api/sharing.hpp"

namespace http {

namespace {

struct told_feed {
  using row = ledger::feed_item;
  static constexpr std::string_view event = "feed_new";
  static ledger::row_question since(const ledger::user_id& user, base::utc_us at) {
    return ledger::feed_since{user, at};
  }
  static ledger::row_question by_id(const ledger::user_id& user, const std::string& id) {
    return ledger::feed_item_by_id{user, ledger::feed_item_id{id}};
  }
  static void append(std::string& out, const row& f) { append_feed_item(out, f); }
};

} // namespace

response stream_feed(const service& s, const request& r) {
  return for_user(s, with_bearer(r), open_row_stream<told_feed>);
}

} // namespace http
