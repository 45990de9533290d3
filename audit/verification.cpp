#include "audit/verification.hpp"

#include "audit/account_merge.hpp"
#include "audit/answered_transactions.hpp"
#include "audit/commit_pages.hpp"
#include "audit/ledger_walk.hpp"
#include "audit/monthly_snapshots.hpp"
#include "audit/round_up_walk.hpp"
#include "audit/user_row_walk.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace audit {
namespace {

/// A hold that ends while verify runs, by a clock that is a little ahead of ours.
constexpr std::int64_t clock_slack_us = 60'000'000;
constexpr std::int64_t answers_page = 20; ///< that of a batch of 1,000 has half a megabyte

class whole_walk {
public:
  whole_walk(storage::bulk& books, const scheduler::zone_rules& zone, const verify_scope& only,
             base::utc_us now, std::uint64_t seed, const verify_listener& tell)
      : books_(books), zone_(zone), only_(only), now_(now), tell_(tell),
        judge_(only.whole() ? ledger::auditor{ledger::audit_extent::whole, seed}
                            : ledger::auditor{ledger::audit_extent::part}),
        beside_(only.user),
        round_ups_(books, beside_, found_.read, [this] { return this->tell(found_.read); }) {}

  base::result<verification> run() {
    auto read = commits(judge_, found_.read);
    if (read) read = holds();
    if (read) read = accounts();
    if (read && !only_.whole() && found_.read.accounts == 0)
      return base::failure{account_not_found, {}};
    if (read && !only_.account) read = round_ups_.begin();
    if (read)
      read = only_.whole() ? transactions(judge_, found_.read, true) : transactions_of_user();
    if (read && !only_.account) read = round_ups_.finish();
    if (read && only_.whole()) read = look_again();
    if (read && !only_.account) read = answers();
    if (read && !only_.account)
      read = walk_user_rows(books_, beside_, found_.read, [this] { return tell(found_.read); });
    if (!read) return read.error();
    auto log = walk_audit_log(source_of(books_));
    if (!log) return log.error();
    found_.log = std::move(*log);
    for (const auto& [shard, head] : judge_.heads()) found_.heads.push_back(head);
    found_.ledger = judge_.finish();
    found_.ledger.add(beside_.finish());
    return std::move(found_);
  }

private:
  base::status tell(const verify_counts& n) const {
    if (tell_(n)) return {};
    return base::fail(storage::errc::shutting_down);
  }
  bool wanted(const ledger::user_id& owner) const { return !only_.user || owner == *only_.user; }

  base::status commits(ledger::auditor& judge, verify_counts& n) {
    const auto count = [&](const auto&, const auto& entries) {
      n.entries += entries.size();
      return ++n.commits % page == 0 ? tell(n) : base::status{};
    };
    return feed_commits(source_of(books_), judge, count);
  }

  /// How much the open holds of each account keep back.
  base::status holds() {
    ledger::hold_id after;
    for (;;) {
      const auto rows = books_.holds_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& h : *rows)
        if (h.status_at({now_.count + clock_slack_us}) == ledger::hold_status::open)
          held_[h.account].minor += h.amount.minor;
      after = rows->back().id;
      if (auto s = tell(found_.read); !s) return s;
    }
  }

  base::status accounts() {
    ledger::account_id fed; // the last account that was asked for
    account_listener to;
    to.account = [&](const storage::loaded_account& row, const auto& snapshots) {
      const auto& r = row.record;
      if (!wanted(r.owner) || (only_.account && r.id != *only_.account))
        return judge_.owner(r.id, r.owner);
      fed = r.id;
      judge_.account(r, row.balance, row.version);
      if (const auto held = held_.find(r.id); held != held_.end()) judge_.held(held->second);
      for (const auto& s : snapshots) judge_.snapshot(s, end_of(zone_, s.month));
      ++found_.read.accounts;
    };
    to.entry = [&](const ledger::entry& e) {
      if (only_.whole() || e.draft.account == fed) judge_.account_entry(e);
    };
    to.page = [&] { return tell(found_.read); };
    return walk_accounts(books_, to);
  }

