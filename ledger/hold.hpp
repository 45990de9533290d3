// What   A hold: money of an account that is set aside until it is posted, let go, or its time is
//        over; and what a command wants of one.
// Why    A blocked amount or a planned bill lowers what is available and never the balance. It is a
//        reservation that outlives its process: it has a row and no entry.
// Bounds amount 1..base::amount_minor_max; description 1..200 code points; open ones of an account
//        <= limits::holds_per_account_max.
// Threads none (values).
// Source docs/decisions/0010
#pragma once

#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

/// open → posted, voided or expired, once. The numbers are those of the table.
enum class hold_status : std::uint8_t { open = 1, posted, voided, expired };

std::string_view to_text(hold_status s);
std::optional<hold_status> hold_status_from_text(std::string_view text);

struct hold_record {
  hold_id id;
  user_id owner;
  account_id account;
  base::centavos amount;
  std::string description;
  hold_status status = hold_status::open;
  base::utc_us created_at;
  std::optional<base::utc_us> expires_at; ///< absent: until somebody ends it
  std::optional<base::utc_us> ended_at;
  std::optional<base::centavos> posted;      ///< of the amount; the rest was let go
  std::optional<transaction_id> transaction; ///< that it became; of a transfer the origin

  /// What it is at this moment: an open one whose time is over is expired, also before its row says
  /// so.
  hold_status status_at(base::utc_us now) const {
    const bool over = status == hold_status::open && expires_at && *expires_at <= now;
    return over ? hold_status::expired : status;
  }
  bool operator==(const hold_record&) const = default;
};

/// What a reservation does with a hold of its account, besides its effect.
struct hold_wish {
  hold_status to = hold_status::open; ///< open: a new one; else how it ends
  hold_id id;
  account_id account;
  base::centavos amount;                  ///< of a new one
  std::optional<base::utc_us> expires_at; ///< of a new one
};

struct hold_filter {
  account_id account;
  std::optional<hold_status> status; ///< as it is at `now`
  base::utc_us now;
  struct position {
    base::utc_us created_at;
    hold_id id;
  };
  std::optional<position> after; ///< cursor: rows behind it in the order created_at desc, id desc
  std::int64_t limit = 50;
};

struct hold_page {
  std::vector<hold_record> items;
  bool more = false;
};

} // namespace ledger
