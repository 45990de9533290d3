#include "ledger/login_session.hpp"

#include <algorithm>

namespace ledger {

refresh_decision refresh(const std::optional<refresh_token>& presented,
                         const std::optional<login_session>& session, refresh_token next,
                         refresh_terms terms) {
  refresh_decision out;
  if (!presented || !session || !session->live(terms.now)) return out;
  auto kept = *session;
  if (presented->rotated_at) {
    const auto since = terms.now.count - presented->rotated_at->count;
    if (since <= std::chrono::microseconds{terms.grace}.count()) {
      out.verdict = refresh_verdict::raced;
      return out;
    }
    // Also when the token has expired since: only a copy can come back.
    out.verdict = refresh_verdict::reused;
    kept.revoked_at = terms.now;
    out.session = std::move(kept);
    return out;
  }
  if (presented->expires_at <= terms.now) return out;
  out.verdict = refresh_verdict::rotated;
  auto old = *presented;
  old.rotated_at = terms.now;
  next.session = kept.id;
  next.user = kept.user;
  kept.last_used_at = terms.now;
  kept.expires_at = next.expires_at;
  out.session = std::move(kept);
  out.tokens = {std::move(old), std::move(next)};
  return out;
}

std::vector<login_session> revoked(std::vector<login_session> sessions, base::utc_us now,
                                   const std::optional<session_id>& keep) {
  std::erase_if(sessions, [&](const auto& s) { return !s.live(now) || (keep && s.id == *keep); });
  for (auto& s : sessions) s.revoked_at = now;
  return sessions;
}

std::vector<password_reset> used_up(std::vector<password_reset> resets, base::utc_us now) {
  for (auto& r : resets) r.used_at = now;
  return resets;
}

std::vector<login_session> make_room(std::vector<login_session> sessions, std::size_t most,
                                     base::utc_us now) {
  std::erase_if(sessions, [&](const auto& s) { return !s.live(now); });
  if (sessions.size() < most) return {};
  const auto older = [](const auto& a, const auto& b) {
    return std::tie(a.last_used_at.count, a.id) < std::tie(b.last_used_at.count, b.id);
  };
  std::sort(sessions.begin(), sessions.end(), older);
  sessions.resize(sessions.size() - most + 1);
  return revoked(std::move(sessions), now);
}

} // namespace ledger
