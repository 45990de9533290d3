#include "ledger/alerts.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace ledger {

namespace {

namespace json = base::json;

constexpr std::int64_t days_max = 36'500;

json::value conditions_of(const automation& rule) {
  auto read = json::read(rule.conditions);
  if (auto* v = std::get_if<json::value>(&read)) return std::move(*v);
  return json::object{};
}

std::string text_of(const json::value& in, std::string_view name) {
  const auto* v = in.find(name);
  const auto* text = v == nullptr ? nullptr : v->if_string();
  return text == nullptr ? std::string{} : *text;
}

/// amount_cents wins over amount, in reais.
std::optional<base::centavos> limit_in(const json::value& in) {
  if (const auto* v = in.find("amount_cents"); v != nullptr && !v->is_null()) {
    const auto n = v->as_int64();
    if (!n) return std::nullopt;
    return base::centavos{*n};
  }
  const auto* v = in.find("amount");
  if (v == nullptr) return std::nullopt;
  if (const auto* n = v->if_number()) return base::parse_reais(n->text);
  if (const auto* s = v->if_string()) return base::parse_reais(*s);
  return std::nullopt;
}

/// Rules that nobody has checked (an import) may say anything.
std::int64_t days_in(const json::value& in, std::string_view name, std::int64_t usual) {
  const auto* v = in.find(name);
  const auto days = v == nullptr ? usual : v->as_int64().value_or(usual);
  return std::clamp(days, std::int64_t{0}, days_max);
}

bool has_fired(const std::vector<alert_state>& known, const std::string& rule,
               const std::string& subject) {
  return std::any_of(known.begin(), known.end(), [&](const alert_state& s) {
    return s.fired && s.rule == rule && s.subject == subject;
  });
}

alert_state state_now(const automation_id& rule, const user_id& user, std::string subject,
                      bool fired, base::utc_us now) {
  return {user, rule.text(), std::move(subject), fired, now};
}

notification told(const user_id& user, std::string type, std::string title, std::string body,
                  json::object metadata, base::utc_us now, const id_maker& new_id) {
  notification n;
  n.id = notification_id{new_id()};
  n.user = user;
  n.type = std::move(type);
  n.title = std::move(title);
  n.body = std::move(body);
  n.metadata = json::write(json::value{std::move(metadata)});
  n.created_at = now;
  return n;
}

json::value money(base::centavos c) { return json::number{base::decimal_text(c)}; }

} // namespace

std::optional<watch_rule> watch_rule_of(const automation& rule) {
  if (!rule.active || rule.deleted_at) return std::nullopt;
  const bool balance = rule.type == "low_balance_alert";
  if (!balance && rule.type != "budget_alert" && rule.type != "category_limit") return std::nullopt;
  const auto conditions = conditions_of(rule);
  auto subject = text_of(conditions, balance ? "account_id" : "category_id");
  if (subject.empty() && !balance) subject = text_of(conditions, "category");
  const auto limit = limit_in(conditions);
  if (subject.empty() || subject.size() > 64 || !limit) return std::nullopt;
  return watch_rule{rule.id,
                    rule.user,
                    rule.type,
                    balance ? watched::balance : watched::spending,
                    account_id{subject},
                    *limit};
}

std::string subject_of(const watch_rule& rule, month of) {
  if (rule.what == watched::balance) return rule.subject.text();
  return rule.subject.text() + ':' + to_text(of);
}

std::string subject_of(const shared_expense& e) { return e.id.text(); }
std::string subject_of(const goal& g) { return g.id.text() + ':' + base::to_text(g.due_day); }

user_rows watch(const watch_rule& rule, month of, base::centavos value,
                const std::vector<alert_state>& known, base::utc_us now, const id_maker& new_id) {
  const auto subject = subject_of(rule, of);
  const bool over = rule.what == watched::balance ? value < rule.limit : value > rule.limit;
  user_rows rows;
  if (over == has_fired(known, rule.id.text(), subject)) return rows;
  rows.emplace_back(state_now(rule.id, rule.user, subject, over, now));
  if (!over) return rows;
  if (rule.what == watched::balance) {
    rows.emplace_back(
        told(rule.user, rule.type, "Saldo baixo",
             "O saldo de uma conta está abaixo do limite que você definiu.",
             {{"automation_rule_id", rule.id.text()}, {"account_id", rule.subject.text()}}, now,
             new_id));
  } else {
    rows.emplace_back(told(rule.user, rule.type, "Orçamento estourado",
                           "Os gastos do mês passaram do limite que você definiu.",
                           {{"automation_rule_id", rule.id.text()},
                            {"category_id", rule.subject.text()},
                            {"limit", money(rule.limit)},
                            {"spent", money(value)}},
                           now, new_id));
  }
  return rows;
}

user_rows remind_of_payments(const automation& rule, const std::vector<share_view>& shares,
                             const std::vector<alert_state>& known, base::utc_us now,
                             const id_maker& new_id) {
  user_rows rows;
  if (!rule.active || rule.deleted_at || rule.type != "payment_reminder") return rows;
  const auto days = days_in(conditions_of(rule), "days_after_creation", payment_days_usual);
  std::set<std::string> told_now;
  for (const auto& s : shares) {
    const auto& e = s.expense;
    if (e.user != rule.user || e.cancelled || s.share.status != "pending") continue;
    if (e.created_at.count + days * base::us_per_day > now.count) continue;
    const auto subject = subject_of(e);
    if (has_fired(known, rule.id.text(), subject) || !told_now.insert(subject).second) continue;
    rows.emplace_back(state_now(rule.id, rule.user, subject, true, now));
    rows.emplace_back(told(rule.user, "payment_reminder", "Lembrete de cobrança",
                           "Uma despesa compartilhada ainda tem parte pendente.",
                           {{"automation_rule_id", rule.id.text()}, {"expense_id", subject}}, now,
                           new_id));
  }
  return rows;
}

user_rows remind_of_goals(const automation& rule, const std::vector<goal>& goals,
                          const std::vector<alert_state>& known, base::civil_day today,
                          base::utc_us now, const id_maker& new_id) {
  user_rows rows;
  if (!rule.active || rule.deleted_at || rule.type != "goal_reminder") return rows;
  const auto conditions = conditions_of(rule);
  const auto days = days_in(conditions, "days_before", goal_days_usual);
  const auto only = text_of(conditions, "goal_id");
  for (const auto& g : goals) {
    if (!only.empty() && g.id.text() != only) continue;
    const auto left = std::int64_t{g.due_day.count} - today.count;
    if (g.current >= g.target || g.status == "achieved" || left < 0 || left > days) continue;
    const auto subject = subject_of(g);
    if (has_fired(known, rule.id.text(), subject)) continue;
    rows.emplace_back(state_now(rule.id, rule.user, subject, true, now));
    rows.emplace_back(told(rule.user, "goal_reminder", "Meta próxima do prazo",
                           "A meta \"" + g.name + "\" vence em " + base::to_text(g.due_day) + '.',
                           {{"automation_rule_id", rule.id.text()}, {"goal_id", g.id.text()}}, now,
                           new_id));
  }
  return rows;
}

} // namespace ledger
