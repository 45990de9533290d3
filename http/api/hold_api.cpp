// Holds: money of an account that is set aside until it is posted, let go, or its time is over.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <array>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::string_view hold_statuses[] = {"open", "posted", "voided", "expired"};
constexpr std::size_t hold_description_max = 200;

ledger::hold_id id_of_path(const request& r) { return ledger::hold_id{r.path_param("id")}; }

template <class Time> json::value or_null(const std::optional<Time>& t) {
  return t ? json::value{static_cast<std::int64_t>(t->count)} : json::value{nullptr};
}

refusal_context hold_context(std::string type) {
  refusal_context c;
  c.type = std::move(type);
  return c;
}

} // namespace

response list_holds(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  ledger::hold_filter filter;
  filter.account = ledger::account_id{r.path_param("id")};
  filter.limit = in.integer("limit", 1, 100).value_or(50);
  filter.now = s.clock.now();
  if (const auto status = in.one_of("status", hold_statuses))
    filter.status = ledger::hold_status_from_text(*status);
  if (const auto* sent = in.raw("cursor")) {
    // The cursor of any list in the order of time and id.
    if (auto at = read_position_cursor(*sent))
      filter.after = {at->date, ledger::hold_id{std::move(at->id.text())}};
    else
      in.add("cursor", "value_error", "Value error, cursor inválido", *sent);
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto account = s.books.account(user.id, filter.account);
  if (!account) return s.refused(account.error(), r, about_account);
  if (!*account || (**account).record.role != ledger::account_role::money)
    return refuse(base::fail(ledger::errc::account_not_found), {}, r.request_id);
  const auto page = s.books.holds(user.id, filter);
  if (!page) return s.refused(page.error(), r, about_account);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, page->items, [&](std::string& out, const ledger::hold_record& h) {
    append_hold(out, h, filter.now);
  });
  answer.body += ",\"next_cursor\":";
  if (page->more && !page->items.empty()) {
    const auto& last = page->items.back();
    append_text(answer.body, position_cursor(last.created_at, last.id.text()));
  } else {
    answer.body += "null";
  }
  answer.body += '}';
  return answer;
}

response get_hold(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = s.books.hold(user.id, id_of_path(r));
  if (!found) return s.refused(found.error(), r, about_account);
  if (!*found) return refuse(base::fail(ledger::errc::hold_not_found), {}, r.request_id);
  response answer;
  append_hold(answer.body, **found, s.clock.now());
  return answer;
}

decision place_hold(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto amount = in.amount("amount_cents");
  auto description = in.text("description", {.max = hold_description_max});
  const auto expires = in.date("expires_at", s.zone, may_be_null);
  in.currency();
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  ledger::place_hold wish{ledger::account_id{r.path_param("id")}, *amount, std::move(*description),
                          std::nullopt};
  if (expires) wish.expires_at = expires->at;
  json::object shape{{"amount_cents", wish.amount.minor},
                     {"description", wish.description},
                     {"expires_at", or_null(wish.expires_at)}};
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show =
                    [](const ledger::outcome& o) {
                      const auto& h = std::get<ledger::hold_record>(o);
                      ledger::stored_answer answer{200, {}};
                      append_hold(answer.body, h, h.created_at);
                      return answer;
                    },
                .context = hold_context("hold")};
}

decision post_hold(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  ledger::post_hold wish;
  wish.id = id_of_path(r);
  const auto category = in.id("category_id");
  if (auto to = in.id("to_account_id", may_be_null))
    wish.to_account = ledger::account_id{std::move(*to)};
  wish.amount = in.amount("amount_cents", may_be_null);
  if (const auto date = in.date("date", s.zone, may_be_null)) {
    wish.date = date->at;
    wish.effective = date->effective;
  }
  wish.description =
      in.text("description",
              {.max = hold_description_max, .presence = need::optional, .null = null_rule::absent});
  if (auto tags = in.tags("tags")) wish.tags = std::move(*tags);
  in.currency();
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  wish.category = ledger::account_id{*category};

  json::array tags;
  for (const auto& tag : wish.tags) tags.emplace_back(tag);
  const auto text_or_null = [](const auto& text) {
    return text ? json::value{*text} : json::value{nullptr};
  };
  json::object shape{
      {"category_id", *category},
      {"to_account_id",
       wish.to_account ? json::value{wish.to_account->text()} : json::value{nullptr}},
      {"amount_cents", wish.amount ? json::value{wish.amount->minor} : json::value{nullptr}},
      {"date", or_null(wish.date)},
      {"effective", or_null(wish.effective)},
      {"description", text_or_null(wish.description)},
      {"tags", std::move(tags)}};
  auto told = hold_context(wish.to_account ? "transfer" : "expense");
  told.category = *category;
  if (wish.to_account) told.to_account = wish.to_account->text();
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show =
                    [](const ledger::outcome& o) {
                      const auto& made = std::get<ledger::posted_hold>(o);
                      ledger::stored_answer answer{200, "{\"hold\":"};
                      append_hold(answer.body, made.hold, *made.hold.ended_at);
                      answer.body += ",\"transaction\":";
                      append_transaction(answer.body, made.transaction);
                      answer.body += '}';
                      return answer;
                    },
                .context = std::move(told)};
}

decision void_hold(const service&, const request& r) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = ledger::void_hold{id_of_path(r)},
                .key = std::move(key),
                .show =
                    [](const ledger::outcome& o) {
                      const auto& h = std::get<ledger::hold_record>(o);
                      ledger::stored_answer answer{200, {}};
                      append_hold(answer.body, h, *h.ended_at);
                      return answer;
                    },
                .context = hold_context("hold")};
}

} // namespace http
