// What   KIND_POLICIES: how often jobs of a kind are tried, how long an attempt may take and when
//        the next one starts, of jobs that do not say it themselves.
// Why    Who runs the workers of a kind knows this, not everybody who puts a job in.
// Bounds 64 kinds, each once; numbers as in the body of POST /api/jobs.
// Errors One line that says what is wrong, with the number of the entry.
// Threads any (pure).
// Source jobs.md §2, §6
#pragma once

#include "scheduler/job.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace config {

struct kind_policy {
  std::string kind;
  scheduler::attempt_policy attempts;

  bool operator==(const kind_policy&) const = default;
};

/// "<kind>[+<kind>…]=<member>:<value>[+<member>:<value>…]", comma separated; the fault, or "".
std::string read_kind_policies(std::string_view text, std::vector<kind_policy>& out);

} // namespace config
