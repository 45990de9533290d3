// What   lock_port: the locks of job names, which keep a second process from running the same job.
// Why    On PostgreSQL a process that we did not write takes the same lock for the same name, so it
//        is the database's: held by one session, free at its end. On SQLite nobody else can be
//        there, so it is in the process.
// Bounds A name is held once, whoever asks: nobody of ours gets it twice.
// Errors As port.hpp.
// Threads As port.hpp; watch() too, and what it was given runs on a storage thread.
// Source design.md §6; jobs.md §10.
#pragma once

#include "storage/port.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace storage {

/// How a session that holds our locks calls itself.
inline constexpr std::string_view lock_session_name = "vaidepix locks";

struct lock_state {
  std::string name;
  std::int64_t key = 0; ///< scheduler::lock_key
  bool held = false;
  bool ours = false;    ///< of this store
  std::int64_t pid = 0; ///< of the session; in the process: of the process
  std::string session;  ///< as it calls itself
  std::string address;  ///< of its client; empty: of this machine
  std::string state;    ///< "idle", "active" …; empty: the database does not show it to us
  base::utc_us since;   ///< when the session began: nobody knows when it took the lock
};

struct lock_port {
  virtual ~lock_port() = default;
  /// Never waits. false: somebody has it, one of ours or not.
  virtual void try_lock(std::string name, callback<bool> done) = 0;
  /// false: it was not ours any more.
  virtual void unlock(std::string name, callback<bool> done) = 0;
  virtual void unlock_all(callback<bool> done) = 0;
  /// In the order of the names.
  virtual void holders(std::vector<std::string> names, callback<std::vector<lock_state>> done) = 0;
  /// Ends the session that holds it, if that is still this one and none of ours, and waits a moment
  /// for its end. false: it holds it still, or held it no more.
  virtual void end_session(std::string name, std::int64_t pid, callback<bool> done) = 0;
  /// `lost` is called each time that our session ended and took its locks along; before the answer
  /// of any later call. Empty: nobody wants to know any more.
  virtual void watch(std::function<void()> lost) = 0;
};

} // namespace storage
