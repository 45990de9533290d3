// What   Rows of a user as server-sent events: row_reader, and the handler that opens a stream.
// Why    The activity feed and the notifications differ in what they say, and in nothing else.
// Bounds As server/event_streams.hpp.
// Errors While the rows cannot be read, nothing comes; the reader keeps its place.
// Threads open_row_stream() any; a reader that of the streams.
// Source api-contract.md §11.2, §13.2
#pragma once

#include "http/api/event_reading.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace http {

/// A row has the time of its decision and is seen from its commit on. That is never later than a
/// request may take; until then a younger one may be seen before it.
inline constexpr std::int64_t latest_commit_us = 15 * base::us_per_second;

/// What one reader has been sent. Told says which rows: `row`, the questions since() and by_id(),
/// the name of its `event`, and append().
template <class Told> class row_reader {
public:
  using row = typename Told::row;

  row_reader(const service& s, request asked, ledger::user_id user)
      : service_(s), asked_(std::move(asked)), user_(std::move(user)) {}

  /// Everything up to the row, or up to now, is old.
  base::status begin_behind(const std::optional<row>& last) {
    from_ = last ? last->created_at : service_.clock.now();
    const auto rows = news();
    if (!rows) return rows.error();
    for (const auto& one : *rows) {
      const bool old =
          !last || std::tie(one.created_at, one.id) <= std::tie(last->created_at, last->id);
      if (old) sent_.emplace(one.id, one.created_at);
    }
    return {};
  }

  bool append_news(std::string& out, bool beat) {
    if (beat && !may_read_on(service_, asked_, false)) return false;
    const auto rows = news();
    if (!rows) return true; // the database comes back, or the reader goes
    for (const auto& one : *rows) {
      if (!sent_.emplace(one.id, one.created_at).second) continue;
      const std::string event{Told::event};
      out += "event: " + event + "\nid: " + one.id.text() + "\ndata: {\"type\":\"" + event +
             "\",\"data\":";
      Told::append(out, one);
      out += "}\n\n";
      from_ = std::max(from_, one.created_at);
    }
    std::erase_if(sent_, [&](const auto& one) { return one.second < window_start(); });
    return true;
  }

private:
  base::utc_us window_start() const { return {from_.count - latest_commit_us}; }

  base::result<std::vector<row>> news() const {
    const auto rows = service_.books.user_rows(Told::since(user_, window_start()));
    if (!rows) return rows.error();
    return ledger::rows_of<row>(*rows);
  }

  const service& service_;
  request asked_;
  ledger::user_id user_;
  base::utc_us from_;
  std::map<decltype(row::id), base::utc_us> sent_; ///< within the window
};

template <class Told>
response open_row_stream(const service& s, const request& r, const ledger::user_record& user) {
  std::optional<typename Told::row> last;
  if (const auto* id = r.header("Last-Event-ID"); id != nullptr && !id->empty()) {
    const auto rows = s.books.user_rows(Told::by_id(user.id, *id));
    if (!rows) return s.refused(rows.error(), r, about_user);
    last = ledger::row_of<typename Told::row>(*rows);
  }
  auto reader = std::make_shared<row_reader<Told>>(s, r, user.id);
  if (auto begun = reader->begin_behind(last); !begun)
    return s.refused(begun.error(), r, about_user);
  return open_events(
      s, r, [reader](std::string& out, bool beat) { return reader->append_news(out, beat); });
}

} // namespace http
