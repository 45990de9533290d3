// What   What a good login leads to: a session, its tokens and the answer that carries them.
// Why    Registration, login and refresh end in the same way.
// Errors A database that takes no writes lets people in for one access token: no session and no
//        cookie.
// Threads any.
// Source api-contract.md §4
#pragma once

#include "http/api/service.hpp"
#include "ledger/user_row.hpp"

#include <optional>
#include <string>

namespace http {

/// A new session as it has to be written, and the cookie of its client.
struct new_session {
  ledger::user_rows rows; ///< the session, and its first refresh token if there are any
  ledger::session_id id;
  std::optional<std::string> cookie;
};
new_session session_for(const service& s, const request& r, const ledger::user_id& user);

/// What the login saw of the user; both must still be so when the session opens.
struct verified_user {
  ledger::user_id id;
  std::string password_hash;              ///< that the password was good for
  std::optional<std::string> better_hash; ///< to be written in its place
};
/// Writes it; with refresh the oldest sessions of the user end when there are too many. Fails with
/// errc::bad_credentials when the password was changed meanwhile.
base::status open_session(const service& s, const verified_user& user, const new_session& opened,
                          base::utc_us until);

ledger::user_change new_password(const ledger::user_id& user, const std::string& hash,
                                 base::utc_us now);

/// Whether the refusal leaves everything as it is because nothing may be written now.
bool only_reads(const base::failure& why);

/// {access_token, token_type, user}, and the cookie if there is one.
response token_answer(const service& s, const ledger::user_record& user,
                      const ledger::session_id& session, const std::optional<std::string>& cookie);

/// Reads, decides and writes; the calling thread waits, at most until then.
base::result<ledger::changed_rows> change_rows_now(const service& s, const ledger::user_id& user,
                                                   std::string request_id,
                                                   ledger::change_rows change, base::utc_us until);

/// The session that the request's access token names; empty when it names none.
ledger::session_id session_of(const service& s, const request& r);

} // namespace http
