// What   drawn_job: one job of the simulation's clients: what is asked, how each of its attempts
//        goes, what it posts. drawn_jobs: all of a run, by the number in their payload.
// Why    A handler may run again on any node after any crash and has to do the same: what it does
//        is a fact of the run, not of the node.
// Threads none (values).
// Source testing.md §5.
#pragma once

#include "ledger/command.hpp"
#include "scheduler/job.hpp"
#include "tests/sim/judge.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sim {

struct drawn_attempt {
  enum class end : std::uint8_t {
    done,
    transient,
    permanent,
    snoozed,
    hangs, ///< until it is told to stop, and perhaps longer
  };
  end how = end::done;
  std::int64_t waits_us = 0; ///< for a thread
  std::int64_t takes_us = 0;
};

struct drawn_job {
  std::size_t index = 0;
  std::size_t user = 0;
  scheduler::job wish;
  std::vector<drawn_attempt> plan; ///< the last one goes for all that follow
  struct posting {
    model::create wanted;
    ledger::create_transaction sent;
  };
  std::optional<posting> posts;
  bool heeds_refusals = false; ///< what the ledger refuses is no failure to it
  std::optional<std::size_t> follower;
  bool cured = false;          ///< an operator has seen to it: all that follows succeeds
  operation_ptr op;            ///< its posting, once it was returned
  std::int32_t op_attempt = 0; ///< by which attempt

  const drawn_attempt& attempt(std::int32_t number) const {
    static const drawn_attempt well{};
    if (cured) return well;
    return plan.at(std::min<std::size_t>(static_cast<std::size_t>(number) - 1, plan.size() - 1));
  }
};

using drawn_jobs = std::map<std::size_t, drawn_job>;

std::string payload_of(std::size_t index);
/// Nothing: it is no payload of ours.
std::optional<std::size_t> index_in(const std::string& payload);
/// Its transactions are known by it.
std::string description_of(std::size_t index);

inline constexpr const char* kind_note = "note"; ///< posts nothing
inline constexpr const char* kind_paid = "paid"; ///< may post
inline constexpr const char* queue_paid = "money";

} // namespace sim
