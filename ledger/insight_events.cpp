#include "ledger/insight_events.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <utility>

namespace ledger {

namespace {

using base::json::number;
using base::json::object;
using base::json::value;

constexpr permille spike{300};
constexpr std::int64_t week_us = 7 * base::us_per_day;
/// A job that begins some minutes earlier than a week ago is not kept waiting for another one.
constexpr std::int64_t grace_us = std::int64_t{3600} * 1'000'000;

const alert_state* state_of(const std::vector<alert_state>& known, std::string_view rule,
                            std::string_view subject) {
  const auto at = std::find_if(known.begin(), known.end(), [&](const alert_state& s) {
    return s.rule == rule && s.subject == subject;
  });
  return at == known.end() ? nullptr : &*at;
}

void tell(user_rows& rows, const user_id& user, std::string type, std::string title,
          std::string body, object metadata, base::utc_us now, const id_maker& new_id) {
  notification n;
  n.id = notification_id{new_id()};
  n.user = user;
  n.type = std::move(type);
  n.title = std::move(title);
  n.body = std::move(body);
  n.metadata = base::json::write(value{std::move(metadata)});
  n.created_at = now;
  rows.emplace_back(std::move(n));
}

value money_of(base::centavos c) { return number{base::decimal_text(c)}; }

void tell_goals(user_rows& rows, const insight_view& seen, const std::vector<alert_state>& known,
                base::utc_us now, const id_maker& new_id) {
  std::set<std::string> at_risk;
  for (const auto& g : seen.goals) {
    const auto subject = g.goal.text();
    if (!g.at_risk) continue;
    at_risk.insert(subject);
    const auto* before = state_of(known, goals_rule, subject);
    if ((before != nullptr && before->fired) || seen.hidden.contains(g.hash)) continue;
    rows.emplace_back(alert_state{seen.user, std::string{goals_rule}, subject, true, now});
    tell(rows, seen.user, "insight_goal_risk", "Meta em risco: " + g.name, g.risk_reason,
         {{"rule_id", goals_rule},
          {"goal_id", subject},
          {"goal_name", g.name},
          {"gap", money_of(g.gap)},
          {"days_left", std::int64_t{g.days_left}},
          {"risk_reason", g.risk_reason}},
         now, new_id);
  }
  for (const auto& s : known)
    if (s.rule == goals_rule && s.fired && !at_risk.contains(s.subject))
      rows.emplace_back(alert_state{seen.user, s.rule, s.subject, false, now});
}

} // namespace

std::string spikes_rule_of(month m) { return std::string{spikes_rule} + '/' + to_text(m); }

user_rows insight_events(const insight_view& seen, const std::vector<alert_state>& known,
                         base::utc_us now, const id_maker& new_id) {
  user_rows rows;
  if (seen.knows_goals) tell_goals(rows, seen, known, now, new_id);
  const auto rule = spikes_rule_of(seen.of);
  for (const auto& c : seen.categories) {
    if (!c.variation || c.variation->count < spike.count || seen.hidden.contains(c.hash)) continue;
    if (state_of(known, rule, c.hash) != nullptr) continue;
    rows.emplace_back(alert_state{seen.user, rule, c.hash, true, now});
    tell(rows, seen.user, "insight_spending_spike", "Pico de gasto: " + c.name, c.explanation,
         {{"rule_id", spikes_rule},
          {"category_id", c.category.text()},
          {"category_name", c.name},
          {"variation_pct", number{percent_text(*c.variation)}},
          {"current_amount", money_of(c.current)},
          {"previous_amount", money_of(c.previous)}},
         now, new_id);
  }
  return rows;
}

user_rows weekly_summary(const insight_view& seen, const std::vector<alert_state>& known,
                         base::utc_us now, const id_maker& new_id) {
  user_rows rows;
  const auto goals = std::count_if(seen.goals.begin(), seen.goals.end(), [&](const auto& g) {
    return g.at_risk && !seen.hidden.contains(g.hash);
  });
  const auto categories =
      std::count_if(seen.categories.begin(), seen.categories.end(),
                    [&](const auto& c) { return !seen.hidden.contains(c.hash); });
  if (goals == 0 && categories == 0) return rows;
  const auto* last = state_of(known, summary_rule, "");
  if (last != nullptr && now.count - last->at.count < week_us - grace_us) return rows;
  rows.emplace_back(alert_state{seen.user, std::string{summary_rule}, "", true, now});
  tell(rows, seen.user, "insight_weekly_summary", "Seu resumo da semana",
       "Metas em risco: " + std::to_string(goals) +
           ". Categorias com gastos no mês: " + std::to_string(categories) + '.',
       {{"rule_id", summary_rule},
        {"n_goals_at_risk", std::int64_t{goals}},
        {"n_categories", std::int64_t{categories}}},
       now, new_id);
  return rows;
}

} // namespace ledger
