#include "tests/bench/instant_store.hpp"

#include "base/assert.hpp"
#include "storage/projection.hpp"
#include "tests/bench/ledger_bed.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace bench {
namespace {

using storage::callback;

constexpr std::uint32_t shard_count = 16;
constexpr std::size_t journals = 2;

/// The number of the pair or user that the id belongs to.
template <class Id> std::size_t last_number(const Id& id) {
  return static_cast<std::size_t>(key_of(id) / pair_key_step - 1);
}

class instant_store final : public storage::store, storage::read_port, storage::projection_port {
public:
  instant_store(std::size_t users, std::size_t pairs_per_user)
      : pairs_per_user_(pairs_per_user), accounts_(users * pairs_per_user),
        categories_(users * pairs_per_user), writers_(journals) {
    for (auto& w : writers_) w.of = this;
  }

  std::uint32_t shards() const override { return shard_count; }
  const std::string& installation() const override {
    static const std::string here{"here"};
    return here;
  }
  std::size_t journal_count() const override { return writers_.size(); }
  storage::journal_port& journal(std::size_t index) override { return writers_.at(index); }
  storage::read_port& reads() override { return *this; }
  storage::audit_port& audit() override { unused(); }
  storage::projection_port& projections() override { return *this; }
  storage::recovery_port& recovery() override { unused(); }
  storage::job_port& jobs() override { unused(); }
  storage::lock_port& locks() override { unused(); }
  storage::pruning_port& pruning() override { unused(); }
  storage::store_health health() override { return {true, false, {}, 1, 1}; }
  void usage(callback<storage::store_usage>) override { unused(); }
  void set_admin(std::string, bool, base::utc_us, callback<bool>) override { unused(); }
  void stop() override {}

private:
  struct balance {
    std::int64_t centavos = 0;
    std::uint64_t version = 0;
  };

  /// Rows of one account are written by one journal only, so no lock is needed.
  struct writer final : storage::journal_port {
    void take_over(std::vector<ledger::shard_id> shards, std::string node, base::utc_us now,
                   callback<std::vector<ledger::shard_head>> done) override {
      std::vector<ledger::shard_head> heads;
      for (const auto id : shards) {
        ledger::shard_head none;
        none.shard = id;
        auto record = ledger::next_record(none, 1, node, now);
        ledger::seal(record, {});
        heads.push_back(record.head());
      }
      done(std::move(heads));
    }
    void load(std::vector<ledger::account_id> ids,
              callback<std::vector<storage::loaded_account>> done) override {
      std::vector<storage::loaded_account> rows;
      for (auto& id : ids) {
        const auto& b = of->balance_of(id);
        storage::loaded_account row{of->record_of(id), base::centavos{b.centavos}, b.version};
        rows.push_back(std::move(row));
      }
      done(std::move(rows));
    }
    void basis(ledger::shard_id, std::vector<ledger::account_id>,
               callback<storage::correction_basis>) override {
      unused();
    }
    void commit(std::shared_ptr<const storage::journal_batch> batch,
                std::function<void(storage::commit_result)> done) override {
      for (const auto& row : batch->balances) {
        auto& b = of->balance_of(row.account);
        ENSURE(b.version == row.previous_version, "nobody else wrote the balance");
        b = {row.balance.minor, row.version};
      }
      done({storage::commit_class::committed, {}});
    }
    void resolve(std::shared_ptr<const storage::journal_batch>,
                 callback<storage::resolution>) override {
      unused();
    }
    instant_store* of = nullptr;
  };

  balance& balance_of(const ledger::account_id& id) {
    return (is_category(id) ? categories_ : accounts_).at(last_number(id));
  }
  static bool is_category(const ledger::account_id& id) {
    return key_of(id) % pair_key_step == pair_key(0, side::category) - pair_key_step;
  }
  ledger::account_record record_of(const ledger::account_id& id) const {
    return account_at(last_number(id), pairs_per_user_,
                      is_category(id) ? side::category : side::account, {});
  }

