// A user's own data, and the end of an account (api-contract §12.2, §12.3).
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/login.hpp"
#include "http/api/login_attempt.hpp"
#include "http/api/render.hpp"
#include "http/api/snapshot.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"
#include "ledger/user_act.hpp"

#include <utility>

namespace http {

namespace {

/// No hash: no password is good for it.
constexpr std::string_view no_password = "!";

response not_confirmed(const request& r) {
  return problem(401, "BAD_CREDENTIALS", "Senha incorreta. Confirme a senha para excluir a conta.",
                 r.request_id);
}

ledger::user_change anonymous(const ledger::user_id& id, base::utc_us now) {
  ledger::user_change c;
  c.id = id;
  c.name = "Conta excluída";
  c.email = ledger::deleted_address(id);
  c.password_hash = no_password;
  c.active = false;
  c.updated_at = now;
  return c;
}

} // namespace

response my_data(const service& s, const request& r, const ledger::user_record& user) {
  const auto all = read_snapshot(s, user.id);
  if (!all) return s.refused(all.error(), r, about_user);
  response answer;
  append_snapshot(answer.body, *all, s.zone.day_of(s.clock.now()));
  answer.body += '}';
  return answer;
}

response delete_me(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad, {"password"}};
  const auto password = in.text("password", {.min = 1, .secret = true});
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto until = s.deadline();
  login_attempt attempt{s, r, user.email};
  if (const auto wait = attempt.take())
    return limited(s, r, observability::auth_operation::login, *wait);
  const auto verdict = s.passwords.verify(user.password_hash, *password);
  if (!verdict) {
    attempt.came_to_nothing();
    return s.refused(verdict.error(), r, about_user);
  }
  if (!verdict->matches) return not_confirmed(r);
  attempt.succeeded();

  const auto now = s.clock.now();
  ledger::change_rows wish;
  wish.reads = {ledger::credentials_of{user.id}, ledger::sessions_of_user{user.id, now},
                ledger::resets_of_user{user.id, now}, ledger::automations_of_user{user.id}};
  wish.decide = [id = user.id, verified = user.password_hash](
                    const std::vector<ledger::user_rows>& found,
                    base::utc_us when) -> base::result<ledger::row_change> {
    const auto current = ledger::row_of<ledger::credentials>(found.at(0));
    if (!current || current->password_hash != verified)
      return base::fail(ledger::errc::bad_credentials);
    ledger::row_change c;
    c.user = anonymous(id, when);
    for (auto& ended : ledger::revoked(ledger::rows_of<ledger::login_session>(found.at(1)), when))
      c.writes.emplace_back(std::move(ended));
    for (auto& used : ledger::used_up(ledger::rows_of<ledger::password_reset>(found.at(2)), when))
      c.writes.emplace_back(std::move(used));
    for (auto& rule : ledger::rows_of<ledger::automation>(found.at(3))) {
      rule.active = false;
      rule.next_run.reset();
      rule.updated_at = when;
      c.writes.emplace_back(std::move(rule));
    }
    return c;
  };
  const auto done = change_rows_now(s, user.id, r.request_id, std::move(wish), until);
  if (!done) {
    if (done.error().code == code_text(ledger::errc::bad_credentials)) return not_confirmed(r);
    return s.refused(done.error(), r, about_user);
  }
  response answer;
  answer.body = message_body("Conta excluída com sucesso. Seus dados foram anonimizados; o "
                             "histórico contábil é mantido para fins de auditoria.");
  clear_refresh_cookie(answer, s.settings.sessions.cookie);
  return answer;
}

} // namespace http
