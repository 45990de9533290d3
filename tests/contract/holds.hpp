// What   Holds as rows, and the items that place and end them.
// Why    The contract of holds and that of the verification need the same.
// Threads the test's.
#pragma once

#include "tests/contract/scribe.hpp"

namespace contract {

inline ledger::hold_record hold_of(const person& p, const std::string& id, std::int64_t amount) {
  ledger::hold_record h;
  h.id = ledger::hold_id{id};
  h.owner = p.user.id;
  h.account = p.checking.id;
  h.amount = {amount};
  h.description = "Conta de luz " + id;
  h.created_at = start;
  return h;
}
inline storage::commit_item placing(const person& p, std::vector<ledger::hold_record> fresh) {
  storage::commit_item item;
  item.user = p.user.id;
  item.holds_new = std::move(fresh);
  return item;
}
inline ledger::hold_record ended(ledger::hold_record h, ledger::hold_status how, base::utc_us at) {
  h.status = how;
  h.ended_at = at;
  return h;
}
inline storage::commit_item ending(const ledger::hold_record& h) {
  storage::commit_item item;
  item.user = h.owner;
  item.holds_changed = {h};
  return item;
}
inline std::optional<ledger::hold_record> hold_row(world& w, const person& p,
                                                   const std::string& id) {
  return value_of<std::optional<ledger::hold_record>>(
      [&](auto done) { w.reads().hold(p.user.id, ledger::hold_id{id}, std::move(done)); });
}
inline std::int64_t available(world& w, const person& p, base::utc_us now) {
  return value_of<std::optional<ledger::account_view>>(
             [&](auto done) { w.reads().account(p.user.id, p.checking.id, now, std::move(done)); })
      .value()
      .available.minor;
}

} // namespace contract
