// POST /api/transactions/batch: up to 1000 creates in one commit.
#include "base/limits.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/transaction_shape.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <fmt/format.h>
#include <memory>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::string_view single_post = "POST /api/transactions";
constexpr std::string_view validation_code = "VALIDATION_ERROR";

using batch_items = std::vector<ledger::batch_item>;
using shared_items = std::shared_ptr<const batch_items>;

/// The item as a wish; one that has faults carries the body of its 422 and fails alone.
ledger::batch_item read_item(const json::value& sent, std::size_t index, const service& s,
                             const request& r, json::array* canonical_items) {
  faults bad;
  const json::array loc{"body", "items", static_cast<std::int64_t>(index)};
  ledger::batch_item item{base::failure{validation_code, {}}, std::nullopt, {}};
  json::object shape;
  if (sent.if_object() == nullptr) {
    bad.push_back({"model_attributes_type", loc,
                   "Input should be a valid dictionary or object to extract fields from", nullptr,
                   std::nullopt});
  } else {
    object_reader in{sent, loc, bad};
    auto wish = read_transaction(in, s.zone);
    const auto key =
        in.text("key", {.presence = need::optional, .null = null_rule::absent, .trim = true});
    if (key && !key->empty()) {
      auto key_loc = loc;
      key_loc.emplace_back("key");
      if (check_key(*key, std::move(key_loc), bad))
        item.scope = ledger::key_scope{std::string{single_post}, *key};
    }
    if (wish && (item.scope || canonical_items != nullptr)) shape = canonical(*wish);
    if (wish && bad.empty()) item.wish = std::move(*wish);
  }
  if (!bad.empty()) {
    item.wish = base::failure{validation_code, validation_problem(bad, r.request_id).body};
    item.scope.reset(); // an answer that is not stored needs no key
  }
  if (canonical_items != nullptr) {
    auto copy = bad.empty() ? shape : json::object{{"invalid", sent}};
    copy.emplace_back("key", item.scope ? json::value{item.scope->key} : json::value{nullptr});
    canonical_items->emplace_back(std::move(copy));
  }
  if (item.scope) item.fingerprint = fingerprint_of_item(std::move(shape));
  return item;
}

// -- results --------------------------------------------------------------------------------------

struct item_view {
  int status = 200;
  std::string body; ///< as the single POST would answer
};

struct result_texts {
  shared_items items;
  std::string request_id;
  bool legacy_status_500 = false;

  item_view failed(std::size_t index, const base::failure& why) const {
    if (why.code == validation_code) return {422, why.detail};
    const auto& wish = (*items)[index].wish;
    auto context = wish ? context_of(*wish) : refusal_context{};
    context.legacy_status_500 = legacy_status_500;
    auto refused = refuse(why, context, request_id);
    return {refused.status, std::move(refused.body)};
  }

  ledger::stored_answer item(std::size_t index,
                             const base::result<ledger::transaction_record>& made) const {
    if (!made) {
      auto view = failed(index, made.error());
      return {view.status, std::move(view.body)};
    }
    ledger::stored_answer answer{200, {}};
    append_transaction(answer.body, *made);
    return answer;
  }

  ledger::stored_answer whole(const ledger::batch_outcome& o) const;
};

void append_result(std::string& out, std::size_t index, int status, std::string_view body) {
  const fmt::format_int index_text{index};
  const fmt::format_int status_text{status};
  out += out.back() == '[' ? "{\"index\":" : ",{\"index\":";
  out.append(index_text.data(), index_text.size());
  out += ",\"status\":";
  out.append(status_text.data(), status_text.size());
  out += status < 400 ? ",\"transaction\":" : ",\"transaction\":null,\"error\":";
  out += body;
  out += status < 400 ? ",\"error\":null}" : "}";
}

ledger::stored_answer result_texts::whole(const ledger::batch_outcome& o) const {
  std::string results = "[";
  results.reserve(o.items.size() * 512);
  std::size_t created = 0;
  const auto rejected = base::fail(ledger::errc::batch_rejected);
  std::string made; // one buffer for all
  for (std::size_t i = 0; i < o.items.size(); ++i) {
    const auto& item = o.items[i];
    if (item.replay) {
      if (item.replay->status < 400) ++created;
      append_result(results, i, item.replay->status, item.replay->body);
    } else if (!item.result) {
      const auto view = failed(i, item.result.error());
      append_result(results, i, view.status, view.body);
    } else if (o.rejected) {
      // Nothing was wrong with this one, but it was not done either.
      append_result(results, i, 424, refuse(rejected, {}, request_id).body);
    } else {
      ++created;
      made.clear();
      append_transaction(made, *item.result);
      append_result(results, i, 200, made);
    }
  }
  results += ']';
  const auto counts =
      fmt::format("\"created\":{},\"failed\":{},\"results\":", o.rejected ? 0 : created,
                  o.items.size() - created);
  if (!o.rejected) return {200, '{' + counts + results + '}'};
  auto refused = refuse(rejected, {}, request_id);
  refused.body.pop_back(); // the closing brace
  return {refused.status, refused.body + ',' + counts + results + '}'};
}

} // namespace

decision post_batch(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const bool atomic = in.boolean("atomic", {need::optional, null_rule::refused}).value_or(false);
  const auto* list = in.list("items", {.min = 1, .max = base::limits::batch_items_max});
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  json::array canonical_items;
  auto read = std::make_shared<batch_items>();
  read->reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i)
    read->push_back(read_item((*list)[i], i, s, r, key ? &canonical_items : nullptr));
  const shared_items items = std::move(read);
  const auto texts = std::make_shared<const result_texts>(
      result_texts{items, r.request_id, s.settings.legacy_status_500});

  return change{
      .what = ledger::post_batch{atomic, items},
      .key = std::move(key),
      .canonical = {{"atomic", atomic}, {"items", std::move(canonical_items)}},
      .show =
          [texts](const ledger::outcome& o) {
            return texts->whole(std::get<ledger::batch_outcome>(o));
          },
      .show_item =
          [texts](std::size_t index, const base::result<ledger::transaction_record>& made) {
            return texts->item(index, made);
          }};
}

} // namespace http
