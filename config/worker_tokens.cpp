#include "config/worker_tokens.hpp"

#include "config/kind_names.hpp"
#include "scheduler/kind_name.hpp"

#include <fmt/format.h>

namespace config {
namespace {

constexpr std::size_t token_bytes_min = 16;

} // namespace

std::string read_worker_tokens(std::string_view text, std::vector<worker_token>& out) {
  std::size_t kinds = 0;
  std::size_t number = 0;
  for (const auto& one : parts_of(text, ',')) {
    ++number;
    const auto parts = parts_of(one, ':');
    if (parts.size() < 2 || parts.size() > 3)
      return fmt::format("entry {} is not of the form <token>:<kind>+<kind>[:effects]", number);
    if (parts[0].size() < token_bytes_min)
      return fmt::format("the token of entry {} has fewer than {} bytes", number, token_bytes_min);
    if (parts.size() == 3 && parts[2] != "effects")
      return fmt::format("entry {} ends with \"{}\", which is not \"effects\"", number, parts[2]);
    worker_token t{secret{parts[0]}, parts_of(parts[1], '+'), parts.size() == 3};
    for (const auto& kind : t.kinds)
      if (!scheduler::is_kind_name(kind))
        return fmt::format("\"{}\" of entry {} is no kind", kind, number);
    kinds += t.kinds.size();
    out.push_back(std::move(t));
  }
  if (kinds > named_kinds_max) return fmt::format("more than {} kinds", named_kinds_max);
  return {};
}

} // namespace config
