#include "exchange/postings.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

namespace exchange {

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

/// Gives the postings their transactions and hands them on.
base::status give(const book_source& from, std::vector<journal_posting>& waiting,
                  const std::function<base::status(const journal_posting&)>& take) {
  if (waiting.empty()) return {};
  std::vector<ledger::transaction_id> ids;
  for (const auto& p : waiting)
    for (const auto& e : p.entries) ids.push_back(e.draft.transaction);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto rows = from.transactions(ids);
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
}

} // namespace

/// Each account is in the order of its versions, so merging their heads gives the order of commits.
base::status each_entry(const book_source& from,
                        const std::function<base::status(const ledger::entry_view&)>& take) {
  ledger::entry_filter filter;
  filter.ascending = true;
  filter.limit = std::clamp(entries_held_max / std::max<std::int64_t>(1, std::ssize(from.accounts)),
                            page_min, page_max);
  const auto fill = [&](account_reader& r) -> base::status {
    if (r.next < r.page.size() || !r.more) return {};
    filter.account = r.account;
    filter.after_version.reset();
    if (!r.page.empty()) filter.after_version = r.page.back().what.version;
    auto page = from.entries(filter);
    if (!page) return page.error();
    r.page = std::move(page->items);
    r.more = page->more;
    r.next = 0;
    return {};
  };
  std::vector<account_reader> readers;
  for (const auto& id : from.accounts) readers.push_back({id, {}, 0, true});
  using place = std::tuple<std::uint64_t, std::uint32_t, std::size_t>; // seq, position, reader
  std::priority_queue<place, std::vector<place>, std::greater<>> heads;
  const auto queue = [&](std::size_t i) -> base::status {
    auto& r = readers[i];
    if (auto s = fill(r); !s) return s;
    if (r.next == r.page.size()) return {};
    const auto& e = r.page[r.next].what;
    if (!from.last_seq || e.seq <= *from.last_seq) heads.emplace(e.seq, e.position, i);
    return {};
  };
  for (std::size_t i = 0; i < readers.size(); ++i)
    if (auto s = queue(i); !s) return s;
  while (!heads.empty()) {
    const auto i = std::get<2>(heads.top());
    heads.pop();
    auto& r = readers[i];
    if (auto s = take(r.page[r.next++]); !s) return s;
    if (auto s = queue(i); !s) return s;
  }
  return {};
}

base::status each_posting(const book_source& from,
                          const std::function<base::status(const journal_posting&)>& take) {
  std::vector<journal_posting> waiting; // of commits that are whole
  std::uint64_t seq = 0;
  std::map<std::uint32_t, journal_posting> open; // of the commit at seq, by number
  const auto close = [&]() -> base::status {
    for (auto& [number, p] : open) waiting.push_back(std::move(p));
    open.clear();
    return waiting.size() < postings_held_max ? base::status{} : give(from, waiting, take);
  };
  auto done = each_entry(from, [&](const ledger::entry_view& view) -> base::status {
    const auto& e = view.what;
    if (e.seq != seq) {
      if (auto s = close(); !s) return s;
      seq = e.seq;
    }
    auto& p = open[e.draft.posting];
    p.booked = from.day_of(e.booked_at);
    p.entries.push_back(e);
    return {};
  });
  if (done) done = close();
  return done ? give(from, waiting, take) : done;
}

} // namespace exchange
