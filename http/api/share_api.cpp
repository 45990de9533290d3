// Shares of expenses: shown and answered; the read model (api-contract §13.1).
#include "http/api/decode.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/sharing.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::errc;
using ledger::row_change;
using ledger::share_view;
using ledger::user_rows;

ledger::share_id share_of_path(const request& r) { return ledger::share_id{r.path_param("id")}; }

// -- the read model -------------------------------------------------------------------------------

struct shared_group {
  ledger::shared_expense expense;
  std::string creator_name;
  std::vector<share_view> shares;

  std::string_view status() const {
    if (expense.cancelled) return "cancelled";
    const bool all = std::all_of(shares.begin(), shares.end(),
                                 [](const auto& v) { return v.share.status == "accepted"; });
    return all ? "settled" : "pending";
  }
  base::utc_us changed() const {
    auto last = expense.updated_at.value_or(expense.created_at);
    for (const auto& v : shares) last = std::max(last, v.share.responded_at.value_or(last));
    return last;
  }
  bool exact() const {
    std::int64_t sum = 0;
    for (const auto& v : shares) sum += v.share.amount.minor;
    return sum == expense.total.minor;
  }
};

/// All of the user's, newest first.
base::result<std::vector<shared_group>> groups_of(const service& s, const ledger::user_id& user) {
  std::vector<shared_group> groups;
  ledger::shares_visible_to asked{user, std::nullopt, ledger::user_rows_max};
  for (;;) {
    const auto rows = s.books.user_rows(asked);
    if (!rows) return rows.error();
    auto page = ledger::rows_of<share_view>(*rows);
    const bool full = static_cast<std::int64_t>(page.size()) == asked.limit;
    if (full) {
      // The last expense may go on behind the page: the next one begins with it.
      const auto last = page.back().expense.id;
      while (page.back().expense.id == last) page.pop_back();
      asked.after = {page.back().expense.created_at, page.back().expense.id};
    }
    for (auto& v : page) {
      if (groups.empty() || groups.back().expense.id != v.expense.id)
        groups.push_back({v.expense, v.creator_name, {}});
      groups.back().shares.push_back(std::move(v));
    }
    if (!full) return groups;
  }
}

void append_participant(std::string& out, const share_view& v) {
  out += "{\"user_id\":";
  append_text(out, v.share.user.text());
  out += ",\"user_name\":";
  append_text(out, v.user_name);
  out += ",\"user_email\":";
  append_text(out, v.user_email);
  out += ",\"share_status\":";
  append_text(out, v.share.status);
  out += ",\"amount\":";
  append_money(out, v.share.amount);
  out += ",\"percentage\":";
  append_percentage(out, v.share.basis);
  out += v.share.status == "accepted" ? ",\"paid\":true}" : ",\"paid\":false}";
}

void append_group(std::string& out, const shared_group& g) {
  const auto& e = g.expense;
  out += "{\"id\":";
  append_text(out, e.id.text());
  out += ",\"title\":";
  append_text(out, e.description);
  out += ",\"description\":";
  append_text(out, e.description);
  out += ",\"total_amount\":";
  append_money(out, e.total);
  out += ",\"currency\":\"BRL\",\"status\":";
  append_text(out, g.status());
  out += ",\"split_type\":";
  append_text(out, e.split);
  out += ",\"created_by\":";
  append_text(out, e.user.text());
  out += ",\"creator_name\":";
  append_text(out, g.creator_name);
  out += ",\"created_at\":";
  append_instant(out, e.created_at);
  out += ",\"updated_at\":";
  append_instant(out, e.updated_at);
  out += ",\"participants\":";
  append_list(out, g.shares, append_participant);
  out += '}';
}

base::result<std::vector<shared_group>> sound_groups_of(const service& s,
                                                        const ledger::user_id& user) {
  auto groups = groups_of(s, user);
  if (!groups) return groups.error();
  for (const auto& g : *groups)
    if (!g.exact()) return base::failure{"DATA_INCONSISTENT", g.expense.id.text()};
  return groups;
}

// -- one expense ----------------------------------------------------------------------------------

/// The shares of an expense, if the user takes part in it.
base::result<std::vector<share_view>> shares_seen_by(const service& s, const ledger::user_id& user,
                                                     const ledger::shared_expense_id& id,
                                                     errc missing) {
  const auto rows = s.books.user_rows(ledger::shares_of_expense{id});
  if (!rows) return rows.error();
  auto shares = ledger::rows_of<share_view>(*rows);
  if (!takes_part(shares, user)) return base::fail(missing);
  return shares;
}

/// The share, if the user takes part in its expense.
base::result<share_view> share_seen_by(const service& s, const ledger::user_id& user,
                                       const ledger::share_id& id) {
  const auto found = s.books.user_rows(ledger::share_by_id{id});
  if (!found) return found.error();
  auto share = ledger::row_of<share_view>(*found);
  if (!share) return base::fail(errc::share_not_found);
  const auto seen = shares_seen_by(s, user, share->share.expense, errc::share_not_found);
  if (!seen) return seen.error();
  return std::move(*share);
}

base::result<std::vector<ledger::share_event>> events_of(const service& s,
                                                         const ledger::share_id& share) {
  const auto rows = s.books.user_rows(ledger::events_of_share{share});
  if (!rows) return rows.error();
  return ledger::rows_of<ledger::share_event>(*rows);
}

} // namespace

