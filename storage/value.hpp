// What   Typed cells: what goes into a statement and what comes out of one, the same for both
//        databases; a batch is columns.
// Why    A cell is bound by its type. SQLite compares a number that was bound as text as text, and
//        PostgreSQL wants arrays of one type.
// Bounds Integers are 64 bits, signed: money in centavos, times in microseconds, flags 0 and 1.
// Threads none (values).
// Source engineering.md f.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace storage {

enum class cell_type : std::uint8_t { integer, text, blob };

/// Bytes, so that they cannot be mistaken for text.
struct blob {
  std::string bytes;
  bool operator==(const blob&) const = default;
};

using cell = std::variant<std::monostate, std::int64_t, std::string, blob>;
using row = std::vector<cell>;
using rows = std::vector<row>;
using params = std::vector<cell>;

template <class... Cells> params args(Cells&&... cells) {
  params p;
  p.reserve(sizeof...(cells));
  (p.emplace_back(std::forward<Cells>(cells)), ...);
  return p;
}

/// A borrowed cell: a batch of thousands of rows copies no text.
struct blob_view {
  std::string_view bytes;
};
using cell_view = std::variant<std::monostate, std::int64_t, std::string_view, blob_view>;

/// One column of a batch. The owner of the texts outlives the step that carries it.
struct column {
  cell_type type = cell_type::integer;
  std::vector<cell_view> cells; ///< each null or of `type`
};

} // namespace storage
