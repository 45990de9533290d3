#include "ledger/account_change.hpp"

#include "ledger/errc.hpp"

#include <cstdlib>

namespace ledger {

namespace {

base::status limits_hold(const account_record& record, base::centavos balance,
                         base::centavos available, const update_account& edit) {
  if ((edit.change_floor || edit.balance) && record.floor && available < *record.floor)
    return base::fail(errc::floor_above_balance);
  if ((edit.change_ceiling || edit.balance) && record.ceiling && balance > *record.ceiling)
    return base::fail(errc::ceiling_below_balance);
  return {};
}

base::status edit_record(account_record& record, const update_account& edit) {
  if (edit.name) record.name = *edit.name;
  if (edit.type) record.type = *edit.type;
  if (edit.type) record.kind = kind_of_type(*edit.type);
  if (edit.credit_limit && record.kind != account_kind::liability)
    return base::fail(errc::not_a_credit_account);
  if (edit.change_floor) record.floor = edit.floor;
  if (edit.change_ceiling) record.ceiling = edit.ceiling;
  return {};
}

} // namespace

base::result<account_change> change_account(const account_state& before, const update_account& edit,
                                            base::utc_us now) {
  account_change c;
  auto& record = c.after.record;
  record = before.record;
  if (auto ok = edit_record(record, edit); !ok) return ok.error();
  // Nothing is under way here, but holds stand: they will be posted against the same floor.
  c.after.balance = edit.balance.value_or(before.posted);
  c.after.available = {c.after.balance.minor - before.held_back.minor};
  if (auto ok = limits_hold(record, c.after.balance, c.after.available, edit); !ok)
    return ok.error();
  c.difference = {c.after.balance.minor - before.posted.minor};
  // From one end of the range to the other is more than one posting may move.
  if (std::abs(c.difference.minor) > base::amount_minor_max) return base::fail(errc::balance_limit);
  c.after.version = before.version + (c.difference.minor != 0 ? 1u : 0u);
  c.changed = c.difference.minor != 0 || record != before.record;
  if (c.changed) record.updated_at = now;
  return c;
}

base::result<std::optional<account_change>> open_account(const update_account& edit,
                                                         const user_id& user, base::utc_us now) {
  if (!edit.name || !edit.type) return std::optional<account_change>{};
  account_change c;
  auto& record = c.after.record;
  record.id = edit.id;
  record.owner = user;
  record.created_at = now;
  if (auto ok = edit_record(record, edit); !ok) return ok.error();
  c.difference = edit.balance.value_or(base::centavos{0});
  c.after.balance = c.after.available = c.difference;
  if (auto ok = limits_hold(record, c.difference, c.difference, edit); !ok) return ok.error();
  c.after.version = c.difference.minor != 0 ? 1u : 0u;
  return std::optional{std::move(c)};
}

} // namespace ledger
