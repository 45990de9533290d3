// What   The pure ledger put together in one thread: plans, accounts that decide, a journal that
//        commits. And ways to break it on purpose.
// Why    Properties need a whole; the actors that make it real have tests of their own. The bugs
//        show that the model would notice.
// Threads none.
#pragma once

#include "ledger/decide.hpp"
#include "ledger/plan.hpp"
#include "tests/model/model.hpp"
#include "tests/support/ledger_chain.hpp"

#include <map>
#include <string>
#include <vector>

namespace property {

enum class bug {
  none,
  announced_is_spendable,
  reserved_is_spendable,
  floor_is_ignored,
  floor_of_reversals_is_ignored,
  limit_ignores_open_credits,
  closed_is_ignored,
  edited_transfer_is_a_plain_debit,
  edit_posts_no_reversal,
  reversal_on_the_new_day,
  delete_forgets_the_partner,
  delete_keeps_the_row_live,
  restore_posts_twice,
  abort_keeps_the_reservation,
  abort_posts,
  debits_before_credits,
};
inline constexpr int bug_count = 16;

class world {
public:
  explicit world(bug b = bug::none);

  void open_account(const std::string& id, std::int64_t opening, std::optional<std::int64_t> floor);
  void open_category(const std::string& id);
  void close(const std::string& id);

  /// "ok", or the code of the refusal. An accepted command stays open until finish().
  std::string begin(int operation, const model::create& c);
  std::string begin(int operation, const model::edit& c);
  std::string begin(int operation, const model::remove& c);
  std::string begin(int operation, const model::restore& c);
  void finish(int operation, bool durable);
  /// begin and finish.
  template <class Command> std::string now(const Command& c) {
    const auto answer = begin(-1, c);
    if (answer == "ok") finish(-1, true);
    return answer;
  }

  const support::ledger_chain& chain() const { return chain_; }
  const std::map<ledger::account_id, ledger::account_state>& states() const { return states_; }
  std::map<std::string, std::int64_t> balances() const;
  /// The first law that was broken on the way; empty when none was.
  const std::string& broken() const { return broken_; }

private:
  struct under_way {
    ledger::plan what;
    ledger::ticket ticket;
  };

  std::string start(int operation, base::result<ledger::plan> planned);
  void break_plan(ledger::plan& p) const;
  base::status agree(const ledger::account_state& account, const ledger::effect& e, bool reversal);
  void look_at_plan(const ledger::plan& p);
  void look_at_accounts();
  void say(std::string law);
  const ledger::transaction_record* partner_of(const ledger::transaction_record& r) const;

  bug bug_;
  support::ledger_chain chain_;
  std::map<ledger::account_id, ledger::account_state> states_;
  std::map<int, under_way> open_;
  ledger::ticket next_ = 1;
  base::utc_us clock_{1};
  std::string broken_;
};

} // namespace property
