// What   What a connection sets for itself, and what has to hold on the server: durability,
//        isolation, encoding, version.
// Why    A ledger on a server with fsync off acknowledges money that a power cut takes back.
// Threads none (pure).
// Source engineering.md f.
#pragma once

#include "base/result.hpp"
#include "storage/statement.hpp"

#include <chrono>
#include <cstdint>
#include <libpq-fe.h>
#include <optional>
#include <string>

namespace storage {

struct pg_limits {
  std::chrono::milliseconds statement{0};
  std::chrono::milliseconds lock{0}; ///< a wait for a row or a unique value
};

std::string setup_text(const pg_limits& limits);

/// For a writer: each of its statements is planned once, from indexes and for batches of any size.
std::string pinned_plans_text();

/// Until the end of the transaction; nothing for reading::any.
std::optional<std::string> reading_text(reading how);

/// One row of texts about the server and the session.
std::string inspect_text();

/// A server is present as long as one of its writers holds this lock, shared with the others. It
/// ends with the session, and a new session takes it again. One row, one column: t or f.
std::string presence_text();
/// The same lock for one who wants to be alone. 1 or 0.
std::string solitude_text();

struct pg_inspection {
  bool read_only = false;
  std::string backend_start; ///< µs; with the process id the identity of a backend
};

/// errc::schema with a text for the operator when something does not hold.
base::result<pg_inspection> inspect(const PGresult& answer, bool require_durable);

} // namespace storage
