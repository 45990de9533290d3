// What   pg_error: what the server (or libpq) said; its class for a commit and its errc for a read.
// Why    From the class follows whether a batch may be sent again, must be split, or is in doubt; a
//        wrong class loses or doubles money.
// Threads none (pure).
// Source engineering.md f.
#pragma once

#include "storage/port.hpp"

#include <string>
#include <string_view>

namespace storage {

struct pg_error {
  std::string sqlstate;   ///< empty: not from the server, the connection is gone
  std::string severity;   ///< ERROR, FATAL, PANIC; never translated
  std::string message;    ///< without the values of rows
  std::string constraint; ///< of a violation

  /// ERROR about one of our statements: its transaction is surely not committed. FATAL and PANIC
  /// may come after the commit.
  bool surely_not_committed() const { return severity == "ERROR" && !sqlstate.empty(); }
  /// "23505 duplicate key value violates unique constraint "users_email_key"".
  std::string text() const;
};

commit_class class_of(const pg_error& e);
errc errc_of(const pg_error& e);

} // namespace storage
