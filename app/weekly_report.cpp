#include "app/weekly_report.hpp"

#include "base/json.hpp"
#include "http/api/text.hpp"
#include "http/api/totals.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace app {
namespace {

namespace json = base::json;

constexpr int week = 7;
constexpr std::size_t categories_shown = 3;

/// 0 = Monday.
int weekday_of(base::civil_day d) {
  return ((d.count + 3) % week + week) % week; // day 0 was a Thursday
}

base::civil_day before(base::civil_day d, int days) { return {d.count - days}; }

json::value object_of(const std::string& text) {
  auto read = json::read(text);
  auto* v = std::get_if<json::value>(&read);
  return v == nullptr ? json::value{} : std::move(*v);
}

/// 24/11/2026
std::string day_text(base::civil_day d) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(d, year, month, day);
  return fmt::format("{:02}/{:02}/{}", day, month, year);
}

std::vector<ledger::monthly_sums::category_sum> largest(const ledger::monthly_sums& sums) {
  auto all = sums.categories;
  std::erase_if(all, [](const auto& c) { return c.expense.minor <= 0; });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.expense != b.expense ? a.expense > b.expense : a.name < b.name;
  });
  if (all.size() > categories_shown) all.resize(categories_shown);
  return all;
}

} // namespace

std::optional<base::civil_day> report_due(const ledger::automation& rule, base::civil_day today,
                                          const scheduler::zone_rules& zone) {
  if (rule.type != "weekly_report" || !rule.active) return std::nullopt;
  const auto conditions = object_of(rule.conditions);
  const auto* sent = conditions.find("day_of_week");
  const auto wanted = sent == nullptr ? 0 : sent->as_int64().value_or(0);
  if (wanted < 0 || wanted >= week) return std::nullopt; // of an import
  const auto due = before(today, (weekday_of(today) - static_cast<int>(wanted) + week) % week);
  const auto begins = zone.start_of_day(due);
  if (due != today && begins <= rule.updated_at.value_or(rule.created_at)) return std::nullopt;
  if (rule.last_run && *rule.last_run >= begins) return std::nullopt;
  return due;
}

report_days days_before(base::civil_day due) { return {before(due, week), before(due, 1)}; }

ledger::change_rows report_wish(const ledger::automation& rule, base::civil_day today,
                                const scheduler::zone_rules& zone, ledger::delivery_id id) {
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{rule.user, rule.id}};
  wish.decide = [user = rule.user, today, &zone,
                 id](const std::vector<ledger::user_rows>& found,
                     base::utc_us now) -> base::result<ledger::row_change> {
    ledger::row_change c;
    auto current = ledger::row_of<ledger::automation>(found.at(0));
    const auto due = current ? report_due(*current, today, zone) : std::nullopt;
    if (!due) return c;
    ledger::delivery d;
    d.id = id;
    d.user = user;
    d.kind = ledger::delivery_kind::mail;
    d.rule = current->id.text();
    d.body = report_body(days_before(*due));
    d.created_at = now;
    current->last_run = now;
    c.writes = {std::move(d), std::move(*current)};
    return c;
  };
  return wish;
}

std::string report_body(const report_days& days) {
  return json::write(json::object{
      {"report", "weekly"}, {"from", base::to_text(days.first)}, {"to", base::to_text(days.last)}});
}

std::optional<report_days> read_report_body(std::string_view body) {
  const auto all = object_of(std::string{body});
  const auto day = [&](const char* name) {
    const auto* v = all.find(name);
    const auto* text = v == nullptr ? nullptr : v->if_string();
    return text == nullptr ? std::nullopt : base::parse_day(*text);
  };
  const auto first = day("from"), last = day("to");
  if (!first || !last) return std::nullopt;
  return report_days{*first, *last};
}

std::string report_receiver(const ledger::automation& rule, const ledger::user_record& owner) {
  for (const char* name : {"destination_email", "email"})
    for (const auto* part : {&rule.actions, &rule.conditions}) {
      const auto object = object_of(*part);
      const auto* v = object.find(name);
      const auto* text = v == nullptr ? nullptr : v->if_string();
      if (text != nullptr && !http::is_blank(*text)) return std::string{http::trimmed(*text)};
    }
  return owner.email;
}

std::string reais_text(base::centavos amount) {
  auto digits = base::decimal_text(amount);
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  const auto point = digits.find('.');
  digits[point] = ',';
  for (auto at = static_cast<std::ptrdiff_t>(point) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ".");
  return (negative ? "-R$ " : "R$ ") + digits;
}

std::optional<http::mail> report_mail(const ledger::automation& rule,
                                      const ledger::user_record& owner, const report_days& days,
                                      const ledger::monthly_sums& sums) {
  const auto total = http::total_of(sums);
  if (!total) return std::nullopt;
  http::mail m;
  m.to = report_receiver(rule, owner);
  m.subject = fmt::format("Resumo da semana: {} a {}", day_text(days.first), day_text(days.last));
  m.text =
      fmt::format("Olá, {}!\n\nDe {} a {}:\n\nReceitas: {}\nDespesas: {}\nSaldo: {}\n", owner.name,
                  day_text(days.first), day_text(days.last), reais_text(total->income),
                  reais_text(total->expense), reais_text(total->net));
  const auto top = largest(sums);
  m.text += top.empty() ? "\nNenhuma despesa nesta semana.\n" : "\nMaiores despesas:\n";
  for (std::size_t i = 0; i < top.size(); ++i)
    m.text += fmt::format("{}. {}: {}\n", i + 1, top[i].name, reais_text(top[i].expense));
  m.text +=
      fmt::format("\nEsta mensagem vem da automação \"{}\". Para não a receber mais, desative-a "
                  "no Vai de Pix.\n",
                  rule.name);
  return m;
}

} // namespace app
