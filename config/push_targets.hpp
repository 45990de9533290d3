// What   PUSH_TARGETS and PUSH_SECRET: where jobs are pushed to, and what signs the calls.
// Why    The operator names the receivers, so a job never chooses where we connect to.
// Bounds 64 kinds, each once; URLs of 2,048 bytes, http(s), without a password; 1…4 secrets of 16
//        bytes or more.
// Errors One line that says what is wrong, with the number of the entry: never a URL or a secret.
// Threads any (pure).
// Source jobs.md §15
#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace config {

struct push_target {
  std::vector<std::string> kinds;
  std::string url;
  bool effects = false; ///< its jobs may post to the books of their users

  bool plain() const { return url.starts_with("http://"); }
  bool operator==(const push_target&) const = default;
};

struct push_settings {
  std::vector<push_target> targets;
  std::vector<secret> secrets;    ///< the newest first; each signs
  std::vector<std::string> allow; ///< addresses and CIDR blocks beside the public ones

  bool operator==(const push_settings&) const = default;
};

/// "<kind>[+<kind>…]=<url>[;effects]", comma separated; the fault, or "".
std::string read_push_targets(std::string_view text, std::vector<push_target>& out);

/// "<new>[,<old>…]"; the fault, or "".
std::string read_push_secrets(std::string_view text, std::vector<secret>& out);

} // namespace config
