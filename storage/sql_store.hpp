// What   sql_store: implements the ports over an adapter: threads, bounds, probe, stop.
// Why    Callbacks become coroutines here, and only here.
// Bounds open_settings; waiting calls of one journal: journal_queue_max.
// Errors Every callback is called exactly once; codec_error and other exceptions of a coroutine
//        become errc::broken.
// Threads any; see port.hpp. Lanes: SQLite one for each session, PostgreSQL one for each journal,
//        one for all readers, one for the probe.
// Source design.md §5.
#pragma once

#include "storage/journal_work.hpp"
#include "storage/lane.hpp"
#include "storage/open.hpp"
#include "storage/reader_pool.hpp"
#include "storage/sql_projections.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace storage {

inline constexpr std::size_t journal_queue_max = 4096;

/// Connects everything; fails when the database cannot be reached or refuses a statement.
base::result<std::unique_ptr<store>> make_sql_store(std::unique_ptr<database> db,
                                                    const open_settings& settings,
                                                    std::int64_t schema, observability::log& log,
                                                    observability::metrics& metrics);

} // namespace storage
