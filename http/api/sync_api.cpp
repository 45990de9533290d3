// What changed since a moment, for a device that was away (api-contract §12.2).
#include "http/api/book_reading.hpp"
#include "http/api/decode.hpp"
#include "http/api/own_data_api.hpp"
#include "http/api/render.hpp"
#include "http/api/sharing.hpp"
#include "http/api/snapshot.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace http {

namespace {

constexpr std::int64_t holds_page = 500;
constexpr int holds_pages_max = 4;
constexpr std::size_t quoted_max = 64;

/// A change has the time at which it was decided, and is seen when it is durable: at the latest
/// when its request ends, with a second for the way. Who asks again asks from before that.
base::utc_us asked_next(const service& s) {
  constexpr std::int64_t way_us = 1'000'000;
  const auto pending = std::chrono::microseconds{s.settings.deadline}.count() + way_us;
  return base::utc_us{s.clock.now().count - pending};
}

std::string shortened(const std::string& text) {
  auto end = std::min(text.size(), quoted_max);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80) --end;
  return text.substr(0, end);
}

template <class Row> bool changed(const Row& row, base::utc_us from) {
  return row.updated_at.value_or(row.created_at) >= from;
}

/// What is shown of the user's rows that changed, and the ids of those that are gone.
struct changes {
  std::string items; ///< members of the answer
  std::string deleted;
};

template <class Rows> void append_ids(std::string& out, std::string_view name, const Rows& gone) {
  out += fmt::format("{}\"{}\":", out.empty() ? "" : ",", name);
  append_list(out, gone, [](std::string& o, const auto& id) { append_text(o, id.text()); });
}

base::status add_transactions(const service& s, const ledger::user_id& user, base::utc_us from,
                              changes& to) {
  ledger::transaction_filter filter;
  filter.user = user;
  filter.changed_since = from;
  filter.include_deleted = true;
  filter.limit = transactions_shown;
  const auto page = s.books.transactions(filter);
  if (!page) return page.error();
  std::vector<ledger::transaction_record> live;
  std::vector<ledger::transaction_id> gone;
  for (const auto& t : page->items) {
    if (t.deleted_at)
      gone.push_back(t.id);
    else
      live.push_back(t);
  }
  to.items += "\"transactions\":";
  append_list(to.items, live, append_transaction);
  to.items += fmt::format(",\"transactions_truncated\":{}", page->more);
  append_ids(to.deleted, "transactions", gone);
  return {};
}

/// Whether the balance, or what of it is available, is not what it was.
base::result<bool> moved(const service& s, const ledger::user_id& user,
                         const ledger::account_id& id, base::utc_us from) {
  ledger::entry_filter entries;
  entries.account = id;
  entries.booked_from = from;
  entries.limit = 1;
  const auto posted = s.books.entries(user, entries);
  if (!posted) return posted.error();
  if (!posted->items.empty()) return true;
  const auto now = s.clock.now();
  const auto since = [&](const std::optional<base::utc_us>& at) {
    return at && *at >= from && *at <= now;
  };
  ledger::hold_filter holds;
  holds.account = id;
  holds.now = now;
  holds.limit = holds_page;
  for (int page = 0; page < holds_pages_max; ++page) {
    const auto found = s.books.holds(user, holds);
    if (!found) return found.error();
    for (const auto& h : found->items)
      if (h.created_at >= from || since(h.ended_at) || since(h.expires_at)) return true;
    if (!found->more || found->items.empty()) return false;
    holds.after = {found->items.back().created_at, found->items.back().id};
  }
  return true; // too many to look at: shown once more than needed
}

