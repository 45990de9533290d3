// What   What a device has of a user's goals and envelopes, by their ids, and what one of them
//        becomes.
// Why    A device that was away sends what it has, new and changed ones alike: the id says which.
//        What would be no change is none, so that the other devices are told nothing.
// Errors errc::goal_amount, errc::balance_limit: they refuse the whole.
// Threads none (pure).
// Source api-contract §12.2
#pragma once

#include "base/result.hpp"
#include "ledger/earmark.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

/// Absent: as it is. A new one needs name, target, due, category and priority.
struct goal_edit {
  goal_id id;
  std::optional<std::string> name, category, priority, status;
  std::optional<base::centavos> target, current;
  std::optional<base::utc_us> due;
  base::civil_day due_day; ///< with due
  bool change_description = false;
  std::optional<std::string> description;
};

/// Absent: as it is. A new one needs a name.
struct envelope_edit {
  envelope_id id;
  std::optional<std::string> name;
  std::optional<base::centavos> balance;
  bool change_target = false, change_color = false, change_description = false;
  std::optional<base::centavos> target;
  std::optional<std::string> color, description;
};

enum class merge_section : std::uint8_t { accounts, categories, envelopes, goals };
std::string_view to_text(merge_section s);

enum class merge_refusal : std::uint8_t {
  id_too_long,
  id_not_allowed, ///< it is of the form of ours and not of the past, so that we may make it one day
  id_in_use,      ///< an account's as a category's, or the reverse
  duplicate_id,   ///< it came before in the same section
  blank_name,
  other_user,
  deleted,
  incomplete, ///< a new one lacks what it needs
};
std::string_view to_text(merge_refusal r);

struct merge_skip {
  merge_section section = merge_section::accounts;
  std::string id; ///< as sent
  merge_refusal reason = merge_refusal::incomplete;

  bool operator==(const merge_skip&) const = default;
};

/// Whether a client may give something new this id: we shall never make it, and it stands for no
/// row that is gone.
bool may_choose(std::string_view id, base::utc_us now);

template <class Row> struct merged_row {
  std::optional<merge_refusal> skipped;
  Row now;
  bool changed = false;
  std::optional<earmark_movement> movement;
};
/// `there`: the user's own row with this id, deleted or not.
base::result<merged_row<goal>> merge(const goal* there, const goal_edit& edit, const user_id& user,
                                     base::utc_us now);
base::result<merged_row<budget_envelope>> merge(const budget_envelope* there,
                                                const envelope_edit& edit, const user_id& user,
                                                base::utc_us now);

} // namespace ledger
