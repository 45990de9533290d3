// What   row_table: how one kind of user_row stands in its table: put, add, from.
// Why    A kind that is written has `put` and `add`; one that is read has `from`.
// Errors codec_error when a row holds what no program of ours writes.
// Threads any (pure).
#pragma once

#include "storage/cells.hpp"
#include "storage/row_reader.hpp"
#include "storage/statements.hpp"

namespace storage {

template <class Row> struct row_table;

template <class Row>
concept written = requires {
  row_table<Row>::put;
};

} // namespace storage
