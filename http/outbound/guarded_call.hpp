// What   guarded_call: one POST to an address outside, and what became of it.
// Why    The address may point into our network, never answer, or answer with anything. Whatever it
//        resolves to is looked at when the connection is made, so that a name cannot change between
//        the look and the call. Webhooks and signed push go out by this one way.
// Bounds No redirect, no proxy, no password in the address. A call ends after `wait`, and within a
//        second of its stop token; answer_bytes_max of an answer are read, and 64 KiB of its
//        headers.
// Errors outbound_end says how it ended; nothing throws but bad_alloc.
// Threads any; blocks its thread.
#pragma once

#include "http/outbound/public_address.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace http {

struct call_rules {
  std::function<bool(const sockaddr*, std::size_t)> may_connect = is_public;
  bool https_only = true;
  std::chrono::milliseconds wait{10'000}, wait_connected{5'000};
  std::size_t answer_bytes_max = 64 * 1024;
};

struct outbound_post {
  std::string url;
  std::vector<std::string> headers; ///< "Name: value", beside those of the body
  std::string body;                 ///< JSON
  std::stop_token stop = {};
};

enum class outbound_end : std::uint8_t {
  answered,
  too_large, ///< a status came, and more behind it than is read
  cut,       ///< a status came, and the rest did not
  bad_url,
  forbidden,   ///< not an address that may be called
  untrusted,   ///< TLS does not vouch for it
  timed_out,   ///< not connected, or no status, in time
  unreachable, ///< no connection, or it broke before a status came
  stopped,     ///< by the stop token
};

struct outbound_answer {
  outbound_end how = outbound_end::unreachable;
  long status = 0;                                ///< of the first three
  std::string body = {};                          ///< answer_bytes_max at most
  std::optional<std::int64_t> retry_after_s = {}; ///< what the other side wishes; above 0
};

outbound_answer guarded_call(const outbound_post& what, const call_rules& how);

/// Path and query as they go over the wire; nothing: it is no URL.
std::optional<std::string> request_target(const std::string& url);

} // namespace http
