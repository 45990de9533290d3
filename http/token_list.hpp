// What   Headers that are lists: their parts, and whether they name a token.
// Threads any (pure).
// Source RFC 9110 §5.6.1, §5.6.4; parameters of a token belong to its text.
#pragma once

#include <string_view>

namespace http {

/// Without blanks and tabs at its ends (OWS).
std::string_view trimmed_field(std::string_view text);
/// The part before the separator, trimmed, which is taken off the rest with it. What stands in a
/// quoted text is no separator; one that does not end takes all the rest.
std::string_view next_part(std::string_view& rest, char separator);
/// Whether a comma-separated list names it, whatever its case.
bool lists_token(std::string_view list, std::string_view token);

} // namespace http
