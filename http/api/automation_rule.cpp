#include "http/api/automation_rule.hpp"

#include "base/assert.hpp"
#include "http/api/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

namespace json = base::json;

constexpr std::string_view recurring = "recurring_transaction";
constexpr std::string_view types[] = {recurring,       "budget_alert",      "goal_reminder",
                                      "webhook",       "low_balance_alert", "category_limit",
                                      "weekly_report", "round_up",          "payment_reminder"};
constexpr std::string_view frequencies[] = {"daily", "weekly", "biweekly", "monthly", "yearly"};
constexpr std::string_view events[] = {"transaction_created", "alert_fired",
                                       "goal_entered_risk_state", "spending_spike_detected"};
constexpr std::int64_t interval_max = 1000, days_max = 3650;
const base::civil_day last_day = base::make_day(2199, 12, 31);

/// An integer within the range, when it is sent.
void check_integer(object_reader& in, std::string_view key, std::int64_t least, std::int64_t most) {
  const auto* v = in.find(key);
  if (v == nullptr || v->is_null()) return;
  const auto n = v->as_int64();
  if (!n)
    in.add(key, "int_type", "Input should be a valid integer", *v);
  else if (*n < least)
    in.add(key, "greater_than_equal",
           fmt::format("Input should be greater than or equal to {}", least), *v,
           json::object{{"ge", least}});
  else if (*n > most)
    in.add(key, "less_than_equal", fmt::format("Input should be less than or equal to {}", most),
           *v, json::object{{"le", most}});
}

/// amount_cents wins over amount, in reais; one of them has to be there.
void check_amount(object_reader& in) {
  if (in.has("amount_cents") && !in.is_null("amount_cents"))
    in.amount("amount_cents");
  else if (in.has("amount") && !in.is_null("amount"))
    in.reais("amount");
  else
    in.add_whole("value_error", "Value error, amount_cents é obrigatório");
}

void check_recurring(object_reader& when, object_reader& what, const scheduler::zone_rules& zone) {
  when.one_of("frequency", frequencies);
  check_integer(when, "interval", 1, interval_max);
  const auto first = when.date("start_date", zone, may_be_null);
  const auto last = when.date("end_date", zone, may_be_null);
  if (first && last && last->effective < first->effective)
    when.add_whole("value_error", "Value error, end_date é anterior a start_date");
  what.id("account_id");
  check_amount(what);
}

void check_webhook(object_reader& when, object_reader& what) {
  if (const auto* names = when.list("events", {.min = 1, .max = std::size(events)}))
    for (const auto& name : *names) {
      const auto* text = name.if_string();
      if (text == nullptr ||
          std::find(std::begin(events), std::end(events), *text) == std::end(events))
        when.add("events", "enum", "Input should be an event name", name);
    }
  const auto url = what.text("url", {.min = 1, .max = 2000});
  if (url && !url->starts_with("https://"))
    what.add("url", "value_error", "Value error, url deve começar com https://", *url);
}

/// Without an address it goes to the user's own.
void check_report(object_reader& when, object_reader& what) {
  check_integer(when, "day_of_week", 0, 6);
  for (auto* part : {&when, &what})
    for (const char* name : {"destination_email", "email"}) {
      const auto* sent = part->find(name);
      const auto* text = sent == nullptr ? nullptr : sent->if_string();
      if (text == nullptr || !is_blank(*text)) part->email(name, may_be_null);
    }
}

/// The object, or a fault.
const json::value* object_of(std::string_view name, const json::value* sent, faults& bad) {
  if (sent == nullptr) {
    bad.push_back({"missing", {"body", std::string{name}}, "Field required"});
    return nullptr;
  }
  if (sent->if_object() == nullptr) {
    bad.push_back(
        {"dict_type", {"body", std::string{name}}, "Input should be a valid dictionary", *sent});
    return nullptr;
  }
  if (json::write(*sent).size() > ledger::automation_bytes_max) {
    bad.push_back(
        {"value_error",
         {"body", std::string{name}},
         fmt::format("Value error, {} excede {} bytes", name, ledger::automation_bytes_max)});
    return nullptr;
  }
  return sent;
}

