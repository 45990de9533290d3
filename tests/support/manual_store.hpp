// What   A store in memory whose every answer waits for the test: the test decides when, and how a
//        commit ends.
// Why    Actor tests are about protocols (who is told what, in which order); what only a database
//        decides is in the contract suite. It keeps rows, so that loads after a commit see it.
// Bounds One journal; reads answer from the rows; audit and set_admin are not used by actors.
// Threads the test's thread only.
#pragma once

#include "base/assert.hpp"
#include "ledger/errc.hpp"
#include "storage/port.hpp"
#include "storage/projection.hpp"
#include "tests/support/memory_jobs.hpp"
#include "tests/support/memory_locks.hpp"
#include "tests/support/memory_rows.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace tests {

class manual_store final : public storage::store,
                           storage::journal_port,
                           storage::read_port,
                           storage::audit_port,
                           storage::projection_port,
                           storage::recovery_port {
public:
  explicit manual_store(std::uint32_t shards = 1) : shards_(shards) {}

  // -- what tests do ------------------------------------------------------------------------------
  std::deque<storage::commit_class> outcomes; ///< of the next commits; empty = committed
  std::deque<storage::resolution> fates;      ///< of the next resolve(); empty = applied
  bool open_fails = false;
  bool load_fails = false;
  std::vector<std::shared_ptr<const storage::journal_batch>> committed;
  std::size_t batches_seen = 0;
  std::vector<ledger::account_id> refreshed; ///< asked for, never answered
  std::map<std::string, storage::loaded_account> accounts_;
  std::map<std::string, ledger::user_record> users_;
  std::map<std::string, ledger::transaction_record> transactions_;
  std::map<std::string, ledger::idempotency_record> answers_;
  memory_rows beside;
  memory_jobs jobs_kept{
      [this](std::function<void()> work) { pending_.push_back(std::move(work)); }};
  memory_locks locks_kept{
      [this](std::function<void()> work) { pending_.push_back(std::move(work)); }};
  std::map<std::string, ledger::hold_record> holds_;
  std::map<std::string, storage::account_check::position> truth_; ///< of the entries; else the row
  std::map<std::string, std::vector<ledger::entry_sum>> sums_;    ///< by transaction
  ledger::audit_head log_head;
  storage::store_health health_now{true, false, {}, 1, 1};
  storage::store_usage used_now;
  /// A commit of an item that contains this account fails as definite.
  std::set<std::string> poison;

  bool pending() const { return !pending_.empty(); }
  /// Lets everything that waits now happen, in order.
  void run() {
    for (auto& work : std::exchange(pending_, {})) work();
  }

  /// Lets only the youngest of it happen: an answer that overtakes the others.
  void run_last() {
    const auto work = std::move(pending_.back());
    pending_.pop_back();
    work();
  }

  void add_user(const std::string& id) {
    ledger::user_record u;
    u.id = ledger::user_id{id};
    u.name = id;
    u.email = id + "@example.com";
    users_.emplace(id, u);
    add_account(id, id + "-equity", ledger::account_role::opening);
  }
  void add_account(const std::string& user, const std::string& id,
                   ledger::account_role role = ledger::account_role::money,
                   std::int64_t balance = 0, std::optional<std::int64_t> floor = {}) {
    storage::loaded_account a;
    a.record.id = ledger::account_id{id};
    a.record.owner = ledger::user_id{user};
    a.record.role = role;
    a.record.name = id;
    a.record.type = role == ledger::account_role::money ? "checking" : "expense";
    if (floor) a.record.floor = base::centavos{*floor};
    a.balance = base::centavos{balance};
    a.version = balance == 0 ? 0 : 1;
    accounts_.emplace(id, a);
  }
  std::map<ledger::shard_id, ledger::shard_head> heads_; ///< of the chain; a test may take it back
  base::centavos balance(const std::string& id) const { return accounts_.at(id).balance; }

  // -- store --------------------------------------------------------------------------------------
  std::uint32_t shards() const override { return shards_; }
  const std::string& installation() const override {
    static const std::string here{"here"};
    return here;
  }
  std::size_t journal_count() const override { return 1; }
  storage::journal_port& journal(std::size_t) override { return *this; }
  storage::read_port& reads() override { return *this; }
  storage::audit_port& audit() override { return *this; }
  storage::projection_port& projections() override { return *this; }
  storage::recovery_port& recovery() override { return *this; }
  storage::job_port& jobs() override { return jobs_kept; }
  storage::lock_port& locks() override { return locks_kept; }
  storage::pruning_port& pruning() override { UNREACHABLE("not for actors"); }
  storage::store_health health() override { return health_now; }
  void usage(storage::callback<storage::store_usage> done) override { done(used_now); }
  void set_admin(std::string, bool, base::utc_us, storage::callback<bool>) override {
    UNREACHABLE("not for actors");
  }
  void stop() override {}

private:
  // -- journal_port -------------------------------------------------------------------------------
  void take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now,
                 storage::callback<std::vector<ledger::shard_head>> done) override {
    pending_.push_back([=, this] {
      if (open_fails) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<ledger::shard_head> heads;
      for (const auto id : shards) {
        ledger::shard_head head = heads_.contains(id) ? heads_.at(id) : ledger::shard_head{};
        head.shard = id;
        auto record = ledger::next_record(head, head.epoch + 1, node, now);
        ledger::seal(record, {});
        heads_[id] = record.head();
        heads.push_back(record.head());
      }
      done(heads);
    });
  }
  void load(std::vector<ledger::account_id> ids,
            storage::callback<std::vector<storage::loaded_account>> done) override {
    pending_.push_back([=, this] {
      if (load_fails) return done(base::failure{"DB_UNAVAILABLE", {}});
      std::vector<storage::loaded_account> rows;
      for (const auto& id : ids) {
        const auto found = accounts_.find(id.text());
        if (found == accounts_.end()) continue;
        rows.push_back(found->second);
        for (const auto& [key, h] : holds_) {
          if (h.account == id && h.status == ledger::hold_status::open)
            rows.back().holds.push_back({h.id, h.amount, h.expires_at, 0, false, {}});
        }
      }
      done(rows);
    });
  }
  void basis(ledger::shard_id, std::vector<ledger::account_id> ids,
             storage::callback<storage::correction_basis> done) override {
    pending_.push_back([=, this] {
      if (load_fails) return done(base::failure{"DB_UNAVAILABLE", {}});
      storage::correction_basis found;
      found.head = log_head;
      for (const auto& id : ids) {
        const auto at = accounts_.find(id.text());
        if (at == accounts_.end()) continue;
        const auto& row = at->second;
        storage::account_check check{row.record, {{row.balance, row.version}}, {}};
        check.from_ledger = truth_.contains(id.text()) ? truth_.at(id.text()) : *check.stored;
        found.accounts.push_back(check);
      }
      done(found);
    });
  }
  void commit(std::shared_ptr<const storage::journal_batch> batch,
              std::function<void(storage::commit_result)> done) override {
    ++batches_seen;
    pending_.push_back([=, this] {
      auto what = storage::commit_class::committed;
      for (const auto& e : batch->entries) {
        if (poison.contains(e.draft.account.text())) what = storage::commit_class::definite;
      }
      if (!outcomes.empty()) {
        what = outcomes.front();
        outcomes.pop_front();
      }
      if (what == storage::commit_class::committed) apply(batch);
      done({what, "test"});
    });
  }
  void resolve(std::shared_ptr<const storage::journal_batch> batch,
               storage::callback<storage::resolution> done) override {
    pending_.push_back([=, this] {
      storage::resolution fate{storage::resolution::fate::applied, {}};
      if (!fates.empty()) {
        fate = fates.front();
        fates.pop_front();
      }
      if (fate.what == storage::resolution::fate::applied) apply(batch);
      if (fate.what == storage::resolution::fate::absent) {
        const auto& lost = batch->records.front();
        auto fence =
            ledger::next_record(heads_.at(lost.shard), lost.epoch, lost.node, lost.booked_at);
        ledger::seal(fence, {});
        heads_[lost.shard] = fence.head();
        fate.fence = fence.head();
      }
      done(fate);
    });
  }
  void apply(const std::shared_ptr<const storage::journal_batch>& batch) {
    for (const auto& record : batch->records) {
      ENSURE(record.seq == heads_.at(record.shard).seq + 1, "the chain has no gap");
      heads_[record.shard] = record.head();
    }
    for (const auto& item : batch->items) {
      for (const auto& u : item->users_new) users_[u.id.text()] = u;
      for (const auto& c : item->users_changed) {
        if (c.name) users_.at(c.id.text()).name = *c.name;
        if (c.email) users_.at(c.id.text()).email = *c.email;
        if (c.active) users_.at(c.id.text()).active = *c.active;
        if (c.admin) users_.at(c.id.text()).admin = *c.admin;
      }
      for (const auto& a : item->accounts_new) accounts_[a.id.text()] = {a, {}, 0};
      for (const auto& a : item->accounts_changed) accounts_.at(a.id.text()).record = a;
      for (const auto& h : item->holds_new) holds_[h.id.text()] = h;
      for (const auto& end : item->holds_changed) {
        auto& h = holds_.at(end.id.text());
        ENSURE(h.status == ledger::hold_status::open, "a hold ends once");
        h.status = end.status;
        h.ended_at = end.ended_at;
        h.posted = end.posted;
        h.transaction = end.transaction;
      }
      for (const auto& t : item->transactions_new) transactions_[t.id.text()] = t;
      for (const auto& t : item->transactions_changed) transactions_[t.id.text()] = t;
      for (const auto& r : item->user_rows) beside.put(r);
      for (const auto& r : item->job_rows) jobs_kept.put(r);
      for (const auto& r : item->answers) answers_[r.scope.endpoint + "|" + r.scope.key] = r;
    }
    for (const auto& b : batch->balances) {
      auto& row = accounts_.at(b.account.text());
      ENSURE(row.version == b.previous_version, "nobody else wrote the balance");
      row.balance = b.balance;
      row.version = b.version;
    }
    for (const auto& b : batch->balances_corrected) {
      auto& row = accounts_.at(b.account.text());
      row.balance = b.balance;
      row.version = b.version;
      truth_.erase(b.account.text());
    }
    for (const auto& r : batch->audit) {
      ENSURE(r.prev_hash == log_head.hash, "the audit log is a chain");
      log_head = {r.number, r.hash};
    }
    committed.push_back(batch);
  }

  // -- read_port ----------------------------------------------------------------------------------
  void user_by_id(ledger::user_id, storage::callback<std::optional<ledger::user_record>>) override {
    unused();
  }
  void user_by_email(std::string, storage::callback<std::optional<ledger::user_record>>) override {
    unused();
  }
  void book(ledger::user_id user, base::utc_us,
            storage::callback<storage::book_rows> done) override {
    pending_.push_back([=, this] {
      storage::book_rows rows;
      if (const auto found = users_.find(user.text()); found != users_.end())
        rows.user = found->second;
      for (const auto& [id, a] : accounts_) {
        if (a.record.owner == user) rows.accounts.push_back(a.record);
      }
      for (const auto& [id, r] : answers_) {
        if (r.user == user) rows.key_hashes.push_back(ledger::scope_hash(r.scope));
      }
      rows.watching =
          ledger::rows_of<ledger::automation>(beside.answer(ledger::watching_rules_of{user}));
      done(rows);
    });
  }
  void accounts(ledger::user_id, ledger::account_role, bool, base::utc_us,
                storage::callback<std::vector<ledger::account_view>>) override {
    unused();
  }
  void account(ledger::user_id, ledger::account_id, base::utc_us,
               storage::callback<std::optional<ledger::account_view>>) override {
    unused();
  }
  void hold(ledger::user_id user, ledger::hold_id id,
            storage::callback<std::optional<ledger::hold_record>> done) override {
    pending_.push_back([=, this] {
      const auto found = holds_.find(id.text());
      const bool mine = found != holds_.end() && found->second.owner == user;
      done(mine ? std::optional{found->second} : std::nullopt);
    });
  }
  void holds(ledger::user_id, ledger::hold_filter, storage::callback<ledger::hold_page>) override {
    unused();
  }
  void entries(ledger::entry_filter, storage::callback<ledger::entry_page>) override { unused(); }
  void entries_of_transaction(ledger::transaction_id, std::optional<ledger::transaction_id>,
                              storage::callback<std::vector<ledger::entry_view>>) override {
    unused();
  }
  void balance_booked(ledger::account_id, base::utc_us,
                      storage::callback<ledger::balance_at>) override {
    unused();
  }
  void balance_effective(ledger::account_id, base::civil_day,
                         storage::callback<ledger::balance_at>) override {
    unused();
  }
  void
  transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                     bool with_partners,
                     storage::callback<std::vector<ledger::transaction_record>> done) override {
    pending_.push_back([=, this] {
      std::map<std::string, ledger::transaction_record> rows;
      for (const auto& id : ids) {
        const auto found = transactions_.find(id.text());
        if (found == transactions_.end() || found->second.owner != user) continue;
        rows.insert(*found);
        if (with_partners && found->second.partner)
          rows.insert(*transactions_.find(found->second.partner->text()));
      }
      std::vector<ledger::transaction_record> all;
      for (auto& [id, t] : rows) all.push_back(t);
      done(all);
    });
  }
  void transactions(ledger::transaction_filter,
                    storage::callback<ledger::transaction_page>) override {
    unused();
  }
  void monthly(ledger::user_id, base::civil_day, base::civil_day,
               storage::callback<ledger::monthly_sums>) override {
    unused();
  }
  void tags(ledger::user_id, storage::callback<std::vector<ledger::tag_count>>) override {
    unused();
  }
  void user_rows(ledger::row_question asked, storage::callback<ledger::user_rows> done) override {
    pending_.push_back([=, this] {
      const auto* profile = std::get_if<ledger::profile_of>(&asked);
      const auto* address = std::get_if<ledger::owner_of_email>(&asked);
      if (const auto* spent = std::get_if<ledger::spent_in>(&asked)) {
        std::int64_t sum = 0;
        for (const auto& [id, t] : transactions_)
          if (t.owner == spent->user && t.category == spent->category && !t.deleted_at &&
              t.type == ledger::transaction_type::expense && t.effective >= spent->first &&
              t.effective <= spent->last)
            sum += t.amount.minor;
        return done(ledger::user_rows{ledger::row_count{sum}});
      }
      if (const auto* held = std::get_if<ledger::balance_of>(&asked))
        return done(
            ledger::user_rows{ledger::row_count{accounts_.at(held->account.text()).balance.minor}});
      auto found = beside.answer(asked);
      if (const auto* others = std::get_if<ledger::other_admins>(&asked))
        found = {ledger::row_count{std::count_if(users_.begin(), users_.end(), [&](const auto& u) {
          return u.second.admin && u.second.active && u.second.id != others->user;
        })}};
      for (const auto& [id, u] : users_)
        if ((profile && profile->user == u.id) || (address && address->email == u.email))
          found.emplace_back(u);
      done(std::move(found));
    });
  }
  void answer(ledger::user_id, ledger::key_scope scope, base::utc_us now,
              storage::callback<std::optional<ledger::idempotency_record>> done) override {
    pending_.push_back([=, this] {
      const auto found = answers_.find(scope.endpoint + "|" + scope.key);
      if (found == answers_.end() || found->second.expires_at <= now)
        return done(std::optional<ledger::idempotency_record>{});
      done(std::optional{found->second});
    });
  }
  void answers(ledger::user_id, std::string, base::utc_us,
               storage::callback<std::vector<ledger::idempotency_record>>) override {
    unused();
  }

  // -- audit_port ---------------------------------------------------------------------------------
  void commits(ledger::shard_id, std::uint64_t, std::int64_t,
               storage::callback<std::vector<ledger::commit_record>>) override {
    unused();
  }
  void head(ledger::shard_id shard,
            storage::callback<std::optional<ledger::commit_record>> done) override {
    ledger::commit_record last;
    last.shard = shard;
    last.seq = heads_.at(shard).seq;
    last.hash = heads_.at(shard).hash;
    pending_.push_back([=] { done(std::optional{last}); });
  }
  void entries_of_commits(ledger::shard_id, std::uint64_t, std::uint64_t,
                          storage::callback<std::vector<ledger::entry>>) override {
    unused();
  }
  void accounts_after(ledger::account_id, std::int64_t,
                      storage::callback<std::vector<storage::loaded_account>>) override {
    unused();
  }
  void entries_after(ledger::account_id, std::uint64_t, std::int64_t,
                     storage::callback<std::vector<ledger::entry>>) override {
    unused();
  }
  void transactions_after(ledger::transaction_id, std::int64_t,
                          storage::callback<std::vector<ledger::transaction_record>>) override {
    unused();
  }
  void without_transaction(std::int64_t, storage::callback<std::vector<std::string>>) override {
    unused();
  }

  // -- projection_port ----------------------------------------------------------------------------
  void booked_before(std::vector<storage::past_question>,
                     storage::callback<std::vector<storage::past_balance>>) override {
    unused();
  }
  void sums(std::vector<storage::version_range>,
            storage::callback<std::vector<base::centavos>>) override {
    unused();
  }
  void balance_checks(ledger::account_id, std::int64_t,
                      storage::callback<std::vector<ledger::balance_check>>) override {
    unused();
  }
  void snapshots_after(ledger::account_id, ledger::month, std::int64_t,
                       storage::callback<std::vector<ledger::monthly_snapshot>>) override {
    unused();
  }
  void write_snapshots(std::vector<ledger::monthly_snapshot>, storage::callback<bool>) override {
    unused();
  }
  void refresh_effective(ledger::account_id id, storage::callback<bool>) override {
    refreshed.push_back(std::move(id));
  }
  // -- recovery_port ------------------------------------------------------------------------------
  void states_after(ledger::transaction_id, std::int64_t,
                    storage::callback<std::vector<ledger::transaction_state>>) override {
    unused();
  }
  void states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                 storage::callback<std::vector<ledger::transaction_state>> done) override {
    pending_.push_back([=, this] {
      std::map<std::string, ledger::transaction_state> found;
      const auto give = [&](const ledger::transaction_id& id) {
        const auto at = transactions_.find(id.text());
        if (at == transactions_.end() || at->second.owner != user) return;
        found[id.text()] = {at->second, sums_[id.text()]};
      };
      for (const auto& id : ids) {
        give(id);
        const auto at = transactions_.find(id.text());
        if (at != transactions_.end() && at->second.partner) give(*at->second.partner);
      }
      std::vector<ledger::transaction_state> states;
      for (auto& [id, state] : found) states.push_back(std::move(state));
      done(states);
    });
  }
  void checks_after(ledger::account_id, std::int64_t,
                    storage::callback<std::vector<storage::account_check>>) override {
    unused();
  }
  void check_of(ledger::account_id,
                storage::callback<std::optional<storage::account_check>>) override {
    unused();
  }
  void audit_log(ledger::audit_filter, storage::callback<ledger::audit_page>) override { unused(); }
  void audit_records(ledger::shard_id, std::uint64_t, std::int64_t,
                     storage::callback<std::vector<ledger::audit_record>>) override {
    unused();
  }

  [[noreturn]] static void unused() { UNREACHABLE("actors do not ask this"); }

  std::uint32_t shards_;
  std::deque<std::function<void()>> pending_;
};

} // namespace tests
