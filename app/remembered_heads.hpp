// What   The files in which this node remembers the last durable commit of each shard, and the jobs
//        that it runs.
// Why    serve writes it, doctor reads it; both must mean the same file.
// Threads main only.
// Source api-contract.md §15.4; storage/head_memory.hpp, storage/crash_recorder.hpp.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace app {

/// Beside the file of SQLite; for PostgreSQL in the working directory, by the id of the database.
/// Empty: a database in memory has nothing to lose.
std::string heads_file(const config::settings& settings, const std::string& installation);

/// Where the jobs stand that run (storage/crash_recorder.hpp): in the same place, of this node.
std::string running_file(const config::settings& settings, const std::string& installation);

} // namespace app
