// What   Lists that an operator writes down: of kinds of jobs ("report.csv+fee"), and what holds
//        them.
// Threads any (pure).
// Source jobs.md §2
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

inline constexpr std::size_t named_kinds_max = 64; ///< in one variable

/// What stands between the marks; one empty text when there is nothing.
std::vector<std::string> parts_of(std::string_view text, char mark);

} // namespace config
