// What   delivery: something that is to leave the house for a user: a mail, the call of a webhook.
// Why    The intent is a row, committed together with what caused it; a job then delivers it, and
//        the row says how that ended. One that was begun and never ended is in doubt: it is shown,
//        and not sent again blindly.
// Bounds body: JSON of at most 16 KiB, of ids and names of events, never of money or people.
// Threads none (values).
// Source jobs.md §12; api-contract §10
#pragma once

#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ledger {

using delivery_id = base::strong_id<struct delivery_tag>;

enum class delivery_kind : std::uint8_t { mail, webhook };
enum class delivery_state : std::uint8_t { pending, sending, delivered, failed, unknown };

struct delivery {
  delivery_id id;
  user_id user;
  delivery_kind kind = delivery_kind::webhook;
  std::string rule; ///< id of the automation that wants it
  std::string body = "{}";
  delivery_state state = delivery_state::pending;
  std::int32_t attempts = 0;
  std::string code; ///< of the last failure, or empty
  base::utc_us created_at;
  std::optional<base::utc_us> ended_at;

  bool operator==(const delivery&) const = default;
};

} // namespace ledger
