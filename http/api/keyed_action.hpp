// What   keyed_action: the Idempotency-Key of actions that are no single command: checks,
//        corrections in steps, what is done in memory.
// Why    Their effects are many commits or none, so the answer cannot be stored in the commit of
//        the effect: it is stored right after it. Such an action may be repeated without harm, and
//        that is what happens when the process dies in between.
// Bounds A repeated key waits for the first request until the deadline of its own, and holds its
//        worker meanwhile: operators are few.
// Errors 400 IDEMPOTENCY_KEY_REUSED for another request, 409 IDEMPOTENCY_IN_FLIGHT when the wait
//        was in vain. Only answers below 300 are stored.
// Threads any.
// Source api-contract.md §3, §16
#pragma once

#include "http/api/service.hpp"

#include <functional>
#include <optional>
#include <string>

namespace http {

struct action_key {
  std::optional<std::string> key;    ///< none: the action is just done
  base::json::object canonical = {}; ///< the validated body with its defaults
};

/// Does it, or answers as the first time. The key is in the scope of `who`.
response keyed_action(const service& s, const request& r, const ledger::user_record& who,
                      action_key given, const std::function<response()>& act);

/// The same for what answers later: no thread waits for it, unless the key is in flight.
void keyed_later(const service& s, request r, const ledger::user_record& who, action_key given,
                 const std::function<void(const request&, reply)>& act, reply to);

} // namespace http
