#include "http/api/insight_reading.hpp"

#include "ledger/user_row.hpp"

#include <utility>

namespace http {

namespace {

base::result<ledger::monthly_sums> sums_of(backend& books, const ledger::user_id& user,
                                           ledger::month m) {
  const auto days = ledger::days_of(m);
  return books.monthly(user, days.first, days.last);
}

base::result<std::vector<ledger::category_variation>>
variations_of(backend& books, const ledger::user_id& user, ledger::month now) {
  auto current = sums_of(books, user, now);
  if (!current) return current.error();
  if (current->categories.empty()) return std::vector<ledger::category_variation>{};
  auto previous = sums_of(books, user, now.previous());
  if (!previous) return previous.error();
  return ledger::category_variations({now, std::move(*current), std::move(*previous)});
}

base::result<std::vector<ledger::goal_outlook>> outlooks_of(backend& books,
                                                            const scheduler::zone_rules& zone,
                                                            const ledger::user_id& user,
                                                            base::civil_day today) {
  const auto rows = books.user_rows(ledger::goals_of_user{user});
  if (!rows) return rows.error();
  return ledger::goal_outlooks(ledger::rows_of<ledger::goal>(*rows), today,
                               [&](base::utc_us at) { return zone.day_of(at); });
}

} // namespace

ledger::insight_preferences insight_choice_in(const ledger::user_rows& rows,
                                              const ledger::user_id& user) {
  ledger::insight_preferences defaults;
  defaults.user = user;
  return ledger::row_of<ledger::insight_preferences>(rows).value_or(std::move(defaults));
}

base::result<ledger::insight_preferences> insight_choice_of(backend& books,
                                                            const ledger::user_id& user) {
  const auto rows = books.user_rows(ledger::insight_preferences_of{user});
  if (!rows) return rows.error();
  return insight_choice_in(*rows, user);
}

base::result<all_insights> all_insights_for(backend& books, const scheduler::zone_rules& zone,
                                            base::utc_us now, const ledger::user_id& user) {
  all_insights whole;
  auto& found = whole.all;
  found.computed_at = now;
  const auto today = zone.day_of(now);
  whole.of = ledger::month_of(today);
  const auto wanted = insight_choice_of(books, user);
  if (!wanted) return wanted.error();
  whole.choice = *wanted;
  if (wanted->category_variation) {
    auto made = variations_of(books, user, whole.of);
    if (!made) return made.error();
    found.categories = std::move(*made);
  }
  if (wanted->goals_at_risk) {
    auto made = outlooks_of(books, zone, user, today);
    if (!made) return made.error();
    found.goals = std::move(*made);
  }
  if (found.categories.empty() && found.goals.empty()) return whole;
  const auto rows = books.user_rows(ledger::insight_feedback_of{user});
  if (!rows) return rows.error();
  const auto said = ledger::rows_of<ledger::insight_feedback>(*rows);
  for (const auto hash : ledger::hidden(said, now)) whole.hidden.emplace(hash);
  return whole;
}

base::result<insights> insights_for(backend& books, const scheduler::zone_rules& zone,
                                    base::utc_us now, const ledger::user_id& user) {
  auto found = all_insights_for(books, zone, now, user);
  if (!found) return found.error();
  const std::set<std::string_view> hashes{found->hidden.begin(), found->hidden.end()};
  ledger::drop(found->all.categories, hashes);
  ledger::drop(found->all.goals, hashes);
  return std::move(found->all);
}

} // namespace http
