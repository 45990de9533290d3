// What   Pieces of SQL that stand in several texts, and how they are joined at compile time.
// Why    row_codec reads columns in the order in which these lists name them.
// Bounds An id is its key and the text that it was imported with, if any (base/id.hpp); the row
//        that keeps the text is asked only for keys that have one.
// Threads none (constants).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace storage {

template <std::size_t Size> struct piece {
  char chars[Size]{};
  consteval piece(const char (&literal)[Size]) { std::copy_n(literal, Size, chars); }
  static constexpr std::size_t length = Size - 1;
};

template <piece... Pieces> struct joined {
  static constexpr auto chars = [] {
    std::array<char, (Pieces.length + ... + 0)> all{};
    auto* to = all.data();
    ((to = std::copy_n(Pieces.chars, Pieces.length, to)), ...);
    return all;
  }();
};

/// One text out of literals and the lists of columns below.
template <piece... Pieces>
constexpr std::string_view sql_text{joined<Pieces...>::chars.data(),
                                    joined<Pieces...>::chars.size()};

inline constexpr piece account_columns{
    "a.id, a.imported_id, a.user_id, case when a.user_id < 0 then"
    " (select n.imported_id from users n where n.id = a.user_id) end, a.role, a.kind, a.type, "
    "a.name, a.color, a.icon, a.currency, a.floor, a.ceiling, a.active, a.created_at, "
    "a.updated_at"};
inline constexpr std::string_view account_balance_results = "itittttttttiiiiiii";
inline constexpr piece commit_columns{
    "c.shard, c.seq, c.epoch, c.node, c.prev_hash, c.hash, c.entries, c.booked_at"};
inline constexpr std::string_view commit_results = "iiitbbii";

} // namespace storage
