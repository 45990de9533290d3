#include "audit/commit_pages.hpp"
#include "audit/ledger_walk.hpp"
#include "audit/verification.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace audit {
namespace {

class walk_since {
public:
  walk_since(storage::bulk& books, const verify_listener& tell) : books_(books), tell_(tell) {}

  base::result<verification> run(const std::vector<ledger::shard_head>& sound) {
    auto read = resume(sound);
    if (read) read = commits();
    if (read) read = accounts();
    if (read) read = transactions();
    if (!read) return read.error();
    auto log = walk_audit_log(source_of(books_));
    if (!log) return log.error();
    found_.log = std::move(*log);
    for (const auto& [shard, head] : judge_.heads()) found_.heads.push_back(head);
    found_.ledger = judge_.finish();
    return std::move(found_);
  }

private:
  struct range {
    std::uint64_t first = 0, last = 0; ///< versions
  };

  base::status tell() const {
    if (tell_(found_.read)) return {};
    return base::fail(storage::errc::shutting_down);
  }

  base::status resume(const std::vector<ledger::shard_head>& sound) {
    for (const auto& head : sound) {
      const auto record = books_.commits(head.shard, head.seq - 1, 1);
      if (!record) return record.error();
      judge_.resume(head, record->empty() ? nullptr : &record->front());
      behind_[head.shard] = head.seq;
    }
    return {};
  }

  base::status commits() {
    const auto touch = [this](const ledger::commit_record&, const auto& entries) {
      for (const auto& e : entries) {
        auto& versions = touched_[e.draft.account];
        versions.first = versions.first == 0 ? e.version : std::min(versions.first, e.version);
        versions.last = std::max(versions.last, e.version);
        account_of_.emplace(e.draft.transaction, e.draft.account);
      }
      found_.read.entries += entries.size();
      return ++found_.read.commits % page == 0 ? tell() : base::status{};
    };
    return feed_commits(source_of(books_), judge_, touch, behind_);
  }

  base::status accounts() {
    ledger::account_id after;
    for (;;) {
      const auto rows = books_.accounts_after(after, page);
      if (!rows) return rows.error();
      for (const auto& row : *rows) {
        const auto versions = touched_.find(row.record.id);
        if (versions == touched_.end()) {
          judge_.owner(row.record.id, row.record.owner);
          continue;
        }
        owner_of_.emplace(row.record.id, row.record.owner);
        if (auto s = account(row, versions->second); !s) return s;
        touched_.erase(versions);
      }
      if (auto s = tell(); !s) return s;
      if (rows->empty()) break;
      after = rows->back().record.id;
    }
    // What is left has entries and no row.
    for (const auto& [id, versions] : touched_)
      if (auto s = entries(id, versions, versions.first - 1); !s) return s;
    return {};
  }

  /// Its new entries, behind the one before them: that says what was there.
  base::status account(const storage::loaded_account& row, const range& versions) {
    ledger::account_start from;
    if (versions.first > 1) {
      const auto before = books_.entries_after(row.record.id, versions.first - 2, 1);
      if (!before) return before.error();
      const bool there = !before->empty() && before->front().draft.account == row.record.id &&
                         before->front().version == versions.first - 1;
      if (there) from = {versions.first - 1, before->front().balance_after};
    }
    judge_.account(row.record, row.balance, row.version, from);
    ++found_.read.accounts;
    return entries(row.record.id, versions, versions.first - 1);
  }

  /// All behind the version; also those that no commit names.
  base::status entries(const ledger::account_id& id, const range& versions, std::uint64_t after) {
    for (;;) {
      const auto wanted = static_cast<std::int64_t>(versions.last - std::min(versions.last, after));
      const auto rows = books_.entries_after(id, after, std::min(wanted + 1, page));
      if (!rows) return rows.error();
      for (const auto& e : *rows) {
        if (e.draft.account != id) return {};
        judge_.account_entry(e);
        after = e.version;
      }
      if (rows->empty()) return {};
    }
  }

  base::status transactions() {
    std::map<ledger::user_id, std::vector<ledger::transaction_id>> of_owner;
    for (const auto& [id, account] : account_of_)
      if (const auto owner = owner_of_.find(account); owner != owner_of_.end())
        of_owner[owner->second].push_back(id);
    for (auto& [owner, ids] : of_owner) {
      for (std::size_t first = 0; first < ids.size(); first += page) {
        const auto end = std::min(first + page, ids.size());
        const auto at = [&](std::size_t i) { return ids.begin() + static_cast<std::ptrdiff_t>(i); };
        const auto states = books_.states_of(owner, {at(first), at(end)});
        if (!states) return states.error();
        for (const auto& s : *states) state(s);
      }
    }
    std::vector<std::string> nameless;
    for (const auto& [id, account] : account_of_)
      if (!seen_.contains(id)) nameless.push_back(id.text());
    judge_.entries_without_row(nameless);
    return {};
  }

  void state(const ledger::transaction_state& s) {
    if (!seen_.insert(s.row.id).second) return; // came as a partner
    for (const auto& of : s.sums) judge_.entries_of(s.row.id, of.account, of.sum);
    judge_.transaction(s.row);
    ++found_.read.transactions;
  }

  storage::bulk& books_;
  const verify_listener& tell_;
  ledger::auditor judge_{ledger::audit_extent::part};
  verification found_;
  std::map<ledger::shard_id, std::uint64_t> behind_;
  std::unordered_map<ledger::account_id, range> touched_;
  std::unordered_map<ledger::transaction_id, ledger::account_id>
      account_of_; ///< any of its accounts
  std::unordered_map<ledger::account_id, ledger::user_id> owner_of_;
  std::unordered_set<ledger::transaction_id> seen_;
};

} // namespace

base::result<verification> verify_since(storage::bulk& books,
                                        const std::vector<ledger::shard_head>& sound,
                                        const verify_listener& tell) {
  return walk_since{books, tell}.run(sound);
}

} // namespace audit
