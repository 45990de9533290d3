// What   ledger_bed: the node as `vaidepix serve` wires it (store, actors, gateway) without HTTP,
//        with users, accounts and categories for a load.
// Why    The journal's path is measured through the same door that HTTP handlers use.
// Bounds account and category i of the bed are a pair of their own: two pairs share no balance row.
// Errors throws std::runtime_error: a bench that cannot set up its load measures nothing.
// Threads perform() from many threads; the rest belongs to the owner.
#pragma once

#include "actors/system.hpp"
#include "base/time.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/open.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bench {

struct pair_ids {
  ledger::user_id user;
  ledger::account_id account;
  ledger::account_id category;
};

enum class side : std::uint8_t { account, category };

/// The keys of a pair's accounts are `pair_key_step` apart from those of the next pair.
base::id_key pair_key(std::size_t index, side which);
inline constexpr base::id_key pair_key_step = 4096;
/// The ids of pair `index`, the same in every database of a run.
pair_ids pair_at(std::size_t index, std::size_t pairs_per_user);

ledger::account_record account_at(std::size_t pair, std::size_t pairs_per_user, side which,
                                  base::utc_us now);

/// User `index` and everything that is his: equity, accounts, categories.
struct household {
  ledger::user_record user;
  std::vector<ledger::account_record> accounts;
};
household household_at(std::size_t index, std::size_t pairs_per_user, base::utc_us now);

struct bed_settings {
  std::string url;
  std::size_t journals = 2;
  std::size_t users = 200;
  std::size_t pairs_per_user = 50;
  std::chrono::milliseconds book_idle{600'000};
  std::chrono::milliseconds deadline{60'000}; ///< of a command: a bench waits for the truth
};

class ledger_bed {
public:
  /// Opens the database of settings.url and makes its schema.
  explicit ledger_bed(bed_settings settings);
  /// Over another store, whose users and pairs are there already.
  ledger_bed(bed_settings settings, std::unique_ptr<storage::store> store);
  ~ledger_bed();
  ledger_bed(const ledger_bed&) = delete;
  ledger_bed& operator=(const ledger_bed&) = delete;

  /// Registers the users [first, last) with their pairs.
  void register_users(std::size_t first, std::size_t last);
  void register_all() { register_users(0, settings_.users); }
  /// One income on every pair, in batches: afterwards all books and accounts are in memory.
  void touch_all();

  std::size_t pairs() const { return settings_.users * settings_.pairs_per_user; }
  std::size_t pairs_per_user() const { return settings_.pairs_per_user; }

  /// One income on the pair's account; false when the node refused it as overloaded.
  bool post(std::size_t pair, std::int64_t centavos);
  /// The same without waiting; `done` comes from a thread of the node.
  void begin_post(std::size_t pair, std::int64_t centavos, std::function<void(bool)> done);
  /// One batch command of the pairs' user; all pairs are of one user.
  bool post_batch(const std::vector<std::size_t>& pairs, std::int64_t centavos,
                  std::int64_t days_back = 0);
  http::backend& books() { return node_->backend(); }

  observability::metrics& metrics() { return metrics_; }
  /// Stops node and store; answers how long that took.
  std::chrono::milliseconds stop();

private:
  void start();
  /// Remembered: to write ids out is a client's work, not that of the node.
  const pair_ids& known(std::size_t pair);
  ledger::create_transaction income(std::size_t pair, std::int64_t centavos,
                                    std::int64_t days_back = 0);
  ledger::envelope envelope_of(const ledger::user_id& user, ledger::command what);
  bool execute(const ledger::user_id& user, ledger::command what);

  bed_settings settings_;
  std::once_flag written_;
  std::vector<pair_ids> pairs_; ///< all, when they are few
  base::system_clock clock_;
  observability::metrics metrics_;
  observability::log log_;
  base::id_source ids_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<actors::node> node_;
};

} // namespace bench
