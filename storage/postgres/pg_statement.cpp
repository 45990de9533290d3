#include "storage/postgres/pg_statement.hpp"

#include "base/assert.hpp"
#include "storage/postgres/pg_values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace storage {
namespace {

constexpr std::string_view rows_hole = "{rows}";

std::string_view sql_name(cell_type type) {
  switch (type) {
  case cell_type::integer: return "bigint";
  case cell_type::text: return "text";
  case cell_type::blob: return "bytea";
  }
  UNREACHABLE("cell_type");
}

/// unnest(cast($1 as text[]), cast($2 as bigint[])) as r(a, v)
std::string rows_source(const std::vector<column_spec>& columns) {
  std::string arrays, names;
  int n = 0;
  for (const auto& c : columns) {
    arrays += fmt::format("{}cast(${} as {}[])", n == 0 ? "" : ", ", n + 1, sql_name(c.type));
    names += fmt::format("{}{}", n == 0 ? "" : ", ", c.name);
    ++n;
  }
  return fmt::format("unnest({}) as r({})", arrays, names);
}

/// (values (cast($1 as text), cast($2 as bigint)), ($3, $4)) as r(a, v)
std::string values_source(const std::vector<column_spec>& columns, std::size_t row_count) {
  std::string all, names;
  std::size_t n = 0;
  for (std::size_t r = 0; r < row_count; ++r) {
    all += r == 0 ? "(" : ", (";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto& column = columns[c];
      const auto comma = c == 0 ? "" : ", ";
      all += r == 0 ? fmt::format("{}cast(${} as {})", comma, ++n, sql_name(column.type))
                    : fmt::format("{}${}", comma, ++n);
      if (r == 0) names += fmt::format("{}{}", comma, column.name);
    }
    all += ")";
  }
  return fmt::format("(values {}) as r({})", all, names);
}

std::string_view raised_state(counting counted) {
  return counted == counting::conflict ? sqlstate_conflict : sqlstate_duplicate;
}

} // namespace

std::size_t form_of(const statement& s, std::size_t row_count) {
  const bool fits = row_count * columns_of(s.parameters).size() <= parameters_max;
  return s.kind == statement_kind::batch && row_count <= row_forms_max && fits ? row_count : 0;
}

std::string prepared_name(const statement& s, std::size_t form) {
  return form == 0 ? std::string(s.name) : fmt::format("{}/{}", s.name, form);
}

std::string prepared_text(const statement& s, std::size_t form) {
  std::string text(s.text);
  const auto columns = columns_of(s.parameters);
  if (s.kind == statement_kind::batch) {
    const std::string source = form == 0 ? rows_source(columns) : values_source(columns, form);
    auto hole = text.find(rows_hole);
    ENSURE(hole != std::string::npos, "a batch statement has the hole {rows}");
    for (; hole != std::string::npos; hole = text.find(rows_hole, hole + source.size()))
      text.replace(hole, rows_hole.size(), source);
  }
  if (s.counted == counting::none) return text;
  return fmt::format("with s as ({} returning 1) "
                     "select vdp_expect((select count(*) from s), ${}, '{}')",
                     text, std::max<std::size_t>(form, 1) * columns.size() + 1,
                     raised_state(s.counted));
}

std::vector<Oid> prepared_types(const statement& s, std::size_t form) {
  std::vector<Oid> types;
  const bool arrays = s.kind == statement_kind::batch && form == 0;
  for (std::size_t r = 0; r < std::max<std::size_t>(form, 1); ++r)
    for (const auto& c : columns_of(s.parameters))
      types.push_back(arrays ? array_type_of(c.type) : type_of(c.type));
  if (s.counted != counting::none) types.push_back(type_of(cell_type::integer));
  return types;
}

std::string mismatch_of(const statement& s, const PGresult& description) {
  if (s.counted != counting::none) return {};
  const auto wanted = result_types(s.results);
  const int got = PQnfields(&description);
  if (static_cast<std::size_t>(got) != wanted.size())
    return fmt::format("{} columns instead of {}", got, wanted.size());
  for (int i = 0; i < got; ++i)
    if (!reads_as(PQftype(&description, i), wanted[static_cast<std::size_t>(i)]))
      return fmt::format("column {} is not {}", PQfname(&description, i),
                         sql_name(wanted[static_cast<std::size_t>(i)]));
  return {};
}

} // namespace storage
