// What   fake_backend: http::backend over maps in memory.
// Why    Tests of decoding, rendering and statuses need answers, not the rules of the ledger: it
//        posts what it is told to and knows only who owns what.
// Threads one.
#pragma once

#include "http/backend.hpp"
#include "tests/support/memory_rows.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace http_test {

struct fake_backend : http::backend {
  explicit fake_backend(base::clock& clock) : clock_(clock) {}

  // What a test sets and looks at.
  std::map<ledger::user_id, ledger::user_record> users;
  std::map<ledger::account_id, ledger::account_view> rows; ///< accounts of all roles
  std::map<ledger::transaction_id, ledger::transaction_record> posted;
  std::map<ledger::hold_id, ledger::hold_record> held;
  tests::memory_rows beside; ///< what users have beside their books
  std::optional<ledger::hold_filter> asked_holds;
  std::vector<ledger::entry_view> entry_rows;
  ledger::monthly_sums sums;
  std::vector<ledger::tag_count> tag_rows;
  std::vector<http::key_state> key_rows;
  http::recovery_view recovery_now;
  http::health_view health_now;
  http::database_view database_now;
  std::optional<base::failure> broken;  ///< every read and every change of a user answers this
  std::optional<base::failure> refusal; ///< execute() answers this
  std::function<void()> overtaken;      ///< somebody else, between the look and the change
  std::optional<ledger::transaction_filter> asked_list;
  std::optional<ledger::entry_filter> asked_entries;
  std::optional<base::utc_us> asked_at;
  std::optional<base::civil_day> asked_until;
  std::optional<std::pair<base::civil_day, base::civil_day>> asked_month;
  std::optional<ledger::envelope> executed; ///< the last one
  int executions = 0;
  std::map<ledger::transaction_id, ledger::transaction_state> states; ///< for recovery
  std::map<ledger::account_id, http::balance_check> checks;
  std::vector<ledger::audit_record> log;
  std::vector<ledger::audit_note> noted; ///< with rows or members
  std::optional<ledger::audit_filter> asked_log;
  bool more = false; ///< pages say that there is another

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
  http::health_view health() override { return health_now; }
  http::recovery_view recovery() override { return recovery_now; }
  http::database_view database() override { return database_now; }
  base::status finish_recovery(const std::string&) override {
    recovery_now = {};
    return {};
  }

private:
  ledger::reply reply_to(ledger::envelope command);
  ledger::user_rows rows_for(const ledger::row_question& asked) const;

  using scope = std::pair<ledger::user_id, ledger::key_scope>;
  struct kept {
    base::digest fingerprint;
    ledger::stored_answer answer;
  };

  base::result<ledger::outcome> apply(const ledger::envelope& command);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::create_account& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::update_account& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::close_account& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::create_category& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::update_category& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::archive_category& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u,
                                      const ledger::create_transaction& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::edit_transaction& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u,
                                      const ledger::delete_transaction& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u,
                                      const ledger::restore_transaction& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::delete_many& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::post_batch& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::post_legs& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::place_hold& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::post_hold& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::void_hold& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::expire_hold& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::repair_entries& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::sync_balances& c);
  base::result<ledger::outcome> apply(const ledger::user_id&, const ledger::note_action&) {
    return ledger::outcome{ledger::done{}};
  }
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::change_rows& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::merge_books& c);
  base::result<ledger::outcome> apply(const ledger::user_id& u, const ledger::seed_members& c);
  void change_user(const ledger::user_change& change);
  base::result<ledger::transaction_record> post(const ledger::user_id& u,
                                                const ledger::create_transaction& c);
  ledger::account_view* own(const ledger::user_id& u, const ledger::account_id& id,
                            ledger::account_role role);
  ledger::transaction_record* own(const ledger::user_id& u, const ledger::transaction_id& id);
  std::string fresh_id(const char* kind);

  base::clock& clock_;
  std::map<scope, kept> keys_;
  const ledger::envelope* current_ = nullptr;
  int made_ = 0;
};

} // namespace http_test
