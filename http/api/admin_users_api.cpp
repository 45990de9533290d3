// Users as administrators see and change them, and what a new book begins with (api-contract §16).
#include "http/api/admin_api.hpp"
#include "http/api/handlers.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/login.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/starter_accounts.hpp"
#include "http/api/text.hpp"
#include "http/perform.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"
#include "ledger/user_act.hpp"

#include <array>
#include <mutex>
#include <set>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::user_act;
using changed = base::result<ledger::changed_rows>;

constexpr std::array<std::string_view, 2> roles{"user", "admin"};

/// Acts that may take an administrator, one after the other in this process: of two at once each
/// would count the other.
class admin_turns {
public:
  /// `see(user)` is answered when all that the user's book had begun has ended.
  template <class See, class Act>
  changed take(std::chrono::milliseconds patience, const ledger::user_id& user, See see, Act act) {
    const std::unique_lock hold{mutex_, patience};
    if (!hold) return base::failure{"OVERLOADED", {}};
    // Whose end nobody knows may still take effect.
    while (!unknown_.empty()) {
      if (const auto ended = see(*unknown_.begin()); !ended) return ended.error();
      unknown_.erase(unknown_.begin());
    }
    auto done = act();
    if (!done && done.error().code == "OUTCOME_UNKNOWN") unknown_.insert(user);
    return done;
  }

private:
  std::timed_mutex mutex_;
  std::set<ledger::user_id> unknown_;
};

admin_turns& turns() {
  static admin_turns all;
  return all;
}

ledger::change_rows nothing_at_all() {
  ledger::change_rows wish;
  wish.of_operator = true;
  wish.decide = [](const std::vector<ledger::user_rows>&, base::utc_us) {
    return base::result<ledger::row_change>{ledger::row_change{}};
  };
  return wish;
}

ledger::change_rows wish_of(user_act act, const ledger::user_id& user, base::utc_us now,
                            const ledger::audit_note& note) {
  ledger::change_rows wish;
  wish.of_operator = true;
  wish.reads = {ledger::profile_of{user}, ledger::other_admins{user},
                ledger::sessions_of_user{user, now}};
  wish.decide = [act, note](const std::vector<ledger::user_rows>& found, base::utc_us when) {
    ledger::user_standing standing;
    standing.user = ledger::row_of<ledger::user_record>(found.at(0));
    standing.other_admins = ledger::row_of<ledger::row_count>(found.at(1)).value().count;
    standing.sessions = ledger::rows_of<ledger::login_session>(found.at(2));
    return ledger::decide_act(act, standing, note, when);
  };
  return wish;
}

struct acted {
  ledger::user_record user;
  std::int64_t sessions = 0; ///< that have ended
};

/// An answer has at most so many sessions; whoever has more loses the others right behind them.
base::result<acted> perform_act(const service& s, user_act act, const ledger::user_id& user,
                                const ledger::audit_note& note) {
  const auto until = s.deadline();
  const auto change = [&](const ledger::user_id& whose, ledger::change_rows wish) {
    return change_rows_now(s, whose, note.request_id, std::move(wish), until);
  };
  const auto once = [&] { return change(user, wish_of(act, user, s.clock.now(), note)); };
  acted all;
  for (;;) {
    const auto done =
        ledger::takes_admin(act)
            ? turns().take(
                  s.settings.deadline, user,
                  [&](const ledger::user_id& open) { return change(open, nothing_at_all()); }, once)
            : once();
    if (!done) return done.error();
    const auto ended = ledger::row_of<ledger::row_count>(done->rows).value().count;
    all.user = ledger::row_of<ledger::user_record>(done->rows).value();
    all.sessions += ended;
    if (ended < ledger::user_rows_max) return all;
  }
}

ledger::audit_note note_by(const ledger::user_record& admin, const request& r, std::string reason) {
  ledger::audit_note note;
  note.actor = admin.id.text();
  note.reason = std::move(reason);
  note.request_id = r.request_id;
  return note;
}

/// Nobody's book is loaded for an id that is nobody's.
std::optional<base::failure> unknown(const service& s, const ledger::user_id& id) {
  const auto user = s.books.user_by_id(id);
  if (!user) return user.error();
  if (!*user) return base::fail(ledger::errc::user_not_found);
  return std::nullopt;
}

