#include "ledger/starter_members.hpp"

#include "base/json.hpp"

#include <algorithm>
#include <iterator>

namespace ledger {
namespace {

std::string counts_text(std::size_t accounts, std::size_t categories) {
  return base::json::write(
      base::json::object{{"accounts", static_cast<std::int64_t>(accounts)},
                         {"categories", static_cast<std::int64_t>(categories)}});
}

} // namespace

std::vector<account_record> lacking(const std::vector<account_record>& members,
                                    const member_counts& have) {
  std::vector<account_record> wanted;
  std::copy_if(members.begin(), members.end(), std::back_inserter(wanted), [&](const auto& m) {
    switch (m.role) {
    case account_role::money: return have.accounts == 0;
    case account_role::category: return have.categories == 0;
    case account_role::opening: break;
    }
    return !have.opening;
  });
  return wanted;
}

seeded_members members_in(const std::vector<account_record>& made) {
  seeded_members counted;
  for (const auto& m : made) {
    if (m.role == account_role::money) ++counted.accounts;
    if (m.role == account_role::category) ++counted.categories;
  }
  return counted;
}

audit_note seeding_note(audit_note note, const member_counts& had, const seeded_members& made) {
  note.before = counts_text(had.accounts, had.categories);
  note.after = counts_text(had.accounts + made.accounts, had.categories + made.categories);
  return note;
}

} // namespace ledger
