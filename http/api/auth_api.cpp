// Registration, login and the user's own profile.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/login.hpp"
#include "http/api/login_attempt.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/starter_accounts.hpp"
#include "http/api/text.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

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
std::optional<std::string> better_hash(const service& s, const request& r,
                                       const ledger::user_id& user, const std::string& password) {
  auto hash = s.passwords.hash(password);
  if (hash) return std::move(*hash);
  if (s.hooks.on_rehash_failed) s.hooks.on_rehash_failed(r, user, hash.error());
  return std::nullopt;
}

struct profile_edit {
  std::optional<std::string> name, email;
  std::optional<std::string> if_match;
};

/// With another address a link to reset the password that went to the former one is good no more.
ledger::change_rows edited_profile(const ledger::user_id& user, const profile_edit& edit,
                                   base::utc_us now) {
  ledger::change_rows wish;
  wish.reads = {ledger::profile_of{user}};
  if (edit.email) {
    wish.reads.emplace_back(ledger::owner_of_email{*edit.email});
    wish.reads.emplace_back(ledger::resets_of_user{user, now});
  }
  wish.decide = [edit](const std::vector<ledger::user_rows>& found,
                       base::utc_us at) -> base::result<ledger::row_change> {
    auto profile = ledger::row_of<ledger::user_record>(found.at(0));
    if (!profile || !profile->active) return base::fail(ledger::errc::unauthorized);
    if (edit.if_match && *edit.if_match != ledger::profile_etag(*profile))
      return base::fail(ledger::errc::version_conflict);
    ledger::row_change c;
    if (edit.email && *edit.email != profile->email) {
      // A clear answer; of two who ask for it now the commit refuses one.
      if (ledger::row_of<ledger::user_record>(found.at(1)))
        return base::fail(ledger::errc::email_in_use);
      for (auto& used : ledger::used_up(ledger::rows_of<ledger::password_reset>(found.at(2)), at))
        c.writes.emplace_back(std::move(used));
      profile->email = *edit.email;
    }
    if (edit.name) profile->name = *edit.name;
    ledger::user_change change;
    change.id = profile->id;
    change.name = edit.name;
    change.email = edit.email;
    change.updated_at = at;
    c.user = std::move(change);
    c.answer.emplace_back(std::move(*profile));
    return c;
  };
  return wish;
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
  if (verdict->rehash) verified.better_hash = better_hash(s, r, user.id, *password);
  auto session = session_for(s, r, user.id);
  if (const auto opened = open_session(s, verified, session, until); !opened) {
    const auto& why = opened.error();
    if (why.code == code_text(ledger::errc::bad_credentials)) return wrong_password(s, r);
    if (!only_reads(why)) return failed(s, r, auth_operation::login, why);
    session.cookie.reset();
    if (verified.better_hash && s.hooks.on_rehash_failed) s.hooks.on_rehash_failed(r, user.id, why);
  }
  count(s, auth_operation::login, auth_result::ok);
  return token_answer(s, user, session.id, session.cookie);
}

response get_me(const service&, const request&, const ledger::user_record& user) {
  response answer;
  append_user(answer.body, user);
  put_etag(answer, ledger::profile_etag(user));
  return answer;
}

decision put_me(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<base::json::value>(body), {"body"}, bad};
  const auto name = read_name(in, may_be_null);
  const auto email = in.email("email", may_be_null);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  base::json::object shape;
  if (name) shape.emplace_back("name", *name);
  if (email) shape.emplace_back("email", *email);
  return change{.what = edited_profile(user.id, {name, email, if_match(r)}, s.clock.now()),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<ledger::user_record>(append_user),
                .context = beside_the_books(),
                .headers = [](response& answer, const ledger::outcome& o) {
                  put_etag(answer, ledger::profile_etag(changed_row<ledger::user_record>(o)));
                }};
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