response act_on(const service& s, const request& r, const ledger::user_record& admin, user_act act,
                const std::string& reason) {
  const ledger::user_id id{r.path_param("id")};
  if (const auto why = unknown(s, id)) return s.refused(*why, r, about_user);
  const auto done = perform_act(s, act, id, note_by(admin, r, reason));
  if (!done) return s.refused(done.error(), r, about_user);
  response answer;
  if (act == user_act::revoke_sessions)
    answer.body =
        json::write(json::object{{"user_id", id.text()}, {"sessions_revoked", done->sessions}});
  else
    append_user(answer.body, done->user);
  return answer;
}

/// An act that only wants its reason.
response plain_act(const service& s, const request& r, const ledger::user_record& admin,
                   user_act act) {
  return act_with_reason(
      s, r, admin, [&](const std::string& reason) { return act_on(s, r, admin, act, reason); });
}

/// `note`: an administrator does it.
response seed(const service& s, const request& r, const ledger::user_id& id,
              std::optional<ledger::audit_note> note) {
  if (const auto why = unknown(s, id)) return s.refused(*why, r, about_user);
  if (note) {
    note->action = "user.seed_defaults";
    note->target = id.text();
  }
  ledger::envelope command;
  command.user = id;
  command.request_id = r.request_id;
  command.deadline = s.deadline();
  command.what =
      ledger::seed_members{starter_accounts(id, s.clock.now(), s.new_id), std::move(note)};
  const auto done = perform(s.books, std::move(command));
  if (!done) return s.refused(done.error(), r, about_user);
  const auto& made = std::get<ledger::seeded_members>(*done);
  response answer;
  answer.body =
      json::write(json::object{{"user_id", id.text()},
                               {"accounts_created", static_cast<std::int64_t>(made.accounts)},
                               {"categories_created", static_cast<std::int64_t>(made.categories)}});
  return answer;
}

} // namespace

response admin_find_users(const service& s, const request& r, const ledger::user_record&) {
  faults bad;
  query_reader in{r, bad};
  const auto email = in.text("email", 255);
  if (bad.empty() && !email) in.add("email", "missing", "Field required", {});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = s.books.user_by_email(lower_ascii(trimmed(*email)));
  if (!found) return s.refused(found.error(), r, refusal_context::subject::user);
  response answer;
  answer.body = "{\"items\":[";
  if (*found) append_user(answer.body, **found);
  answer.body += "],\"next_cursor\":null}";
  return answer;
}

response admin_set_role(const service& s, const request& r, const ledger::user_record& admin) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  const auto& object = std::get<json::value>(body);
  faults bad;
  const auto role = object_reader{object, {"body"}, bad}.one_of("role", roles);
  const auto reason = read_reason(r, object, bad);
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  key.canonical = json::object{{"role", *role}, {"reason", *reason}};
  return keyed_action(s, r, admin, std::move(key), [&] {
    return act_on(s, r, admin, *role == "admin" ? user_act::promote : user_act::demote, *reason);
  });
}

response admin_activate(const service& s, const request& r, const ledger::user_record& admin) {
  return plain_act(s, r, admin, user_act::activate);
}

response admin_deactivate(const service& s, const request& r, const ledger::user_record& admin) {
  return plain_act(s, r, admin, user_act::deactivate);
}

response admin_revoke_sessions(const service& s, const request& r,
                               const ledger::user_record& admin) {
  return plain_act(s, r, admin, user_act::revoke_sessions);
}

response admin_seed_defaults(const service& s, const request& r, const ledger::user_record& admin) {
  return act_with_reason(s, r, admin, [&](const std::string& reason) {
    return seed(s, r, ledger::user_id{r.path_param("id")}, note_by(admin, r, reason));
  });
}

// A user does it alone; for somebody else it is the administrator's, and for others nobody's.
response seed_default_data(const service& s, const request& r, const ledger::user_record& user) {
  const ledger::user_id id{r.path_param("id")};
  if (id != user.id && user.admin) return admin_seed_defaults(s, r, user);
  if (id != user.id) return s.refused(base::fail(ledger::errc::user_not_found), r, about_user);
  const auto body = read_admin_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  const auto& object = std::get<json::value>(body);
  faults bad;
  // Nobody asks for it, but one that is no reason is refused as everywhere.
  const bool given = object.find("reason") != nullptr || r.query_value("reason") != nullptr;
  const auto reason = given ? read_reason(r, object, bad) : std::nullopt;
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (reason) key.canonical = json::object{{"reason", *reason}};
  return keyed_action(s, r, user, std::move(key), [&] { return seed(s, r, id, std::nullopt); });
}

} // namespace http
