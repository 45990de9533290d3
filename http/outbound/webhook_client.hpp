// What   webhook_client: calls the address that a user has named, with signed bytes.
// Why    The address is a stranger's: it may point into our network, never answer, or answer with
//        anything. Whatever it resolves to is looked at when the connection is made, so that a name
//        cannot change between the look and the call.
// Bounds https alone, no redirect, no proxy, no password in the address. A call ends after `wait`;
//        of an answer the status counts, and answer_bytes_max of its body are read.
// Errors codes: WEBHOOK_URL, WEBHOOK_ADDRESS (not public), WEBHOOK_UNREACHABLE, WEBHOOK_TLS,
//        WEBHOOK_HTTP_<status>.
// Threads any; call() blocks its thread.
// Source api-contract.md §10
#pragma once

#include "base/time.hpp"
#include "http/outbound/public_address.hpp"
#include "http/outbound/sent_end.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace http {

struct webhook_settings {
  std::string secret;
  std::chrono::seconds wait{10}, wait_connected{5};
  // Of tests, which have no public server: nothing that an operator could set.
  std::function<bool(const sockaddr*, std::size_t)> may_connect = is_public;
  bool https_only = true;
};

struct webhook_call {
  std::string url;
  std::string delivery; ///< id: the same for all attempts
  std::string body;
};

class webhook_client {
public:
  static constexpr std::size_t answer_bytes_max = 64 * 1024;

  explicit webhook_client(webhook_settings how) : how_(std::move(how)) {}
  sent_end call(const webhook_call& what, base::utc_us now) const;

private:
  webhook_settings how_;
};

/// What a status says about a call.
sent_end end_of_status(long status);

} // namespace http
