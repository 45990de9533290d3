// What   told_run: the handler of the system's work, which says of each run that it begins and that
//        it ends, with what it counted; and when it last succeeded, once its outcome is durable.
// Why    One place for the lines that the playbook looks for, with both names of each run. An
//        attempt that fails is told by whoever counts it (actors/job_facts), also when its handler
//        never answers.
// Bounds Of a result only whole numbers and flags that stand at its top are told: they count, and
//        hold neither money nor text.
// Threads an executor's.
// Source api-contract §14, §15.3; metrics.md §5
#pragma once

#include "app/system_schedules.hpp"
#include "base/time.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"

#include <string>

namespace app {

actors::job_handler told_run(const system_schedule& s, actors::job_handler run, base::clock& clock,
                             observability::log& log, observability::metrics& metrics);

/// {"checked":12,"ok":true}; empty: there are none.
std::string counts_in(const std::string& result);

} // namespace app
