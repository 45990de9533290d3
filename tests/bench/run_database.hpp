// What   create_database, verify: what every part does before and after its load.
// Errors throw std::runtime_error: a load on an unsound ledger is no measurement.
#pragma once

#include "tests/bench/bench_options.hpp"

#include <string>

namespace bench {

void create_database(const options& o, const std::string& name);
/// Runs `vaidepix verify` on a stopped node's database and prints what it says.
void verify(const options& o, const std::string& url);

} // namespace bench
