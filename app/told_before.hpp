// What   told_before: all that a rule has told its user, and the questions by which a book reads
//        the same once more.
// Why    An answer has a bound, and a row behind it would be told of a second time. A decision in a
//        book has all its questions in advance; so they are the pages that were found before.
// Bounds Pages of told_page_rows; a question in the book has room for twice as many, for what is
//        written in between.
// Errors Those of the store.
// Threads any; told_before_by() waits for the database.
#pragma once

#include "http/backend.hpp"

#include <string>
#include <vector>

namespace app {

inline constexpr std::int64_t told_page_rows = ledger::user_rows_max / 2;

struct told_before {
  std::vector<ledger::alert_states_of> pages; ///< at least one
  std::vector<ledger::alert_state> states;
};
base::result<told_before> told_before_by(http::backend& books, const ledger::user_id& user,
                                         const std::string& rule);

/// Those among the answers, in their order.
std::vector<ledger::alert_state> states_in(const std::vector<ledger::user_rows>& answers);

} // namespace app
