// What   webhook_client: calls the address that a user has named, with signed bytes.
// Why    The address is a stranger's: guarded_call.hpp keeps it away from our network.
// Bounds https alone. Of an answer the status counts.
// Errors codes: WEBHOOK_URL, WEBHOOK_ADDRESS (not public), WEBHOOK_UNREACHABLE, WEBHOOK_TLS,
//        WEBHOOK_HTTP_<status>.
// Threads any; call() blocks its thread.
// Source api-contract.md §10
#pragma once

#include "base/time.hpp"
#include "http/outbound/guarded_call.hpp"
#include "http/outbound/sent_end.hpp"

#include <string>

namespace http {

struct webhook_settings {
  std::string secret;
  call_rules rules = {}; ///< changed by tests, which have no public server; by no operator
};

struct webhook_call {
  std::string url;
  std::string delivery; ///< id: the same for all attempts
  std::string body;
};

class webhook_client {
public:
  explicit webhook_client(webhook_settings how) : how_(std::move(how)) {}
  sent_end call(const webhook_call& what, base::utc_us now) const;

private:
  webhook_settings how_;
};

/// What a status says about a call.
sent_end end_of_status(long status);

} // namespace http
