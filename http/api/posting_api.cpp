// POST /api/postings: one posting of 2..20 legs, which becomes ordinary transactions.
#include "base/limits.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

std::optional<ledger::leg> read_leg(const json::value& sent, std::size_t index, faults& bad) {
  const json::array loc{"body", "legs", static_cast<std::int64_t>(index)};
  if (sent.if_object() == nullptr) {
    bad.push_back({"model_attributes_type", loc,
                   "Input should be a valid dictionary or object to extract fields from", nullptr,
                   std::nullopt});
    return std::nullopt;
  }
  object_reader in{sent, loc, bad};
  auto account = in.id("account_id", may_be_null);
  auto category = in.id("category_id", may_be_null);
  const auto amount = in.signed_amount("amount_cents");
  const auto named = [&](std::string_view key) { return in.has(key) && !in.is_null(key); };
  if (named("account_id") == named("category_id")) {
    in.add_whole("value_error", "Value error, cada leg requer 'account_id' ou 'category_id'");
    return std::nullopt;
  }
  if (!amount || (!account && !category)) return std::nullopt;
  return ledger::leg{ledger::account_id{account ? std::move(*account) : std::move(*category)},
                     category.has_value(), *amount};
}

std::vector<ledger::leg> read_legs(object_reader& in, faults& bad) {
  std::vector<ledger::leg> legs;
  const auto* list = in.list("legs", {.min = 2, .max = base::limits::legs_max});
  if (list == nullptr) return legs;
  const auto before = bad.size();
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (auto l = read_leg((*list)[i], i, bad)) legs.push_back(std::move(*l));
  }
  if (bad.size() > before) return legs;
  std::int64_t sum = 0; // 20 legs within the limit stay far from int64's edge
  for (const auto& l : legs) sum += l.amount.minor;
  const auto net = ledger::net_of(legs);
  if (sum != 0)
    in.add("legs", "value_error", "Value error, a soma dos legs deve ser 0", nullptr);
  else if (std::none_of(net.begin(), net.end(), [](const auto& l) { return !l.category; }))
    in.add("legs", "value_error", "Value error, ao menos uma conta deve ser movimentada", nullptr);
  return legs;
}

json::object canonical(const ledger::post_legs& p) {
  json::array legs, tags;
  for (const auto& l : p.legs)
    legs.emplace_back(json::object{{l.category ? "category_id" : "account_id", l.account.text()},
                                   {"amount_cents", l.amount.minor}});
  for (const auto& tag : p.tags) tags.emplace_back(tag);
  return {{"date", p.date.count},
          {"effective", static_cast<std::int64_t>(p.effective.count)},
          {"description", p.description},
          {"legs", std::move(legs)},
          {"tags", std::move(tags)},
          {"category_id", p.category ? json::value{p.category->text()} : json::value{nullptr}}};
}

/// `id` is that of its first transaction.
ledger::stored_answer show_posting(const ledger::post_legs& asked,
                                   const ledger::posted_legs& made) {
  ledger::stored_answer answer{200, {}};
  auto& out = answer.body;
  const auto& first = made.transactions.front();
  out = "{\"id\":";
  append_text(out, first.id.text());
  out += ",\"date\":";
  append_instant(out, asked.date);
  out += ",\"description\":";
  append_text(out, asked.description);
  out += ",\"tags\":";
  append_list(out, asked.tags, append_text);
  out += ",\"legs\":";
  append_list(out, asked.legs, [](std::string& o, const ledger::leg& l) {
    o += l.category ? "{\"category_id\":" : "{\"account_id\":";
    append_text(o, l.account.text());
    o += ",\"amount\":";
    append_money(o, l.amount);
    o += ",\"amount_str\":";
    append_text(o, base::decimal_text(l.amount));
    o += '}';
  });
  out += ",\"created_at\":";
  append_instant(out, first.created_at);
  out += ",\"transactions\":";
  append_list(out, made.transactions, append_transaction);
  out += '}';
  return answer;
}

} // namespace

decision post_legs(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  ledger::post_legs wish;
  const auto date = in.date("date", s.zone);
  auto description = in.text("description", {.max = 200});
  wish.legs = read_legs(in, bad);
  if (auto tags = in.tags("tags")) wish.tags = std::move(*tags);
  if (auto id = in.id("category_id", may_be_null))
    wish.category = ledger::account_id{std::move(*id)};
  in.currency();
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  wish.date = date->at;
  wish.effective = date->effective;
  wish.description = std::move(*description);

  auto shape = key ? canonical(wish) : json::object{};
  return change{.what = wish,
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = [wish](const ledger::outcome& o) {
                  return show_posting(wish, std::get<ledger::posted_legs>(o));
                }};
}

} // namespace http
