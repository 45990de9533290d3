// What   book_walk: a run over many users that sends a change to the book of each.
// Why    A job of the system holds neither a transaction nor a lock for its whole run: each user's
//        change is a commit of its own, decided in that user's book and harmless to repeat.
// Bounds walk_in_flight changes at once.
// Errors What a book refuses is counted, and the walk goes on: one user never stops the others. An
//        outage ends it; the job is tried again.
// Threads an executor's; answers come from any.
#pragma once

#include "actors/job_kinds.hpp"
#include "http/backend.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace app {

inline constexpr std::size_t walk_in_flight = 64;

class book_walk {
public:
  struct tally {
    std::int64_t sent = 0, changed = 0, refused = 0;
    bool away = false; ///< an answer said that the node or its database takes nothing now
  };

  book_walk(http::backend& books, base::clock& clock, const actors::job_context& job);
  ~book_walk(); ///< waits for all answers

  /// Waits while walk_in_flight are open. False: the walk is over, because the job was told to stop
  /// or the database is away.
  bool send(ledger::user_id user, ledger::change_rows what,
            std::function<void(const ledger::reply&)> answered = {});
  /// Waits for all answers.
  tally finish();

private:
  struct state;
  http::backend& books_;
  base::clock& clock_;
  const actors::job_context& job_;
  std::shared_ptr<state> state_;
};

} // namespace app
