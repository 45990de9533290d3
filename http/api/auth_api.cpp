// Registration, login and the user's own profile.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/login.hpp"
#include "http/api/login_attempt.hpp"
#include "http/api/render.hpp"
#include "http/api/starter_accounts.hpp"
#include "http/api/text.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

using observability::auth_operation;
using observability::auth_result;

void count(const service& s, auth_operation what, auth_result how) {
  if (s.hooks.on_auth) s.hooks.on_auth(what, how);
}

std::optional<std::string> read_name(object_reader& in, presence_rule rule) {
  auto name = in.text(
      "name", {.min = 2, .max = 100, .presence = rule.presence, .null = rule.null, .trim = true});
  if (name && name->find_first_of("<>\"'") != name->npos) {
    in.add("name", "value_error", "Value error, Nome contém caracteres inválidos", *name);
    return std::nullopt;
  }
  return name;
}

std::optional<std::string> read_new_password(object_reader& in) {
  constexpr std::size_t min = 6;
  auto password = in.text("password", {.max = 128, .secret = true});
  if (password && code_points(*password) < min) {
    in.add("password", "value_error", "Value error, Senha deve ter pelo menos 6 caracteres",
           *password);
    return std::nullopt;
  }
  return password;
}

response email_in_use(const request& r) {
  return refuse(base::fail(ledger::errc::email_in_use), {}, r.request_id);
}

response user_answer(const ledger::user_record& user) {
  response answer;
  append_user(answer.body, user);
  return answer;
}

response failed(const service& s, const request& r, auth_operation what, const base::failure& why) {
  count(s, what, auth_result::error);
  return s.refused(why, r, about_user);
}

response wrong_password(const service& s, const request& r) {
  count(s, auth_operation::login, auth_result::bad_credentials);
  auto answer = problem(401, "BAD_CREDENTIALS", "Email ou senha incorretos", r.request_id);
  answer.headers.push_back({"WWW-Authenticate", "Bearer"});
  return answer;
}

/// What takes the place of an old hash. The login goes well without it.
std::optional<std::string> better_hash(const service& s, const ledger::user_id& user,
                                       const std::string& password) {
  auto hash = s.passwords.hash(password);
  if (hash) return std::move(*hash);
  if (s.hooks.on_rehash_failed) s.hooks.on_rehash_failed(user, hash.error());
  return std::nullopt;
}

/// With another address: a link to reset the password that went to the former one is good no more.
response moved_to(const service& s, const request& r, ledger::user_change change) {
  const auto id = change.id;
  ledger::change_rows wish;
  wish.reads = {ledger::resets_of_user{id, s.clock.now()}};
  wish.decide = [change = std::move(change)](const std::vector<ledger::user_rows>& found,
                                             base::utc_us now) -> base::result<ledger::row_change> {
    ledger::row_change c;
    c.user = change;
    for (auto& used : ledger::used_up(ledger::rows_of<ledger::password_reset>(found.at(0)), now))
      c.writes.emplace_back(std::move(used));
    return c;
  };
  const auto done = change_rows_now(s, id, r.request_id, std::move(wish), s.deadline());
  if (!done) {
    if (done.error().code == "DUPLICATE_KEY") return email_in_use(r);
    return s.refused(done.error(), r, about_user);
  }
  const auto made = s.books.user_by_id(id);
  if (!made) return s.refused(made.error(), r, about_user);
  if (!*made) return s.refused(base::fail(ledger::errc::unauthorized), r, about_user);
  return user_answer(**made);
}

} // namespace

