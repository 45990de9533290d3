#include "http/api/transaction_shape.hpp"

#include "base/limits.hpp"

#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::size_t transaction_description_max = 200;

json::value or_null(const std::optional<std::string>& text) {
  return text ? json::value{*text} : json::value{nullptr};
}

} // namespace

std::optional<ledger::create_transaction> read_transaction(object_reader& in,
                                                           const scheduler::zone_rules& zone) {
  constexpr auto id_max = base::limits::id_bytes_max;
  const auto date = in.date("date", zone);
  auto account = in.id("account_id");
  auto category = in.id("category_id");
  // Which words are types, and whether the description is blank, is for the book to say: 400.
  auto type = in.text("type", {.max = 50});
  const auto amount = in.amount("amount_cents");
  auto description = in.text("description", {.max = transaction_description_max});
  const auto sent_tags = in.has("tags") && !in.is_null("tags");
  auto tags = in.tags("tags");
  auto to_account =
      in.text("to_account_id",
              {.max = id_max, .presence = need::optional, .null = null_rule::absent, .trim = true});
  auto shared_expense = in.text(
      "shared_expense_id", {.max = id_max, .presence = need::optional, .null = null_rule::absent});
  in.currency();
  const bool sent_to_account = in.has("to_account_id") && !in.is_null("to_account_id");
  const bool transfer = type && *type == "transfer";
  if (transfer && !sent_to_account) {
    in.add_whole("value_error", "Value error, Transferências requerem 'to_account_id'");
    return std::nullopt;
  }
  const bool sound = date && account && category && type && amount && description &&
                     (tags || !sent_tags) && (to_account || !sent_to_account);
  if (!sound) return std::nullopt;

  ledger::create_transaction t;
  t.date = date->at;
  t.effective = date->effective;
  t.account = ledger::account_id{std::move(*account)};
  t.category = ledger::account_id{std::move(*category)};
  t.type = std::move(*type);
  t.amount = *amount;
  t.description = std::move(*description);
  if (tags) t.tags = std::move(*tags);
  if (transfer) t.to_account = ledger::account_id{std::move(*to_account)};
  if (shared_expense && !shared_expense->empty()) t.shared_expense = std::move(shared_expense);
  return t;
}

json::object canonical(const ledger::create_transaction& t) {
  json::array tags;
  tags.reserve(t.tags.size());
  for (const auto& tag : t.tags) tags.emplace_back(tag);
  json::object shape;
  shape.reserve(10);
  shape.emplace_back("date", t.date.count);
  shape.emplace_back("effective", static_cast<std::int64_t>(t.effective.count));
  shape.emplace_back("account_id", t.account.text());
  shape.emplace_back("category_id", t.category.text());
  shape.emplace_back("type", t.type);
  shape.emplace_back("amount_cents", t.amount.minor);
  shape.emplace_back("description", t.description);
  shape.emplace_back("tags", std::move(tags));
  shape.emplace_back("to_account_id",
                     t.to_account ? json::value{t.to_account->text()} : json::value{nullptr});
  shape.emplace_back("shared_expense_id", or_null(t.shared_expense));
  return shape;
}

refusal_context context_of(const ledger::create_transaction& t) {
  refusal_context c;
  c.about = refusal_context::subject::transaction;
  c.type = t.type;
  c.category = t.category.text();
  if (t.to_account) c.to_account = t.to_account->text();
  return c;
}

} // namespace http