base::result<std::string> shared_expenses_of(const service& s, const ledger::user_id& user,
                                             const std::optional<base::utc_us>& since) {
  auto groups = sound_groups_of(s, user);
  if (!groups) return groups.error();
  if (since) std::erase_if(*groups, [&](const auto& g) { return g.changed() < *since; });
  std::string out;
  append_list(out, *groups, append_group);
  return out;
}

response shared_read_model(const service& s, const request& r, const ledger::user_record& user) {
  const auto groups = sound_groups_of(s, user.id);
  if (!groups) return s.refused(groups.error(), r, about_user);
  std::size_t settled = 0, pending = 0, cancelled = 0;
  base::centavos value;
  std::optional<base::utc_us> changed;
  for (const auto& g : *groups) {
    const auto status = g.status();
    ++(status == "settled" ? settled : status == "cancelled" ? cancelled : pending);
    if (!g.expense.cancelled) value.minor += g.expense.total.minor;
    changed = std::max(changed, std::optional{g.changed()});
  }
  response answer;
  answer.body = "{\"expenses\":";
  append_list(answer.body, *groups, append_group);
  answer.body +=
      fmt::format(",\"totals\":{{\"total_count\":{},\"settled_count\":{},\"pending_count\":{},"
                  "\"cancelled_count\":{},\"total_value\":",
                  groups->size(), settled, pending, cancelled);
  append_money(answer.body, value);
  answer.body += "},\"last_updated\":";
  append_instant(answer.body, changed);
  answer.body += '}';
  return answer;
}

response pending_shares(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::shares_pending_of{user.id});
  if (!rows) return s.refused(rows.error(), r, about_user);
  response answer;
  append_list(answer.body, ledger::rows_of<share_view>(*rows), append_share);
  return answer;
}

decision answer_share(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto action = in.text("action", {});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (*action != "accept" && *action != "reject")
    return problem(400, "BAD_REQUEST", "action deve ser accept ou reject", r.request_id);
  const bool accepted = *action == "accept";
  ledger::change_rows what;
  what.reads = {ledger::share_by_id{share_of_path(r)}};
  what.decide = [&s, accepted, user,
                 wanted = if_match(r)](const std::vector<user_rows>& found,
                                       base::utc_us now) -> base::result<row_change> {
    auto v = ledger::row_of<share_view>(found.at(0));
    if (!v || v->share.user != user.id) return base::fail(errc::share_not_found);
    if (wanted && *wanted != tag_of(v->share)) return base::fail(errc::version_conflict);
    if (v->expense.cancelled) return base::fail(errc::shared_expense_cancelled);
    if (v->share.status != "pending") return base::fail(errc::share_answered);
    v->share.status = accepted ? "accepted" : "rejected";
    v->share.responded_at = now;
    row_change c;
    c.writes.emplace_back(v->share);
    c.writes.emplace_back(ledger::share_event{ledger::share_event_id{s.new_id()}, v->share.id,
                                              v->share.status, user.id, now});
    const share_news news = accepted ? share_news{"share_accepted", "Despesa aceita"}
                                     : share_news{"share_rejected", "Despesa recusada"};
    const auto said = fmt::format("{} {} \"{}\"", user.name, accepted ? "aceitou" : "recusou",
                                  v->expense.description);
    for (const auto& reader : {v->expense.user, user.id}) {
      auto told = item_about(s, news, v->share, reader, said);
      told.created_at = now;
      c.writes.emplace_back(std::move(told));
    }
    c.answer.emplace_back(std::move(*v));
    return c;
  };
  return change{.what = std::move(what),
                .key = std::move(key),
                .canonical = {{"action", *action}},
                .show = showing_row<share_view>(append_share),
                .context = beside_the_books(),
                .headers = [](response& answer, const ledger::outcome& o) {
                  put_etag(answer, tag_of(changed_row<share_view>(o).share));
                }};
}

response get_share(const service& s, const request& r, const ledger::user_record& user) {
  const auto share = share_seen_by(s, user.id, share_of_path(r));
  if (!share) return s.refused(share.error(), r, about_user);
  response answer;
  append_share(answer.body, *share);
  put_etag(answer, tag_of(share->share));
  return answer;
}

response share_history(const service& s, const request& r, const ledger::user_record& user) {
  const auto share = share_seen_by(s, user.id, share_of_path(r));
  if (!share) return s.refused(share.error(), r, about_user);
  const auto events = events_of(s, share->share.id);
  if (!events) return s.refused(events.error(), r, about_user);
  response answer;
  append_list(answer.body, *events, append_share_event);
  return answer;
}

response shared_details(const service& s, const request& r, const ledger::user_record& user) {
  const ledger::shared_expense_id id{r.path_param("id")};
  const auto shares = shares_seen_by(s, user.id, id, errc::shared_expense_not_found);
  if (!shares) return s.refused(shares.error(), r, about_user);
  std::vector<ledger::share_event> all;
  for (const auto& v : *shares) {
    const auto events = events_of(s, v.share.id);
    if (!events) return s.refused(events.error(), r, about_user);
    all.insert(all.end(), events->begin(), events->end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  response answer;
  answer.body = "{\"expense\":";
  append_shared_expense(answer.body, shares->front().expense);
  answer.body += ",\"shares\":";
  append_list(answer.body, *shares, append_share);
  answer.body += ",\"events\":";
  append_list(answer.body, all, append_share_event);
  answer.body += '}';
  put_etag(answer, tag_of(shares->front().expense));
  return answer;
}

} // namespace http
