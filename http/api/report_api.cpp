// Reports over the days of a period (api-contract §12.1).
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/render.hpp"
#include "http/api/report_period.hpp"
#include "http/api/totals.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace http {

namespace {

constexpr std::string_view month_names[] = {"Jan", "Fev", "Mar", "Abr", "Mai", "Jun",
                                            "Jul", "Ago", "Set", "Out", "Nov", "Dez"};
constexpr std::string_view plain_types[] = {"expense", "income"};

} // namespace

response report_summary(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto days = read_period(s, in, 24);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto sums = s.books.monthly(user.id, days.first, days.last);
  if (!sums) return s.refused(sums.error(), r, about_transaction);
  const auto total = total_of(*sums);
  if (!total) return s.refused(base::fail(ledger::errc::balance_limit), r, about_transaction);
  response answer;
  auto& out = answer.body;
  out = fmt::format("{{\"total_transactions\":{},\"total_income\":", sums->transactions);
  append_money(out, total->income);
  out += ",\"total_expenses\":";
  append_money(out, total->expense);
  out += ",\"net_balance\":";
  append_money(out, total->net);
  out += fmt::format(",\"period_start\":\"{}\",\"period_end\":\"{}\"}}", base::to_text(days.first),
                     base::to_text(days.last));
  return answer;
}

response report_cashflow(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto days = read_period(s, in, 24);
  const bool fill = in.flag("fill");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  response answer;
  answer.body = "[";
  for (auto first = days.first; first <= days.last;
       first = base::civil_day{month_end(first).count + 1}) {
    const auto last = std::min(month_end(first), days.last);
    const auto sums = s.books.monthly(user.id, first, last);
    if (!sums) return s.refused(sums.error(), r, about_transaction);
    if (sums->transactions == 0 && !fill) continue;
    const auto total = total_of(*sums);
    if (!total) return s.refused(base::fail(ledger::errc::balance_limit), r, about_transaction);
    int year = 0;
    unsigned month = 0, day = 0;
    base::split_day(first, year, month, day);
    if (answer.body.size() > 1) answer.body += ',';
    answer.body +=
        fmt::format("{{\"month\":\"{}/{:02}\",\"income\":", month_names[month - 1], year % 100);
    append_money(answer.body, total->income);
    answer.body += ",\"expense\":";
    append_money(answer.body, total->expense);
    answer.body += ",\"balance\":";
    append_money(answer.body, total->net);
    answer.body += '}';
  }
  answer.body += ']';
  return answer;
}

response report_categories(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto days = read_period(s, in, 12);
  const bool income = in.one_of("type_filter", plain_types).value_or("expense") == "income";
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto sums = s.books.monthly(user.id, days.first, days.last);
  if (!sums) return s.refused(sums.error(), r, about_transaction);
  const auto total = total_of(*sums);
  if (!total) return s.refused(base::fail(ledger::errc::balance_limit), r, about_transaction);

  struct line {
    ledger::account_id category;
    std::string name;
    base::centavos amount;
    std::int64_t count = 0;
  };
  std::vector<line> lines;
  for (const auto& c : sums->categories) {
    const auto amount = income ? c.income : c.expense;
    if (amount.minor > 0)
      lines.push_back({c.category, c.name, amount, income ? c.incomes : c.expenses});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.amount > b.amount; });
  const auto all = static_cast<double>((income ? total->income : total->expense).minor);
  response answer;
  append_list(answer.body, lines, [&](std::string& out, const line& l) {
    out += "{\"category_id\":";
    append_text(out, l.category.text());
    out += ",\"category_name\":";
    append_text(out, l.name);
    out += ",\"total_amount\":";
    append_money(out, l.amount);
    out += fmt::format(",\"transaction_count\":{},\"percentage\":{}}}", l.count,
                       100.0 * static_cast<double>(l.amount.minor) / all);
  });
  return answer;
}

} // namespace http
