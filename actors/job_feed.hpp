// What   job_feed: the newest facts about jobs, kept in memory for streams of events.
// Why    The owner of the jobs puts them here and goes on: no stream sends it a message.
// Bounds feed_facts_max; the oldest go first.
// Threads any, all members; a short mutex.
// Source jobs.md J10.
#pragma once

#include "actors/job_kinds.hpp"
#include "http/job_event_source.hpp"

#include <deque>
#include <memory>
#include <mutex>

namespace actors {

inline constexpr std::size_t feed_facts_max = 10'000;

class job_feed final : public http::job_event_source {
public:
  job_feed(std::shared_ptr<const job_kinds> kinds, base::utc_us begun);

  void put(scheduler::job_fact fact);

  std::string epoch() const override { return epoch_; }
  std::uint64_t newest() const override;
  http::job_events events(const http::job_caller& who, std::uint64_t after,
                          std::size_t limit) const override;

private:
  bool may_see(const http::job_caller& who, const scheduler::job_fact& f) const;

  std::shared_ptr<const job_kinds> kinds_;
  std::string epoch_;
  mutable std::mutex mutex_;
  std::deque<scheduler::job_fact> kept_; ///< numbers without holes
  std::uint64_t newest_ = 0;
};

} // namespace actors
