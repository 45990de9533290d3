// What   job_event_source: what has happened to jobs, for streams of events: a pure port.
// Why    A stream asks what is new behind the last event that it has shown; it never asks an actor.
// Bounds Of this process, the newest some thousands; who was away for longer is told that there is
//        a gap, and reads its lists again.
// Threads any; never blocks for long.
// Source jobs.md J10; api-contract.md §16 (/events)
#pragma once

#include "http/job_backend.hpp"
#include "scheduler/job_fact.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace http {

struct job_events {
  std::vector<scheduler::job_fact> items; ///< in their order
  std::uint64_t next = 0;                 ///< go on behind this number
  bool gap = false;                       ///< some behind `after` are not kept any more
};

struct job_event_source {
  virtual ~job_event_source() = default;
  /// Tells processes apart: numbers begin anew with each.
  virtual std::string epoch() const = 0;
  virtual std::uint64_t newest() const = 0;
  /// What the caller may see of the events behind the number; an administrator sees all.
  virtual job_events events(const job_caller& who, std::uint64_t after,
                            std::size_t limit) const = 0;
};

} // namespace http
