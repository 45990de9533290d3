// Commands on accounts and categories (api-contract §5, §6).
#include "actors/book_actor.hpp"

#include "base/limits.hpp"
#include "ledger/errc.hpp"

#include <cstdlib>

namespace actors {
namespace {

using ledger::errc;

constexpr std::string_view opening_text = "Saldo inicial";
constexpr std::string_view adjustment_text = "Ajuste de saldo";

/// An opening or adjustment against the equity account of the user.
ledger::transaction_record
system_transaction(environment& env, base::id_key id, const ledger::user_id& user,
                   const ledger::account_id& account, const ledger::account_id& equity,
                   ledger::transaction_type type, base::centavos effect, base::utc_us now) {
  ledger::transaction_record t;
  t.id = ledger::transaction_id::of(id);
  t.owner = user;
  t.account = account;
  t.category = equity;
  t.type = type;
  t.direction = effect.minor < 0 ? -1 : 1;
  t.amount = base::centavos{effect.minor < 0 ? -effect.minor : effect.minor};
  t.description = type == ledger::transaction_type::opening ? opening_text : adjustment_text;
  t.date = now;
  t.effective = env.local_day(now);
  t.created_at = base::instant_of(key_of(t.id));
  return t;
}

} // namespace

void book::run(operation& op, const ledger::create_account& c) {
  if (accounts_.size() >= base::limits::accounts_per_user_max)
    return finish(op, base::fail(errc::too_many));
  if (c.floor && c.opening < *c.floor) return finish(op, base::fail(errc::floor_above_balance));
  if (c.ceiling && c.opening > *c.ceiling)
    return finish(op, base::fail(errc::ceiling_below_balance));
  const auto now = env().time.now();
  ledger::account_record record;
  record.id = ledger::account_id::of(new_id(now));
  record.owner = user_;
  record.kind = ledger::kind_of_type(c.type);
  record.type = c.type;
  record.name = c.name;
  if (c.credit_limit && record.kind != ledger::account_kind::liability)
    return finish(op, base::fail(errc::not_a_credit_account));
  record.floor = c.floor;
  record.ceiling = c.ceiling;
  record.created_at = now;
  op.item = new_item();
  op.item->accounts_new.push_back(record);
  if (c.opening.minor != 0) {
    append(*op.item, ledger::plan_single(
                         system_transaction(env(), new_id(now), user_, record.id, equity_,
                                            ledger::transaction_type::opening, c.opening, now)));
  }
  op.learned.push_back(record);
  op.result = ledger::account_view{record, c.opening, c.opening, c.opening.minor != 0 ? 1u : 0u};
  commit(op);
}

void book::run(operation& op, const ledger::update_account& c) {
  const auto* m = find_account(c.id);
  if (m == nullptr || !m->record.active) return finish(op, base::fail(errc::account_not_found));
  ask_exclusive(op, {c.id}, [this, c](operation& o) {
    const auto& state = o.states.at(c.id);
    if (!state.record.active) return finish(o, base::fail(errc::account_not_found));
    if (c.if_version && *c.if_version != state.version)
      return finish(o, base::fail(errc::version_conflict));
    const auto now = env().time.now();
    auto record = state.record;
    if (c.name) record.name = *c.name;
    if (c.type) record.type = *c.type;
    if (c.type) record.kind = ledger::kind_of_type(*c.type);
    if (c.credit_limit && record.kind != ledger::account_kind::liability)
      return finish(o, base::fail(errc::not_a_credit_account));
    if (c.change_floor) record.floor = c.floor;
    if (c.change_ceiling) record.ceiling = c.ceiling;
    record.updated_at = now;
    // Nothing is under way here, but holds stand: they will be posted against the same floor.
    const auto balance = c.balance.value_or(state.posted);
    const base::centavos available{balance.minor - state.held_back.minor};
    if ((c.change_floor || c.balance) && record.floor && available < *record.floor)
      return finish(o, base::fail(errc::floor_above_balance));
    if ((c.change_ceiling || c.balance) && record.ceiling && balance > *record.ceiling)
      return finish(o, base::fail(errc::ceiling_below_balance));
    const base::centavos difference{balance.minor - state.posted.minor};
    // From one end of the range to the other is more than one posting may move.
    if (std::abs(difference.minor) > base::amount_minor_max)
      return finish(o, base::fail(errc::balance_limit));
    o.item = new_item();
    o.item->accounts_changed.push_back(record);
    if (difference.minor != 0) {
      append(*o.item, ledger::plan_single(system_transaction(
                          env(), new_id(now), user_, record.id, equity_,
                          ledger::transaction_type::adjustment, difference, now)));
    }
    o.learned.push_back(record);
    o.result = ledger::account_view{record, balance, available,
                                    state.version + (difference.minor != 0 ? 1u : 0u)};
    commit(o);
  });
}

void book::run(operation& op, const ledger::close_account& c) {
  const auto* m = find_account(c.id);
  if (m == nullptr) return finish(op, base::fail(errc::account_not_found));
  ask_exclusive(op, {c.id}, [this, c](operation& o) {
    const auto& state = o.states.at(c.id);
    if (!state.record.active) return finish(o, base::fail(errc::account_already_deleted));
    if (c.if_version && *c.if_version != state.version)
      return finish(o, base::fail(errc::version_conflict));
    auto record = state.record;
    record.active = false;
    record.updated_at = env().time.now();
    o.item = new_item();
    o.item->accounts_changed.push_back(record);
    o.learned.push_back(record);
    o.result = ledger::done{};
    commit(o);
  });
}

// -- categories -----------------------------------------------------------------------------------

void book::run(operation& op, const ledger::create_category& c) {
  if (categories_.size() >= base::limits::categories_per_user_max)
    return finish(op, base::fail(errc::too_many));
  const auto now = env().time.now();
  ledger::account_record record;
  record.id = ledger::account_id::of(new_id(now));
  record.owner = user_;
  record.role = ledger::account_role::category;
  record.kind = c.type == "income" ? ledger::account_kind::income : ledger::account_kind::expense;
  record.type = c.type;
  record.name = c.name;
  record.color = c.color;
  record.icon = c.icon;
  record.created_at = now;
  op.item = new_item();
  op.item->accounts_new.push_back(record);
  op.learned.push_back(record);
  op.result = record;
  commit(op);
}

void book::run(operation& op, const ledger::update_category& c) {
  const auto* current = find_category(c.id);
  if (current == nullptr) return finish(op, base::fail(errc::category_not_found));
  auto record = *current;
  if (c.name) record.name = *c.name;
  if (c.color) record.color = *c.color;
  if (c.icon) record.icon = *c.icon;
  if (c.type) record.type = *c.type;
  if (c.type)
    record.kind =
        *c.type == "income" ? ledger::account_kind::income : ledger::account_kind::expense;
  record.updated_at = env().time.now();
  op.item = new_item();
  op.item->accounts_changed.push_back(record);
  op.learned.push_back(record);
  op.result = record;
  commit(op);
}

void book::run(operation& op, const ledger::archive_category& c) {
  const auto* current = find_category(c.id);
  if (current == nullptr) return finish(op, base::fail(errc::category_not_found));
  auto record = *current;
  record.active = false;
  record.updated_at = env().time.now();
  op.item = new_item();
  op.item->accounts_changed.push_back(record);
  op.learned.push_back(record);
  op.result = ledger::done{};
  commit(op);
}

} // namespace actors
