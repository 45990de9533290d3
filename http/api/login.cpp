#include "http/api/login.hpp"

#include "base/limits.hpp"
#include "http/api/render.hpp"
#include "http/api/text.hpp"
#include "http/auth/client_address.hpp"
#include "http/auth/secret_token.hpp"
#include "http/perform.hpp"
#include "ledger/errc.hpp"

#include <utility>

namespace http {

namespace {

constexpr std::size_t device_bytes_max = 200;

/// The client's words about itself; they are shown to its user.
std::string device_of(const request& r) {
  const auto* agent = r.header("User-Agent");
  std::string text;
  if (agent != nullptr)
    for (const char c : agent->substr(0, device_bytes_max))
      if (c >= ' ' && c <= '~') text += c;
  return text;
}

} // namespace

new_session session_for(const service& s, const request& r, const ledger::user_id& user) {
  const auto now = s.clock.now();
  const auto& how = s.settings.sessions;
  const auto life = how.refresh ? how.cookie.lifetime : s.tokens.lifetime();
  ledger::login_session session;
  session.id = ledger::session_id{s.new_id()};
  session.user = user;
  session.device = device_of(r);
  session.ip = client_address(r, s.settings.proxies);
  session.created_at = session.last_used_at = now;
  session.expires_at = base::utc_us{now.count + std::chrono::microseconds{life}.count()};
  new_session made;
  made.id = session.id;
  if (how.refresh) {
    auto secret = new_secret_token();
    made.rows.emplace_back(session);
    made.rows.emplace_back(
        ledger::refresh_token{secret.hash, session.id, user, now, session.expires_at, {}});
    made.cookie = std::move(secret.text);
  } else {
    made.rows.emplace_back(std::move(session));
  }
  return made;
}

bool only_reads(const base::failure& why) {
  return why.code == "DB_READ_ONLY" || why.code == "RECOVERY_MODE" || why.code == "SHARD_STOPPED";
}

base::status open_session(const service& s, const verified_user& user, const new_session& opened,
                          base::utc_us until) {
  ledger::change_rows change;
  change.reads = {ledger::credentials_of{user.id}};
  // Without refresh a session ends by itself, and nothing says which of them are in use.
  if (s.settings.sessions.refresh)
    change.reads.push_back(ledger::sessions_of_user{user.id, s.clock.now()});
  change.decide = [user, rows = opened.rows](const std::vector<ledger::user_rows>& found,
                                             base::utc_us now) -> base::result<ledger::row_change> {
    const auto current = ledger::row_of<ledger::credentials>(found.at(0));
    if (!current || !current->active || current->password_hash != user.password_hash)
      return base::fail(ledger::errc::bad_credentials);
    ledger::row_change c;
    if (found.size() > 1)
      for (auto& ended : ledger::make_room(ledger::rows_of<ledger::login_session>(found.at(1)),
                                           base::limits::sessions_per_user_max, now))
        c.writes.emplace_back(std::move(ended));
    c.writes.insert(c.writes.end(), rows.begin(), rows.end());
    if (user.better_hash) c.user = new_password(user.id, *user.better_hash, now);
    return c;
  };
  const auto done = change_rows_now(s, user.id, {}, std::move(change), until);
  if (!done) return done.error();
  return {};
}

ledger::user_change new_password(const ledger::user_id& user, const std::string& hash,
                                 base::utc_us now) {
  ledger::user_change c;
  c.id = user;
  c.password_hash = hash;
  c.updated_at = now;
  return c;
}

response token_answer(const service& s, const ledger::user_record& user,
                      const ledger::session_id& session, const std::optional<std::string>& cookie) {
  response answer;
  answer.body = "{\"access_token\":";
  append_text(answer.body,
              s.tokens.issue(user.id.text(), session.text(), s.new_id(), s.clock.now()));
  answer.body += ",\"token_type\":\"bearer\",\"user\":";
  append_user(answer.body, user);
  answer.body += '}';
  answer.user_id = user.id.text();
  if (cookie) put_refresh_cookie(answer, *cookie, s.settings.sessions.cookie);
  return answer;
}

base::result<ledger::changed_rows> change_rows_now(const service& s, const ledger::user_id& user,
                                                   std::string request_id,
                                                   ledger::change_rows change, base::utc_us until) {
  ledger::envelope command;
  command.user = user;
  command.request_id = std::move(request_id);
  command.deadline = until;
  command.what = std::move(change);
  return perform_rows(s.books, std::move(command));
}

ledger::session_id session_of(const service& s, const request& r) {
  const auto bearer = bearer_of(r);
  const auto* token = std::get_if<std::string>(&bearer);
  if (token == nullptr) return {};
  const auto verified = s.tokens.verify(*token, s.clock.now());
  const auto* claims = std::get_if<token_claims>(&verified);
  return claims == nullptr ? ledger::session_id{} : ledger::session_id{claims->session};
}

} // namespace http
