// What   log_line: the text of one line, as JSON or for people.
// Why    Pure, so that order, escaping and length are tested without threads.
// Bounds 8 KiB with its newline: extras that do not fit are left out and `truncated` says so.
// Threads any (pure).
// Source metrics.md §8 (order of the fields).
#pragma once

#include "observability/log.hpp"

#include <string>
#include <string_view>

namespace observability {

inline constexpr std::size_t log_line_bytes_max = 8192;

struct line_head {
  base::utc_us at;
  log_level level = log_level::info;
  std::string_view logger;
  std::string_view message;
  std::string_view node;
  source where{"", "", 0};
};

std::string json_line(const line_head& head, fields extras);
std::string text_line(const line_head& head, fields extras);

} // namespace observability
