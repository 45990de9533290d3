#include "ledger/effective_days.hpp"

#include "ledger/errc.hpp"

namespace ledger {

base::result<std::vector<effective_day>> merged(const std::vector<effective_day>& known,
                                                const std::vector<day_sum>& added) {
  std::vector<effective_day> changed;
  effective_day last;   // as it was
  base::centavos moved; // by the new entries up to the day
  std::uint64_t counted = 0;
  auto old = known.begin();
  auto fresh = added.begin();
  while (old != known.end() || fresh != added.end()) {
    const bool is_old = old != known.end() && (fresh == added.end() || old->day <= fresh->day);
    const bool is_new = fresh != added.end() && (old == known.end() || fresh->day <= old->day);
    const auto day = is_old ? old->day : fresh->day;
    if (is_old) last = *old++;
    if (is_new) {
      const auto sum = base::add(moved, fresh->amount);
      if (!sum) return base::fail(errc::balance_limit);
      moved = *sum;
      counted += fresh++->entries;
    }
    if (counted == 0) continue; // before the first new one
    const auto balance = base::add(last.balance, moved);
    if (!balance) return base::fail(errc::balance_limit);
    changed.push_back({day, *balance, last.entries + counted});
  }
  return changed;
}

} // namespace ledger