base::status add_members(const service& s, const ledger::user_id& user, base::utc_us from,
                         changes& to) {
  const auto members = members_of(s, user);
  if (!members) return members.error();
  std::vector<ledger::account_record> categories;
  std::vector<ledger::account_id> closed, archived;
  for (const auto& m : *members) {
    if (m.role == ledger::account_role::opening || !changed(m, from)) continue;
    const bool category = m.role == ledger::account_role::category;
    if (!m.active)
      (category ? archived : closed).push_back(m.id);
    else if (category)
      categories.push_back(m);
  }
  // After the members: an account that is closed in between is seen by the next question.
  const auto views = s.books.accounts(user);
  if (!views) return views.error();
  std::vector<ledger::account_view> accounts;
  for (const auto& v : *views) {
    if (std::find(closed.begin(), closed.end(), v.record.id) != closed.end()) continue;
    if (!changed(v.record, from)) {
      const auto other = moved(s, user, v.record.id, from);
      if (!other) return other.error();
      if (!*other) continue;
    }
    accounts.push_back(v);
  }
  to.items += ",\"accounts\":";
  append_list(to.items, accounts, append_account);
  to.items += ",\"categories\":";
  append_list(to.items, categories, append_category);
  append_ids(to.deleted, "accounts", closed);
  append_ids(to.deleted, "categories", archived);
  return {};
}

/// The answer to `which` has a bound. Where it is reached, those that live come from `whole`, which
/// holds all of them, and the oldest of those that are gone are left out.
template <class Row, class Append>
base::status add_rows(const service& s, std::string_view name, const ledger::row_question& which,
                      const ledger::row_question& whole, base::utc_us from, Append append,
                      changes& to) {
  const auto answer = s.books.user_rows(which);
  if (!answer) return answer.error();
  std::vector<Row> live;
  std::vector<decltype(Row::id)> gone;
  for (auto& row : ledger::rows_of<Row>(*answer)) {
    if (row.deleted_at)
      gone.push_back(row.id);
    else
      live.push_back(std::move(row));
  }
  if (std::ssize(*answer) >= ledger::user_rows_max) {
    const auto all = s.books.user_rows(whole);
    if (!all) return all.error();
    live = ledger::rows_of<Row>(*all);
    std::erase_if(live, [&](const Row& row) { return !changed(row, from); });
  }
  to.items += fmt::format(",\"{}\":", name);
  append_list(to.items, live, append);
  append_ids(to.deleted, name, gone);
  return {};
}

base::result<std::string> changes_since(const service& s, const ledger::user_id& user,
                                        base::utc_us from) {
  const auto next = asked_next(s); // before anything is read
  const auto today = s.zone.day_of(s.clock.now());
  changes found;
  auto done = add_transactions(s, user, from, found);
  if (done) done = add_members(s, user, from, found);
  if (done)
    done = add_rows<ledger::budget_envelope>(s, "envelopes", ledger::envelopes_changed{user, from},
                                             ledger::envelopes_of_user{user}, from, append_envelope,
                                             found);
  if (done)
    done = add_rows<ledger::goal>(
        s, "goals", ledger::goals_changed{user, from}, ledger::goals_of_user{user}, from,
        [today](std::string& out, const ledger::goal& g) { append_goal(out, g, today); }, found);
  if (!done) return done.error();
  const auto shared = shared_expenses_of(s, user, from); // cancelled ones say so
  if (!shared) return shared.error();
  std::string out = '{' + found.items + ",\"sharedExpenses\":" + *shared + ",\"deleted\":{" +
                    found.deleted + "},\"server_time\":";
  append_instant(out, next);
  return out + '}';
}

} // namespace

response my_changes(const service& s, const request& r, const ledger::user_record& user) {
  const auto* sent = r.query_value("since");
  if (sent == nullptr)
    return validation_problem({{"missing", {"query", "since"}, "Field required"}}, r.request_id);
  const auto since = read_date(*sent, s.zone);
  if (!since)
    return problem(400, "BAD_REQUEST",
                   "Parâmetro 'since' inválido (use ISO8601): " + shortened(*sent), r.request_id);
  auto found = changes_since(s, user.id, base::utc_us{since->at.count + 1}); // after it
  if (!found) return s.refused(found.error(), r, about_user);
  response answer;
  answer.body = std::move(*found);
  return answer;
}

} // namespace http
