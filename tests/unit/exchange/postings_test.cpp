// Entries of several accounts in the order of the commits, read page by page.
#include "exchange/postings.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

BOOST_AUTO_TEST_SUITE(postings)

namespace {

using ledger::account_id;

/// Two accounts whose entries are pages of `page` rows, whatever is asked for.
struct shelf {
  std::map<account_id, std::vector<ledger::entry_view>> rows;
  std::size_t page = 2;
  std::size_t asked_transactions = 0;

  void add(const char* account, std::uint64_t seq, std::uint32_t position, std::uint32_t posting,
           const char* transaction) {
    auto& all = rows[account_id{account}];
    ledger::entry_view v;
    v.what.draft.account = account_id{account};
    v.what.draft.transaction = ledger::transaction_id{transaction};
    v.what.draft.posting = posting;
    v.what.seq = seq;
    v.what.position = position;
    v.what.version = all.size() + 1;
    all.push_back(v);
  }

  exchange::book_source source() {
    exchange::book_source from;
    for (const auto& [id, all] : rows) from.accounts.push_back(id);
    from.entries = [this](const ledger::entry_filter& f) -> base::result<ledger::entry_page> {
      const auto& all = rows.at(f.account);
      const auto first = static_cast<std::size_t>(f.after_version.value_or(0));
      const auto last = std::min(first + page, all.size());
      ledger::entry_page out;
      for (auto i = first; i < last; ++i) out.items.push_back(all[i]);
      out.more = last < all.size();
      return out;
    };
    from.transactions = [this](const std::vector<ledger::transaction_id>& ids)
        -> base::result<std::vector<ledger::transaction_record>> {
      asked_transactions += ids.size();
      std::vector<ledger::transaction_record> found;
      for (const auto& id : ids) {
        ledger::transaction_record t;
        t.id = id;
        found.push_back(t);
      }
      return found;
    };
    from.day_of = [](base::utc_us at) { return base::civil_day{static_cast<int>(at.count)}; };
    return from;
  }
};

shelf filled() {
  shelf s;
  s.add("a", 1, 0, 0, "t1");
  s.add("b", 1, 1, 0, "t2");
  s.add("a", 2, 0, 0, "t1");
  s.add("a", 2, 2, 1, "t3");
  s.add("b", 2, 1, 0, "t2");
  s.add("b", 2, 3, 1, "t3");
  s.add("a", 5, 0, 0, "t4");
  s.add("b", 5, 1, 0, "t4");
  return s;
}

std::string places(const exchange::book_source& from) {
  std::string out;
  BOOST_TEST(exchange::each_entry(from, [&](const ledger::entry_view& e) -> base::status {
               out += std::to_string(e.what.seq) + '.' + std::to_string(e.what.position) + ' ';
               return {};
             }).has_value());
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(entries_come_in_the_order_of_the_commits_whatever_the_pages) {
  auto s = filled();
  for (const std::size_t page : {1u, 2u, 3u, 100u}) {
    s.page = page;
    BOOST_TEST(places(s.source()) == "1.0 1.1 2.0 2.1 2.2 2.3 5.0 5.1 ");
  }
}

BOOST_AUTO_TEST_CASE(nothing_behind_the_last_commit) {
  auto s = filled();
  auto from = s.source();
  from.last_seq = 2;
  BOOST_TEST(places(from) == "1.0 1.1 2.0 2.1 2.2 2.3 ");
  from.last_seq = 0;
  BOOST_TEST(places(from).empty());
}

BOOST_AUTO_TEST_CASE(a_posting_is_whole_and_has_each_of_its_transactions_once) {
  auto s = filled();
  std::vector<std::string> seen;
  const auto done =
      exchange::each_posting(s.source(), [&](const exchange::journal_posting& p) -> base::status {
        std::string line = std::to_string(p.entries.size()) + ':';
        for (const auto& t : p.transactions) line += ' ' + t.id.text();
        seen.push_back(line);
        return {};
      });
  BOOST_TEST(done.has_value());
  BOOST_TEST((seen == std::vector<std::string>{"2: t1 t2", "2: t1 t2", "2: t3", "2: t4"}));
  BOOST_TEST(s.asked_transactions == 4u); // all in one question
}

BOOST_AUTO_TEST_CASE(what_stops_it_comes_back) {
  auto s = filled();
  const base::failure enough{"ENOUGH", "x"};
  int taken = 0;
  auto done =
      exchange::each_posting(s.source(), [&](const exchange::journal_posting&) -> base::status {
        if (++taken == 2) return enough;
        return {};
      });
  BOOST_TEST(taken == 2);
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().code == "ENOUGH");
  auto from = s.source();
  from.entries = [&](const ledger::entry_filter&) -> base::result<ledger::entry_page> {
    return enough;
  };
  done =
      exchange::each_posting(from, [](const exchange::journal_posting&) { return base::status{}; });
  BOOST_TEST(!done.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
