// What   One account in use: holds its state, decides reservations one after the other, ends them
//        by facts.
// Why    All mutations of an account pass through one mailbox: no row version, no lock, no
//        conflict. Many of its reservations may be open at the same time, so a hot account is as
//        fast as a cold one.
// Bounds Open and waiting reservations are bounded by its book's running operations.
// Errors Refusals of ledger::decide(); a storage failure while it loads.
// Threads confined to its actor.
// Source design.md §3.1; ledger/decide.hpp for the rules; docs/decisions/0010 for holds.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"
#include "ledger/account.hpp"

#include <list>

namespace actors {

class account final : public house_actor<account_actor> {
public:
  /// `record` is what the book knows; balance and version come through the journal, in order with
  /// its batches.
  account(caf::actor_config& cfg, environment& env, ledger::account_record record,
          journal_actor journal);

  behavior_type make_behavior() override;
  /// Handles go with the actor's end, not with its memory: two that hold each other would
  /// never be freed.
  void on_exit() override;

private:
  enum class stage : std::uint8_t { empty, loading, ready };

  void accept(const reserve& m);
  void advance();
  void answer(const reserve& m);
  void on_loaded(const account_loaded& m);
  base::status verdict(const reserve& m, base::utc_us now) const; ///< now: for holds
  void watch_holds();
  void on_tick();

  /// A timer holds its actor: it is set for so long at most.
  static constexpr std::chrono::microseconds watch_step = std::chrono::minutes{1};
  /// Between two attempts to end a hold that is over.
  static constexpr std::chrono::milliseconds watch_retry{1000};

  stage stage_ = stage::empty;
  ledger::account_state state_;
  operation_id exclusive_ = 0; ///< the operation that has the account for itself
  std::list<reserve> waiting_; ///< a deque would cost each idle account 600 bytes
  journal_actor journal_;
  /// Hears of holds that are over. Weak: the book holds its accounts, and goes when its shard does.
  caf::weak_actor_ptr book_;
  bool watching_ = false; ///< a timer is set
  std::chrono::milliseconds due_pause_{0};
};

} // namespace actors
