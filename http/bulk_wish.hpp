// What   bulk_wish: one act for all live jobs that a filter takes, as the payload of its job.
// Bounds bulk_jobs_max jobs; the filter is that of GET /api/jobs.
// Errors read_bulk_wish answers nothing for a text that is none.
// Threads any (pure).
// Source jobs.md §18 (POST /api/jobs/actions), §7 (redrive at a rate)
#pragma once

#include "http/job_backend.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace http {

inline constexpr std::string_view bulk_kind = "bulk_action";
inline constexpr std::int64_t bulk_jobs_max = 100'000;

struct bulk_wish {
  scheduler::control_action what = scheduler::control_action::cancel;
  job_question which; ///< without caller, cursor and limit
  std::int64_t limit = bulk_jobs_max;
  std::optional<std::int64_t> per_second;
  std::string by, reason;
};

/// cancel, park, release, redrive, discard, run_now.
std::optional<scheduler::control_action> bulk_action_of(std::string_view text);

std::string to_text(const bulk_wish& w);
std::optional<bulk_wish> read_bulk_wish(const std::string& text);

} // namespace http
