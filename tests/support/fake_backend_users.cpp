#include "tests/support/fake_backend.hpp"

#include <algorithm>

namespace http_test {

using ledger::account_role;

void fake_backend::change_user(const ledger::user_change& change) {
  auto& user = users[change.id];
  if (change.name) user.name = *change.name;
  if (change.email) user.email = *change.email;
  if (change.password_hash) user.password_hash = *change.password_hash;
  if (change.active) user.active = *change.active;
  if (change.admin) user.admin = *change.admin;
  user.updated_at = change.updated_at;
}

base::result<ledger::outcome> fake_backend::apply(const ledger::user_id& u,
                                                  const ledger::seed_members& c) {
  ledger::member_counts have;
  for (const auto& [id, a] : rows) {
    if (a.record.owner != u) continue;
    if (a.record.role == account_role::money && a.record.active) ++have.accounts;
    if (a.record.role == account_role::category && a.record.active) ++have.categories;
    if (a.record.role == account_role::opening) have.opening = true;
  }
  const auto fresh = ledger::lacking(c.members, have);
  const auto made = ledger::members_in(fresh);
  for (const auto& a : fresh) rows[a.id].record = a;
  if (c.note && !fresh.empty()) noted.push_back(ledger::seeding_note(*c.note, have, made));
  return ledger::outcome{made};
}

} // namespace http_test
