// What   is_kind_name: whether a text may name a kind of jobs, or a queue.
// Why    Requests and the operator's settings name them by one rule.
// Bounds [a-z][a-z0-9_.]{0,63}
// Threads any (pure).
// Source jobs.md §2
#pragma once

#include <string_view>

namespace scheduler {

bool is_kind_name(std::string_view text);

} // namespace scheduler
