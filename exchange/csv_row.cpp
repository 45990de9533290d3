#include "exchange/csv_row.hpp"

#include "base/json.hpp"
#include "exchange/safe_text.hpp"

#include <optional>

namespace exchange {

namespace {

std::string time_or_empty(const std::optional<base::utc_us>& t) {
  return t ? base::to_text(*t) : std::string{};
}

std::string tags_of(const ledger::transaction_record& t) {
  if (t.tags.empty()) return {};
  base::json::array names;
  for (const auto& name : t.tags) names.emplace_back(name);
  return base::json::write(base::json::value{std::move(names)});
}

} // namespace

std::string csv_head() {
  return "id,date,effective_day,type,amount,account_id,account,category_id,category,description,"
         "tags,partner_id,created_at,updated_at,deleted_at\r\n";
}

std::string csv_row(const ledger::transaction_record& t, const csv_names& names) {
  std::string row = csv_text(t.id.text());
  // Numbers and dates are ours: a minus sign before a number is no formula.
  row += ',' + base::to_text(t.date);
  row += ',' + base::to_text(t.effective);
  row += ',' + std::string{ledger::to_text(t.type)};
  row += ',' + base::decimal_text(t.effect());
  row += ',' + csv_text(t.account.text());
  row += ',' + csv_text(names.account);
  row += ',' + csv_text(t.category.text());
  row += ',' + csv_text(names.category);
  row += ',' + csv_text(t.description);
  row += ',' + csv_text(tags_of(t));
  row += ',' + csv_text(t.partner ? t.partner->text() : std::string{});
  row += ',' + base::to_text(t.created_at);
  row += ',' + time_or_empty(t.updated_at);
  row += ',' + time_or_empty(t.deleted_at);
  return row + "\r\n";
}

} // namespace exchange
