#include "app/user_books.hpp"

#include <utility>

namespace app {

namespace {

constexpr std::int64_t page_max = 500;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

} // namespace

base::result<std::optional<user_books>> user_books::find(storage::bulk& from,
                                                         const std::string& who) {
  auto user = from.user_by_email(lower(who));
  if (user && !*user) user = from.user_by_id(ledger::user_id{who});
  if (!user) return user.error();
  if (!*user) return std::optional<user_books>{};
  user_books books{from, std::move(**user)};
  auto accounts = from.accounts(books.user_.id);
  if (!accounts) return accounts.error();
  books.accounts_ = std::move(*accounts);
  return std::optional{std::move(books)};
}

base::status user_books::each_transaction(
    const std::function<base::status(const ledger::transaction_record&)>& take) {
  ledger::transaction_filter filter;
  filter.user = user_.id;
  filter.include_deleted = filter.include_system = true;
  filter.limit = page_max;
  for (;;) {
    const auto page = from_->transactions(filter);
    if (!page) return page.error();
    for (const auto& t : page->items)
      if (auto s = take(t); !s) return s;
    if (!page->more) return {};
    filter.after = {page->items.back().date, page->items.back().id};
  }
}

exchange::book_source user_books::source(const scheduler::zone_rules* zone) {
  exchange::book_source source;
  for (const auto& a : accounts_)
    if (a.version > 0) source.accounts.push_back(a.record.id);
  source.entries = [this](const ledger::entry_filter& f) { return from_->entries(f); };
  source.transactions = [this](const std::vector<ledger::transaction_id>& ids) {
    return from_->transactions_by_id(user_.id, ids);
  };
  if (zone != nullptr) source.day_of = [zone](base::utc_us at) { return zone->day_of(at); };
  return source;
}

base::status user_books::each_entry(const std::function<base::status(const ledger::entry&)>& take) {
  return exchange::each_entry(source(nullptr),
                              [&](const ledger::entry_view& e) { return take(e.what); });
}

base::status user_books::each_posting(
    const scheduler::zone_rules& zone,
    const std::function<base::status(const exchange::journal_posting&)>& take) {
  return exchange::each_posting(source(&zone), take);
}

} // namespace app
