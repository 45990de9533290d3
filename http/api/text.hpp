// What   Rules for texts that come from outside: length in code points, control characters, blanks.
// Why    One meaning of "1..100 characters" for names, descriptions, tags and keys.
// Bounds input is valid UTF-8 without NUL (the JSON reader and the query reader see to it).
// Threads any (pure).
// Source api-contract.md §2.4
#pragma once

#include <string>
#include <string_view>

namespace http {

std::size_t code_points(std::string_view text);
/// Without control characters (Unicode category Cc), except line feed and tab.
std::string without_controls(std::string_view text);
/// Without ASCII white space at both ends.
std::string_view trimmed(std::string_view text);
bool is_blank(std::string_view text);
std::string lower_ascii(std::string_view text);
/// `#` and six hexadecimal digits.
bool is_color(std::string_view text);
/// Syntax only, ASCII: one @, an unquoted local part, a domain of at least two labels.
bool is_email(std::string_view text);

} // namespace http
