#include "app/recurring_job.hpp"

#include "app/book_walk.hpp"
#include "app/keeper_wish.hpp"
#include "app/row_pages.hpp"
#include "http/api/recurring_rule.hpp"
#include "scheduler/retry_policy.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace app {
namespace {

using ledger::automation;

constexpr std::string_view follow_kind = "follow_rule";
constexpr auto answer_patience_s = std::chrono::seconds{5};
/// What was changed before that was followed, or found by an earlier look.
constexpr std::int64_t fresh_us = std::int64_t{24} * 3600 * base::us_per_second;
constexpr std::int64_t dead_page = 500;

actors::job_verdict again_later(const base::failure& why) {
  return actors::try_later(why.code, why.detail);
}
actors::job_verdict wrong_payload() {
  return actors::job_failed{{"BAD_PAYLOAD", "names no rule", {}}, false, {}};
}

base::result<std::optional<automation>> rule_of(http::backend& books, const ledger::user_id& user,
                                                const ledger::automation_id& id) {
  const auto rows = books.user_rows(ledger::automation_by_id{user, id});
  if (!rows) return rows.error();
  return ledger::row_of<automation>(*rows);
}

/// The day that the rule awaits has come, and its schedule has been there already: it had other
/// days until now. Nobody else makes that occurrence.
using left_behind = std::optional<base::utc_us>;

/// Its schedule as the rule wants it; a rule that is gone has none.
base::result<left_behind> align(http::schedule_backend& schedules, base::clock& clock,
                                const scheduler::zone_rules& zone, const ledger::automation_id& id,
                                const std::optional<automation>& rule) {
  auto wanted = rule ? http::schedule_that_follows(*rule, zone) : std::nullopt;
  if (!wanted) {
    const auto gone =
        ask_as_keeper(schedules, http::removed_schedule{http::schedule_id_of(id), true}, clock);
    if (!gone && gone.error().code != "NOT_FOUND") return gone.error();
    return left_behind{};
  }
  http::kept_schedule wish;
  wish.what = std::move(*wanted);
  wish.rests = !rule->active || !rule->next_run;
  wish.why = rule->active ? "a regra terminou" : "a regra está inativa";
  // What lies before its next run is none of the rule's. One that rests may wake up today, and then
  // today is its own. Never beyond now: a schedule does not go back, and an edit may want an
  // earlier day.
  const auto now = clock.now();
  const auto from = rule->next_run.value_or(zone.start_of_day(zone.day_of(now)));
  wish.settled_until = std::min(base::utc_us{from.count - 1}, now);
  const auto kept = ask_as_keeper(schedules, std::move(wish), clock);
  if (!kept) return kept.error();
  const bool left = rule->active && rule->next_run && *rule->next_run <= now &&
                    *rule->next_run <= kept->view.what.watermark;
  return left ? rule->next_run : left_behind{};
}

/// Two changes of a rule may be followed in the wrong order: whoever has followed one looks whether
/// it is still so.
base::result<left_behind> follow(late_node& node, base::clock& clock,
                                 const scheduler::zone_rules& zone, const ledger::user_id& user,
                                 const ledger::automation_id& id) {
  auto* books = node.books.load();
  auto* schedules = node.schedules.load();
  auto rule = rule_of(*books, user, id);
  for (int round = 0; round < 10; ++round) {
    if (!rule) return rule.error();
    const auto done = align(*schedules, clock, zone, id, *rule);
    if (!done) return done.error();
    auto now = rule_of(*books, user, id);
    if (now && *now == *rule) return *done;
    rule = std::move(now);
  }
  return base::failure{"RULE_CHANGES", {}};
}

/// Without a tick somebody has asked for it.
http::occurrence occurrence_of(const scheduler::job& what, const ledger::automation_id& rule,
                               const scheduler::zone_rules& zone) {
  // However late it runs: the day is that for which it was asked.
  return {*what.user, rule, zone.day_of(what.tick.value_or(what.run_at)), !what.tick};
}

// -- an occurrence --------------------------------------------------------------------------------

actors::job_verdict run_due(const product_surroundings& a, const actors::job_context& job) {
  const auto id = http::rule_in_payload(job.what.payload);
  if (!id || !job.what.user) return wrong_payload();
  const auto which = occurrence_of(job.what, *id, a.zone);
  const auto posted = [which, &log = a.log](const http::told_occurrence& t) {
    log.info("vai_de_pix.jobs", "Recorrência lançada",
             {{"event", "recurrence.posted"},
              {"automation_id", which.rule},
              {"user_id", which.user},
              {"next_run", observability::code{t.next_run ? base::to_text(*t.next_run)
                                                          : std::string{"none"}}}});
  };
  const auto gone = [payload = job.what.payload] { // its schedule has not heard of it
    http::job_effects other;
    auto follower = scheduler::wish_for(std::string{follow_kind});
    follower.payload = payload;
    other.jobs.push_back(std::move(follower));
    return other;
  };
  actors::job_done done;
  done.effects = http::occurrence_effects(which, a.zone, a.new_id(), posted, gone);
  return done;
}

actors::job_verdict run_follow(const product_surroundings& a, const actors::job_context& job) {
  const auto id = http::rule_in_payload(job.what.payload);
  if (!id || !job.what.user) return wrong_payload();
  const auto left = follow(*a.node, a.clock, a.zone, *job.what.user, *id);
  if (!left) return again_later(left.error());
  actors::job_done done;
  // That of another day was skipped on purpose, or waits behind a job that is dead.
  if (!*left || a.zone.day_of(**left) != a.zone.day_of(job.what.run_at)) return done;
  // Behind those of the schedule, and for this day, however late it runs.
  auto today = scheduler::wish_for(std::string{http::recurring_type});
  today.tick = **left;
  today.payload = job.what.payload;
  today.lane = "schedule:" + http::schedule_id_of(*id).text();
  today.unique.emplace().key = "today:" + id->text();
  done.effects.jobs.push_back(std::move(today));
  return done;
}

// -- those that died ------------------------------------------------------------------------------

/// Whatever a job died of (a handler that broke, a crash, rows that the database refused), it could
/// not write that. So its end is written here, and its owner told; a second look meets the first.
base::result<std::int64_t> tell_of_dead(const product_surroundings& a, http::backend& books,
                                        http::job_backend& jobs, const actors::job_context& job) {
  book_walk walk{books, a.clock, job};
  http::job_question asked;
  asked.caller = {base::user_id{http::kept_by}, true};
  asked.kind = std::string{http::recurring_type};
  asked.state = scheduler::job_state::dead;
  asked.limit = dead_page;
  for (;;) {
    const auto page = jobs.jobs(asked);
    if (!page) return page.error();
    for (const auto& dead : page->items) {
      const auto id = http::rule_in_payload(dead.what.payload);
      if (!id || !dead.what.user) continue;
      if (!walk.send(*dead.what.user, http::fail_occurrence(occurrence_of(dead.what, *id, a.zone),
                                                            dead.error.code, a.new_id(), a.zone)))
        return base::failure{"INTERRUPTED", {}};
    }
    if (!page->next) break;
    asked.before = page->next;
  }
  const auto counts = walk.finish();
  if (counts.away) return base::failure{"DB_UNAVAILABLE", {}};
  return counts.sent;
}

// -- all of them ----------------------------------------------------------------------------------

/// A rule whose schedule may be missing or old: its day has come and nothing ran, or it was changed
/// not long ago.
bool looks_left_behind(const automation& rule, base::utc_us now) {
  if (!rule.next_run) return false;
  return *rule.next_run <= now ||
         rule.updated_at.value_or(rule.created_at).count > now.count - fresh_us;
}

actors::job_verdict run_all(const product_surroundings& a, const actors::job_context& job) {
  auto* books = a.node->books.load();
  auto* jobs = a.node->jobs.load();
  std::int64_t seen = 0, followed = 0, failed = 0;
  rule_pages pages{*books, {std::string{http::recurring_type}}};
  while (!pages.over()) {
    const auto rules = pages.next();
    if (!rules) return again_later(rules.error());
    for (const auto& rule : *rules) {
      if (job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
      ++seen;
      if (!looks_left_behind(rule, job.now)) continue;
      const auto s = follow(*a.node, a.clock, a.zone, rule.user, rule.id);
      ++(s ? followed : failed);
      if (s && *s && a.zone.day_of(**s) == a.zone.day_of(job.now))
        follow_soon(*a.node, a.clock, rule.user, rule.id); // which makes the occurrence
      if (!s)
        a.log.warning("vai_de_pix.jobs", "Agendamento de uma regra não pôde ser conferido",
                      {{"event", "recurrence.not_followed"},
                       {"automation_id", rule.id},
                       {"error_code", s.error()}});
    }
    if (job.progress) job.progress(seen, seen);
  }
  const auto dead = tell_of_dead(a, *books, *jobs, job);
  if (!dead) return again_later(dead.error());
  return actors::job_done{
      "{\"rules\":" + std::to_string(seen) + ",\"followed\":" + std::to_string(followed) +
          ",\"failed\":" + std::to_string(failed) + ",\"dead\":" + std::to_string(*dead) + '}',
      {}};
}

std::optional<std::string> check_rule_payload(const std::string& payload) {
  if (http::rule_in_payload(payload)) return std::nullopt;
  return "names no rule";
}

} // namespace

std::vector<actors::job_kind> recurring_job_kinds(const product_surroundings& around) {
  std::vector<actors::job_kind> all(3);
  all[0].name = http::recurring_type;
  all[0].money = true;
  all[0].kept = true;
  all[0].dry = true;
  all[0].check = check_rule_payload;
  all[0].run = [around](const actors::job_context& job) { return run_due(around, job); };
  all[1].name = follow_kind;
  all[1].user_visible = false;
  all[1].check = check_rule_payload;
  all[1].run = [around](const actors::job_context& job) { return run_follow(around, job); };
  all[2].name = "recurring_transactions";
  all[2].run = [around](const actors::job_context& job) { return run_all(around, job); };
  return all;
}

void follow_soon(late_node& node, base::clock& clock, const ledger::user_id& user,
                 const ledger::automation_id& rule) {
  auto* jobs = node.jobs.load();
  if (jobs == nullptr) return;
  auto j = scheduler::wish_for(std::string{follow_kind});
  j.user = user;
  j.payload = http::payload_of(rule);
  j.priority = 1; // somebody waits for what the rule does
  http::enqueue_request asked;
  asked.caller = {base::user_id{http::kept_by}, true};
  asked.jobs.push_back(std::move(j));
  asked.deadline = {clock.now().count + std::chrono::microseconds{answer_patience_s}.count()};
  jobs->enqueue(std::move(asked), [](const base::result<http::enqueue_answer>&) {});
}

} // namespace app
