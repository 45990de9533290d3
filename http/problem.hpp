// What   The one place that builds error bodies: {detail, code, request_id}.
// Why    Clients and the incident playbook match on these texts, so their form may not vary by
//        route.
// Bounds code has static storage: it is also the metrics label.
// Threads any (pure).
// Source api-contract.md §1.2, §7
#pragma once

#include "base/json.hpp"
#include "http/response.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

/// A text as detail: most errors. 503 and 504 carry Retry-After of one second.
response problem(int status, std::string_view code, std::string_view detail,
                 std::string_view request_id);

/// A refusal of the transaction rules: the detail is {error, message, details, code}.
response rule_problem(int status, std::string_view code, std::string_view message,
                      base::json::value details, std::string_view request_id);

/// What a 500 of this route is called: those of transactions have a word of their own (§7).
std::string_view internal_code(std::string_view route);

/// 500: says nothing of the cause, which is in the log under the request id.
response internal_error(std::string_view code, std::string_view request_id);

/// One fault of a 422.
struct validation_fault {
  std::string type;      ///< "missing", "string_too_long", …
  base::json::array loc; ///< starts with "body", "query", "path" or "header"
  std::string msg;
  base::json::value input = nullptr; ///< "***" for secrets
  std::optional<base::json::object> ctx = std::nullopt;
};

response validation_problem(const std::vector<validation_fault>& faults,
                            std::string_view request_id);

/// 422 of a body that is no JSON.
response json_problem(const base::json::fault& fault, std::string_view request_id);

} // namespace http
