// What   api_world: a service over a backend in memory, with nothing that changes from run to run.
// Threads one.
#pragma once

#include "http/api/service.hpp"
#include "tests/support/fake_backend.hpp"

#include <string>

namespace fuzz {

struct still_clock final : base::clock {
  base::utc_us now() override { return {1'764'000'000'000'000}; }
};

struct api_world {
  still_clock clock;
  http_test::fake_backend books{clock};
  http::access_tokens tokens{{.key = "a signing key of thirty-two bytes", .previous = {}}};
  http::password_pool passwords{{.threads = 1, .queue = 1, .cost = {1, 8192}}};
  scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
  http::service s{books,
                  clock,
                  tokens,
                  passwords,
                  zone,
                  [] { return std::string{"new"}; },
                  [] { return std::string{}; },
                  {},
                  {}};
};

} // namespace fuzz
