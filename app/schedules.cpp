// vaidepix schedules: looks at schedules of a running server, and acts on them (api-contract §17).
#include "app/answer_text.hpp"
#include "app/commands.hpp"
#include "app/server_call.hpp"

#include <fmt/core.h>

namespace app {

namespace {

using when = config::schedules::verb;

std::string path_of(const config::schedules& c) {
  const auto one = "/api/schedules/" + escaped(c.id);
  switch (c.what) {
  case when::list:
    return fmt::format("/api/schedules?limit={}{}", c.limit, c.system ? "&system=true" : "");
  case when::get: return one;
  case when::preview: return fmt::format("{}/preview?n={}", one, c.limit);
  case when::ticks: return fmt::format("{}/ticks?limit={}", one, c.limit);
  case when::pause: return one + "/pause";
  case when::resume: return one + "/resume";
  case when::run_now: return one + "/run-now";
  }
  return one;
}

base::json::object body_of(const config::schedules& c) {
  base::json::object body{{"reason", c.reason}};
  if (!c.until.empty()) body.emplace_back("until", c.until);
  if (c.skip_missed) body.emplace_back("skip_missed", true);
  return body;
}

void print_schedule_line(const base::json::value& s) {
  fmt::print("{}  {:<7}  {:<24}  next {}  {}\n", said(s, "id"), said(s, "state"), said(s, "kind"),
             said(s, "next_at"), said(s, "name"));
}

/// One line for each of a list: the members, in their order.
int print_each(const base::json::value& page, std::string_view list,
               std::initializer_list<std::string_view> members) {
  const auto* items = page.find(list);
  if (items == nullptr || items->if_array() == nullptr) return 3;
  for (const auto& one : *items->if_array()) {
    std::string line;
    for (const auto name : members) line += (line.empty() ? "" : "  ") + said(one, name);
    fmt::print("{}\n", line);
  }
  return 0;
}

} // namespace

int schedules(const config::loaded&, const config::schedules& command) {
  const bool looks = command.what < when::pause;
  auto answer = looks ? look_at_server(command.server, path_of(command))
                      : call_server(command.server, path_of(command), body_of(command));
  if (const auto* refused = std::get_if<int>(&answer)) return *refused;
  const auto& told = std::get<base::json::value>(answer);
  if (command.json) {
    fmt::print("{}\n", base::json::write(told));
    return 0;
  }
  switch (command.what) {
  case when::list:
    if (const auto* items = told.find("items"); items != nullptr && items->if_array() != nullptr)
      for (const auto& one : *items->if_array()) print_schedule_line(one);
    return 0;
  case when::preview: return print_each(told, "ticks", {"at", "local", "note"});
  case when::ticks: return print_each(told, "items", {"at", "result", "job"});
  case when::run_now: fmt::print("job {}\n", said(told, "id")); return 0;
  default:
    for (const auto& [name, value] : *told.if_object())
      if (!value.is_null()) fmt::print("{:<16} {}\n", name, said(told, name));
    return 0;
  }
}

} // namespace app
