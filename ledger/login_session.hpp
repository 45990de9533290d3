// What   A login that goes on: its session, the refresh tokens that carry it, and the token that
//        resets a password; and what a refresh does to them.
// Why    A token that comes back after it was exchanged was stolen, or its thief was faster: the
//        session ends for both (OAuth 2.0 Security BCP §4.14.2). Two tabs of one browser do the
//        same within seconds, and that is no theft.
// Bounds Tokens are known by their SHA-256 only. A user has at most sessions_per_user_max live
//        sessions; the oldest make room.
// Threads none (values).
// Source api-contract §4; docs/decisions/0015
#pragma once

#include "base/sha256.hpp"
#include "ledger/account.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ledger {

using session_id = base::strong_id<struct session_tag>;

struct login_session {
  session_id id;
  user_id user;
  std::string device; ///< the client's own words (User-Agent), cut to 200 bytes
  std::string ip;
  base::utc_us created_at;
  base::utc_us last_used_at; ///< login or last refresh
  base::utc_us expires_at;
  std::optional<base::utc_us> revoked_at;

  bool live(base::utc_us now) const { return !revoked_at && now < expires_at; }
  bool operator==(const login_session&) const = default;
};

/// Those of a session are its family: each but the last was exchanged for the next.
struct refresh_token {
  base::digest hash{};
  session_id session;
  user_id user;
  base::utc_us issued_at;
  base::utc_us expires_at;
  std::optional<base::utc_us> rotated_at;

  bool operator==(const refresh_token&) const = default;
};

struct password_reset {
  base::digest hash{};
  user_id user;
  base::utc_us created_at;
  base::utc_us expires_at;
  std::optional<base::utc_us> used_at; ///< or replaced by a later one

  bool usable(base::utc_us now) const { return !used_at && now < expires_at; }
  bool operator==(const password_reset&) const = default;
};

enum class refresh_verdict : std::uint8_t {
  rotated, ///< a new token in place of the old one
  raced,   ///< exchanged a moment ago: an access token, and no other refresh token
  invalid, ///< unknown, expired, or of a session that ended
  reused,  ///< exchanged long ago: the session ends
};

struct refresh_terms {
  base::utc_us now;
  std::chrono::seconds grace{10};
};

struct refresh_decision {
  refresh_verdict verdict = refresh_verdict::invalid;
  std::optional<login_session> session; ///< as it has to be written
  std::vector<refresh_token> tokens;    ///< as they have to be written
};

/// `next` takes the place of the token when it is rotated.
refresh_decision refresh(const std::optional<refresh_token>& presented,
                         const std::optional<login_session>& session, refresh_token next,
                         refresh_terms terms);

/// Those of the live sessions that end so that one more has room: the oldest.
std::vector<login_session> make_room(std::vector<login_session> sessions, std::size_t most,
                                     base::utc_us now);

/// A link is good until it is used, and none outlives the password that it is to replace.
std::vector<password_reset> used_up(std::vector<password_reset> resets, base::utc_us now);

/// Those that end now. `keep`: goes on.
std::vector<login_session> revoked(std::vector<login_session> sessions, base::utc_us now,
                                   const std::optional<session_id>& keep = {});

} // namespace ledger
