// What   route_table: method and path template -> handler.
// Why    The table is data that documents and metrics read too; matching by segments costs nothing
//        per route and answers 405 with Allow, which the library's list of regular expressions
//        cannot.
// Bounds a template has no trailing slash; parameters are whole segments: "/api/accounts/{id}".
// Errors add() refuses a second route for the same method and template (ENSURE).
// Threads built by one thread, then read by any.
// Source api-contract.md §1.1 (both slash forms), §1.2 (404, 405).
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

using handler = std::function<response(const request&)>;

/// Gives a deferred answer: from any thread, the first call counts. When the last copy goes without
/// a call, the client gets a 500.
using reply = std::function<void(response)>;
/// Starts the work and returns at once; no thread waits for the reply. For commits and long polls.
using deferred_handler = std::function<void(request, reply)>;

struct route_flags {
  /// Answered under overload and while draining, by the shedding thread: it must not block. Health
  /// and metrics.
  bool vital = false;
  /// An HTML page: gets the content security policy of pages instead of that of the API.
  bool page = false;
  /// Takes an Idempotency-Key: its metrics get a label for this route.
  bool takes_key = false;
  /// A list: its answers get a tag made of their bytes. Those of single things name their version.
  bool tagged = false;
  /// Answers with a token, beside texts that the client chose: never compressed (BREACH).
  bool holds_secret = false;
};

struct route {
  std::string method;
  std::string path;  ///< template
  std::string group; ///< metrics label, a closed set
  handler run;       ///< exactly one of run and start
  route_flags flags = {};
  deferred_handler start = {};
};

struct route_match {
  const route* found = nullptr; ///< null: 404, or 405 when allow is not empty
  std::string allow;            ///< for 405 and OPTIONS: "GET, HEAD, POST, OPTIONS"
  fields params;
};

class route_table {
public:
  void add(route r);
  /// For GET and HEAD of paths that no template has and that `covers` takes. The handler finds the
  /// path, still encoded, as its parameter "path".
  void add_fallback(route r, std::function<bool(std::string_view path)> covers);
  /// A literal segment beats a parameter. HEAD falls back to GET. The path is still encoded.
  route_match find(std::string_view method, std::string_view path) const;
  const std::deque<route>& all() const { return routes_; }

private:
  struct pattern {
    std::vector<std::string> segments; ///< "{id}" for a parameter
    std::vector<const route*> methods;
  };
  std::deque<route> routes_; ///< a deque: matches point into it
  std::vector<pattern> patterns_;
  const route* fallback_ = nullptr;
  std::function<bool(std::string_view)> covers_;
};

} // namespace http
