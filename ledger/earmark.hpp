// What   Goals and envelopes: money that a person has set aside in their mind, with every movement
//        of it.
// Why    They are earmarks and no ledger accounts: no balance of an account changes. What keeps
//        them exact is what keeps accounts exact: one change after the other (the book), one commit
//        for effect, movement and answer, and a version without gaps (docs/decisions/0016).
// Bounds amounts 0..base::amount_minor_max; names and texts as in api-contract §2.4.
// Errors errc of each function.
// Threads none (values).
// Source api-contract §8, §9
#pragma once

#include "base/result.hpp"
#include "ledger/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

using goal_id = base::strong_id<struct goal_tag>;
using envelope_id = base::strong_id<struct envelope_tag>;

struct goal {
  goal_id id;
  user_id user;
  std::string name;
  base::centavos target;  ///< > 0
  base::centavos current; ///< 0..target
  base::utc_us due;       ///< target_date as sent
  base::civil_day due_day;
  std::optional<std::string> description;
  std::string category;
  std::string priority; ///< low, medium, high
  std::string status;   ///< as a client sent it; reads derive theirs
  std::uint64_t version = 0;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;
  std::optional<base::utc_us> deleted_at;

  bool operator==(const goal&) const = default;
};

struct budget_envelope {
  envelope_id id;
  user_id user;
  std::string name;
  base::centavos balance; ///< >= 0
  std::optional<base::centavos> target;
  std::optional<std::string> color;
  std::optional<std::string> description;
  std::uint64_t version = 0;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;
  std::optional<base::utc_us> deleted_at;

  bool operator==(const budget_envelope&) const = default;
};

/// Clients choose ids: a goal and an envelope may have the same one. The values are stored.
enum class earmark_kind : std::uint8_t { goal = 1, envelope = 2 };

std::string_view to_text(earmark_kind k); ///< goal, envelope

/// One change of one of them; versions of a goal or an envelope count from 1 without gap. Never
/// written twice.
struct earmark_movement {
  earmark_kind kind = earmark_kind::goal;
  base::id_key earmark = 0; ///< key of the goal or the envelope
  user_id user;
  std::uint64_t version = 0;
  base::centavos amount; ///< signed, not 0
  base::centavos after;
  base::utc_us at;

  bool operator==(const earmark_movement&) const = default;
};

/// achieved, overdue, at_risk, on_track or active, as of `today`.
std::string_view status_of(const goal& g, base::civil_day today);

/// The earmark with another amount, and the movement; nothing to write when it is the same.
struct goal_move {
  goal now;
  std::optional<earmark_movement> movement;
};
struct envelope_move {
  budget_envelope now;
  std::optional<earmark_movement> movement;
};
/// Never beyond the target.
goal_move add_to(const goal& g, base::centavos amount, base::utc_us at);
/// `current` within 0..target, else errc::goal_amount.
base::result<goal_move> set_current(const goal& g, base::centavos current, base::utc_us at);
/// Of either sign. Below 0: errc::envelope_insufficient; beyond the largest: errc::balance_limit.
base::result<envelope_move> move(const budget_envelope& e, base::centavos amount, base::utc_us at);

} // namespace ledger
