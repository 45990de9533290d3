// What   database_settings and the reading of DATABASE_URL.
// Why    The URLs of the former backend keep working, and a password never leaves the type secret.
// Errors A sentence without the URL, because it may hold a password.
// Threads any (pure).
// Source api-contract §18.
#pragma once

#include "config/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace config {

struct database_settings {
  enum class kind : std::uint8_t { sqlite, postgres };
  kind what = kind::sqlite;
  std::string sqlite_path =
      "vaidepix.db";   ///< relative to the working directory, absolute, or ":memory:"
  secret postgres_uri; ///< for libpq: "postgresql://…", with sslmode where the rule asks for it
  std::string shown = "sqlite:vaidepix.db"; ///< for logs: no user, no password, no parameters

  bool in_memory() const { return what == kind::sqlite && sqlite_path == ":memory:"; }
  bool operator==(const database_settings&) const = default;
};

/// sqlite:///relative, sqlite:////absolute, sqlite:///:memory:, postgresql://, postgres://,
/// postgresql+psycopg2://.
/// In production a PostgreSQL host that is not local gets sslmode=require unless the URL says
/// otherwise.
std::variant<database_settings, std::string> parse_database_url(std::string_view url,
                                                                bool production);

} // namespace config
