// What   The quoting rules: a text of a client as one safe line (readable), as text from which the
//        original can be had again (encoded), as the name of a tag, as a field of CSV.
// Why    Descriptions and names hold what clients like: line feeds, `;`, two spaces, `=SUM(A1)`.
//        In a journal or a spreadsheet some of it is syntax. One place knows it all, for hledger
//        1.25 and ledger 3.3 alike.
// Bounds readable: at most readable_max code points; encoded: at most encoded_max bytes, because
//        ledger cuts lines at 4096.
// Threads any (pure).
// Source hledger 1.25 manual (journal format); ledger 3.3 manual (journal format); RFC 3986 §2.1;
//        RFC 4180; OWASP, CSV injection.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace exchange {

inline constexpr std::size_t readable_max = 240;
inline constexpr std::size_t encoded_max = 2400;

/// Control characters and every kind of space become a space, runs of spaces one, those at the ends
/// none; `;` becomes `,`; what is no UTF-8 becomes `?`. Never a line feed, tab, or two spaces.
std::string readable(std::string_view text);

/// readable, as one part of the name of an account: `:` becomes `-`; never empty.
std::string account_part(std::string_view name);

/// Percent-encoded: letters and digits, single spaces inside, `-._` and all beyond ASCII stay. So
/// no character with a meaning in a comment is left (`:`, `,`, `[`, `;`). Decoding gives the text.
std::string encoded(std::string_view text);

/// A name that both programs take for a tag: encoded, with `+` for a space; one that means
/// something to them or to us (date, type, vdp-…) gets `_` behind it.
std::string tag_name(std::string_view tag);

/// A field: in quotes when it needs them. A text that a spreadsheet would take for a formula (it
/// begins with = + - @, a tab or a carriage return, or their wide forms), or that begins with an
/// apostrophe, gets an apostrophe before it: whoever reads texts takes one away again.
std::string csv_text(std::string_view text);

} // namespace exchange
