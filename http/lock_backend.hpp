// What   lock_backend: who holds the locks of jobs, and how an operator gets one back. A pure port
//        that actors/lock_gateway implements.
// Why    As job_backend.hpp.
// Errors release: NOT_FOUND (no such lock), PREVIEW_STALE (it is free, or somebody else's by now),
//        LOCK_HOLDER_ALIVE, and those of job_backend.hpp.
// Threads As job_backend.hpp.
// Source jobs.md §10, §18.
#pragma once

#include "http/job_backend.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace http {

/// A lock as it is now.
struct lock_view {
  std::string name;
  std::int64_t key = 0;
  bool held = false;
  // of one that is held
  bool foreign = false; ///< not of this node
  bool works = false;   ///< its holder is at work, as far as we see
  std::int64_t pid = 0; ///< of the session, as the database counts
  std::string node;     ///< ours by its name, a foreign one by its session and address
  std::string session, address, state;
  std::optional<base::utc_us> acquired_at; ///< foreign: when its session began
  std::optional<std::string> holder;       ///< ours: the job
};

struct lock_release {
  std::string name;
  std::int64_t pid = 0; ///< as the operator saw it
  bool force = false;
};

struct lock_backend {
  virtual ~lock_backend() = default;
  /// All that kinds of this node name, by name.
  virtual base::result<std::vector<lock_view>> locks() = 0;
  /// Ours: the attempt is stopped, and the lock is free when it has ended. Foreign: its session is
  /// ended. `done` when it is free, with what was held.
  virtual void release(lock_release asked, on_result<lock_view> done) = 0;
};

} // namespace http
