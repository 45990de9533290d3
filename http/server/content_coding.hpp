// What   content_coding: whether a client takes gzip, what is worth it, and the compression itself.
// Why    A page of 50 transactions shrinks to 15 %. One home of zlib.
// Bounds The stream takes 270 KB while it works.
// Errors gzipped() answers nothing when memory is short or the text did not shrink: send it as it
//        is.
// Threads any (pure).
// Source RFC 9110 §12.5.3; api-contract.md §1.1; what the levels cost: docs/decisions/0018
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace http {

inline constexpr std::size_t gzip_from = 1024;

/// For answers, which are made once and sent once: a quarter of the time of level 6, and 2 % of the
/// size.
inline constexpr int gzip_quick = 1;
/// For files, which are kept.
inline constexpr int gzip_small = 6;

/// A header that is there and names gzip or `*` with a weight above zero; gzip's own weight counts
/// before that of `*`.
bool takes_gzip(std::string_view accept_encoding);

/// JSON, text, scripts, styles, SVG. Pictures and fonts are compressed already.
bool shrinks(std::string_view content_type);

std::optional<std::string> gzipped(std::string_view text, int level);

} // namespace http
