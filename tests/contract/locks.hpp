// What   Questions about locks, as values.
// Threads the test's.
#pragma once

#include "storage/lock_port.hpp"
#include "tests/contract/scribe.hpp"

namespace contract {

inline bool try_lock(world& w, const std::string& name) {
  return value_of<bool>([&](auto done) { w.store().locks().try_lock(name, std::move(done)); });
}
inline bool unlock(world& w, const std::string& name) {
  return value_of<bool>([&](auto done) { w.store().locks().unlock(name, std::move(done)); });
}
inline storage::lock_state seen(world& w, const std::string& name) {
  const auto all = value_of<std::vector<storage::lock_state>>(
      [&](auto done) { w.store().locks().holders({name}, std::move(done)); });
  BOOST_TEST_REQUIRE(all.size() == 1u);
  return all.front();
}

} // namespace contract
