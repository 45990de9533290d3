// What   view_of: a job that has ended, or one that rests, from its rows.
// Why    Its owner has forgotten it; clients see it in the same form as a live one.
// Threads any (pure).
// Source jobs.md §18.
#pragma once

#include "http/job_backend.hpp"
#include "storage/job_port.hpp"

namespace actors {

http::job_view view_of(const storage::job_details& d);

} // namespace actors
