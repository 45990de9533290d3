// What   Texts for searching: lower case, without accents; the pattern that finds one in another.
// Why    The databases disagree about case and accents. SQLite calls this code (vdp_folded in
//        sqlite_connection), PostgreSQL the same table in SQL (vdp_folded in the schema).
// Bounds Latin letters lose their accents; Greek and Cyrillic only their case; all else stays.
//        Malformed UTF-8 is kept byte by byte.
// Threads any (pure).
// Source api-contract §7 (q).
#pragma once

#include <string>
#include <string_view>

namespace storage {

std::string folded(std::string_view text);

/// The operand of `like … escape '\'` that finds the text anywhere in a folded one.
std::string containing(std::string_view text);

} // namespace storage
