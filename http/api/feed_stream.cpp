// GET /api/activity-feed/stream: the feed as server-sent events (api-contract §13.2).
#include "http/api/event_reading.hpp"
#include "http/api/render.hpp"
#include "http/api/sharing.hpp"

#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace http {

namespace {

using ledger::feed_item;

/// An item has the time of its decision and is seen from its commit on. That is never later than a
/// request may take; until then a younger one may be seen before it.
constexpr std::int64_t latest_commit_us = 15 * base::us_per_second;

/// What one reader has been sent.
class feed_reader {
public:
  feed_reader(const service& s, request asked, ledger::user_id user)
      : service_(s), asked_(std::move(asked)), user_(std::move(user)) {}

  /// Everything up to the item, or up to now, is old.
  base::status begin_behind(const std::optional<feed_item>& last) {
    from_ = last ? last->created_at : service_.clock.now();
    const auto rows = news();
    if (!rows) return rows.error();
    for (const auto& f : *rows) {
      const bool old =
          !last || std::tie(f.created_at, f.id) <= std::tie(last->created_at, last->id);
      if (old) sent_.emplace(f.id, f.created_at);
    }
    return {};
  }

  bool append_news(std::string& out, bool beat) {
    if (beat && !may_read_on(service_, asked_, false)) return false;
    const auto rows = news();
    if (!rows) return true; // the database comes back, or the reader goes
    for (const auto& f : *rows) {
      if (!sent_.emplace(f.id, f.created_at).second) continue;
      out += "event: feed_new\nid: " + f.id.text() + "\ndata: {\"type\":\"feed_new\",\"data\":";
      append_feed_item(out, f);
      out += "}\n\n";
      from_ = std::max(from_, f.created_at);
    }
    std::erase_if(sent_, [&](const auto& one) { return one.second < window_start(); });
    return true;
  }

private:
  base::utc_us window_start() const { return {from_.count - latest_commit_us}; }

  base::result<std::vector<feed_item>> news() const {
    const auto rows = service_.books.user_rows(ledger::feed_since{user_, window_start()});
    if (!rows) return rows.error();
    return ledger::rows_of<feed_item>(*rows);
  }

  const service& service_;
  request asked_;
  ledger::user_id user_;
  base::utc_us from_;
  std::map<ledger::feed_item_id, base::utc_us> sent_; ///< within the window
};

response open_stream(const service& s, const request& r, const ledger::user_record& user) {
  std::optional<feed_item> last;
  if (const auto* id = r.header("Last-Event-ID"); id != nullptr && !id->empty()) {
    const auto rows =
        s.books.user_rows(ledger::feed_item_by_id{user.id, ledger::feed_item_id{*id}});
    if (!rows) return s.refused(rows.error(), r, about_user);
    last = ledger::row_of<feed_item>(*rows);
  }
  auto reader = std::make_shared<feed_reader>(s, r, user.id);
  if (auto begun = reader->begin_behind(last); !begun)
    return s.refused(begun.error(), r, about_user);
  return open_events(
      s, r, [reader](std::string& out, bool beat) { return reader->append_news(out, beat); });
}

} // namespace

response stream_feed(const service& s, const request& r) {
  return for_user(s, with_bearer(r), open_stream);
}

} // namespace http
