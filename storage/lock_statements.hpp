// What   The statements of the session that holds job locks, on PostgreSQL only.
// Why    They have no other form on a database without sessions, so they are no part of
//        all_statements(), which both databases prepare.
// Threads none (constants).
// Source design.md §6.
#pragma once

#include "storage/statement.hpp"

#include <span>

namespace storage {

namespace sql {

extern const statement lock_try;     ///< 1: got
extern const statement lock_free;    ///< 1: it was ours
extern const statement lock_holders; ///< of keys; those that are free have no row
extern const statement lock_end;     ///< 1 for each session that was ended
extern const statement lock_beat;    ///< a round trip

} // namespace sql

std::span<const statement* const> lock_statements();

} // namespace storage
