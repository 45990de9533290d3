// What   Goals, envelopes and expenses that people share, with their movements and shares.
// Threads the test's.
#pragma once

#include "ledger/user_row.hpp"
#include "tests/contract/scribe.hpp"

#include <utility>

namespace contract {

inline ledger::goal goal_of(const person& p, const std::string& id) {
  ledger::goal g;
  g.id = ledger::goal_id{id};
  g.user = p.user.id;
  g.name = "Viagem";
  g.target = {1'000'000};
  g.due = start;
  g.due_day = base::day_of(start);
  g.category = "lazer";
  g.priority = "low";
  g.status = "active";
  g.created_at = start;
  return g;
}

inline ledger::budget_envelope envelope_of(const person& p, const std::string& id) {
  ledger::budget_envelope e;
  e.id = ledger::envelope_id{id};
  e.user = p.user.id;
  e.name = "Reserva";
  e.created_at = start;
  return e;
}

/// The goal after these amounts, behind its movements.
inline void add_moves(ledger::user_rows& to, ledger::goal g,
                      const std::vector<std::int64_t>& amounts) {
  for (const auto amount : amounts) {
    auto made = ledger::add_to(g, {amount}, start);
    to.emplace_back(*made.movement);
    g = made.now;
  }
  to.emplace_back(g);
}
inline void add_moves(ledger::user_rows& to, ledger::budget_envelope e,
                      const std::vector<std::int64_t>& amounts) {
  for (const auto amount : amounts) {
    auto made = ledger::move(e, {amount}, start);
    to.emplace_back(*made->movement);
    e = made->now;
  }
  to.emplace_back(e);
}

/// Of `by`, who pays the rest, with `other`, who pays 40.
inline void add_expense(ledger::user_rows& to, const person& by, const person& other, int n,
                        std::int64_t total) {
  ledger::shared_expense e;
  e.id = ledger::shared_expense_id{own_id(n)};
  e.user = by.user.id;
  e.total = {total};
  e.description = "Pizza";
  e.split = "custom";
  e.created_at = start;
  to.emplace_back(e);
  ledger::expense_share share;
  share.expense = e.id;
  share.status = "rejected";
  share.created_at = start;
  for (const auto& [who, amount] : {std::pair{&by, total - 40}, std::pair{&other, 40L}}) {
    // In the order of its making it is between those of other expenses.
    share.id = ledger::share_id{own_id(who == &by ? n : 100'000 - n)};
    share.user = who->user.id;
    share.amount = {amount};
    to.emplace_back(share);
  }
}

} // namespace contract
