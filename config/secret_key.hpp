// What   weakness_of: why a signing key must not be used in production.
// Why    Whoever knows the key is any user; keys from examples and tutorials are known.
// Errors a sentence that follows the variable's name; nothing for a good key. Never holds the key.
// Threads any (pure).
// Source api-contract §4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace config {

inline constexpr std::size_t key_bytes_min = 32;

std::optional<std::string> weakness_of(std::string_view key);
/// A text from an example: anybody may know it.
bool is_known_default(std::string_view key);

} // namespace config
