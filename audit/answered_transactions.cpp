#include "audit/answered_transactions.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace audit {
namespace {

void take(const base::json::value* named, std::vector<ledger::transaction_id>& into) {
  if (named == nullptr) return;
  if (const auto* text = named->if_string()) into.push_back(ledger::transaction_id{*text});
}

void look(const base::json::value& at, std::vector<ledger::transaction_id>& into) {
  if (const auto* items = at.if_array())
    for (const auto& item : *items) look(item, into);
  const auto* members = at.if_object();
  if (members == nullptr) return;
  take(at.find("transaction_id"), into);
  take(at.find("transfer_transaction_id"), into);
  if (at.find("category_id") != nullptr) take(at.find("id"), into);
  for (const auto& [name, member] : *members) look(member, into);
}

} // namespace

std::vector<ledger::transaction_id> answered_transactions(std::string_view body) {
  std::vector<ledger::transaction_id> named;
  const auto read = base::json::read(body);
  if (const auto* whole = std::get_if<base::json::value>(&read)) look(*whole, named);
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  return named;
}

} // namespace audit
