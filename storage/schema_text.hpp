// What   The migrations of this program, as they stand in storage/schema/*.sql.
// Why    The files are the source; the build copies them into the binary, so a program and its
//        schema cannot be mixed up.
// Threads any (constants).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace storage {

struct migration {
  std::int64_t number = 0;
  std::string_view name; ///< "0001_base"
  std::string_view text;
};

/// In order of their numbers, from 1, without gap. dialect: "sqlite" or "postgres".
std::span<const migration> migrations_of(std::string_view dialect);

} // namespace storage
