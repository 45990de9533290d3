// What   What follows from a posting in its own commit: alerts that it fires or arms again,
//        envelopes that it rounds up, webhooks that are told.
// Why    A rule that watches hears of each crossing once, and nobody sees the posting without it.
// Bounds Rules of one user. Facts are those before the commit; the caller sees to it that no other
//        commit of the user touches the same subjects meanwhile.
// Threads none (pure): facts, ids and now are arguments.
// Source api-contract §2.2, §10.2
#pragma once

#include "ledger/alerts.hpp"
#include "ledger/delivery.hpp"
#include "ledger/round_up.hpp"
#include "ledger/user_row.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ledger {

/// A transaction before and after the commit; a deleted one is there, and counts for nothing.
struct posted_change {
  std::optional<transaction_record> before;
  transaction_record after;
};

/// A round_up rule, also one that rests or is gone: what it has added follows its expense.
struct rounding {
  round_up_rule rule;
  bool adds = true; ///< to new expenses
};

/// The rules of a user that look at postings.
class watching {
public:
  /// It is active, or its round-ups are still to be corrected.
  static bool is_of_interest(const automation& rule);
  watching() = default;
  explicit watching(std::vector<automation> rules);

  bool none() const { return rules_.empty(); }
  /// Whether any looks at what is posted anew; others only correct what they have added.
  bool looks() const { return looks_; }
  /// Written just now: takes the place of what was known of it.
  void learn(const automation& rule);
  /// Whether a posting on these may concern a rule.
  bool concerns(const std::vector<account_id>& accounts, const account_id& category,
                bool expense) const;

  /// What has to be known to judge these changes.
  std::vector<row_question> questions(const user_id& user,
                                      const std::vector<posted_change>& changes,
                                      const std::map<account_id, base::centavos>& net) const;
  /// `facts`: the answers, in the order of the questions.
  user_rows rows(const std::vector<posted_change>& changes,
                 const std::map<account_id, base::centavos>& net,
                 const std::vector<row_question>& asked, const std::vector<user_rows>& facts,
                 base::utc_us now, const id_maker& new_id) const;

private:
  void parse();

  std::vector<automation> rules_;
  std::vector<watch_rule> watches_;
  std::vector<rounding> roundings_;
  bool looks_ = false;
};

/// What webhooks that want `alert_fired` hear of the notifications among the rows.
user_rows alert_webhooks(const user_rows& told, const std::vector<automation>& rules,
                         base::utc_us now, const id_maker& new_id);

} // namespace ledger
