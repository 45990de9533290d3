#include "http/token_list.hpp"

#include "http/request.hpp"

#include <algorithm>

namespace http {

std::string_view trimmed_field(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view next_part(std::string_view& rest, char separator) {
  std::size_t end = 0;
  for (bool quoted = false; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"')
      quoted = !quoted;
    else if (quoted && rest[end] == '\\' && end + 1 < rest.size())
      ++end;
  }
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed_field(part);
}

bool lists_token(std::string_view list, std::string_view token) {
  while (!list.empty())
    if (equal_ignoring_case(next_part(list, ','), token)) return true;
  return false;
}

} // namespace http
