// What   A wish for a job, as JSON: decoded with all its bounds, and all faults at once.
// Why    The single POST, the items of a bulk, follow-up jobs of workers and schedules are the same
//        thing. These paths are new, so a member that nobody knows is a fault and not ignored.
// Bounds As jobs.md §2, §5, §6.
// Threads any (pure).
// Source jobs.md §2, §5, §6, §19
#pragma once

#include "http/api/decode.hpp"
#include "scheduler/job.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>

namespace http {

/// The name of a kind or of a queue.
std::optional<std::string> read_kind_name(object_reader& in, std::string_view key, need presence);

/// An object; nothing when it is absent, null or something else, which is a fault.
const base::json::value* object_member(object_reader& in, std::string_view key);

/// A fault for each member that is none of these.
void refuse_others(const base::json::value& object, const base::json::array& loc,
                   std::initializer_list<std::string_view> known, faults& bad);

/// The body of a path of jobs: an object, or nothing when it may be left out. Stricter than
/// read_body: a member twice in one object, and a number beyond 2^53, are refused.
enum class body_rule : bool { required, may_be_empty };
std::variant<base::json::value, response> read_job_body(const request& r, body_rule rule);

/// An instant at most five years away from now.
std::optional<base::utc_us> read_near_instant(object_reader& in, std::string_view key,
                                              base::utc_us now, const scheduler::zone_rules& zone);

/// A whole number between the bounds; nothing when it is absent or wrong.
std::optional<std::int64_t> read_whole(object_reader& in, std::string_view key, std::int64_t least,
                                       std::int64_t most, presence_rule rule = may_be_left_out);

/// A JSON object of at most 64 KiB and depth 16, as compact text.
std::optional<std::string> read_payload(object_reader& in, std::string_view key);
std::optional<std::vector<std::string>> read_job_tags(object_reader& in);

/// Nothing when there are faults. Not yet: id, shard, user, created_at, provenance.
std::optional<scheduler::job> read_job(const base::json::value& sent, base::json::array loc,
                                       base::utc_us now, const scheduler::zone_rules& zone,
                                       faults& bad);

} // namespace http
