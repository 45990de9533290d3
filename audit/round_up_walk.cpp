#include "audit/round_up_walk.hpp"

#include "audit/commit_pages.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace audit {

using ledger::dumped_row;

round_up_walk::round_up_walk(storage::bulk& books, ledger::user_row_auditor& judge,
                             verify_counts& n, std::function<base::status()> told)
    : books_(books), judge_(judge), counts_(n), told_(std::move(told)),
      rows_(
          [&books](const ledger::round_up* last) -> base::result<std::vector<ledger::round_up>> {
            ledger::rows_after asked;
            asked.kind = dumped_row::round_ups;
            asked.limit = page;
            if (last != nullptr) {
              asked.key = key_of(last->transaction);
              asked.version = static_cast<std::uint64_t>(key_of(last->rule));
            }
            const auto found = books.user_rows(asked);
            if (!found) return found.error();
            return ledger::rows_of<ledger::round_up>(*found);
          },
          told_) {}

base::status round_up_walk::begin() {
  ledger::rows_after asked;
  asked.kind = dumped_row::automations;
  asked.limit = page;
  for (;;) {
    const auto found = books_.user_rows(asked);
    if (!found) return found.error();
    if (found->empty()) return {};
    for (const auto& rule : ledger::rows_of<ledger::automation>(*found)) {
      if (const auto terms = ledger::rounding_terms_of(rule)) rules_.emplace(rule.id, *terms);
      asked.key = key_of(rule.id);
    }
    if (auto s = told_(); !s) return s;
  }
}

base::status round_up_walk::transaction(const ledger::transaction_record& row) {
  return up_to(&row);
}
base::status round_up_walk::finish() { return up_to(nullptr); }

base::status round_up_walk::up_to(const ledger::transaction_record* row) {
  for (;;) {
    const auto next = rows_.peek();
    if (!next) return next.error();
    if (*next == nullptr) return {};
    const auto key = key_of((**next).transaction);
    if (row != nullptr && key_of(row->id) < key) return {};
    const bool its_own = row != nullptr && key_of(row->id) == key;
    if (auto s = judge(**next, its_own ? row : nullptr); !s) return s;
    rows_.take();
    ++counts_.round_ups;
  }
}

base::status round_up_walk::judge(const ledger::round_up& u, const ledger::transaction_record* of) {
  auto verdict = ledger::round_up_verdict::sound;
  if (of != nullptr && (judge_.judges(u.user) || judge_.judges(of->owner))) {
    const auto rule = rules_.find(u.rule);
    verdict = ledger::judge_round_up(
        u, *of, rule == rules_.end() ? std::nullopt : std::optional{rule->second});
    if (verdict == ledger::round_up_verdict::too_little) {
      const auto full = was_full(u.envelope);
      if (!full) return full.error();
      if (*full) verdict = ledger::round_up_verdict::sound;
    }
  }
  judge_.row(u, of, verdict);
  return {};
}

base::result<bool> round_up_walk::was_full(const ledger::envelope_id& envelope) {
  ledger::rows_after asked;
  asked.kind = dumped_row::movements;
  asked.earmarks = ledger::earmark_kind::envelope;
  asked.key = key_of(envelope);
  asked.limit = page;
  for (;;) {
    const auto found = books_.user_rows(asked);
    if (!found) return found.error();
    const auto moves = ledger::rows_of<ledger::earmark_movement>(*found);
    for (const auto& m : moves) {
      if (m.kind != asked.earmarks || m.earmark != asked.key) return false;
      if (m.after.minor == base::amount_minor_max) return true;
    }
    if (moves.empty()) return false;
    asked.version = moves.back().version;
    if (auto s = told_(); !s) return s.error();
  }
}

} // namespace audit
