#include "ledger/user_act.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "ledger/errc.hpp"

#include <iterator>
#include <utility>

namespace ledger {
namespace {

using base::json::object;

std::string role_text(bool admin) {
  return base::json::write(object{{"role", admin ? "admin" : "user"}});
}

std::string standing_text(bool active, std::int64_t sessions) {
  return base::json::write(object{{"active", active}, {"sessions", sessions}});
}

} // namespace

std::string_view action_of(user_act act) {
  switch (act) {
  case user_act::promote:
  case user_act::demote: return "user.role";
  case user_act::activate: return "user.activate";
  case user_act::deactivate: return "user.deactivate";
  case user_act::revoke_sessions: return "user.revoke_sessions";
  }
  UNREACHABLE("an act without a name");
}

std::string deleted_address(const user_id& id) {
  return "deleted_" + id.text() + "@anonymized.local";
}

base::result<row_change> decide_act(user_act act, const user_standing& standing, audit_note note,
                                    base::utc_us now) {
  if (!standing.user) return base::fail(errc::user_not_found);
  const auto& before = *standing.user;
  auto after = before;
  switch (act) {
  case user_act::promote: after.admin = true; break;
  case user_act::demote: after.admin = false; break;
  case user_act::activate: after.active = true; break;
  case user_act::deactivate: after.active = false; break;
  case user_act::revoke_sessions: break;
  }
  if (after.active && !before.active && before.email == deleted_address(before.id))
    return base::fail(errc::user_deleted);
  const auto counts = [](const user_record& u) { return u.admin && u.active; };
  if (counts(before) && !counts(after) && standing.other_admins == 0)
    return base::fail(errc::last_admin);

  row_change c;
  const bool ends = act == user_act::deactivate || act == user_act::revoke_sessions;
  if (ends)
    for (auto& ended : revoked(standing.sessions, now)) c.writes.emplace_back(std::move(ended));
  const auto ended = std::ssize(c.writes);
  if (after != before) {
    after.updated_at = now;
    user_change change;
    change.id = before.id;
    change.updated_at = now;
    if (after.active != before.active) change.active = after.active;
    if (after.admin != before.admin) change.admin = after.admin;
    c.user = change;
  }
  if (c.user || ended > 0) {
    note.action = action_of(act);
    note.target = before.id.text();
    const auto live = std::ssize(standing.sessions);
    const bool role = after.admin != before.admin;
    note.before = role ? role_text(before.admin) : standing_text(before.active, live);
    note.after = role ? role_text(after.admin) : standing_text(after.active, live - ended);
    c.note = std::move(note);
  }
  c.answer.emplace_back(std::move(after));
  c.answer.emplace_back(row_count{ended});
  return c;
}

} // namespace ledger
