// A password that is changed, forgotten, chosen anew.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/login.hpp"
#include "http/api/login_attempt.hpp"
#include "http/api/render.hpp"
#include "http/api/text.hpp"
#include "http/auth/secret_token.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

namespace http {

namespace {

constexpr auto operation = observability::auth_operation::reset;

/// The new password, the sessions that it ends, and the links that it makes useless.
ledger::row_change with_password(const ledger::user_id& user, const std::string& hash,
                                 const ledger::user_rows& sessions, const ledger::user_rows& resets,
                                 base::utc_us now,
                                 const std::optional<ledger::session_id>& keep = {}) {
  ledger::row_change c;
  c.user = new_password(user, hash, now);
  for (auto& ended : ledger::revoked(ledger::rows_of<ledger::login_session>(sessions), now, keep))
    c.writes.emplace_back(std::move(ended));
  for (auto& used : ledger::used_up(ledger::rows_of<ledger::password_reset>(resets), now))
    c.writes.emplace_back(std::move(used));
  return c;
}

response wrong_old_password(const request& r) {
  return problem(401, "BAD_CREDENTIALS", "Senha atual incorreta", r.request_id);
}

/// The 429 of somebody who asks or tries too often, from one address.
std::optional<response> too_often(const service& s, const request& r) {
  if (s.throttle == nullptr) return std::nullopt;
  const auto wait =
      s.throttle->take(throttle_scope::reset, client_address(r, s.settings.proxies), s.clock.now());
  if (!wait) return std::nullopt;
  return limited(s, r, operation, *wait);
}

} // namespace

response forgot_password(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad};
  const auto email = in.email("email");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = too_often(s, r)) return std::move(*refused);
  if (s.resets != nullptr) s.resets->ask(*email, r.request_id);
  response answer;
  answer.body =
      message_body("Se o email estiver cadastrado, você receberá um link para redefinir a senha.");
  return answer;
}

response reset_password(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad, {"token", "new_password"}};
  const auto token = in.text("token", {.min = 1, .max = 128, .secret = true});
  const auto fresh = in.text("new_password", {.min = 8, .max = 128, .secret = true});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = too_often(s, r)) return std::move(*refused);

  const auto until = s.deadline();
  // Looked at before the slow hash; the change decides in the end.
  const auto by_hash = ledger::reset_by_hash{hash_of_secret(*token)};
  const auto rows = s.books.user_rows(by_hash);
  if (!rows) return s.refused(rows.error(), r, about_user);
  const auto reset = ledger::row_of<ledger::password_reset>(*rows);
  if (!reset || !reset->usable(s.clock.now()))
    return s.refused(base::fail(ledger::errc::reset_invalid), r, about_user);
  auto hash = s.passwords.hash(*fresh);
  if (!hash) return s.refused(hash.error(), r, about_user);

  ledger::change_rows wish;
  const auto now = s.clock.now();
  wish.reads = {by_hash, ledger::sessions_of_user{reset->user, now},
                ledger::resets_of_user{reset->user, now}};
  wish.decide = [id = reset->user,
                 hash = std::move(*hash)](const std::vector<ledger::user_rows>& found,
                                          base::utc_us when) -> base::result<ledger::row_change> {
    const auto used = ledger::row_of<ledger::password_reset>(found.at(0));
    if (!used || !used->usable(when)) return base::fail(ledger::errc::reset_invalid);
    return with_password(id, hash, found.at(1), found.at(2), when); // this link is among them
  };
  const auto done = change_rows_now(s, reset->user, r.request_id, std::move(wish), until);
  if (!done) {
    // The books of somebody who is no user any more.
    if (done.error().code == "UNAUTHORIZED")
      return s.refused(base::fail(ledger::errc::reset_invalid), r, about_user);
    return s.refused(done.error(), r, about_user);
  }
  if (s.throttle != nullptr)
    if (const auto user = s.books.user_by_id(reset->user); user && *user)
      s.throttle->clear(throttle_scope::account, (**user).email);
  response answer;
  answer.body = message_body("Senha redefinida com sucesso");
  return answer;
}

response change_password(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{
      std::get<base::json::value>(body), {"body"}, bad, {"current_password", "new_password"}};
  const auto current = in.text("current_password", {.min = 1, .secret = true});
  const auto fresh = in.text("new_password", {.min = 8, .max = 128, .secret = true});
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto until = s.deadline();
  // Whoever holds a stolen token must not try passwords faster than at the login.
  login_attempt attempt{s, r, user.email};
  if (const auto wait = attempt.take()) return limited(s, r, operation, *wait);
  const auto verdict = s.passwords.verify(user.password_hash, *current);
  if (!verdict) {
    attempt.came_to_nothing();
    return s.refused(verdict.error(), r, about_user);
  }
  if (!verdict->matches) return wrong_old_password(r);
  attempt.succeeded();
  auto hash = s.passwords.hash(*fresh);
  if (!hash) return s.refused(hash.error(), r, about_user);

  ledger::change_rows wish;
  const auto now = s.clock.now();
  const auto own = session_of(s, r);
  wish.reads = {ledger::credentials_of{user.id}, ledger::session_by_id{own},
                ledger::sessions_of_user{user.id, now}, ledger::resets_of_user{user.id, now}};
  // Whatever was verified above may have been changed or revoked since.
  wish.decide = [id = user.id, own, verified = user.password_hash,
                 hash = std::move(*hash)](const std::vector<ledger::user_rows>& found,
                                          base::utc_us when) -> base::result<ledger::row_change> {
    const auto stored = ledger::row_of<ledger::credentials>(found.at(0));
    if (!stored || stored->password_hash != verified)
      return base::fail(ledger::errc::bad_credentials);
    const auto session = ledger::row_of<ledger::login_session>(found.at(1));
    if (session && !session->live(when)) return base::fail(ledger::errc::unauthorized);
    return with_password(id, hash, found.at(2), found.at(3), when, own);
  };
  const auto done = change_rows_now(s, user.id, r.request_id, std::move(wish), until);
  if (!done) {
    if (done.error().code == code_text(ledger::errc::bad_credentials)) return wrong_old_password(r);
    return s.refused(done.error(), r, about_user);
  }
  response answer;
  answer.body = message_body("Senha alterada com sucesso");
  return answer;
}

} // namespace http
