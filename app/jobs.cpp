// vaidepix jobs: looks at jobs of a running server, and acts on them (api-contract §17).
#include "app/answer_text.hpp"
#include "app/commands.hpp"
#include "app/server_call.hpp"

#include "base/json.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace app {

namespace json = base::json;

namespace {

using verb = config::jobs::verb;

std::string error_of(const json::value& job) {
  const auto* error = job.find("error");
  return error == nullptr || error->is_null() ? "-" : said(*error, "code");
}

void print_line(const json::value& job) {
  fmt::print("{}  {:<10}  {:<24}  {:<12}  {:>3}  {}\n", said(job, "id"), said(job, "state"),
             said(job, "kind"), said(job, "queue"), said(job, "attempt"), error_of(job));
}

int print_jobs(const json::value& page) {
  const auto* items = page.find("items");
  if (items == nullptr || items->if_array() == nullptr) return 3;
  for (const auto& job : *items->if_array()) print_line(job);
  if (const auto* total = page.find("total"))
    fmt::print("{} of {}{}\n", items->if_array()->size(), said(*total, "value"),
               said(*total, "exact") == "true" ? "" : " or more");
  return 0;
}

int print_gates(const json::value& told, bool as_json) {
  const auto* gates = told.find("gates");
  bool needs_person = false;
  if (!as_json) fmt::print("{}  {}\n", said(told, "id"), said(told, "state"));
  if (gates != nullptr && gates->if_array() != nullptr)
    for (const auto& g : *gates->if_array()) {
      const auto* by = g.find("do");
      const bool person =
          said(g, "until") == "-" && by != nullptr && by->if_array() && !by->if_array()->empty();
      needs_person = needs_person || person;
      if (as_json) continue;
      fmt::print("  {:<12}  since {}  until {}  {}\n", said(g, "gate"), said(g, "since"),
                 said(g, "until"), by == nullptr ? "" : json::write(*by));
    }
  if (as_json) fmt::print("{}\n", json::write(told));
  return needs_person ? 1 : 0;
}

/// What makes it run now, in the state that it is in.
std::string act_of_retry(const std::string& state) {
  if (state == "dead") return "redrive";
  if (state == "parked") return "release";
  return "run-now";
}

std::string query_of(const config::jobs& c) {
  auto query = fmt::format("?limit={}", c.limit);
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) query += fmt::format("&{}={}", name, escaped(*value));
  };
  add("state", c.state);
  add("kind", c.kind);
  add("queue", c.queue);
  add("lane", c.lane);
  add("tag", c.tag);
  return query;
}

} // namespace

int jobs(const config::loaded&, const config::jobs& command) {
  const auto one = "/api/jobs/" + escaped(command.id);
  std::variant<json::value, int> answer = 0;
  switch (command.what) {
  case verb::list: answer = look_at_server(command.server, "/api/jobs" + query_of(command)); break;
  case verb::get: answer = look_at_server(command.server, one); break;
  case verb::explain: answer = look_at_server(command.server, one + "/explain"); break;
  default: {
    auto act = std::string{command.what == verb::cancel    ? "cancel"
                           : command.what == verb::redrive ? "redrive"
                                                           : "discard"};
    if (command.what == verb::retry) {
      auto now = look_at_server(command.server, one);
      if (const auto* refused = std::get_if<int>(&now)) return *refused;
      act = act_of_retry(said(std::get<json::value>(now), "state"));
    }
    answer = call_server(command.server, one + '/' + act, json::object{{"reason", command.reason}});
  }
  }
  if (const auto* refused = std::get_if<int>(&answer)) return *refused;
  const auto& said_by_server = std::get<json::value>(answer);
  if (command.what == verb::explain) return print_gates(said_by_server, command.json);
  if (command.json) {
    fmt::print("{}\n", json::write(said_by_server));
    return 0;
  }
  if (command.what == verb::list) return print_jobs(said_by_server);
  if (command.what != verb::get) {
    print_line(said_by_server);
    return 0;
  }
  if (const auto* members = said_by_server.if_object())
    for (const auto& [name, value] : *members)
      if (!value.is_null()) fmt::print("{:<16} {}\n", name, said(said_by_server, name));
  return 0;
}

} // namespace app
