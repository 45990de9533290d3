// What   ask_as_keeper: a wish of the system to the owner of schedules, waited for.
// Why    Schedules of the system's work and of recurring rules are kept by the system, not by
//        people; both are changed the same way.
// Bounds Waits 5 s at most.
// Errors What the owner refuses; DB_TIMEOUT: no answer in time, and the wish may still happen.
// Threads Any but an actor's: it blocks.
#pragma once

#include "base/time.hpp"
#include "http/schedule_backend.hpp"

namespace app {

base::result<http::schedule_answer> ask_as_keeper(http::schedule_backend& schedules,
                                                  http::schedule_wish what, base::clock& clock);

} // namespace app