json::value parsed(const std::string& text) {
  auto read = json::read(text);
  auto* v = std::get_if<json::value>(&read);
  ENSURE(v != nullptr, "a rule is stored as JSON");
  return std::move(*v);
}

} // namespace

const choices automation_types{types};

void check_rule(std::string_view type, const json::value* conditions, const json::value* actions,
                const scheduler::zone_rules& zone, faults& bad) {
  const auto* when = object_of("conditions", conditions, bad);
  const auto* what = object_of("actions", actions, bad);
  if (when == nullptr || what == nullptr) return;
  object_reader c{*when, {"body", "conditions"}, bad}, a{*what, {"body", "actions"}, bad};
  if (type == recurring) return check_recurring(c, a, zone);
  if (type == "webhook") return check_webhook(c, a);
  if (type == "category_limit" || type == "low_balance_alert") {
    c.id(type == "category_limit" ? "category_id" : "account_id");
    return check_amount(c);
  }
  if (type == "budget_alert") {
    c.id(c.has("category_id") ? "category_id" : "category");
    return check_amount(c);
  }
  if (type == "weekly_report") return check_report(c, a);
  if (type == "payment_reminder") return check_integer(c, "days_after_creation", 0, days_max);
  if (type == "goal_reminder") return check_integer(c, "days_before", 0, days_max);
}

std::optional<rule_schedule> schedule_of(const ledger::automation& rule,
                                         const scheduler::zone_rules& zone) {
  if (rule.type != recurring) return std::nullopt;
  const auto conditions = parsed(rule.conditions);
  faults none;
  object_reader in{conditions, {}, none};
  const auto* every = conditions.find("frequency");
  const auto* words = every == nullptr ? nullptr : every->if_string();
  const auto frequency = words == nullptr ? std::nullopt : scheduler::frequency_from_text(*words);
  if (!frequency) return std::nullopt; // of an import
  const auto first = in.date("start_date", zone, may_be_null);
  const auto last = in.date("end_date", zone, may_be_null);
  const auto* interval = conditions.find("interval");
  const auto created = zone.day_of(rule.created_at);
  rule_schedule found;
  found.days.every = *frequency;
  const auto periods = interval == nullptr ? 1 : interval->as_int64().value_or(0);
  if (periods < 1 || periods > interval_max) return std::nullopt; // of an import
  found.days.interval = static_cast<std::int32_t>(periods);
  found.days.anchor = first ? first->effective : created;
  found.days.last = last ? last->effective : last_day; // dates end there
  found.first = first ? found.days.first_not_before(created).value_or(0) : 1;
  return found;
}

std::vector<base::civil_day> occurrences(const rule_schedule& rule, base::civil_day from,
                                         std::size_t count) {
  std::vector<base::civil_day> days;
  auto k = rule.days.first_not_before(from, rule.first);
  while (k && days.size() < count) {
    days.push_back(rule.days.occurrence(*k));
    const auto next = rule.days.occurrence(*k + 1);
    if (rule.days.last && *rule.days.last < next) break;
    ++*k;
  }
  return days;
}

std::optional<base::utc_us> next_run(const ledger::automation& rule, base::utc_us now,
                                     const scheduler::zone_rules& zone,
                                     std::optional<base::civil_day> ended) {
  const auto schedule = rule.active ? schedule_of(rule, zone) : std::nullopt;
  if (!schedule) return std::nullopt;
  auto from = zone.day_of(now);
  if (ended && from.count <= ended->count) from.count = ended->count + 1;
  const auto days = occurrences(*schedule, from, 1);
  if (days.empty()) return std::nullopt;
  return zone.start_of_day(days.front());
}

} // namespace http
