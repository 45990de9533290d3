// What   Schedules, their ticks and previews as JSON.
// Threads any (pure).
// Source jobs.md §18
#pragma once

#include "http/schedule_backend.hpp"
#include "scheduler/preview.hpp"

#include <string>

namespace http {

void append_schedule(std::string& out, const schedule_view& v);
void append_tick(std::string& out, const scheduler::schedule_tick& t);
void append_preview(std::string& out, const scheduler::preview& p);
void append_backfill(std::string& out, const backfill_view& b);

} // namespace http
