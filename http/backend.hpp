// What   Everything that the HTTP front asks of the system behind it: a pure port that
//        actors/gateway implements.
// Why    http/ never includes CAF or storage; tests put a fake behind it.
// Errors Failures carry the API problem code in `code` (ledger::errc, storage::errc, and
//        OVERLOADED, SHUTTING_DOWN, SHARD_STOPPED, DB_UNAVAILABLE, DB_READ_ONLY, OUTCOME_UNKNOWN).
// Threads Called from many HTTP threads at once. execute() returns at once; the others block their
//        thread until the answer or the deadline.
// Source engineering.md b (sideways port); api-contract §3-§7, §15.
#pragma once

#include "base/result.hpp"
#include "ledger/audit_log.hpp"
#include "ledger/backfill.hpp"
#include "ledger/command.hpp"
#include "ledger/lost_commits.hpp"
#include "ledger/query.hpp"
#include "ledger/user.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace http {

struct key_state {
  enum class state : std::uint8_t { in_flight, completed } what = state::completed;
  std::string endpoint;
  std::optional<ledger::stored_answer> answer;
  base::utc_us created_at, expires_at;
};

struct health_view {
  std::string database; ///< connected, read_only, "error: OperationalError", …
  std::string status;   ///< healthy, degraded, unhealthy
  bool ready = false;
  std::vector<std::string> reasons;
  std::int64_t schema_current = 0, schema_expected = 0;
  std::uint32_t shards_owned = 0, shards_stopped = 0;
  std::string version, node;
};

/// What the database and our connections to it are at, for an operator. What the database does not
/// say, because it is away or has no such thing, is absent.
struct database_view {
  struct pool {
    std::size_t idle = 0, busy = 0, broken = 0;
  };
  struct pools {
    pool readers, journals;
  };
  struct connections {
    std::int64_t in_use = 0, max = 0;
  };
  struct transaction { ///< one that has been open for long
    std::int64_t pid = 0;
    base::utc_us since;
    std::int64_t age_s = 0;
    std::string state, application;
  };
  struct file {
    std::int64_t page_bytes = 0, pages = 0, pages_free = 0, wal_bytes = 0;
  };

  std::string state; ///< as health_view::database
  std::optional<bool> read_only;
  std::int64_t schema_current = 0, schema_expected = 0;
  std::optional<std::uint64_t> free_bytes;
  std::optional<std::string> adapter; ///< sqlite, postgres
  std::optional<pools> ours;
  std::optional<std::string> version;
  std::optional<std::int64_t> size_bytes;
  std::optional<connections> server;
  std::optional<std::vector<transaction>> long_transactions;
  std::optional<file> on_disk;
};

/// Why clients only read, if so.
struct recovery_view {
  bool on = false;
  base::utc_us since;                     ///< when it began
  std::vector<ledger::lost_commits> lost; ///< empty: it was asked for
};

/// A balance as stored, and as the entries give it.
struct balance_check {
  ledger::account_id account;
  ledger::user_id owner;
  struct position {
    base::centavos balance;
    std::uint64_t version = 0; ///< number of entries

    bool operator==(const position&) const = default;
  };
  std::optional<position> stored; ///< nothing: the row is gone
  position from_ledger;

  bool same() const { return stored == from_ledger; }
};

using on_reply = std::function<void(ledger::reply)>;

struct backend {
  virtual ~backend() = default;

  virtual recovery_view recovery() = 0;
  /// Gives up what is lost: from now on the database as it is counts, and clients write again.
  virtual base::status finish_recovery(const std::string& request_id) = 0;

  /// Any change of a user's books. `done` is called exactly once, from any thread, also before this
  /// returns: when the change is durable or refused, or when the envelope's deadline has passed. It
  /// must neither block nor throw.
  virtual void execute(ledger::envelope command, on_reply done) = 0;

  // users (auth decodes tokens and hashes passwords before it asks)
  virtual base::result<ledger::user_record>
  register_user(ledger::user_record fresh, std::vector<ledger::account_record> accounts,
                ledger::user_rows rows, base::utc_us deadline) = 0;
  virtual base::result<std::optional<ledger::user_record>>
  user_by_email(const std::string& email) = 0;
  /// May come from a cache that is at most two seconds old; changes through this node show at once.
  virtual base::result<std::optional<ledger::user_record>>
  user_by_id(const ledger::user_id& id) = 0;

  /// Whether the session was revoked or is over; one that nobody knows is not. As old as
  /// user_by_id().
  virtual base::result<bool> session_ended(const ledger::user_id& user,
                                           const ledger::session_id& session) = 0;

  // reads
  virtual base::result<ledger::user_rows> user_rows(const ledger::row_question& asked) = 0;
  virtual base::result<std::vector<ledger::account_view>>
  accounts(const ledger::user_id& user) = 0; ///< active, money
  virtual base::result<std::optional<ledger::account_view>>
  account(const ledger::user_id& user,
          const ledger::account_id& id) = 0; ///< closed too
  virtual base::result<std::optional<ledger::hold_record>> hold(const ledger::user_id& user,
                                                                const ledger::hold_id& id) = 0;
  /// Empty when the account is of someone else.
  virtual base::result<ledger::hold_page> holds(const ledger::user_id& user,
                                                const ledger::hold_filter& filter) = 0;
  virtual base::result<std::vector<ledger::account_record>>
  categories(const ledger::user_id& user) = 0; ///< active
  /// All accounts and categories, closed and archived ones too.
  virtual base::result<std::vector<ledger::account_record>>
  book_members(const ledger::user_id& user) = 0;
  /// Empty when the account is of someone else.
  virtual base::result<ledger::entry_page> entries(const ledger::user_id& user,
                                                   const ledger::entry_filter& filter) = 0;
  virtual base::result<std::vector<ledger::entry_view>>
  entries_of_transaction(const ledger::user_id& user, const ledger::transaction_id& id) = 0;
  virtual base::result<ledger::balance_at> balance_booked(const ledger::account_id& id,
                                                          base::utc_us at) = 0;
  virtual base::result<ledger::balance_at> balance_effective(const ledger::account_id& id,
                                                             base::civil_day until) = 0;
  virtual base::result<std::optional<ledger::transaction_record>>
  transaction(const ledger::user_id& user, const ledger::transaction_id& id) = 0;
  virtual base::result<ledger::transaction_page>
  transactions(const ledger::transaction_filter& filter) = 0;
  virtual base::result<ledger::monthly_sums>
  monthly(const ledger::user_id& user, base::civil_day first, base::civil_day last) = 0;
  virtual base::result<std::vector<ledger::tag_count>> tags(const ledger::user_id& user) = 0;
  virtual base::result<std::vector<key_state>> key_states(const ledger::user_id& user,
                                                          const std::string& key) = 0;

  // recovery, for administrators; the corrections themselves are commands
  /// In the order of ids, after the id.
  virtual base::result<std::vector<ledger::transaction_state>>
  states_after(const ledger::transaction_id& after, std::int64_t limit) = 0;
  /// With their partners.
  virtual base::result<std::vector<ledger::transaction_state>>
  states_of(const ledger::user_id& user, const std::vector<ledger::transaction_id>& ids) = 0;
  virtual base::result<std::vector<balance_check>> checks_after(const ledger::account_id& after,
                                                                std::int64_t limit) = 0;
  virtual base::result<std::optional<balance_check>> check_of(const ledger::account_id& id) = 0;
  virtual base::result<ledger::audit_page> audit_log(const ledger::audit_filter& filter) = 0;

  virtual health_view health() = 0;
  /// Blocks for a few seconds at most.
  virtual database_view database() = 0;
};

} // namespace http
