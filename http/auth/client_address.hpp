// What   The address of the client behind a request: the peer's, or what proxies that we trust
//        say.
// Why    Throttling counts addresses; behind a proxy all clients would share one, and who believes
//        any X-Forwarded-For counts what an attacker makes up.
// Bounds The last forwarded_max addresses of the header are looked at.
// Errors A text that is no address ends the walk: the last good one counts.
// Threads any (values).
// Source api-contract §4; RFC 7239 §5.2 on the order (each proxy appends whom it heard).
#pragma once

#include "http/address_blocks.hpp"
#include "http/request.hpp"

#include <string>

namespace http {

/// TRUSTED_PROXIES
using trusted_proxies = address_blocks;

inline constexpr std::size_t forwarded_max = 20;

/// The first address from the right that is no proxy of ours; the peer's when that is none.
std::string client_address(const request& r, const trusted_proxies& proxies);

} // namespace http
