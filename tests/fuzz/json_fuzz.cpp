// Bodies and lines of files: what is read is written and read again as the same value.
#include "base/json.hpp"
#include "base/limits.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace {

namespace json = base::json;

int depth_of(const json::value& v) {
  int deepest = 0;
  if (const auto* a = v.if_array())
    for (const auto& one : *a) deepest = std::max(deepest, depth_of(one));
  if (const auto* o = v.if_object())
    for (const auto& [name, one] : *o) {
      ENSURE(v.find(name) == &one, "a member is found twice");
      deepest = std::max(deepest, depth_of(one));
    }
  return deepest + (v.if_array() || v.if_object() ? 1 : 0);
}

} // namespace

void fuzz::target(std::string_view input) {
  const auto read = json::read(input);
  if (const auto* fault = std::get_if<json::fault>(&read)) {
    ENSURE(fault->offset <= input.size(), "a fault behind the end");
    ENSURE(!fault->reason.empty(), "a fault without a reason");
    return;
  }
  const auto& value = std::get<json::value>(read);
  ENSURE(depth_of(value) <= static_cast<int>(base::limits::json_depth_max), "too deep");
  const auto text = json::write(value);
  const auto again = json::read(text);
  ENSURE(std::holds_alternative<json::value>(again), "what was written is refused");
  ENSURE(std::get<json::value>(again) == value, "another value came back");
  const auto canonical = json::write_canonical(value);
  const auto sorted = json::read(canonical);
  ENSURE(std::holds_alternative<json::value>(sorted), "the canonical text is refused");
  ENSURE(json::write_canonical(std::get<json::value>(sorted)) == canonical,
         "a canonical text is not its own");
}
