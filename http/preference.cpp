#include "http/preference.hpp"

#include "http/token_list.hpp"

namespace http {

std::optional<std::string> preference_of(const request& r, std::string_view name) {
  for (const auto& f : r.headers) {
    if (!equal_ignoring_case(f.name, "Prefer")) continue;
    std::string_view rest = f.value;
    while (!rest.empty()) {
      auto one = next_part(rest, ',');
      auto word = next_part(one, ';');
      if (!equal_ignoring_case(next_part(word, '='), name)) continue;
      word = trimmed_field(word);
      if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
        word = word.substr(1, word.size() - 2);
      return std::string{word};
    }
  }
  return std::nullopt;
}

} // namespace http
