// What   pruning_port: deletes what is kept no longer beside the books: expired answers of
//        idempotency keys, logins and tokens that have ended, old notifications and deliveries,
//        what rules have told of periods that are long over.
// Why    None of it is asked for any more, and it grows for ever. It goes slice by slice, so that
//        no commit of the ledger waits for long.
// Bounds pruned_rows_max rows of a kind for each call.
// Errors As in port.hpp.
// Threads As in port.hpp. Runs between the commits of the first journal.
// Source api-contract §11.2, §14
#pragma once

#include "storage/port.hpp"

#include <cstdint>

namespace storage {

inline constexpr std::int64_t pruned_rows_max = 500;

enum class old_rows : std::uint8_t {
  answers,         ///< by their expiry; else one goes only when its key is used again
  sessions,        ///< by their expiry, with their refresh tokens
  refresh_tokens,  ///< by their expiry, of sessions that go on
  password_resets, ///< by their expiry
  notifications,   ///< by their time, read or not
  deliveries,      ///< by their end
  alert_states     ///< armed ones, and those of a month or a date that was over before
};

struct pruning_port {
  virtual ~pruning_port() = default;
  /// Those before the instant, oldest first; how many it were. Fewer than pruned_rows_max: no more
  /// are there.
  virtual void prune(old_rows what, base::utc_us before, callback<std::int64_t> done) = 0;
};

} // namespace storage
