// What   openapi_document: /openapi.json, joined of the parts in http/openapi/*.json.
// Why    A part for each resource stays readable, and whoever adds an area adds a file.
// Errors Parts that are no JSON or say the same thing twice are our own fault (ENSURE).
// Threads any; made once, at the first call.
// Source api-contract.md §15.1, §2.3 (x-policies); docs/OPENAPI.md
#pragma once

#include "base/json.hpp"

#include <string>

namespace http {

/// Compact JSON; lives as long as the process.
const std::string& openapi_document();

/// Objects join member by member, lists one behind the other; anything else may be said only once.
void join_openapi(base::json::value& into, base::json::value more);

} // namespace http
