// What   process_locks: lock_port within one process.
// Why    A database whose file belongs to one process has nobody else to guard against.
// Bounds A name is held once.
// Errors None. It is never lost.
// Threads any; a callback runs before the call returns.
// Source design.md §6.
#pragma once

#include "storage/lock_port.hpp"

#include <mutex>
#include <set>

namespace storage {

class process_locks final : public lock_port {
public:
  void try_lock(std::string name, callback<bool> done) override;
  void unlock(std::string name, callback<bool> done) override;
  void unlock_all(callback<bool> done) override;
  void holders(std::vector<std::string> names, callback<std::vector<lock_state>> done) override;
  void end_session(std::string name, std::int64_t pid, callback<bool> done) override;
  void watch(std::function<void()>) override {}

private:
  std::mutex mutex_;
  std::set<std::string> held_;
};

} // namespace storage
