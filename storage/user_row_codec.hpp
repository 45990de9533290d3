// What   user_row to cells and back, and the statement that answers each question.
// Why    A new kind of row is added here, in user_row_statements.cpp and in ledger/user_row.hpp,
//        and nowhere between.
// Errors As row_codec.hpp.
// Threads any (pure). Columns borrow the texts of the rows.
#pragma once

#include "ledger/user_row.hpp"
#include "storage/row_codec.hpp"

#include <vector>

namespace storage {

/// One batch for each kind that occurs, in the order of the variant: a row comes after those that
/// it refers to. Steps borrow from the rows.
std::vector<step> puts_of(const std::vector<const ledger::user_row*>& written_rows,
                          text_store& texts);

struct row_request {
  step what;
  ledger::user_row (*decode)(const row&) = nullptr;
};
row_request request_of(const ledger::row_question& q);

} // namespace storage
