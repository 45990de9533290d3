#include "config/kind_policies.hpp"

#include "base/time.hpp"
#include "config/kind_names.hpp"
#include "scheduler/kind_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>

namespace config {
namespace {

std::optional<std::int64_t> whole_of(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc{} || end != text.data() + text.size() || n < least || n > most)
    return std::nullopt;
  return n;
}

/// What is wrong with the value, or "".
std::string set_number(std::string_view value, std::int64_t least, std::int64_t most,
                       std::int64_t unit, auto& to) {
  const auto n = whole_of(value, least, most);
  if (!n) return fmt::format("is not a whole number from {} to {}", least, most);
  to = static_cast<std::remove_reference_t<decltype(to)>>(*n * unit);
  return {};
}

template <class Enum, class Names>
std::string set_name(std::string_view value, const Names& names, std::size_t count, Enum& to) {
  const auto end = std::begin(names) + static_cast<std::ptrdiff_t>(count);
  const auto at = std::find(std::begin(names), end, value);
  if (at == end) return fmt::format("is none of {}", fmt::join(std::begin(names), end, ", "));
  to = static_cast<Enum>(at - std::begin(names));
  return {};
}

std::string set_member(std::string_view name, std::string_view value,
                       scheduler::attempt_policy& to) {
  auto& b = to.retry;
  if (name == "max_attempts") return set_number(value, 1, 100, 1, to.max_attempts);
  if (name == "timeout_s") return set_number(value, 1, 86'400, 1, to.timeout_s);
  if (name == "base_s") return set_number(value, 0, 86'400, base::us_per_second, b.base_us);
  if (name == "cap_s") return set_number(value, 1, 86'400, base::us_per_second, b.cap_us);
  if (name == "factor") return set_number(value, 1, 10, 1, b.factor);
  // A list of waits has no place in one line.
  if (name == "curve")
    return set_name(value, scheduler::backoff_curve_names,
                    scheduler::backoff_curve_names.size() - 1, b.curve);
  if (name == "jitter")
    return set_name(value, scheduler::jitter_names, scheduler::jitter_names.size(), b.spread);
  return "is no member: max_attempts, timeout_s, curve, base_s, factor, cap_s, jitter";
}

} // namespace

std::string read_kind_policies(std::string_view text, std::vector<kind_policy>& out) {
  std::set<std::string> named;
  std::size_t number = 0;
  for (const auto& one : parts_of(text, ',')) {
    ++number;
    const auto sides = parts_of(one, '=');
    if (sides.size() != 2)
      return fmt::format("entry {} is not of the form <kind>+<kind>=<member>:<value>+…", number);
    scheduler::attempt_policy attempts;
    std::set<std::string> said;
    for (const auto& member : parts_of(sides[1], '+')) {
      const auto pair = parts_of(member, ':');
      if (pair.size() != 2)
        return fmt::format("\"{}\" of entry {} is not of the form <member>:<value>", member,
                           number);
      if (!said.insert(pair[0]).second)
        return fmt::format("\"{}\" is twice in entry {}", pair[0], number);
      if (const auto wrong = set_member(pair[0], pair[1], attempts); !wrong.empty())
        return fmt::format("\"{}\" of entry {} {}", member, number, wrong);
    }
    for (const auto& kind : parts_of(sides[0], '+')) {
      if (!scheduler::is_kind_name(kind))
        return fmt::format("\"{}\" of entry {} is no kind", kind, number);
      if (!named.insert(kind).second) return fmt::format("\"{}\" has two policies", kind);
      out.push_back({kind, attempts});
    }
  }
  if (named.size() > named_kinds_max) return fmt::format("more than {} kinds", named_kinds_max);
  return {};
}

} // namespace config
