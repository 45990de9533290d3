// Commands on accounts and categories (api-contract §5, §6).
#include "actors/book_actor.hpp"

#include "base/limits.hpp"
#include "ledger/account_change.hpp"
#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

namespace actors {
namespace {

using ledger::errc;

constexpr std::string_view opening_text = "Saldo inicial";
constexpr std::string_view adjustment_text = "Ajuste de saldo";

} // namespace

ledger::plan book::plan_system(ledger::transaction_type type, const ledger::account_id& account,
                               base::centavos effect, base::utc_us now) {
  ledger::transaction_record t;
  t.id = ledger::transaction_id::of(new_id(now));
  t.owner = user_;
  t.account = account;
  t.category = equity_;
  t.type = type;
  t.direction = effect.minor < 0 ? -1 : 1;
  t.amount = base::centavos{effect.minor < 0 ? -effect.minor : effect.minor};
  t.description = type == ledger::transaction_type::opening ? opening_text : adjustment_text;
  t.date = now;
  t.effective = env().local_day(now);
  t.created_at = base::instant_of(key_of(t.id));
  return ledger::plan_single(t);
}

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
    append(*op.item, plan_system(ledger::transaction_type::opening, record.id, c.opening, now));
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
    auto change = ledger::change_account(state, c, now);
    if (!change) return finish(o, change.error());
    auto& record = change->after.record;
    record.updated_at = now; // also when the edit says what is there
    o.item = new_item();
    o.item->accounts_changed.push_back(record);
    if (change->difference.minor != 0)
      append(*o.item,
             plan_system(ledger::transaction_type::adjustment, record.id, change->difference, now));
    o.learned.push_back(record);
    o.result = std::move(change->after);
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

// An amendment: the next one knows what this one made.
void book::run(operation& op, const ledger::seed_members& c) {
  ledger::member_counts have;
  have.opening = !equity_.empty();
  for (const auto& [id, m] : accounts_) have.accounts += m.record.active ? 1 : 0;
  for (const auto& [id, record] : categories_) have.categories += record.active ? 1 : 0;
  auto fresh = ledger::lacking(c.members, have);
  const auto made = ledger::members_in(fresh);
  if (accounts_.size() + made.accounts > base::limits::accounts_per_user_max ||
      categories_.size() + made.categories > base::limits::categories_per_user_max)
    return finish(op, base::fail(errc::too_many));
  op.result = made;
  if (fresh.empty() && !op.command->key) return finish(op, ledger::outcome{made});
  op.item = new_item();
  if (c.note && !fresh.empty()) op.item->note = ledger::seeding_note(*c.note, have, made);
  op.item->accounts_new = fresh;
  op.learned = std::move(fresh);
  commit(op);
}

// -- categories -----------------------------------------------------------------------------------

ledger::account_record book::new_category(const ledger::account_id& id, base::utc_us now) const {
  ledger::account_record record;
  record.id = id;
  record.owner = user_;
  record.role = ledger::account_role::category;
  record.created_at = now;
  return record;
}

void edit_category(ledger::account_record& record, const ledger::update_category& edit) {
  if (edit.name) record.name = *edit.name;
  if (edit.color) record.color = *edit.color;
  if (edit.icon) record.icon = *edit.icon;
  if (!edit.type) return;
  record.type = *edit.type;
  record.kind =
      *edit.type == "income" ? ledger::account_kind::income : ledger::account_kind::expense;
}

void book::run(operation& op, const ledger::create_category& c) {
  if (categories_.size() >= base::limits::categories_per_user_max)
    return finish(op, base::fail(errc::too_many));
  const auto now = env().time.now();
  auto record = new_category(ledger::account_id::of(new_id(now)), now);
  edit_category(record, {record.id, c.name, c.type, c.color, c.icon});
  op.item = new_item();
  op.item->accounts_new.push_back(record);
  op.learned.push_back(record);
  op.result = record;
  commit(op);
}

void book::run(operation& op, const ledger::update_category& c) {
  const auto* current = find_category(c.id);
  if (current == nullptr) return finish(op, base::fail(errc::category_not_found));
  if (c.if_match && *c.if_match != ledger::category_etag(*current))
    return finish(op, base::fail(errc::version_conflict));
  auto record = *current;
  edit_category(record, c);
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
  if (c.if_match && *c.if_match != ledger::category_etag(*current))
    return finish(op, base::fail(errc::version_conflict));
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
