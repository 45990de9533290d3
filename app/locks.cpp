// vaidepix locks: who holds the locks of jobs of a running server, and the guarded release
// (api-contract §17).
#include "app/commands.hpp"
#include "app/server_call.hpp"

#include "base/json.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace app {

namespace {

using base::json::value;

std::string shown(const value* member) {
  if (member == nullptr || member->is_null()) return "-";
  const auto* text = member->if_string();
  return text != nullptr ? *text : base::json::write(*member);
}

int print_locks(const value& all) {
  if (all.if_array() == nullptr) return 3;
  for (const auto& lock : *all.if_array()) {
    const auto* holder = lock.find("holder");
    const bool held = holder != nullptr && !holder->is_null();
    fmt::print("{:<28}  {:<5}", shown(lock.find("job_name")), held ? "held" : "free");
    if (held)
      fmt::print("  by {}{}, pid {}, for {} s, job {}",
                 shown(holder->find("foreign")) == "true" ? "another process, " : "",
                 shown(holder->find("node")), shown(holder->find("pid")), shown(lock.find("age_s")),
                 shown(lock.find("job_id")));
    fmt::print("\n");
  }
  return 0;
}

} // namespace

int locks(const config::loaded&, const config::locks& command) {
  std::variant<value, int> answer = 0;
  if (command.release) {
    base::json::object body{{"reason", command.reason}, {"pid", command.pid}};
    if (command.force) body.emplace_back("force", true);
    answer = call_server(command.server, "/api/jobs/locks/" + command.name + "/release", body);
  } else {
    answer = look_at_server(command.server, "/api/jobs/locks");
  }
  if (const auto* refused = std::get_if<int>(&answer)) return *refused;
  const auto& told = std::get<value>(answer);
  if (command.json) {
    fmt::print("{}\n", base::json::write(told));
    return 0;
  }
  if (!command.release) return print_locks(told);
  fmt::print("{} is free\n", shown(told.find("job_name")));
  return 0;
}

} // namespace app
