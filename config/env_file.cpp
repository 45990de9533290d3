#include "config/env_file.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace config {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

} // namespace

env_file read_env_file(std::string_view text) {
  env_file out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto wrong = [&](std::string_view why) {
      out.faults.push_back(fmt::format("line {}: {}", number, why));
    };
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_name(name)) {
      wrong("is not NAME=value");
      continue;
    }
    std::string_view value = trimmed(line.substr(equals + 1));
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
      if (value.size() < 2 || value.back() != value.front()) {
        wrong(fmt::format("{} has a quote that does not close", name));
        continue;
      }
      value = value.substr(1, value.size() - 2);
    }
    if (!out.values.emplace(name, value).second) wrong(fmt::format("{} is set twice", name));
  }
  return out;
}

} // namespace config
