// What   household: two years of a Brazilian family's money, made from a seed: every movement in
//        its order, and the goals, envelopes and rules that such a family has.
// Why    What is shown and measured should look like life: wages on their day, bills with their
//        season, a card that is paid from the bank account, many small payments. The same seed and
//        the same last day make the same family.
// Bounds About 1400 movements. Nobody overdraws: only the card is below zero, and a transfer moves
//        what is there.
// Threads any; a pure function.
// Source api-contract §5, §6: it uses the accounts and categories of every new user.
#pragma once

#include "base/money.hpp"
#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace app {

inline constexpr std::int32_t household_days = 730;

/// The accounts of a new user, by the type that the API gives them.
enum class pocket : std::uint8_t { checking, savings, card, cash };
inline constexpr std::array<std::string_view, 4> pocket_types{"checking", "savings", "credit",
                                                              "cash"};

enum class move_kind : std::uint8_t { income, expense, transfer };
inline constexpr std::array<std::string_view, 3> move_types{"income", "expense", "transfer"};

struct household_move {
  base::civil_day day;
  move_kind kind = move_kind::expense;
  pocket from = pocket::checking;
  std::optional<pocket> to = {}; ///< of a transfer
  std::string_view category;     ///< name of one that a new user has
  std::string description;
  base::centavos amount;
  std::string_view tag = {}; ///< empty: none

  bool operator==(const household_move&) const = default;
};

struct household_goal {
  std::string_view name, category, priority;
  base::centavos target, current;
  base::civil_day due;

  bool operator==(const household_goal&) const = default;
};

struct household_envelope {
  std::string_view name, color;
  base::centavos balance, target;

  bool operator==(const household_envelope&) const = default;
};

/// A payment or saving that comes back every month, from its first day on.
struct household_habit {
  std::string_view name, category;
  move_kind kind = move_kind::expense;
  std::optional<pocket> to = {}; ///< of a transfer; always out of checking
  base::centavos amount;
  base::civil_day first;

  bool operator==(const household_habit&) const = default;
};

struct household {
  std::vector<household_move> moves; ///< in the order of time
  std::vector<household_goal> goals;
  std::vector<household_envelope> envelopes; ///< the last one takes what is rounded up
  std::vector<household_habit> habits;       ///< they begin behind the last movement
  std::array<std::int64_t, pocket_types.size()> held = {}; ///< centavos at the end

  bool operator==(const household&) const = default;
};

household make_household(std::uint64_t seed, base::civil_day until);

} // namespace app
