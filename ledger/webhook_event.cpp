#include "ledger/webhook_event.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace ledger {

bool wants(const automation& rule, std::string_view event) {
  if (rule.type != "webhook" || !rule.active || rule.deleted_at) return false;
  const auto read = base::json::read(rule.conditions);
  const auto* conditions = std::get_if<base::json::value>(&read);
  const auto* events = conditions == nullptr ? nullptr : conditions->find("events");
  const auto* names = events == nullptr ? nullptr : events->if_array();
  return names != nullptr && std::any_of(names->begin(), names->end(), [&](const auto& n) {
           return n.if_string() != nullptr && *n.if_string() == event;
         });
}

std::vector<delivery> webhooks_of(const webhook_event& what, const std::vector<automation>& rules,
                                  base::utc_us now, const std::function<delivery_id()>& new_id) {
  std::vector<delivery> made;
  for (const auto& rule : rules) {
    if (!wants(rule, what.name)) continue;
    base::json::object body{{"event", what.name}, {"automation_rule_id", rule.id.text()}};
    for (const auto& [name, id] : what.ids) body.emplace_back(name, id);
    body.emplace_back("occurred_at", base::to_text(now));
    delivery d;
    d.id = new_id();
    d.user = rule.user;
    d.kind = delivery_kind::webhook;
    d.rule = rule.id.text();
    d.body = base::json::write(std::move(body));
    d.created_at = now;
    made.push_back(std::move(d));
  }
  return made;
}

} // namespace ledger
