// What   representation: an answer in the form that this client asked for: tagged, left out when
//        the client has it already (304), compressed.
// Why    Once for all routes: a handler says what it has to say and knows nothing of this.
// Errors An answer that cannot be compressed goes out as it is.
// Threads any (pure).
// Source api-contract.md §1.4; RFC 9110 §8.8, §12.5.3, §13.2.2, §15.4.5; decisions/0018
#pragma once

#include "http/response.hpp"
#include "http/route.hpp"

#include <string>

namespace http {

/// Kept beside the request, which its handler may move away.
struct client_wishes {
  bool reads = false; ///< GET or HEAD
  bool gzip = false;
  std::string if_none_match;
  std::string if_modified_since; ///< without effect beside if_none_match
};

client_wishes wishes_of(const request& r);

/// A handler's tag is the version of a thing; the tag of the answer is that and a hash of the
/// bytes, because names, reservations and derived states change without a version. If-Match
/// takes both forms. Pages tag themselves.
void represent(response& answer, const client_wishes& wants, const route_flags& flags,
               bool may_compress);

} // namespace http
