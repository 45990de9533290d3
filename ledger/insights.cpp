#include "ledger/insights.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace ledger {

namespace {

using wide = permille::wide;

/// a >= 0, b > 0.
constexpr wide half_up(wide a, wide b) { return (2 * a + b) / (2 * b); }

base::centavos as_amount(wide count) {
  // The largest is four times the largest amount: a week or less is a quarter of a month.
  constexpr wide most = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::min(count, most))};
}

// -- categories -----------------------------------------------------------------------------------

permille variation_of(base::centavos previous, base::centavos current) {
  const wide difference = wide{current.minor} - previous.minor;
  const auto size = half_up(1000 * (difference < 0 ? -difference : difference), previous.minor);
  return {difference < 0 ? -size : size};
}

std::string explanation_of(const category_variation& v) {
  if (!v.variation)
    return fmt::format("Novo gasto neste mês: R$ {}", base::decimal_text(v.current));
  const bool rose = v.current >= v.previous;
  const permille size{rose ? v.variation->count : -v.variation->count};
  return fmt::format("Gasto {} {}% em relação ao mês anterior: de R$ {} para R$ {}",
                     rose ? "subiu" : "caiu", percent_text(size), base::decimal_text(v.previous),
                     base::decimal_text(v.current));
}

// -- goals ----------------------------------------------------------------------------------------

/// A month is 30 days; less than a quarter of one counts as a quarter: max(0.25, days / 30), in
/// sixtieths.
constexpr wide months_in_sixtieths(std::int32_t days) { return std::max(wide{15}, wide{2} * days); }

base::centavos per_month(base::centavos amount, std::int32_t days) {
  return as_amount(half_up(60 * wide{amount.minor}, months_in_sixtieths(days)));
}

constexpr std::int32_t soon_days = 60;

/// More than 1.2 times of what came in a month so far; of a goal that got nothing: soon.
bool needs_more(base::centavos needed, base::centavos got, std::int32_t days_left) {
  if (got.minor > 0) return 5 * wide{needed.minor} > 6 * wide{got.minor};
  return days_left < soon_days;
}

template <class Insight, class Size, class Id>
void sort_by(std::vector<Insight>& all, Size Insight::*size, Id Insight::*id) {
  std::sort(all.begin(), all.end(), [&](const Insight& a, const Insight& b) {
    return std::tie(b.*size, a.*id) < std::tie(a.*size, b.*id);
  });
}

} // namespace

month_days days_of(month m) {
  return {base::make_day(m.year(), m.of_year(), 1),
          base::make_day(m.year(), m.of_year(), base::days_in_month(m.year(), m.of_year()))};
}

std::string percent_text(permille p) {
  const bool negative = p.count < 0;
  const auto size = negative ? -p.count : p.count;
  return fmt::format("{}{}.{}", negative ? "-" : "", size / 10, static_cast<int>(size % 10));
}

std::vector<category_variation> category_variations(const spending& s) {
  std::map<account_id, base::centavos> before;
  for (const auto& c : s.previous.categories) before[c.category] = c.expense;
  std::vector<category_variation> all;
  for (const auto& c : s.current.categories) {
    if (c.expense.minor <= 0) continue;
    category_variation v;
    v.category = c.category;
    v.name = c.name;
    v.current = c.expense;
    if (const auto known = before.find(c.category); known != before.end())
      v.previous = known->second;
    if (v.previous.minor > 0) v.variation = variation_of(v.previous, v.current);
    v.impact = std::max(v.current, v.previous);
    v.impact.minor -= std::min(v.current, v.previous).minor;
    v.explanation = explanation_of(v);
    v.hash = fmt::format("{}:{}:{}", insight_category_variation, c.category.text(), to_text(s.of));
    all.push_back(std::move(v));
  }
  sort_by(all, &category_variation::impact, &category_variation::category);
  return all;
}

std::vector<goal_outlook> goal_outlooks(const std::vector<goal>& goals, base::civil_day today,
                                        const day_of_instant& local_day) {
  std::vector<goal_outlook> all;
  for (const auto& g : goals) {
    const auto days_left = g.due_day.count - today.count;
    // Neither achieved nor overdue, whatever status a client sent.
    if (g.current >= g.target || days_left <= 0) continue;
    goal_outlook o;
    o.goal = g.id;
    o.name = g.name;
    o.target = g.target;
    o.current = g.current;
    o.due = g.due_day;
    o.gap = {g.target.minor - g.current.minor};
    o.days_left = days_left;
    o.needed = per_month(o.gap, days_left);
    o.at_risk = needs_more(
        o.needed, per_month(g.current, today.count - local_day(g.created_at).count), days_left);
    o.risk_reason =
        fmt::format("Faltam R$ {} em {} dias. Necessário ~R$ {}/mês para atingir no prazo.",
                    base::decimal_text(o.gap), days_left, base::decimal_text(o.needed));
    o.hash = fmt::format("{}:{}", insight_goal_at_risk, g.id.text());
    all.push_back(std::move(o));
  }
  sort_by(all, &goal_outlook::gap, &goal_outlook::goal);
  return all;
}

std::set<std::string_view> hidden(const std::vector<insight_feedback>& said, base::utc_us now) {
  std::set<std::string_view> hashes;
  for (const auto& f : said)
    if (f.status == feedback_ignored && now.count - f.at.count < insight_hidden_us)
      hashes.insert(f.hash);
  return hashes;
}

} // namespace ledger
