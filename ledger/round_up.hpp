// What   A round_up rule as values, and what it added to its envelope for one transaction.
// Why    An edit or a delete of the expense takes back exactly what was added, also when the rule
//        has been changed since.
// Bounds step 100, 500 or 1,000 centavos: all others count as 100.
// Threads none (pure).
// Source api-contract §2.2, §10
#pragma once

#include "ledger/automation.hpp"
#include "ledger/earmark.hpp"
#include "ledger/transaction.hpp"

#include <cstdint>
#include <optional>

namespace ledger {

/// Written whole; an amount of 0: nothing of it is left.
struct round_up {
  transaction_id transaction;
  automation_id rule;
  user_id user;
  envelope_id envelope;
  base::centavos amount; ///< >= 0
  base::utc_us at;

  bool operator==(const round_up&) const = default;
};

struct round_up_rule {
  automation_id id;
  envelope_id envelope;
  base::centavos step;
};
/// Of an active rule; nothing when it names no envelope.
std::optional<round_up_rule> round_up_rule_of(const automation& rule);

/// What a rule of the type says of rounding, whatever its state.
struct rounding_terms {
  base::centavos step;
  std::optional<base::utc_us> changed; ///< last; never: it has always said so
};
/// Nothing: the rule is of another type.
std::optional<rounding_terms> rounding_terms_of(const automation& rule);

enum class round_up_verdict : std::uint8_t { sound, too_little, wrong };
/// Whether it is what the transaction, as it is now, adds; any step counts of a rule that was ever
/// changed. 0 is sound: its envelope may have been gone. So is what cannot be known: the
/// transaction was changed when the rule may have been of another type. `too_little` is sound where
/// the envelope was full.
round_up_verdict judge_round_up(const round_up& u, const transaction_record& of,
                                const std::optional<rounding_terms>& rule);

/// ceil(c / step) · step − c
base::centavos rounded_up(base::centavos amount, base::centavos step);

} // namespace ledger
