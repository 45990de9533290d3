// What   gateway: implements http::backend over the actors and the read port.
// Why    The one place where a foreign thread meets the actors: it sends with anon_send; commands
//        answer through open_commands, the rest waits in a slot.
// Bounds limits::commands_in_flight; every wait ends at the command's deadline.
// Errors OVERLOADED, SHARD_STOPPED, SHUTTING_DOWN, OUTCOME_UNKNOWN besides those of book and
//        storage.
// Threads any, all members.
// Source engineering.md d law 1, e door 2; ceilings.md §2.
#pragma once

#include "actors/environment.hpp"
#include "actors/open_commands.hpp"
#include "actors/slot.hpp"
#include "actors/supervisor_actor.hpp"
#include "http/backend.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace actors {

class gateway final : public http::backend {
public:
  gateway(environment& env, std::shared_ptr<routing> routes,
          std::chrono::milliseconds read_deadline);

  void execute(ledger::envelope command, http::on_reply done) override;

  base::result<ledger::user_record> register_user(ledger::user_record fresh,
                                                  std::vector<ledger::account_record> accounts,
                                                  ledger::user_rows rows,
                                                  base::utc_us deadline) override;
  base::result<std::optional<ledger::user_record>> user_by_email(const std::string& email) override;
  base::result<std::optional<ledger::user_record>> user_by_id(const ledger::user_id& id) override;

  base::result<bool> session_ended(const ledger::user_id& user,
                                   const ledger::session_id& session) override;

  base::result<ledger::user_rows> user_rows(const ledger::row_question& asked) override;
  base::result<std::vector<ledger::account_view>> accounts(const ledger::user_id& user) override;
  base::result<std::optional<ledger::account_view>> account(const ledger::user_id& user,
                                                            const ledger::account_id& id) override;
  base::result<std::optional<ledger::hold_record>> hold(const ledger::user_id& user,
                                                        const ledger::hold_id& id) override;
  base::result<ledger::hold_page> holds(const ledger::user_id& user,
                                        const ledger::hold_filter& filter) override;
  base::result<std::vector<ledger::account_record>>
  categories(const ledger::user_id& user) override;
  base::result<std::vector<ledger::account_record>>
  book_members(const ledger::user_id& user) override;
  base::result<ledger::entry_page> entries(const ledger::user_id& user,
                                           const ledger::entry_filter& filter) override;
  base::result<std::vector<ledger::entry_view>>
  entries_of_transaction(const ledger::user_id& user, const ledger::transaction_id& id) override;
  base::result<ledger::balance_at> balance_booked(const ledger::account_id& id,
                                                  base::utc_us at) override;
  base::result<ledger::balance_at> balance_effective(const ledger::account_id& id,
                                                     base::civil_day until) override;
  base::result<std::optional<ledger::transaction_record>>
  transaction(const ledger::user_id& user, const ledger::transaction_id& id) override;
  base::result<ledger::transaction_page>
  transactions(const ledger::transaction_filter& filter) override;
  base::result<ledger::monthly_sums> monthly(const ledger::user_id& user, base::civil_day first,
                                             base::civil_day last) override;
  base::result<std::vector<ledger::tag_count>> tags(const ledger::user_id& user) override;
  base::result<std::vector<http::key_state>> key_states(const ledger::user_id& user,
                                                        const std::string& key) override;

  base::result<std::vector<ledger::transaction_state>>
  states_after(const ledger::transaction_id& after, std::int64_t limit) override;
  base::result<std::vector<ledger::transaction_state>>
  states_of(const ledger::user_id& user, const std::vector<ledger::transaction_id>& ids) override;
  base::result<std::vector<http::balance_check>> checks_after(const ledger::account_id& after,
                                                              std::int64_t limit) override;
  base::result<std::optional<http::balance_check>> check_of(const ledger::account_id& id) override;
  base::result<ledger::audit_page> audit_log(const ledger::audit_filter& filter) override;

  http::health_view health() override;
  http::recovery_view recovery() override;
  base::status finish_recovery(const std::string& request_id) override;
  http::database_view database() override;

private:
  template <class T, class Ask> base::result<T> read(Ask ask);
  base::status commit_rows(std::shared_ptr<storage::commit_item> item, base::utc_us deadline);
  void remember(const ledger::user_record& user);
  void keep(const ledger::user_record& user);               ///< under users_mutex_
  std::uint64_t& forgotten_of(const ledger::user_id& user); ///< under users_mutex_
  void forget(const ledger::user_id& id);
  std::chrono::microseconds until(base::utc_us deadline) const;

  environment& env_;
  std::shared_ptr<routing> routes_;
  std::chrono::milliseconds read_deadline_;
  std::atomic<std::size_t> rows_in_flight_{0}; ///< changes of users

  struct cached_user {
    std::optional<ledger::user_record> user;
    std::int64_t read_ns = 0;
  };
  struct cached_session {
    bool ended = false;
    std::int64_t read_ns = 0;
  };
  std::mutex users_mutex_;
  /// Counts forget(), by users: what was read before it is not kept after it.
  std::array<std::uint64_t, 256> forgotten_{};
  std::unordered_map<ledger::user_id, cached_user> users_;
  /// Apart from users_, which are read anew more often.
  std::unordered_map<ledger::user_id, std::unordered_map<ledger::session_id, cached_session>>
      sessions_;
  open_commands open_; ///< last: its answers use all the others
};

} // namespace actors