  base::status transactions(ledger::auditor& judge, verify_counts& n, bool first_look) {
    return each_page([&](const auto& rows) -> base::status {
      for (const auto& row : rows) judge.transaction(row);
      if (auto s = first_look ? with_round_ups(rows) : base::status{}; !s) return s;
      n.transactions += rows.size();
      return tell(n);
    });
  }

  base::status with_round_ups(const std::vector<ledger::transaction_record>& rows) {
    for (const auto& row : rows)
      if (auto s = round_ups_.transaction(row); !s) return s;
    return {};
  }

  /// Sums of all transactions would not fit; those of one user's page do.
  base::status transactions_of_user() {
    if (!only_.user || only_.account) return {};
    return each_page([&](const auto& rows) -> base::status {
      if (auto s = with_round_ups(rows); !s) return s;
      std::unordered_set<ledger::transaction_id> mine;
      for (const auto& row : rows)
        if (wanted(row.owner)) mine.insert(row.id);
      if (mine.empty()) return {};
      const auto states = books_.states_of(*only_.user, {mine.begin(), mine.end()});
      if (!states) return states.error();
      for (const auto& s : *states) {
        // A partner of the next page comes with that.
        if (!mine.contains(s.row.id)) continue;
        for (const auto& of : s.sums) judge_.entries_of(s.row.id, of.account, of.sum);
        judge_.transaction(s.row);
        ++found_.read.transactions;
      }
      return tell(found_.read);
    });
  }

  template <class See> base::status each_page(See see) {
    ledger::transaction_id after;
    for (;;) {
      const auto rows = books_.transactions_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      if (auto s = see(*rows); !s) return s;
      after = rows->back().id;
    }
  }

  /// Only when the sketch differs: the passes that name what it could not.
  base::status look_again() {
    if (auto again = judge_.second_look()) {
      auto counted_before = found_.read;
      if (auto s = commits(*again, counted_before); !s) return s;
      if (auto s = transactions(*again, counted_before, false); !s) return s;
      judge_.accept(again->finish());
    }
    const auto nameless = books_.without_transaction(page);
    if (!nameless) return nameless.error();
    judge_.entries_without_row(*nameless);
    return {};
  }

  base::status answers() {
    ledger::user_id user;
    ledger::key_scope scope;
    for (;;) {
      const auto rows = books_.answers_after(user, scope, answers_page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& r : *rows)
        if (wanted(r.user) && r.expires_at > now_) // else nobody gets it any more
          if (auto s = answer(r); !s) return s;
      found_.read.answers += rows->size();
      if (auto s = tell(found_.read); !s) return s;
      user = rows->back().user;
      scope = rows->back().scope;
    }
  }

  base::status answer(const ledger::idempotency_record& r) {
    const auto named = answered_transactions(r.answer.body);
    for (std::size_t first = 0; first < named.size(); first += page) {
      const auto count = std::min<std::size_t>(page, named.size() - first);
      if (auto s = answer(r, std::span{named}.subspan(first, count)); !s) return s;
    }
    return {};
  }

  base::status answer(const ledger::idempotency_record& r,
                      std::span<const ledger::transaction_id> named) {
    const auto rows = books_.transactions_by_id(r.user, {named.begin(), named.end()});
    if (!rows) return rows.error();
    std::unordered_set<ledger::transaction_id> there;
    for (const auto& row : *rows) there.insert(row.id);
    for (const auto& id : named) judge_.answer(r.scope, id, there.contains(id));
    return {};
  }

  storage::bulk& books_;
  const scheduler::zone_rules& zone_;
  const verify_scope& only_;
  base::utc_us now_;
  const verify_listener& tell_;
  ledger::auditor judge_;
  ledger::user_row_auditor beside_;
  verification found_;
  round_up_walk round_ups_;
  std::unordered_map<ledger::account_id, base::centavos> held_;
};

} // namespace

base::result<verification> verify(storage::bulk& books, const scheduler::zone_rules& zone,
                                  const verify_scope& only, base::utc_us now, std::uint64_t seed,
                                  const verify_listener& tell) {
  return whole_walk{books, zone, only, now, seed, tell}.run();
}

} // namespace audit
