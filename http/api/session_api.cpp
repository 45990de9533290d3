// Refresh, logout and the list of sessions.
#include "http/api/handlers.hpp"
#include "http/api/login.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/request_key.hpp"
#include "http/api/text.hpp"
#include "http/auth/secret_token.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <utility>

namespace http {

namespace {

using observability::auth_operation;
using observability::auth_result;
using verdict = ledger::refresh_verdict;

void count(const service& s, auth_result how) {
  if (s.hooks.on_auth) s.hooks.on_auth(auth_operation::refresh, how);
}

response no_refresh(const service& s, const request& r, std::string_view code, auth_result how) {
  count(s, how);
  auto answer = problem(401, code, "Refresh token inválido ou expirado", r.request_id);
  answer.headers.push_back({"WWW-Authenticate", "Bearer"});
  clear_refresh_cookie(answer, s.settings.sessions.cookie);
  return answer;
}

struct refreshed {
  verdict what = verdict::invalid;
  ledger::session_id session;
  std::optional<std::string> cookie;
};

ledger::refresh_token next_token(const base::digest& hash, base::utc_us now,
                                 std::chrono::seconds lifetime) {
  ledger::refresh_token next;
  next.hash = hash;
  next.issued_at = now;
  next.expires_at = base::utc_us{now.count + std::chrono::microseconds{lifetime}.count()};
  return next;
}

/// Exchanges the token. While nothing may be written it stays as it is and gives access only.
base::result<refreshed> exchange(const service& s, const request& r,
                                 const ledger::refresh_token& presented) {
  const auto& how = s.settings.sessions;
  const auto secret = new_secret_token();
  const auto decide = [fresh = secret.hash, &how](const std::vector<ledger::user_rows>& found,
                                                  base::utc_us now) {
    return ledger::refresh(ledger::row_of<ledger::refresh_token>(found.at(0)),
                           ledger::row_of<ledger::login_session>(found.at(1)),
                           next_token(fresh, now, how.cookie.lifetime), {now, how.reuse_grace});
  };
  const std::vector<ledger::row_question> asked{ledger::token_by_hash{presented.hash},
                                                ledger::session_by_id{presented.session}};
  ledger::change_rows change;
  change.reads = asked;
  change.decide = [decide](const std::vector<ledger::user_rows>& found,
                           base::utc_us now) -> base::result<ledger::row_change> {
    auto decided = decide(found, now);
    ledger::row_change c;
    c.verdict = static_cast<int>(decided.verdict);
    if (decided.session) c.writes.emplace_back(std::move(*decided.session));
    for (auto& t : decided.tokens) c.writes.emplace_back(std::move(t));
    return c;
  };
  const auto done =
      change_rows_now(s, presented.user, r.request_id, std::move(change), s.deadline());
  refreshed out;
  out.session = presented.session;
  if (done) {
    out.what = static_cast<verdict>(done->verdict);
    if (out.what == verdict::rotated) out.cookie = secret.text;
    return out;
  }
  if (!only_reads(done.error())) return done.error();
  std::vector<ledger::user_rows> found;
  for (const auto& q : asked) {
    auto rows = s.books.user_rows(q);
    if (!rows) return rows.error();
    found.push_back(std::move(*rows));
  }
  out.what = decide(found, s.clock.now()).verdict;
  return out;
}

/// Ends those of the user among the sessions that are read.
ledger::change_rows ending_sessions(const ledger::user_id& user,
                                    std::vector<ledger::row_question> reads) {
  ledger::change_rows change;
  change.reads = std::move(reads);
  change.decide = [user](const std::vector<ledger::user_rows>& found,
                         base::utc_us now) -> base::result<ledger::row_change> {
    std::vector<ledger::login_session> all;
    for (const auto& answer : found)
      for (auto& session : ledger::rows_of<ledger::login_session>(answer))
        if (session.user == user) all.push_back(std::move(session));
    ledger::row_change c;
    for (auto& ended : ledger::revoked(std::move(all), now))
      c.writes.emplace_back(std::move(ended));
    return c;
  };
  return change;
}

} // namespace

void append_session(std::string& out, const ledger::login_session& session, bool current) {
  out += "{\"id\":";
  append_text(out, session.id.text());
  out += ",\"device\":";
  append_text(out, session.device);
  out += ",\"ip\":";
  append_text(out, session.ip);
  out += ",\"created_at\":";
  append_instant(out, session.created_at);
  out += ",\"last_used_at\":";
  append_instant(out, session.last_used_at);
  out += ",\"expires_at\":";
  append_instant(out, session.expires_at);
  out += ",\"current\":";
  out += current ? "true}" : "false}";
}

namespace {

response told(std::string_view message) {
  response answer;
  answer.body = message_body(message);
  return answer;
}

} // namespace

response refresh(const service& s, const request& r) {
  if (!s.settings.sessions.refresh)
    return problem(400, "BAD_REQUEST", "Refresh tokens não estão habilitados", r.request_id);
  const auto cookie = refresh_cookie(r);
  if (!cookie) return no_refresh(s, r, "REFRESH_INVALID", auth_result::bad_credentials);
  const auto failed = [&](const base::failure& why) {
    count(s, auth_result::error);
    return s.refused(why, r, about_user);
  };
  const auto rows = s.books.user_rows(ledger::token_by_hash{hash_of_secret(*cookie)});
  if (!rows) return failed(rows.error());
  const auto token = ledger::row_of<ledger::refresh_token>(*rows);
  if (!token) return no_refresh(s, r, "REFRESH_INVALID", auth_result::bad_credentials);
  const auto user = s.books.user_by_id(token->user);
  if (!user) return failed(user.error());
  if (!*user || !(**user).active) return no_refresh(s, r, "REFRESH_INVALID", auth_result::inactive);

  const auto done = exchange(s, r, *token);
  if (!done) return failed(done.error());
  switch (done->what) {
  case verdict::rotated:
  case verdict::raced:
    count(s, auth_result::ok);
    return token_answer(s, **user, done->session, done->cookie);
  case verdict::reused:
    if (s.hooks.on_token_reused) s.hooks.on_token_reused(r, token->user, token->session);
    return no_refresh(s, r, "REFRESH_REUSED", auth_result::revoked);
  case verdict::invalid: break;
  }
  return no_refresh(s, r, "REFRESH_INVALID", auth_result::expired);
}

// Both may be of the same session, or of two; either may be missing.
response logout(const service& s, const request& r) {
  const auto until = s.deadline();
  std::optional<base::failure> trouble;
  const auto end = [&](const ledger::user_id& user, const ledger::session_id& session) {
    const auto done = change_rows_now(
        s, user, r.request_id, ending_sessions(user, {ledger::session_by_id{session}}), until);
    // Whose account ended has no session left.
    if (!done && done.error().code != "UNAUTHORIZED") trouble = done.error();
  };
  if (const auto cookie = refresh_cookie(r)) {
    const auto rows = s.books.user_rows(ledger::token_by_hash{hash_of_secret(*cookie)});
    if (!rows) trouble = rows.error();
    if (rows)
      if (const auto token = ledger::row_of<ledger::refresh_token>(*rows))
        end(token->user, token->session);
  }
  if (const auto session = session_of(s, r); !session.empty()) {
    const auto rows = s.books.user_rows(ledger::session_by_id{session});
    if (!rows) trouble = rows.error();
    if (rows)
      if (const auto own = ledger::row_of<ledger::login_session>(*rows)) end(own->user, own->id);
  }
  auto answer = trouble ? s.refused(*trouble, r, about_user) : told("Logout realizado com sucesso");
  clear_refresh_cookie(answer, s.settings.sessions.cookie);
  return answer;
}

decision logout_all(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = ending_sessions(user.id, {ledger::sessions_of_user{user.id, s.clock.now()}}),
      .key = std::move(key),
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{200, message_body("Todas as sessões foram encerradas")};
          },
      .context = beside_the_books(),
      .headers =
          [cookie = s.settings.sessions.cookie](response& answer, const ledger::outcome&) {
            clear_refresh_cookie(answer, cookie);
          }};
}

response list_sessions(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::sessions_of_user{user.id, s.clock.now()});
  if (!rows) return s.refused(rows.error(), r, about_user);
  const auto current = session_of(s, r);
  response answer;
  append_list(answer.body, ledger::rows_of<ledger::login_session>(*rows),
              [&](std::string& out, const ledger::login_session& session) {
                append_session(out, session, session.id == current);
              });
  return answer;
}

decision revoke_session(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const ledger::session_id id{r.path_param("id")};
  ledger::change_rows wish;
  wish.reads = {ledger::session_by_id{id}};
  wish.decide = [id, owner = user.id](const std::vector<ledger::user_rows>& found,
                                      base::utc_us now) -> base::result<ledger::row_change> {
    const auto session = ledger::row_of<ledger::login_session>(found.at(0));
    if (!session || session->user != owner || !session->live(now))
      return base::fail(ledger::errc::session_not_found);
    ledger::row_change c;
    for (auto& ended : ledger::revoked({*session}, now)) c.writes.emplace_back(std::move(ended));
    return c;
  };
  return change{.what = std::move(wish), .key = std::move(key), .show = [](const ledger::outcome&) {
                  return ledger::stored_answer{200, message_body("Sessão encerrada com sucesso")};
                }};
}

} // namespace http
