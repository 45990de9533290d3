#include "tests/sim/marks.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"

#include <algorithm>
#include <cstring>

namespace sim {

const std::array<planted, 32> planted_bugs{{
    {"announced_is_spendable", "a debit is granted from a credit that is not durable yet", 11},
    {"reserved_is_spendable", "the floor is checked against posted, open debits are forgotten", 6},
    {"reservation_released_twice", "the end of one debit takes another one's hold along", 2},
    {"refusal_keeps_the_reservation", "who refuses does not release what the others hold", 1},
    {"in_doubt_is_absent", "a commit without an answer is taken as failed", 2},
    {"in_doubt_is_applied", "a commit without an answer is taken as durable", 2},
    {"row_count_not_checked", "a balance row with another version is not noticed", 4},
    {"answer_not_stored", "the result of a key is not stored with its effect", 1},
    {"other_body_replays", "the same key with another body gets the first one's answer", 2},
    {"refusal_not_pinned", "a refusal for lack of money is not stored under its key", 1},
    {"batch_item_sees_nothing_before_it", "an item of a batch does not see the ones before it", 7},
    {"atomic_batch_keeps_the_good", "an all-or-nothing batch posts the items that are fine", 1},
    {"delete_forgets_the_second_leg", "the delete of a transfer reverses one leg only", 1},
    {"delete_keeps_the_other_row", "the delete of a transfer marks one row only", 1},
    {"edit_reverses_the_new_amount", "an edit takes back the new amount instead of the old one", 1},
    {"closed_account_accepts", "a closed account takes postings", 1},
    {"floor_ignored", "an expense may break the floor", 1},
    {"transfer_needs_no_money", "a transfer may leave the origin below zero", 1},
    {"balance_limit_ignored", "an account accepts more than a balance may hold", 64},
    {"acknowledged_before_durable", "the client hears the answer when its batch is collected", 1},
    {"bisect_forgets_a_half", "the neighbours of a poison posting are never sent again", 25},
    {"booked_at_follows_the_clock", "the booking time falls when the clock goes back", 1},
    {"passivated_with_work_in_flight", "a book is let go while commands run in it", 4},
    {"fence_forgotten", "after a batch in doubt the next one takes the fence's place", 2},
    {"book_reads_before_the_take_over", "a book misses what a former owner still commits", 1474},
    {"stopped_shard_goes_on", "a shard that met a foreign hand commits again", 5},
    {"watermark_passes_the_living", "the watermark moves past jobs that live", 3},
    {"outcome_apart_from_its_posting", "the outcome of a job comes in a commit of its own", 1},
    {"start_forgets_pauses", "a new owner does not know what is paused", 3},
    {"start_forgets_a_cancel", "a new owner runs what was cancelled while it ran", 89},
    {"start_forgets_unique_keys", "a new owner does not know which unique keys are held", 79},
    {"lane_starts_the_next_beside_its_head", "a lane lets the second start while the first runs",
     29},
}};

namespace {

const char* active = nullptr;

std::map<std::string, std::uint64_t>& counts() {
  static std::map<std::string, std::uint64_t> all = [] {
    std::map<std::string, std::uint64_t> expected;
    for (const char* name :
         {// the product's
          "overflow_refused", "announced_credit_while_debit_refused", "clock_went_back",
          "take_over_again", "in_doubt_asked_again", "journal_door_shut",
          "database_away_at_the_door", "in_doubt", "in_doubt_was_applied", "in_doubt_was_absent",
          "in_doubt_was_fenced", "former_owner_stepped_down", "transient_again", "batch_bisected",
          "poison_alone", "foreign_hand", "take_over_failed", "batch_cap_reached",
          "deadline_passed_in_the_queue_or_stopped", "head_missing_while_building",
          "deadline_passed_while_committing", "head_evicted", "exclusive_waits_for_the_open_ones",
          "account_not_loaded", "duplicate_waits_for_the_first", "answer_replayed",
          "pinned_refusal_replayed", "waiters_deadline_passed_first", "book_door_shut",
          "book_read_again", "book_passivated", "passivation_met_a_command",
          "amendment_waited_too_long", "one_of_several_accounts_refuses", "atomic_batch_rejected",
          "batch_decided_again", "command_held_while_the_book_goes", "group_quarantined",
          // the world's
          "crash", "crash_with_a_commit_on_its_way", "second_node", "still_committing_applied",
          "still_committing_absent", "unknown_was_applied", "unknown_was_absent", "read_only",
          "full", "away", "slow", "statement_failed", "foreign_commit", "key_expired",
          "key_stored_by_somebody_else", "drain_with_work_in_flight", "stopped_in_order",
          // of jobs
          "start_of_jobs_reads_again", "jobs_wait_for_the_take_over", "job_found_by_a_start",
          "resting_job_found_by_a_start", "cancelled_job_found_by_a_start",
          "pause_found_by_a_start", "job_write_waits_for_the_database", "late_verdict_dropped",
          "outcome_was_there_already", "effects_refused", "unique_key_on_its_way",
          "attempt_refused_for_good", "lane_shut", "handler_ended_after_it_was_told_to_stop",
          "refusal_heeded_by_its_job", "jobs_answered_again", "unique_job_given_back",
          "cancelled_while_it_ran"})
      expected[name] = 0;
    return expected;
  }();
  return all;
}

} // namespace

bool plant(std::string_view name) {
  active = nullptr;
  if (name.empty()) return true;
  const auto found = std::find_if(planted_bugs.begin(), planted_bugs.end(),
                                  [&](const planted& p) { return p.name == name; });
  if (found == planted_bugs.end()) return false;
  active = found->name;
  return true;
}

void reached(const char* name) {
  const auto found = counts().find(name);
  ENSURE(found != counts().end(), name);
  ++found->second;
}

const std::map<std::string, std::uint64_t>& marks() { return counts(); }

} // namespace sim

namespace base::simulated {

void situation_reached(const char* name) { sim::reached(name); }
bool mutant(const char* name) {
  return sim::active != nullptr && std::strcmp(sim::active, name) == 0;
}

} // namespace base::simulated
