// What   One shard: user -> book. Spawns a book on first use, passivates the longest unused,
//        forwards commands.
// Why    The only sender of commands to its books, so that passivation can never race with a
//        command.
// Bounds limits::books_per_shard books; a book idle for limits::book_idle is let go.
// Errors A book that ended by a broken invariant ends the shard with the same reason.
// Threads confined to its actor.
#pragma once

#include "actors/actor_base.hpp"
#include "actors/handles.hpp"

#include <list>
#include <unordered_map>
#include <variant>

namespace actors {

class shard final : public house_actor<shard_actor> {
public:
  shard(caf::actor_config& cfg, environment& env, ledger::shard_id id, journal_actor journal);

  behavior_type make_behavior() override;
  /// Handles go with the actor's end, not with its memory: two that hold each other would
  /// never be freed.
  void on_exit() override;

private:
  using command = std::variant<submit, ask_running>;
  struct entry {
    book_actor book; ///< empty between a failed one and the next
    std::uint64_t forwarded = 0;
    bool retiring = false;
    std::vector<command> held; ///< came while the book goes, or has failed
    std::int64_t used_ns = 0;
    std::list<ledger::user_id>::iterator order;
  };

  void forward(const ledger::user_id& user, command what);
  entry& find_or_spawn(const ledger::user_id& user);
  void pass_on(entry& e, command what);
  void drop(const ledger::user_id& user);
  void on_retire_answered(const retire_answered& m);
  void on_tick();

  ledger::shard_id id_;
  journal_actor journal_;
  std::unordered_map<ledger::user_id, entry> books_;
  std::unordered_map<caf::actor_addr, ledger::user_id> by_address_;
  std::list<ledger::user_id> order_; ///< longest unused first
};

} // namespace actors
