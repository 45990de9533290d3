// What   statement: one named SQL text for both databases, with the types of what goes in and out.
// Why    The name is the prepared statement, the metrics label and the log field. A text that one
//        of the databases cannot prepare is found at start.
// Bounds Names at most 40 bytes (PostgreSQL cuts at 63). At most 32 parameters.
// Threads none (constants).
// Source engineering.md f.
#pragma once

#include "storage/value.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace storage {

/// single: one execution, $1… are its parameters.
/// batch: the text reads its rows from the hole {rows}, which both adapters fill with a source that
/// is called r and has the columns of `parameters`:
///   PostgreSQL  unnest(cast($1 as text[]), cast($2 as bigint[])) as r(a, v)     one execution
///   SQLite      (select $1 as a, $2 as v) as r                        one execution for each row
/// Such a text is row-wise: no aggregate over the batch. A batch may be a query too: the results of
/// the executions follow one another, in no order that one may rely on.
enum class statement_kind : std::uint8_t { single, batch };

/// Whether the number of rows that were written must be step::rows_expected, and what it means when
/// it is not. A counted text writes and has no `returning` of its own: PostgreSQL prepares it as
///   with s as (<text> returning 1) select vdp_expect((select count(*) from s), $last,
///   '<sqlstate>')
/// with one bigint parameter more. vdp_expect is in the schema; it raises the given SQLSTATE.
enum class counting : std::uint8_t {
  none,
  conflict,     ///< sqlstate_conflict: commit_class::conflict
  duplicate_key ///< sqlstate_duplicate: commit_class::duplicate_key
};

/// indexed: each row is found by an index, in whose order the rows also come. PostgreSQL may
/// neither sort, hash, gather a bitmap nor read a table for it: while its statistics are of a table
/// that was small, it would read all that follows, or the whole table, once for each page or row.
/// planned: indexed, and planned for its values each time, as their number of rows decides which
/// index is the right one. A plan for any values takes the primary key for the rows of one shard
/// while nearly all are of another, and reads the whole table for one that has none.
enum class reading : std::uint8_t { any, indexed, planned };

inline constexpr std::string_view sqlstate_conflict = "VD001";
inline constexpr std::string_view sqlstate_duplicate = "VD002";
inline constexpr std::string_view sqlstate_append_only = "VD003"; ///< raised by a trigger
inline constexpr std::string_view sqlstate_unbalanced = "VD004";  ///< raised by a trigger
/// Raised by a trigger: the commit before is not there. In both databases with this text.
inline constexpr std::string_view sqlstate_no_former = "VD005";
inline constexpr std::string_view no_former_text = "a commit without the one before";

struct statement {
  std::string_view name;
  std::string_view text;
  std::string_view parameters; ///< "id text, version bigint, hash bytea", in the order of $1…
  std::string_view results; ///< one letter for each column: i bigint, t text, b bytea; empty: none
  statement_kind kind = statement_kind::single;
  counting counted = counting::none;
  reading read = reading::any;
};

struct column_spec {
  std::string_view name;
  cell_type type = cell_type::integer;
};

/// Takes `parameters` apart. A text that is not of the form is a fault of ours (ENSURE).
std::vector<column_spec> columns_of(std::string_view parameters);
/// Takes `results` apart.
std::vector<cell_type> result_types(std::string_view results);

/// Every statement of the program; a session prepares all of them when it connects.
std::span<const statement* const> all_statements();

} // namespace storage
