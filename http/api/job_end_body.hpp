// What   What a job that has succeeded leaves, as JSON: `result` and `effects`, of a worker's
//        `complete` and of a push receiver's answer.
// Why    Both are the same wish of somebody outside, with the same bounds.
// Bounds A result of 64 KiB; 100 transactions and 100 follow-ups.
// Threads any (pure).
// Source jobs.md §14, §15
#pragma once

#include "base/result.hpp"
#include "http/api/decode.hpp"
#include "http/worker_backend.hpp"

#include <string>

namespace http {

/// JSON; "null" when there is none.
std::string read_job_result(object_reader& in);

/// The member "effects" of `sent`. `may_post`: its transactions are no fault.
job_effects read_job_effects(const base::json::value& sent, bool may_post, base::utc_us now,
                             const scheduler::zone_rules& zone, faults& bad);

struct pushed_answer {
  std::string result = "null";
  job_effects effects;
};

/// The text of a 200. Failures: PUSH_BAD_ANSWER with what is wrong, KIND_NOT_ALLOWED.
base::result<pushed_answer> read_pushed_answer(const std::string& text, bool may_post,
                                               base::utc_us now, const scheduler::zone_rules& zone);

} // namespace http
