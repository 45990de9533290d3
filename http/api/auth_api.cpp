// Registration, login and the user's own profile.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
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

constexpr auto about = refusal_context::subject::user;

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

response limited(const service& s, const request& r, auth_operation what,
                 std::chrono::seconds wait) {
  count(s, what, auth_result::limited);
  auto answer =
      problem(429, "RATE_LIMITED",
              fmt::format("Muitas tentativas. Tente novamente em {} segundos.", wait.count()),
              r.request_id);
  answer.headers.push_back({"Retry-After", std::to_string(wait.count())});
  return answer;
}

/// The attempts that one login takes: of the account that is named, whether there is one or not,
/// and of the address. They stay taken unless the login was a good one or came to no verdict.
class login_attempt {
public:
  login_attempt(const service& s, const request& r, std::string account)
      : s_(s), account_(std::move(account)), ip_(client_address(r, s.settings.proxies)) {}

  /// How long to wait; nothing: it is taken.
  std::optional<std::chrono::seconds> take() {
    if (s_.throttle == nullptr) return std::nullopt;
    const auto now = s_.clock.now();
    if (auto wait = s_.throttle->take(throttle_scope::ip, ip_, now)) return wait;
    auto wait = s_.throttle->take(throttle_scope::account, account_, now);
    if (wait) s_.throttle->give_back(throttle_scope::ip, ip_); // one refusal, not two attempts
    return wait;
  }
  void succeeded() {
    if (s_.throttle == nullptr) return;
    s_.throttle->clear(throttle_scope::account, account_);
    s_.throttle->give_back(throttle_scope::ip, ip_);
  }
  void came_to_nothing() {
    if (s_.throttle == nullptr) return;
    s_.throttle->give_back(throttle_scope::account, account_);
    s_.throttle->give_back(throttle_scope::ip, ip_);
  }

private:
  const service& s_;
  std::string account_, ip_;
};

response email_in_use(const request& r) {
  return refuse(base::fail(ledger::errc::email_in_use), {}, r.request_id);
}

response token_answer(const service& s, const ledger::user_record& user) {
  response answer;
  answer.body = "{\"access_token\":";
  append_text(answer.body, s.tokens.issue(user.id.text(), s.new_id(), s.new_id(), s.clock.now()));
  answer.body += ",\"token_type\":\"bearer\",\"user\":";
  append_user(answer.body, user);
  answer.body += '}';
  answer.user_id = user.id.text();
  return answer;
}

response user_answer(const ledger::user_record& user) {
  response answer;
  append_user(answer.body, user);
  return answer;
}

response failed(const service& s, const request& r, auth_operation what, const base::failure& why) {
  count(s, what, auth_result::error);
  return s.refused(why, r, about);
}

/// The login itself went well: a database that takes no writes must not undo it.
void replace_hash(const service& s, const ledger::user_record& user, const std::string& password) {
  const auto tell = [&](const base::failure& why) {
    if (s.hooks.on_rehash_failed) s.hooks.on_rehash_failed(user.id, why);
  };
  auto hash = s.passwords.hash(password);
  if (!hash) return tell(hash.error());
  ledger::user_change change;
  change.id = user.id;
  change.password_hash = std::move(*hash);
  change.updated_at = s.clock.now();
  const auto changed = s.books.update_user(std::move(change), s.deadline());
  if (!changed) tell(changed.error());
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
  const auto made = s.books.register_user(std::move(user), std::move(accounts), s.deadline());
  if (!made) {
    if (made.error().code == code_text(ledger::errc::email_in_use)) return email_in_use(r);
    return failed(s, r, auth_operation::register_, made.error());
  }
  count(s, auth_operation::register_, auth_result::ok);
  return token_answer(s, *made);
}

response login(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad, {"password"}};
  const auto email = in.email("email");
  const auto password = in.text("password", {.min = 1, .secret = true});
  if (!bad.empty()) return validation_problem(bad, r.request_id);

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
  if (!verdict->matches) {
    count(s, auth_operation::login, auth_result::bad_credentials);
    auto answer = problem(401, "BAD_CREDENTIALS", "Email ou senha incorretos", r.request_id);
    answer.headers.push_back({"WWW-Authenticate", "Bearer"});
    return answer;
  }
  attempt.succeeded();
  const auto& user = **found;
  if (!user.active) {
    count(s, auth_operation::login, auth_result::inactive);
    return problem(400, "USER_INACTIVE", "Conta inativa", r.request_id);
  }
  if (verdict->rehash) replace_hash(s, user, *password);
  count(s, auth_operation::login, auth_result::ok);
  return token_answer(s, user);
}

response get_me(const service&, const request&, const ledger::user_record& user) {
  return user_answer(user);
}

response put_me(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  object_reader in{std::get<base::json::value>(body), {"body"}, bad};
  constexpr presence_rule may{need::optional, null_rule::absent};
  const auto name = read_name(in, may);
  const auto email = in.email("email", may);
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  if (email && *email != user.email) {
    // Asked first for a clear answer; the commit decides in the end.
    const auto taken = s.books.user_by_email(*email);
    if (!taken) return s.refused(taken.error(), r, about);
    if (*taken && (**taken).id != user.id) return email_in_use(r);
  }
  ledger::user_change change;
  change.id = user.id;
  change.name = name;
  change.email = email;
  change.updated_at = s.clock.now();
  const auto made = s.books.update_user(std::move(change), s.deadline());
  if (!made) return s.refused(made.error(), r, about);
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
