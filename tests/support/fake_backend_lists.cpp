// Lists and sums of fake_backend.
#include "tests/support/fake_backend.hpp"

namespace http_test {

using ledger::user_id;

base::result<ledger::entry_page> fake_backend::entries(const user_id&,
                                                       const ledger::entry_filter& filter) {
  asked_entries = filter;
  ledger::entry_page page;
  page.more = more;
  for (const auto& e : entry_rows) {
    const auto& account = e.what.draft.account; // those of no account are in the way of nobody
    if (!account.empty() && account != filter.account) continue;
    if (filter.booked_from && e.what.booked_at < *filter.booked_from) continue;
    page.items.push_back(e);
  }
  // The last one stands last, whatever order a test's rows are read in.
  if (!filter.ascending && filter.limit == 1 && page.items.size() > 1)
    page.items = {page.items.back()};
  return page;
}

base::result<ledger::transaction_page>
fake_backend::transactions(const ledger::transaction_filter& filter) {
  asked_list = filter;
  ledger::transaction_page page;
  for (const auto& [id, t] : posted) {
    const bool in_time = !filter.changed_since ||
                         t.updated_at.value_or(t.created_at) >= *filter.changed_since ||
                         t.deleted_at >= *filter.changed_since;
    if (t.owner == filter.user && in_time) page.items.push_back(t);
  }
  page.more = more;
  if (filter.count) page.total = static_cast<std::int64_t>(page.items.size());
  return page;
}

/// As the test set them, else of what it posted.
base::result<ledger::monthly_sums> fake_backend::monthly(const user_id& user, base::civil_day first,
                                                         base::civil_day last) {
  asked_month = {first, last};
  if (!sums.categories.empty()) return sums;
  std::map<ledger::account_id, ledger::monthly_sums::category_sum> found;
  std::int64_t count = 0;
  for (const auto& [id, t] : posted) {
    if (t.owner != user || t.deleted_at || t.effective < first || t.effective > last) continue;
    ++count;
    if (t.type == ledger::transaction_type::transfer) continue; // counted, and in no sum
    auto& c = found[t.category];
    c.category = t.category;
    c.name = rows[t.category].record.name;
    if (t.type == ledger::transaction_type::income) c.income.minor += t.amount.minor;
    if (t.type == ledger::transaction_type::expense) c.expense.minor += t.amount.minor;
  }
  auto made = sums;
  made.transactions += count;
  for (auto& [id, c] : found) made.categories.push_back(std::move(c));
  return made;
}

} // namespace http_test
