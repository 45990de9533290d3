#include "ledger/round_up.hpp"

#include "base/json.hpp"

#include <algorithm>

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

std::optional<rounding_terms> rounding_terms_of(const automation& rule) {
  auto awake = rule;
  awake.active = true;
  awake.deleted_at.reset();
  const auto read = round_up_rule_of(awake);
  if (!read) return std::nullopt;
  return rounding_terms{read->step, rule.updated_at};
}

round_up_verdict judge_round_up(const round_up& u, const transaction_record& of,
                                const std::optional<rounding_terms>& rule) {
  constexpr base::centavos steps[] = {{100}, {500}, {1000}};
  if (u.amount.minor < 0 || u.amount.minor >= steps[2].minor || u.user != of.owner)
    return round_up_verdict::wrong;
  if (u.amount.minor == 0) return round_up_verdict::sound;
  // Who corrects a transaction corrects what it added, unless the rule was of another type then.
  const auto touched =
      std::max(of.updated_at.value_or(of.created_at), of.deleted_at.value_or(base::utc_us{}));
  if (touched > u.at && (!rule || rule->changed > touched)) return round_up_verdict::sound;
  if (of.deleted_at || of.type != transaction_type::expense) return round_up_verdict::wrong;
  std::int64_t most = 0;
  for (const auto step : steps) {
    if (rule && !rule->changed && step != rule->step) continue;
    const auto amount = rounded_up(of.amount, step);
    if (u.amount == amount) return round_up_verdict::sound;
    most = std::max(most, amount.minor);
  }
  return u.amount.minor < most ? round_up_verdict::too_little : round_up_verdict::wrong;
}

} // namespace ledger
