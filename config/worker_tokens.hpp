// What   WORKER_TOKENS: who may pull jobs over HTTP, and which kinds.
// Why    A worker is no user: its token reaches the paths of workers and nothing else. The kinds
//        that stand here are the ones that jobs may be made of besides the built-in ones.
// Bounds 16 bytes or more for a token; 64 kinds in all.
// Errors One line that says what is wrong, without the token.
// Threads any (pure).
// Source jobs.md §14
#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace config {

struct worker_token {
  secret token;
  std::vector<std::string> kinds;
  bool effects = false; ///< its jobs may post to the books of their users

  bool operator==(const worker_token&) const = default;
};

/// "<token>:<kind>[+<kind>…][:effects]", comma separated; the fault, or "".
std::string read_worker_tokens(std::string_view text, std::vector<worker_token>& out);

} // namespace config