response register_user(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad, {"password"}};
  const auto name = read_name(in, {});
  const auto email = in.email("email");
  const auto password = read_new_password(in);
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  if (s.throttle != nullptr)
    if (const auto wait = s.throttle->take(throttle_scope::registration,
                                           client_address(r, s.settings.proxies), s.clock.now()))
      return limited(s, r, auth_operation::register_, *wait);

  // Asked before the slow hash; the commit decides in the end.
  const auto taken = s.books.user_by_email(*email);
  if (!taken) return failed(s, r, auth_operation::register_, taken.error());
  if (*taken) return email_in_use(r);
  auto hash = s.passwords.hash(*password);
  if (!hash) return failed(s, r, auth_operation::register_, hash.error());

  ledger::user_record user;
  user.id = ledger::user_id{s.new_id()};
  user.name = *name;
  user.email = *email;
  user.password_hash = std::move(*hash);
  user.created_at = s.clock.now();
  auto accounts = starter_accounts(user.id, user.created_at, s.new_id);
  const auto session = session_for(s, r, user.id);
  const auto made =
      s.books.register_user(std::move(user), std::move(accounts), session.rows, s.deadline());
  if (!made) {
    if (made.error().code == code_text(ledger::errc::email_in_use)) return email_in_use(r);
    return failed(s, r, auth_operation::register_, made.error());
  }
  count(s, auth_operation::register_, auth_result::ok);
  return token_answer(s, *made, session.id, session.cookie);
}

response login(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad, {"password"}};
  const auto email = in.email("email");
  const auto password = in.text("password", {.min = 1, .secret = true});
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto until = s.deadline();
  login_attempt attempt{s, r, *email};
  if (const auto wait = attempt.take()) return limited(s, r, auth_operation::login, *wait);
  const auto found = s.books.user_by_email(*email);
  if (!found) {
    attempt.came_to_nothing();
    return failed(s, r, auth_operation::login, found.error());
  }
  // An unknown e-mail costs the same hash, so that time does not tell who is registered.
  const auto verdict =
      s.passwords.verify(*found ? (**found).password_hash : std::string{}, *password);
  if (!verdict) {
    attempt.came_to_nothing();
    return failed(s, r, auth_operation::login, verdict.error());
  }
  if (!verdict->matches) return wrong_password(s, r);
  attempt.succeeded();
  const auto& user = **found;
  if (!user.active) {
    count(s, auth_operation::login, auth_result::inactive);
    return problem(400, "USER_INACTIVE", "Conta inativa", r.request_id);
  }
  verified_user verified{user.id, user.password_hash, {}};
  if (verdict->rehash) verified.better_hash = better_hash(s, user.id, *password);
  auto session = session_for(s, r, user.id);
  if (const auto opened = open_session(s, verified, session, until); !opened) {
    const auto& why = opened.error();
    if (why.code == code_text(ledger::errc::bad_credentials)) return wrong_password(s, r);
    if (!only_reads(why)) return failed(s, r, auth_operation::login, why);
    session.cookie.reset();
    if (verified.better_hash && s.hooks.on_rehash_failed) s.hooks.on_rehash_failed(user.id, why);
  }
  count(s, auth_operation::login, auth_result::ok);
  return token_answer(s, user, session.id, session.cookie);
}

response get_me(const service&, const request&, const ledger::user_record& user) {
  return user_answer(user);
}

response put_me(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad};
  const auto name = read_name(in, may_be_null);
  const auto email = in.email("email", may_be_null);
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  if (email && *email != user.email) {
    // Asked first for a clear answer; the commit decides in the end.
    const auto taken = s.books.user_by_email(*email);
    if (!taken) return s.refused(taken.error(), r, about_user);
    if (*taken && (**taken).id != user.id) return email_in_use(r);
  }
  ledger::user_change change;
  change.id = user.id;
  change.name = name;
  change.email = email;
  change.updated_at = s.clock.now();
  if (email && *email != user.email) return moved_to(s, r, std::move(change));
  const auto made = s.books.update_user(std::move(change), s.deadline());
  if (!made) return s.refused(made.error(), r, about_user);
  return user_answer(*made);
}

response greet(const service&, const request&, const ledger::user_record& user) {
  response answer;
  answer.body = "{\"message\":";
  append_text(answer.body, fmt::format("Hello {}!", user.name));
  answer.body += ",\"user_id\":";
  append_text(answer.body, user.id.text());
  answer.body += '}';
  return answer;
}

} // namespace http
