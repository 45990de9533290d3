// What   Calls of a running server for a command of ours: --url and VAIDEPIX_TOKEN.
// Errors What goes wrong is said on standard error; the answer is the exit status then (3 when the
//        server cannot be reached or fails, 4 when it refuses).
// Threads main only.
// Source api-contract §16, §17
#pragma once

#include "base/json.hpp"
#include "config/load.hpp"

#include <string>
#include <variant>

namespace app {

std::variant<base::json::value, int> call_server(const config::server_access& server,
                                                 const std::string& path,
                                                 const base::json::object& body);

/// As call_server, of a GET.
std::variant<base::json::value, int> look_at_server(const config::server_access& server,
                                                    const std::string& path);

/// Starts a check of the ledger, waits until it has ended, and answers its result.
std::variant<base::json::value, int> run_check(const config::server_access& server,
                                               const std::string& path,
                                               const base::json::object& body);

} // namespace app
