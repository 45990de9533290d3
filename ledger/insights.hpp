// What   What is worth telling a user about this month: categories that cost more or less than in
//        the month before, goals that need more a month than they got so far.
// Why    The API and the jobs have to say the same, so both take it from here: no I/O, no clock.
// Bounds Any amounts >= 0: products and quotients are 128 bits wide. Integers only; quotients are
//        rounded half up, a falling variation by its size (-12.25 % is -12.3 %).
// Threads none (pure).
// Source api-contract §11.1
#pragma once

#include "ledger/earmark.hpp"
#include "ledger/insight_choice.hpp"
#include "ledger/month.hpp"
#include "ledger/query.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

inline constexpr std::string_view insight_category_variation = "category_variation";
inline constexpr std::string_view insight_goal_at_risk = "goal_at_risk";
inline constexpr std::string_view feedback_seen = "seen";
inline constexpr std::string_view feedback_ignored = "ignored";
inline constexpr std::int64_t insight_hidden_us =
    30 * base::us_per_day; ///< from when it was ignored
inline constexpr std::size_t insight_hash_max = 200;

// -- categories -----------------------------------------------------------------------------------

/// Both days included.
struct month_days {
  base::civil_day first, last;
};
month_days days_of(month m);

/// A ratio in tenths of a percent. One centavo before and the largest sum now leaves 64 bits.
struct permille {
  __extension__ using wide = __int128;
  wide count = 0;
  bool operator==(const permille&) const = default;
};
/// In percent: "25.0", "-12.3".
std::string percent_text(permille p);

/// What was spent in a month and in the one before.
struct spending {
  month of;
  monthly_sums current;
  monthly_sums previous;
};

struct category_variation {
  account_id category;
  std::string name;
  base::centavos current;            ///< > 0
  base::centavos previous;           ///< 0: the variation is nothing
  std::optional<permille> variation; ///< of the current one against the previous one
  base::centavos impact;             ///< the difference without its sign
  std::string explanation;
  std::string hash;
};

/// Of the categories with an expense in the month, the largest difference first; where two are as
/// large, by id.
std::vector<category_variation> category_variations(const spending& s);

// -- goals ----------------------------------------------------------------------------------------

/// How a goal stands that is neither reached nor due.
struct goal_outlook {
  goal_id goal;
  std::string name;
  base::centavos target, current;
  base::civil_day due;
  base::centavos gap;         ///< what is missing, > 0; its impact
  std::int32_t days_left = 0; ///< > 0
  base::centavos needed;      ///< a month, to be there in time
  std::string risk_reason;
  bool at_risk = false;
  std::string hash;
};

using day_of_instant = std::function<base::civil_day(base::utc_us)>;

/// All of them, the largest gap first; where two are as large, by id. `local_day` gives the day of
/// an instant in APP_TIMEZONE.
std::vector<goal_outlook> goal_outlooks(const std::vector<goal>& goals, base::civil_day today,
                                        const day_of_instant& local_day);

// -- what a user wants to see ---------------------------------------------------------------------

/// Hashes of the insights that are not shown at `now`; they live in `said`.
std::set<std::string_view> hidden(const std::vector<insight_feedback>& said, base::utc_us now);

template <class Insight>
void drop(std::vector<Insight>& insights, const std::set<std::string_view>& hashes) {
  std::erase_if(insights, [&](const Insight& i) { return hashes.contains(i.hash); });
}

} // namespace ledger
