#include "http/api/book_reading.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace http {

namespace {

constexpr std::int64_t page_rows = 500;

/// Of the entries that stand last in their accounts the highest number of a commit.
base::result<std::uint64_t> last_commit(const service& s, const ledger::user_id& user,
                                        const std::vector<ledger::account_record>& members) {
  std::uint64_t last = 0;
  ledger::entry_filter filter;
  filter.limit = 1;
  for (const auto& m : members) {
    filter.account = m.id;
    const auto page = s.books.entries(user, filter);
    if (!page) return page.error();
    for (const auto& e : page->items) last = std::max(last, e.what.seq);
  }
  return last;
}

} // namespace

base::result<std::vector<ledger::account_record>> members_of(const service& s,
                                                             const ledger::user_id& user) {
  const auto place = [](ledger::account_role role) {
    return role == ledger::account_role::opening ? 0 : role == ledger::account_role::money ? 1 : 2;
  };
  auto members = s.books.book_members(user);
  if (!members) return members;
  std::sort(members->begin(), members->end(), [&](const auto& a, const auto& b) {
    const auto x = place(a.role), y = place(b.role);
    return std::tie(x, a.created_at, a.id) < std::tie(y, b.created_at, b.id);
  });
  return members;
}

base::result<std::vector<ledger::account_view>>
all_accounts(const service& s, const ledger::user_id& user,
             const std::vector<ledger::account_record>& members) {
  auto views = s.books.accounts(user);
  if (!views) return views.error();
  std::unordered_set<ledger::account_id> there;
  for (const auto& v : *views) there.insert(v.record.id);
  for (const auto& m : members) {
    if (m.role != ledger::account_role::money || there.contains(m.id)) continue;
    auto one = s.books.account(user, m.id);
    if (!one) return one.error();
    if (*one) views->push_back(std::move(**one));
  }
  std::sort(views->begin(), views->end(), [](const auto& a, const auto& b) {
    return std::tie(a.record.created_at, a.record.id) < std::tie(b.record.created_at, b.record.id);
  });
  return views;
}

base::status
each_transaction(const service& s, ledger::transaction_filter filter,
                 const std::function<base::status(const ledger::transaction_record&)>& take) {
  filter.limit = page_rows;
  filter.after.reset();
  for (;;) {
    const auto page = s.books.transactions(filter);
    if (!page) return page.error();
    for (const auto& t : page->items)
      if (auto taken = take(t); !taken) return taken;
    if (!page->more || page->items.empty()) return {};
    filter.after = {page->items.back().date, page->items.back().id};
  }
}

// Who came into the books after the members were read, or had no entry when it was looked at, may
// have one before the end that was found: after it is known, all of them are asked.
base::result<book_moment> moment_of(const service& s, const ledger::user_id& user) {
  const auto before = members_of(s, user);
  if (!before) return before.error();
  const auto last = last_commit(s, user, *before);
  if (!last) return last.error();
  auto members = members_of(s, user);
  if (!members) return members.error();

  book_moment now;
  for (const auto& m : *members) now.entries.accounts.push_back(m.id);
  now.members = std::move(*members);
  now.entries.last_seq = *last;
  now.entries.entries = [&s, user](const ledger::entry_filter& f) {
    return s.books.entries(user, f);
  };
  // What the port answers of many transactions at once, with sums that nobody needs here.
  now.entries.transactions = [&s, user](const std::vector<ledger::transaction_id>& ids)
      -> base::result<std::vector<ledger::transaction_record>> {
    auto states = s.books.states_of(user, ids);
    if (!states) return states.error();
    std::vector<ledger::transaction_record> rows;
    rows.reserve(states->size());
    for (auto& state : *states) rows.push_back(std::move(state.row));
    return rows;
  };
  now.entries.day_of = [&s](base::utc_us at) { return s.zone.day_of(at); };
  return now;
}

} // namespace http
