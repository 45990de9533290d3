// What   no_store: the store of a test in which nobody asks for one.
// Threads any.
#pragma once

#include "storage/open.hpp"

#include <stdexcept>
#include <string>

namespace {

/// Nobody asks it.
struct no_store final : storage::store {
  [[noreturn]] static void none() { throw std::logic_error{"no store here"}; }
  std::string name;
  std::uint32_t shards() const override { return 1; }
  const std::string& installation() const override { return name; }
  std::size_t journal_count() const override { return 0; }
  storage::journal_port& journal(std::size_t) override { none(); }
  storage::read_port& reads() override { none(); }
  storage::audit_port& audit() override { none(); }
  storage::projection_port& projections() override { none(); }
  storage::recovery_port& recovery() override { none(); }
  storage::job_port& jobs() override { none(); }
  storage::lock_port& locks() override { none(); }
  storage::pruning_port& pruning() override { none(); }
  storage::store_health health() override { return {}; }
  void usage(storage::callback<storage::store_usage>) override { none(); }
  void set_admin(std::string, bool, base::utc_us, storage::callback<bool>) override { none(); }
  void stop() override {}
};

} // namespace
