// What   read_strict: json::read that refuses what a careless sender would not notice: a member
//        twice in one object.
// Why    The old paths take the last one, as the former backend did; new ones have nothing to keep.
// Errors As json::read; a second member is refused at its place.
// Threads any (pure).
// Source jobs.md §19
#pragma once

#include "base/json.hpp"

namespace base::json {

std::variant<value, fault> read_strict(std::string_view text);

} // namespace base::json
