#include "ledger/round_up.hpp"

#include "base/json.hpp"

namespace ledger {

std::optional<round_up_rule> round_up_rule_of(const automation& rule) {
  if (!rule.active || rule.deleted_at || rule.type != "round_up") return std::nullopt;
  const auto member = [&](std::string_view name) -> std::optional<base::json::value> {
    // Clients write them among the conditions as well as among the actions.
    for (const auto* text : {&rule.conditions, &rule.actions}) {
      const auto read = base::json::read(*text);
      const auto* object = std::get_if<base::json::value>(&read);
      const auto* found = object == nullptr ? nullptr : object->find(name);
      if (found != nullptr && !found->is_null()) return *found;
    }
    return std::nullopt;
  };
  const auto envelope = member("envelope_id");
  const auto* id = envelope ? envelope->if_string() : nullptr;
  if (id == nullptr || id->empty() || id->size() > 64) return std::nullopt;
  const auto sent = member("round_to_cents");
  const auto step = sent ? sent->as_int64().value_or(100) : 100;
  return round_up_rule{
      rule.id, envelope_id{*id}, {step == 500 || step == 1000 ? step : std::int64_t{100}}};
}

base::centavos rounded_up(base::centavos amount, base::centavos step) {
  const auto over = amount.minor % step.minor;
  return {over == 0 ? 0 : step.minor - over};
}

} // namespace ledger
