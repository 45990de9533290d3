#include "http/api/snapshot.hpp"

#include "http/api/render.hpp"
#include "http/api/sharing.hpp"

#include <utility>

namespace http {

namespace {} // namespace

base::result<snapshot> read_snapshot(const service& s, const ledger::user_id& user,
                                     std::size_t bytes_max) {
  ledger::transaction_filter newest;
  newest.user = user;
  newest.limit = transactions_shown;
  const auto page = s.books.transactions(newest);
  if (!page) return page.error();
  auto accounts = s.books.accounts(user);
  if (!accounts) return accounts.error();
  auto categories = s.books.categories(user);
  if (!categories) return categories.error();
  const auto envelopes = s.books.user_rows(ledger::envelopes_of_user{user});
  if (!envelopes) return envelopes.error();
  const auto goals = s.books.user_rows(ledger::goals_of_user{user});
  if (!goals) return goals.error();
  auto shared = shared_expenses_of(s, user);
  if (!shared) return shared.error();

  snapshot all;
  all.truncated = page->more;
  all.transactions = "[";
  for (const auto& t : page->items) {
    const auto before = all.transactions.size();
    if (before > 1) all.transactions += ',';
    append_transaction(all.transactions, t);
    if (all.transactions.size() < bytes_max) continue;
    all.transactions.resize(before);
    all.truncated = true;
    break;
  }
  all.transactions += ']';
  all.accounts = std::move(*accounts);
  all.categories = std::move(*categories);
  all.envelopes = ledger::rows_of<ledger::budget_envelope>(*envelopes);
  all.goals = ledger::rows_of<ledger::goal>(*goals);
  all.shared_expenses = std::move(*shared);
  return all;
}

void append_snapshot(std::string& out, const snapshot& all, base::civil_day today) {
  out += "{\"transactions\":";
  out += all.transactions;
  out += all.truncated ? ",\"transactions_truncated\":true" : ",\"transactions_truncated\":false";
  out += ",\"accounts\":";
  append_list(out, all.accounts, append_account);
  out += ",\"categories\":";
  append_list(out, all.categories, append_category);
  out += ",\"envelopes\":";
  append_list(out, all.envelopes, append_envelope);
  out += ",\"goals\":";
  append_list(out, all.goals,
              [today](std::string& o, const ledger::goal& g) { append_goal(o, g, today); });
  out += ",\"sharedExpenses\":";
  out += all.shared_expenses;
}

} // namespace http
