// What   service: what the REST handlers work with, and change_for_user(), the way of every change.
// Why    Key, deadline, stored answers and refusals are the same for all mutating routes.
// Bounds service_settings.
// Errors Every failure becomes an answer here; handlers return it.
// Threads any: handlers run on many threads at once; the members are safe for that.
// Source api-contract.md §1.1, §3
#pragma once

#include "base/json.hpp"
#include "base/time.hpp"
#include "http/api/refusal.hpp"
#include "http/auth/access_token.hpp"
#include "http/auth/attempt_throttle.hpp"
#include "http/auth/authenticator.hpp"
#include "http/auth/client_address.hpp"
#include "http/auth/password_pool.hpp"
#include "http/auth/refresh_cookie.hpp"
#include "http/auth/reset_requests.hpp"
#include "http/backend.hpp"
#include "http/ledger_checks.hpp"
#include "http/request.hpp"
#include "http/response.hpp"
#include "http/route.hpp"
#include "observability/labels.hpp"
#include "scheduler/zone_rules.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace http {

class event_streams;
struct job_service;

struct session_settings {
  bool refresh = false; ///< USE_REFRESH_TOKENS
  cookie_settings cookie = {};
  std::chrono::seconds reuse_grace{10}; ///< REFRESH_REUSE_GRACE_SECONDS
};

struct service_settings {
  std::chrono::milliseconds deadline{9000}; ///< REQUEST_DEADLINE_MS
  bool legacy_status_500 = false;           ///< LEGACY_STATUS_500
  bool accept_email_subject = true;         ///< ACCEPT_EMAIL_SUBJECT
  std::string metrics_token;                ///< METRICS_TOKEN; empty: /metrics is open
  trusted_proxies proxies = {};             ///< TRUSTED_PROXIES
  session_settings sessions = {};
  bool insights = true; ///< ENABLE_INSIGHTS
};

/// All may be empty. They must not throw.
struct service_hooks {
  std::function<void(observability::auth_operation, observability::auth_result)> on_auth;
  std::function<void(observability::token_rejection)> on_token_rejected;
  std::function<void(std::string_view route, observability::idempotency_result)> on_key;
  /// A failure that the client sees only as 500: its code and detail belong into the log.
  std::function<void(const request&, const base::failure&)> on_internal_error;
  /// A login went well, but its old hash could not be replaced.
  std::function<void(const request&, const ledger::user_id&, const base::failure&)>
      on_rehash_failed;
  /// A refresh token came back long after it was exchanged: its session has ended.
  std::function<void(const request&, const ledger::user_id&, const ledger::session_id&)>
      on_token_reused;
  /// The insights of a user were read and computed, or could not be.
  std::function<void(std::chrono::nanoseconds)> on_insights;
  std::function<void(const request&, const ledger::user_id&, const base::failure&)>
      on_insights_failed;
  /// A rule was made, changed or removed: what follows it has to look at it again.
  std::function<void(const ledger::user_id&, const ledger::automation_id&)> on_rule_changed;
};

struct service {
  backend& books;
  base::clock& clock;
  const access_tokens& tokens;
  password_pool& passwords;
  const scheduler::zone_rules& zone;         ///< APP_TIMEZONE
  std::function<std::string()> new_id;       ///< UUIDv7; called from many threads
  std::function<std::string()> metrics_text; ///< Prometheus text
  service_settings settings = {};
  service_hooks hooks = {};
  attempt_throttle* throttle = nullptr; ///< none: nobody is slowed down
  ledger_checks* checks = nullptr;      ///< none: their routes answer 503
  event_streams* streams = nullptr;     ///< none: the stream of the feed answers 503
  reset_requests* resets = nullptr;     ///< none: there is no mail
  job_service* jobs = nullptr;          ///< none: their routes answer 503

  base::utc_us deadline() const;
  /// The answer to a failure; also tells the hooks when it is a 500.
  response refused(const base::failure& why, const request& r,
                   refusal_context::subject about) const;
};

using user_handler =
    std::function<response(const service&, const request&, const ledger::user_record&)>;

/// Runs the handler for the user who sends the request, or refuses.
response for_user(const service& s, const request& r, const user_handler& run);

/// Renders a success. Called inside the commit for keyed requests: pure, from any thread.
using success_render = std::function<ledger::stored_answer(const ledger::outcome&)>;

/// What a success carries beside status and body: the tag of what it shows, a cookie.
using success_headers = std::function<void(response&, const ledger::outcome&)>;

struct change {
  ledger::command what;
  std::optional<std::string> key;    ///< Idempotency-Key
  base::json::object canonical = {}; ///< the validated body with its defaults
  success_render show;
  refusal_context context = {};
  success_headers headers = {}; ///< of what was done just now; a replay has none
  /// It is durable, by this request: a replay is not told.
  std::function<void(const ledger::outcome&)> done = {};
  /// Renders one keyed item of a batch, by its place, as the single POST would.
  std::function<ledger::stored_answer(std::size_t, const base::result<ledger::transaction_record>&)>
      show_item = {};
};

/// What a changing handler makes of a request: a refusal, or the change to be performed.
using decision = std::variant<response, change>;
using change_handler =
    std::function<decision(const service&, const request&, const ledger::user_record&)>;

/// Runs the handler for the user who sends the request and performs what it decided. No thread
/// waits for the commit: `to` gets the answer from whichever thread ends it.
void change_for_user(const service& s, request r, const change_handler& decide, reply to);

/// Quoted, as the header wants it.
void put_etag(response& answer, std::string_view opaque);
/// The value of If-Match without quotes and weakness mark; nothing when absent or "*".
std::optional<std::string> if_match(const request& r);

} // namespace http
