#include "config/secret_key.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace config {

bool is_known_default(std::string_view key) {
  std::string plain; // letters only, so that "change-me" and "CHANGE_ME" are one word
  for (unsigned char c : key)
    if (std::isalpha(c) != 0) plain += static_cast<char>(std::tolower(c));
  constexpr std::array<std::string_view, 10> words{
      "changeme",      "changethis", "changein", "yoursecret",     "yoursupersecret",
      "secretkeyhere", "suachave",   "mudeesta", "supersecretkey", "devsecret"};
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

std::optional<std::string> weakness_of(std::string_view key) {
  if (key.empty()) return "is missing";
  if (is_known_default(key)) return "is a known default";
  if (key.size() < key_bytes_min) return "is shorter than 32 bytes";
  constexpr std::size_t distinct_min = 8;
  if (std::set<char>{key.begin(), key.end()}.size() < distinct_min)
    return "repeats fewer than 8 different characters";
  return std::nullopt;
}

} // namespace config
