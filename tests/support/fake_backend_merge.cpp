// What a device has, merged into the maps of fake_backend.
#include "ledger/account_change.hpp"
#include "tests/support/fake_backend.hpp"

namespace http_test {

namespace {

using ledger::merge_refusal;
using ledger::merge_section;
using answer = base::result<ledger::outcome>;

template <class Row, class Edit>
base::status merge_rows(tests::memory_rows& all, const std::vector<Edit>& edits,
                        merge_section section, const ledger::user_id& u, base::utc_us now,
                        ledger::merged_books& made, std::vector<Row>& shown) {
  for (const auto& edit : edits) {
    std::optional<Row> own;
    for (const auto& row : all.all<Row>())
      if (row.id == edit.id && row.user == u) own = row;
    auto merged = ledger::merge(own ? &*own : nullptr, edit, u, now);
    if (!merged) return merged.error();
    if (merged->skipped) {
      made.skipped.push_back({section, edit.id.text(), *merged->skipped});
      continue;
    }
    shown.push_back(merged->now);
    if (merged->changed) all.put(merged->now);
    if (merged->movement) all.put(*merged->movement);
  }
  return {};
}

} // namespace

answer fake_backend::apply(const ledger::user_id& u, const ledger::merge_books& c) {
  const auto now = clock_.now();
  ledger::merged_books made;
  for (const auto& edit : c.accounts) {
    auto* a = own(u, edit.id, ledger::account_role::money);
    if (a == nullptr) {
      auto opened = ledger::open_account(edit, u, now);
      if (!opened) return opened.error();
      if (!*opened) {
        made.skipped.push_back(
            {merge_section::accounts, edit.id.text(), merge_refusal::incomplete});
        continue;
      }
      rows[edit.id] = (*opened)->after;
      made.accounts.push_back((*opened)->after);
      continue;
    }
    if (!a->record.active) {
      made.skipped.push_back({merge_section::accounts, edit.id.text(), merge_refusal::deleted});
      continue;
    }
    ledger::account_state state;
    state.record = a->record;
    state.posted = a->balance;
    state.version = a->version;
    auto changed = ledger::change_account(state, edit, now);
    if (!changed) return changed.error();
    *a = changed->after;
    made.accounts.push_back(*a);
  }
  for (const auto& edit : c.categories) {
    if (own(u, edit.id, ledger::account_role::category) == nullptr) {
      auto& fresh = rows[edit.id].record;
      fresh.id = edit.id;
      fresh.owner = u;
      fresh.role = ledger::account_role::category;
      fresh.created_at = now;
    }
    auto& record = rows[edit.id].record;
    if (edit.name) record.name = *edit.name;
    if (edit.type) record.type = *edit.type;
    if (edit.color) record.color = *edit.color;
    if (edit.icon) record.icon = *edit.icon;
    made.categories.push_back(record);
  }
  auto ok = merge_rows(beside, c.goals, merge_section::goals, u, now, made, made.goals);
  if (ok)
    ok = merge_rows(beside, c.envelopes, merge_section::envelopes, u, now, made, made.envelopes);
  if (!ok) return ok.error();
  return ledger::outcome{std::move(made)};
}

} // namespace http_test
