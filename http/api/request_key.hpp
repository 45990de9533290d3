// What   The Idempotency-Key of a request, its scope and the fingerprint of what was asked.
// Why    Two requests are the same when their validated content is, whatever the order of fields.
// Bounds key 1..64 printable ASCII.
// Errors A key that breaks the bounds is a fault like any other of the request (422).
// Threads any (pure).
// Source api-contract.md §2.4, §3
#pragma once

#include "base/json.hpp"
#include "http/api/decode.hpp"
#include "ledger/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace http {

/// The key as sent, trimmed; nothing when there is none or it is blank.
std::optional<std::string> idempotency_key(const request& r, faults& out);
/// Of a batch item or of a path: the same rules; `loc` says where.
bool check_key(std::string_view key, base::json::array loc, faults& out);

/// "POST /api/transactions": method and route template.
std::string endpoint_of(const request& r);

/// SHA-256 of path values, query and the validated body with its defaults, keys sorted.
base::digest fingerprint_of(const request& r, base::json::object body);
/// Of a batch item, as the single POST to `/api/transactions` would have it.
base::digest fingerprint_of_item(base::json::object body);

} // namespace http
