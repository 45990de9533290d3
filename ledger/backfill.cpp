#include "ledger/backfill.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace ledger {
namespace {

using base::centavos;

/// By effective day, then by leg and account: the order of the postings and of their entries.
struct money_place {
  base::civil_day effective;
  transaction_id transaction;
  account_id account;

  auto operator<=>(const money_place&) const = default;
};

// Sums of a damaged ledger may be anything, so they are added in 128 bits.
__extension__ using wide = __int128;
using differences = std::map<money_place, wide>;

bool row_is_sound(const transaction_record& r) {
  const bool transfer = r.type == transaction_type::transfer;
  return r.amount.minor >= 1 && r.amount.minor <= base::amount_minor_max &&
         (r.direction == 1 || r.direction == -1) && transfer == r.partner.has_value() &&
         r.account != r.category && !r.account.empty() && !r.category.empty();
}

bool legs_agree(const transaction_record& a, const transaction_record& b) {
  return a.partner == b.id && b.partner == a.id && a.owner == b.owner && a.type == b.type &&
         a.direction + b.direction == 0 && a.amount == b.amount && a.effective == b.effective &&
         a.account != b.account && a.deleted_at.has_value() == b.deleted_at.has_value();
}

/// What should be there less what is there.
void subtract(differences& to, const transaction_state& s) {
  const auto& r = s.row;
  if (!r.deleted_at) {
    to[{r.effective, r.id, r.account}] += r.effect().minor;
    if (r.type != transaction_type::transfer)
      to[{r.effective, r.id, r.category}] -= r.effect().minor;
  }
  for (const auto& e : s.sums) to[{e.effective, r.id, e.account}] -= e.sum.minor;
}

/// Each day has to sum to zero, because each day becomes a posting.
bool can_be_posted(const differences& missing) {
  std::map<base::civil_day, wide> days;
  for (const auto& [at, amount] : missing) {
    if (amount > base::amount_minor_max || amount < -base::amount_minor_max) return false;
    days[at.effective] += amount;
  }
  return std::all_of(days.begin(), days.end(), [](const auto& d) { return d.second == 0; });
}

class repair_work {
public:
  explicit repair_work(const std::vector<transaction_state>& states) {
    for (const auto& s : states) by_id_.emplace(s.row.id, &s);
  }

  repair run() {
    for (const auto& [id, state] : by_id_) mend(*state);
    std::stable_partition(found_.entries.begin(), found_.entries.end(),
                          [](const entry_draft& e) { return e.amount.minor > 0; });
    return std::move(found_);
  }

private:
  void mend(const transaction_state& s) {
    if (!row_is_sound(s.row)) return give_up(s.row.id, damage::rows_contradict);
    if (s.row.type != transaction_type::transfer) return post({&s});
    const auto other = by_id_.find(*s.row.partner);
    if (other == by_id_.end()) return give_up(s.row.id, damage::partner_missing);
    const auto& partner = *other->second;
    if (!row_is_sound(partner.row) || !legs_agree(s.row, partner.row))
      return give_up(s.row.id, damage::rows_contradict);
    if (s.row.direction == -1) post({&s, &partner}); // once for both: with the origin
  }

  void post(const std::vector<const transaction_state*>& legs) {
    differences missing;
    for (const auto* s : legs) subtract(missing, *s);
    std::erase_if(missing, [](const auto& m) { return m.second == 0; });
    if (missing.empty()) return post_undone(legs);
    if (!can_be_posted(missing)) {
      for (const auto* s : legs) give_up(s->row.id, damage::half_a_posting);
      return;
    }
    const auto& row = legs.front()->row;
    std::optional<base::civil_day> day;
    for (const auto& [at, amount] : missing) {
      if (day != at.effective) ++postings_;
      day = at.effective;
      // What is taken back from a day where the transaction has no effect any more.
      const bool back = row.deleted_at || at.effective != row.effective;
      found_.entries.push_back({at.account, centavos{static_cast<std::int64_t>(amount)},
                                at.transaction, at.effective, postings_ - 1, back});
    }
    for (const auto* s : legs) {
      const bool has = std::any_of(missing.begin(), missing.end(),
                                   [&](const auto& m) { return m.first.transaction == s->row.id; });
      if (has) repaired(*s);
    }
  }

  /// Effect and reversal of what was deleted and of which neither is left.
  void post_undone(const std::vector<const transaction_state*>& legs) {
    const auto bare = [](const auto* s) { return s->sums.empty(); };
    if (std::none_of(legs.begin(), legs.end(), bare)) return;
    if (!std::all_of(legs.begin(), legs.end(), bare)) {
      for (const auto* s : legs) give_up(s->row.id, damage::half_a_posting);
      return;
    }
    for (const bool back : {false, true}) {
      for (const auto* s : legs) {
        const auto& r = s->row;
        const centavos effect{back ? -r.effect().minor : r.effect().minor};
        append(r, r.account, effect, back);
        if (r.type != transaction_type::transfer) append(r, r.category, {-effect.minor}, back);
      }
      ++postings_;
    }
    for (const auto* s : legs) repaired(*s);
  }

  void append(const transaction_record& r, const account_id& account, centavos amount, bool back) {
    found_.entries.push_back({account, amount, r.id, r.effective, postings_, back});
  }

  void repaired(const transaction_state& s) {
    found_.repaired.push_back(s.row.id);
    if (s.sums.empty()) found_.reborn.push_back(s.row.id);
  }

  void give_up(const transaction_id& id, damage why) { found_.beyond.push_back({id, why}); }

  std::map<transaction_id, const transaction_state*> by_id_;
  std::uint32_t postings_ = 0;
  repair found_;
};

constexpr std::array<std::string_view, 3> damage_names{"partner_missing", "rows_contradict",
                                                       "half_a_posting"};

} // namespace

std::string_view to_text(damage d) { return damage_names[static_cast<std::size_t>(d)]; }

bool is_whole(const transaction_state& of) {
  if (!row_is_sound(of.row) || of.sums.empty()) return false;
  differences missing;
  subtract(missing, of);
  return std::all_of(missing.begin(), missing.end(), [](const auto& m) { return m.second == 0; });
}

repair missing_entries(const std::vector<transaction_state>& states) {
  return repair_work{states}.run();
}

} // namespace ledger
