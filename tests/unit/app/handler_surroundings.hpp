// What   handler_surroundings: what handlers of jobs reach, over the books of a test.
// Why    A handler is tested as the program builds it, without a node and without a store.
// Threads as its books.
#pragma once

#include "actors/job_kinds.hpp"
#include "app/product_kinds.hpp"
#include "tests/unit/app/no_store.hpp"

#include <memory>
#include <stop_token>
#include <string>

namespace {

const scheduler::zone_rules brasilia{"America/Sao_Paulo", -3 * 3600, {}};

struct handler_surroundings {
  handler_surroundings(http::backend& books, base::clock& clock, observability::log& log,
                       observability::metrics& metrics)
      : around{node,
               store,
               brasilia,
               clock,
               log,
               metrics,
               [this] { return "id" + std::to_string(++ids); },
               settings} {
    node->books = &books;
  }
  handler_surroundings(const handler_surroundings&) = delete;
  handler_surroundings& operator=(const handler_surroundings&) = delete;

  no_store store;
  config::settings settings;
  std::shared_ptr<app::late_node> node = std::make_shared<app::late_node>();
  int ids = 0;
  app::product_surroundings around;
  scheduler::job what; ///< that they are given
  std::stop_source stop;

  actors::job_verdict verdict_of(const actors::job_kind& kind, base::utc_us now) {
    return kind.run({what, 1, now, stop.get_token(), {}});
  }
};

} // namespace
