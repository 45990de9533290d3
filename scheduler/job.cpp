#include "scheduler/job.hpp"

#include <algorithm>
#include <array>

namespace scheduler {
namespace {

constexpr std::array<std::string_view, job_state_count> state_names{
    "scheduled", "waiting", "ready", "running",   "cancelling", "committing",
    "retrying",  "parked",  "dead",  "succeeded", "cancelled",  "discarded"};
constexpr std::array<std::string_view, 9> end_names{"succeeded",   "transient", "permanent",
                                                    "timed_out",   "lost",      "snoozed",
                                                    "handed_back", "cancelled", "refused"};
constexpr std::array<std::string_view, 8> action_names{"cancel", "edit",    "run_now", "reschedule",
                                                       "park",   "release", "redrive", "discard"};

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& words, std::string_view text) {
  const auto at = std::find(words.begin(), words.end(), text);
  if (at == words.end()) return std::nullopt;
  return static_cast<Enum>(at - words.begin());
}

} // namespace

std::string_view to_text(job_state s) { return state_names[static_cast<std::size_t>(s)]; }
std::optional<job_state> job_state_from_text(std::string_view text) {
  return value_of<job_state>(state_names, text);
}
std::string_view to_text(attempt_end e) { return end_names[static_cast<std::size_t>(e)]; }
std::optional<attempt_end> attempt_end_from_text(std::string_view text) {
  return value_of<attempt_end>(end_names, text);
}
std::string_view to_text(control_action a) { return action_names[static_cast<std::size_t>(a)]; }

} // namespace scheduler
