// What   Names of kinds of jobs as an operator writes them down: "report.csv+fee".
// Threads any (pure).
// Source jobs.md §2
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

inline constexpr std::size_t named_kinds_max = 64; ///< in one variable

/// [a-z][a-z0-9_.]{0,63}
bool is_kind(std::string_view text);

/// What stands between the marks; one empty text when there is nothing.
std::vector<std::string> parts_of(std::string_view text, char mark);

} // namespace config
