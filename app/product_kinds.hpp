// What   product_kinds: the kinds of jobs that the product itself runs, by schedules of the system
//        or of its users' rules.
// Why    Each stands in a file of its own (…_job.cpp); this is the list.
// Threads Handlers run on the executor's threads, several at once.
// Source api-contract §14; docs/OPERATIONS.md has the table.
#pragma once

#include "actors/job_kinds.hpp"
#include "app/late_node.hpp"
#include "config/settings.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "scheduler/zone_rules.hpp"
#include "storage/open.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace app {

/// What their handlers reach; all of it outlives the node.
struct product_surroundings {
  std::shared_ptr<late_node> node;
  storage::store& store;
  const scheduler::zone_rules& zone; ///< APP_TIMEZONE
  base::clock& clock;
  observability::log& log;
  observability::metrics& metrics;
  std::function<std::string()> new_id;
  const config::settings& settings;
};

std::vector<actors::job_kind> product_kinds(const product_surroundings& around);

} // namespace app
