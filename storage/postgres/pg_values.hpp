// What   pg_values: the arguments of one execution in PostgreSQL's binary form; decode_rows: a
//        binary answer as cells.
// Why    Binary arrays carry a batch in one execution, need no quoting and keep nulls apart.
// Bounds A parameter up to 1 GiB (the server's limit); beyond it the server refuses.
// Errors A column of a type that we do not use is a fault of ours: errc::broken.
// Threads none.
// Source PostgreSQL 15, src/backend/utils/adt/arrayfuncs.c (array_recv).
#pragma once

#include "base/result.hpp"
#include "storage/value.hpp"

#include <libpq-fe.h>
#include <string>
#include <vector>

namespace storage {

class pg_values {
public:
  void add(const cell& value);
  void add(const cell_view& value, cell_type type);
  void add_integer(std::int64_t value);
  /// A one-dimensional array.
  void add(const column& values);

  int count() const { return static_cast<int>(texts_.size()); }
  /// Views for PQsendQueryPrepared; they live until the next add().
  struct views {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  views libpq_views() const;

private:
  template <class Cell> void add_single(const Cell& value);

  struct bytes {
    bool null = false;
    std::string text;
  };
  std::vector<bytes> texts_;
};

Oid type_of(cell_type type);
Oid array_type_of(cell_type type);
/// Whether a column of the server's type is decoded to cells of ours.
bool reads_as(Oid server_type, cell_type type);

base::result<rows> decode_rows(const PGresult& answer);

} // namespace storage
