#include "app/told_before.hpp"

#include <iterator>
#include <set>
#include <utility>

namespace app {

base::result<told_before> told_before_by(http::backend& books, const ledger::user_id& user,
                                         const std::string& rule) {
  told_before all;
  ledger::alert_states_of next{user, rule};
  for (;;) {
    all.pages.push_back(next);
    auto asked = next;
    asked.limit = told_page_rows;
    const auto rows = books.user_rows(asked);
    if (!rows) return rows.error();
    auto page = ledger::rows_of<ledger::alert_state>(*rows);
    const bool over = std::ssize(page) < told_page_rows;
    if (!page.empty()) next.after = page.back().subject;
    std::move(page.begin(), page.end(), std::back_inserter(all.states));
    if (over) return all;
  }
}

std::vector<ledger::alert_state> states_in(const std::vector<ledger::user_rows>& answers) {
  std::vector<ledger::alert_state> all;
  std::set<std::pair<std::string, std::string>> there; // pages overlap
  for (const auto& rows : answers)
    for (auto& s : ledger::rows_of<ledger::alert_state>(rows))
      if (there.emplace(s.rule, s.subject).second) all.push_back(std::move(s));
  return all;
}

} // namespace app
