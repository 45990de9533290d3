// What   request: one HTTP request in our own words; no type of the HTTP library.
// Why    Routes, tests and the ports behind them must not depend on who parsed the bytes.
// Bounds head and body were bounded by the server before this exists.
// Threads belongs to the thread that runs the handler.
// Source api-contract.md §1.1
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct field {
  std::string name;
  std::string value;
  bool operator==(const field&) const = default;
};
using fields = std::vector<field>;

struct request {
  std::string method;     ///< "GET", …; a HEAD stays HEAD although the GET handler runs
  std::string path;       ///< decoded, for logs
  std::string_view route; ///< the template that matched; owned by the route table
  fields path_params;     ///< decoded
  fields query;           ///< decoded, in the order of the text
  fields headers;         ///< as sent, values trimmed
  std::string body;
  std::string peer; ///< address without port
  std::uint16_t peer_port = 0;
  std::string request_id;

  /// The first header of that name, whatever its case; null when absent.
  const std::string* header(std::string_view name) const;
  /// The last query value of that name, as the Python backend took it; null when absent.
  const std::string* query_value(std::string_view name) const;
  std::vector<std::string_view> query_values(std::string_view name) const;
  /// A parameter of the template; asking for one that the template lacks is our own fault.
  const std::string& path_param(std::string_view name) const;
};

/// ASCII only: header names never hold anything else.
bool equal_ignoring_case(std::string_view a, std::string_view b);

} // namespace http