  void user_by_id(ledger::user_id id, callback<std::optional<ledger::user_record>> done) override {
    done(std::optional{household_at(last_number(id), pairs_per_user_, {}).user});
  }
  void book(ledger::user_id user, base::utc_us, callback<storage::book_rows> done) override {
    auto all = household_at(last_number(user), pairs_per_user_, {});
    storage::book_rows rows;
    rows.user = std::move(all.user);
    rows.accounts = std::move(all.accounts);
    done(std::move(rows));
  }

  void user_by_email(std::string, callback<std::optional<ledger::user_record>>) override {
    unused();
  }
  void accounts(ledger::user_id, ledger::account_role, bool, base::utc_us,
                callback<std::vector<ledger::account_view>>) override {
    unused();
  }
  void account(ledger::user_id, ledger::account_id, base::utc_us,
               callback<std::optional<ledger::account_view>>) override {
    unused();
  }
  void hold(ledger::user_id, ledger::hold_id,
            callback<std::optional<ledger::hold_record>>) override {
    unused();
  }
  void holds(ledger::user_id, ledger::hold_filter, callback<ledger::hold_page>) override {
    unused();
  }
  void entries(ledger::entry_filter, callback<ledger::entry_page>) override { unused(); }
  void entries_of_transaction(ledger::transaction_id, std::optional<ledger::transaction_id>,
                              callback<std::vector<ledger::entry_view>>) override {
    unused();
  }
  void balance_booked(ledger::account_id, base::utc_us, callback<ledger::balance_at>) override {
    unused();
  }
  void balance_effective(ledger::account_id, base::civil_day,
                         callback<ledger::balance_at>) override {
    unused();
  }
  void transactions_by_id(ledger::user_id, std::vector<ledger::transaction_id>, bool,
                          callback<std::vector<ledger::transaction_record>>) override {
    unused();
  }
  void transactions(ledger::transaction_filter, callback<ledger::transaction_page>) override {
    unused();
  }
  void monthly(ledger::user_id, base::civil_day, base::civil_day,
               callback<ledger::monthly_sums>) override {
    unused();
  }
  void tags(ledger::user_id, callback<std::vector<ledger::tag_count>>) override { unused(); }
  void user_rows(ledger::row_question, callback<ledger::user_rows>) override { unused(); }
  void answer(ledger::user_id, ledger::key_scope, base::utc_us,
              callback<std::optional<ledger::idempotency_record>>) override {
    unused();
  }
  void answers(ledger::user_id, std::string, base::utc_us,
               callback<std::vector<ledger::idempotency_record>>) override {
    unused();
  }

  void booked_before(std::vector<storage::past_question>,
                     callback<std::vector<storage::past_balance>>) override {
    unused();
  }
  void sums(std::vector<storage::version_range>, callback<std::vector<base::centavos>>) override {
    unused();
  }
  void balance_checks(ledger::account_id, std::int64_t,
                      callback<std::vector<ledger::balance_check>>) override {
    unused();
  }
  void snapshots_after(ledger::account_id, ledger::month, std::int64_t,
                       callback<std::vector<ledger::monthly_snapshot>>) override {
    unused();
  }
  void write_snapshots(std::vector<ledger::monthly_snapshot>, callback<bool>) override { unused(); }
  /// The journal asks from time to time; there is nothing to bring up to date.
  void refresh_effective(ledger::account_id, callback<bool> done) override { done(true); }

  [[noreturn]] static void unused() { UNREACHABLE("the bench does not ask this"); }

  std::size_t pairs_per_user_;
  std::vector<balance> accounts_, categories_;
  std::vector<writer> writers_;
};

} // namespace

std::unique_ptr<storage::store> make_instant_store(std::size_t users, std::size_t pairs_per_user) {
  return std::make_unique<instant_store>(users, pairs_per_user);
}

} // namespace bench
