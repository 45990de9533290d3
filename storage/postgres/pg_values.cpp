#include "storage/postgres/pg_values.hpp"

#include "base/assert.hpp"
#include "storage/port.hpp"

#include <array>
#include <cstdint>

namespace storage {
namespace {

// pg_type.dat
constexpr Oid oid_bool = 16, oid_bytea = 17, oid_name = 19, oid_int8 = 20, oid_int4 = 23,
              oid_text = 25, oid_varchar = 1043;
constexpr Oid oid_bytea_array = 1001, oid_text_array = 1009, oid_int8_array = 1016;

void put32(std::string& out, std::uint32_t v) {
  const char b[] = {static_cast<char>(v >> 24), static_cast<char>(v >> 16),
                    static_cast<char>(v >> 8), static_cast<char>(v)};
  out.append(b, sizeof b);
}

void put64(std::string& out, std::uint64_t v) {
  put32(out, static_cast<std::uint32_t>(v >> 32));
  put32(out, static_cast<std::uint32_t>(v));
}

std::uint64_t big_endian(const char* from, int bytes) {
  std::uint64_t v = 0;
  for (int i = 0; i < bytes; ++i) v = v << 8 | static_cast<unsigned char>(from[i]);
  return v;
}

void put_sized(std::string& out, std::string_view text) {
  put32(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void put_element(std::string& out, const cell_view& c) {
  if (const auto* n = std::get_if<std::int64_t>(&c)) {
    const auto v = static_cast<std::uint64_t>(*n);
    std::array<char, 12> sized{0, 0, 0, 8}; // at once: most of a batch is this
    for (std::size_t i = 0; i < 8; ++i) sized[4 + i] = static_cast<char>(v >> 8 * (7 - i) & 0xff);
    out.append(sized.data(), sized.size());
  } else if (const auto* t = std::get_if<std::string_view>(&c)) {
    put_sized(out, *t);
  } else if (const auto* b = std::get_if<blob_view>(&c)) {
    put_sized(out, b->bytes);
  } else {
    put32(out, 0xffffffffU); // null
  }
}

bool is_of(const cell_view& c, cell_type type) {
  return c.index() == 0 || c.index() == static_cast<std::size_t>(type) + 1;
}

std::size_t element_bytes(const cell_view& c) {
  if (const auto* t = std::get_if<std::string_view>(&c)) return 4 + t->size();
  if (const auto* b = std::get_if<blob_view>(&c)) return 4 + b->bytes.size();
  return 12;
}

} // namespace

Oid type_of(cell_type type) {
  switch (type) {
  case cell_type::integer: return oid_int8;
  case cell_type::text: return oid_text;
  case cell_type::blob: return oid_bytea;
  }
  UNREACHABLE("cell_type");
}

Oid array_type_of(cell_type type) {
  switch (type) {
  case cell_type::integer: return oid_int8_array;
  case cell_type::text: return oid_text_array;
  case cell_type::blob: return oid_bytea_array;
  }
  UNREACHABLE("cell_type");
}

bool reads_as(Oid server_type, cell_type type) {
  switch (type) {
  case cell_type::integer:
    return server_type == oid_int8 || server_type == oid_int4 || server_type == oid_bool;
  case cell_type::text:
    return server_type == oid_text || server_type == oid_varchar || server_type == oid_name;
  case cell_type::blob: return server_type == oid_bytea;
  }
  UNREACHABLE("cell_type");
}

// -- arguments -----------------------------------------------------------------------------------

void pg_values::add_integer(std::int64_t value) {
  put64(texts_.emplace_back().text, static_cast<std::uint64_t>(value));
}

// cell and cell_view have the same alternatives, owned or borrowed.
template <class Cell> void pg_values::add_single(const Cell& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return add_integer(*n);
  auto& out = texts_.emplace_back();
  if (const auto* t = std::get_if<2>(&value))
    out.text = *t;
  else if (const auto* b = std::get_if<3>(&value))
    out.text = b->bytes;
  else
    out.null = true;
}

void pg_values::add(const cell& value) { add_single(value); }

void pg_values::add(const cell_view& value, cell_type type) {
  ENSURE(is_of(value, type), "a cell is not of its column's type");
  add_single(value);
}

void pg_values::add(const column& values) {
  std::size_t size = 20;
  bool nulls = false;
  for (const auto& c : values.cells) {
    ENSURE(is_of(c, values.type), "a cell is not of its column's type");
    size += element_bytes(c);
    nulls = nulls || c.index() == 0;
  }
  auto& out = texts_.emplace_back().text;
  out.reserve(size);
  put32(out, 1); // dimensions
  put32(out, nulls ? 1 : 0);
  put32(out, type_of(values.type));
  put32(out, static_cast<std::uint32_t>(values.cells.size()));
  put32(out, 1); // lower bound
  for (const auto& c : values.cells) put_element(out, c);
}

pg_values::views pg_values::libpq_views() const {
  views v;
  for (const auto& t : texts_) {
    v.values.push_back(t.null ? nullptr : t.text.data());
    v.lengths.push_back(static_cast<int>(t.text.size()));
    v.formats.push_back(1);
  }
  return v;
}

// -- answers -------------------------------------------------------------------------------------

base::result<rows> decode_rows(const PGresult& answer) {
  const int row_count = PQntuples(&answer);
  const int columns = PQnfields(&answer);
  std::vector<Oid> types;
  for (int c = 0; c < columns; ++c) {
    types.push_back(PQftype(&answer, c));
    if (PQfformat(&answer, c) != 1) return base::fail(errc::broken, "an answer in text form");
  }
  rows out(static_cast<std::size_t>(row_count));
  for (int r = 0; r < row_count; ++r) {
    auto& target = out[static_cast<std::size_t>(r)];
    target.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      const char* value = PQgetvalue(&answer, r, c);
      const int length = PQgetlength(&answer, r, c);
      if (PQgetisnull(&answer, r, c) == 1) {
        target.emplace_back(std::monostate{});
        continue;
      }
      switch (types[static_cast<std::size_t>(c)]) {
      case oid_int8: target.emplace_back(static_cast<std::int64_t>(big_endian(value, 8))); break;
      case oid_int4:
        target.emplace_back(
            static_cast<std::int64_t>(static_cast<std::int32_t>(big_endian(value, 4))));
        break;
      case oid_bool: target.emplace_back(static_cast<std::int64_t>(*value != 0)); break;
      case oid_text:
      case oid_name:
      case oid_varchar:
        target.emplace_back(std::string(value, static_cast<std::size_t>(length)));
        break;
      case oid_bytea:
        target.emplace_back(blob{std::string(value, static_cast<std::size_t>(length))});
        break;
      default:
        return base::fail(errc::broken, std::string("column ") + PQfname(&answer, c) +
                                            " has a type that is not read");
      }
    }
  }
  return out;
}

} // namespace storage
