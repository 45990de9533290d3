// What   user_act: what an administrator does to a user, decided from the rows as they are.
// Why    One pure place says what each act changes, when it changes nothing, and that an active
//        administrator is always left.
// Errors user_not_found; user_deleted: whoever deleted the account does not come back; last_admin.
// Threads none (values). `other_admins` is of the whole database and not of one book: whoever lets
//        two acts that take an administrator run at once may lose both.
// Source api-contract §16; docs/decisions/0015
#pragma once

#include "ledger/login_session.hpp"
#include "ledger/user_row.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

enum class user_act : std::uint8_t { promote, demote, activate, deactivate, revoke_sessions };

/// "user.role", "user.activate", …: the action of its line in the audit log.
std::string_view action_of(user_act act);
/// There may be an administrator less after it.
constexpr bool takes_admin(user_act act) {
  return act == user_act::demote || act == user_act::deactivate;
}

struct user_standing {
  std::optional<user_record> user;
  std::int64_t other_admins = 0;       ///< active ones besides this user
  std::vector<login_session> sessions; ///< live ones
};

/// The change, with its line in the audit log and the user as it is then, behind it a row_count of
/// the sessions that end. What is so already is left alone and makes no line. Whoever is
/// deactivated loses all sessions. `note`: actor, reason and request_id; the rest is filled in.
base::result<row_change> decide_act(user_act act, const user_standing& standing, audit_note note,
                                    base::utc_us now);

/// The address that takes the place of that of somebody who deletes the account.
std::string deleted_address(const user_id& id);

} // namespace ledger
