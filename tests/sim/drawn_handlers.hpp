// What   drawn_handlers: the executor of a simulated node. Each handler ends when the world has
//        come to its time, as its job was drawn.
// Why    The real one has threads; here the end of a handler is an event among the others.
// Bounds Of one node: after cut() nobody hears of its handlers any more.
// Threads the simulation's only one.
// Source testing.md §5; jobs.md §6.
#pragma once

#include "actors/job_executor.hpp"
#include "base/random.hpp"
#include "tests/sim/drawn_job.hpp"
#include "tests/sim/virtual_time.hpp"

#include <functional>
#include <list>

namespace sim {

class drawn_handlers {
public:
  struct watcher {
    std::function<void(drawn_job&, const actors::job_executor::task&)> started;
    /// Before its verdict is heard; `heard`: it was not told to stop before.
    std::function<void(drawn_job&, const actors::job_executor::task&, drawn_attempt::end,
                       bool heard)>
        ended;
    /// What the owner tells of the posting: "ok", or the refusal that the handler heeds.
    std::function<void(drawn_job&, const std::string&)> told;
  };

  drawn_handlers(virtual_clock& clock, std::shared_ptr<drawn_jobs> jobs, std::uint64_t seed);

  watcher watch;

  void run(actors::job_executor::task t);
  /// One that is due ends; false: none was.
  bool run_one();
  void cut();
  std::optional<std::int64_t> next_us() const;

private:
  struct running {
    actors::job_executor::task task;
    drawn_job* job = nullptr;
    drawn_attempt plan;
    std::int64_t begins_us = 0, ends_us = 0;
    bool told_to_stop = false;
  };
  void look_at(running& r);
  actors::job_verdict verdict_of(const running& r);

  virtual_clock& clock_;
  std::shared_ptr<drawn_jobs> jobs_;
  base::random chance_;
  std::list<running> running_;
};

} // namespace sim
