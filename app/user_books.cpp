#include "app/user_books.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace app {

namespace {

constexpr std::int64_t page_max = 500;
constexpr std::int64_t page_min = 10;
constexpr std::int64_t entries_held_max = 50'000;
constexpr std::size_t postings_held_max = 500; ///< that wait for their transactions

/// The entries of one account, page by page.
struct account_reader {
  ledger::account_id account;
  std::vector<ledger::entry_view> page;
  std::size_t next = 0;
  bool more = true;
};

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

/// Each account is in the order of its versions, so merging their heads gives the order of commits.
base::status user_books::each_entry(const std::function<base::status(const ledger::entry&)>& take) {
  ledger::entry_filter filter;
  filter.ascending = true;
  filter.limit = std::clamp(entries_held_max / std::max<std::int64_t>(1, std::ssize(accounts_)),
                            page_min, page_max);
  const auto fill = [&](account_reader& r) -> base::status {
    if (r.next < r.page.size() || !r.more) return {};
    filter.account = r.account;
    filter.after_version.reset();
    if (!r.page.empty()) filter.after_version = r.page.back().what.version;
    auto page = from_->entries(filter);
    if (!page) return page.error();
    r.page = std::move(page->items);
    r.more = page->more;
    r.next = 0;
    return {};
  };
  std::vector<account_reader> readers;
  for (const auto& a : accounts_)
    if (a.version > 0) readers.push_back({a.record.id, {}, 0, true});
  using place = std::tuple<std::uint64_t, std::uint32_t, std::size_t>; // seq, position, reader
  std::priority_queue<place, std::vector<place>, std::greater<>> heads;
  const auto queue = [&](std::size_t i) -> base::status {
    auto& r = readers[i];
    if (auto s = fill(r); !s) return s;
    if (r.next < r.page.size())
      heads.emplace(r.page[r.next].what.seq, r.page[r.next].what.position, i);
    return {};
  };
  for (std::size_t i = 0; i < readers.size(); ++i)
    if (auto s = queue(i); !s) return s;
  while (!heads.empty()) {
    const auto i = std::get<2>(heads.top());
    heads.pop();
    auto& r = readers[i];
    if (auto s = take(r.page[r.next++].what); !s) return s;
    if (auto s = queue(i); !s) return s;
  }
  return {};
}

base::status user_books::each_posting(
    const scheduler::zone_rules& zone,
    const std::function<base::status(const exchange::journal_posting&)>& take) {
  std::vector<exchange::journal_posting> waiting; // of commits that are whole
  const auto give = [&]() -> base::status {
    std::vector<ledger::transaction_id> ids;
    for (const auto& p : waiting)
      for (const auto& e : p.entries) ids.push_back(e.draft.transaction);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    auto rows = from_->transactions_by_id(user_.id, ids);
    if (!rows) return rows.error();
    std::map<ledger::transaction_id, const ledger::transaction_record*> by_id;
    for (const auto& t : *rows) by_id.emplace(t.id, &t);
    for (auto& p : waiting) {
      std::vector<ledger::transaction_id> seen;
      for (const auto& e : p.entries) {
        const auto found = by_id.find(e.draft.transaction);
        if (found == by_id.end() || std::find(seen.begin(), seen.end(), found->first) != seen.end())
          continue;
        seen.push_back(found->first);
        p.transactions.push_back(*found->second);
      }
      if (auto s = take(p); !s) return s;
    }
    waiting.clear();
    return {};
  };
  std::uint64_t seq = 0;
  std::map<std::uint32_t, exchange::journal_posting> open; // of the commit at seq, by number
  const auto close = [&]() -> base::status {
    for (auto& [number, p] : open) waiting.push_back(std::move(p));
    open.clear();
    return waiting.size() < postings_held_max ? base::status{} : give();
  };
  auto done = each_entry([&](const ledger::entry& e) -> base::status {
    if (e.seq != seq) {
      if (auto s = close(); !s) return s;
      seq = e.seq;
    }
    auto& p = open[e.draft.posting];
    p.booked = zone.day_of(e.booked_at);
    p.entries.push_back(e);
    return {};
  });
  if (done) done = close();
  return done ? give() : done;
}

} // namespace app
