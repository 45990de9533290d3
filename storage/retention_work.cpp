// The questions of job_work about what is old, and how it goes.
#include "storage/job_row_codec.hpp"
#include "storage/job_work.hpp"
#include "storage/observed.hpp"
#include "storage/row_reader.hpp"
#include "storage/statements.hpp"

#include <algorithm>
#include <limits>

namespace storage {
namespace {

constexpr std::int64_t windows_most = 20'000;
constexpr std::int64_t schedules_of_page = 100;
constexpr auto before_all_keys = std::numeric_limits<std::int64_t>::min();

scheduler::job window_from(const row& cells) {
  row_reader r{cells};
  scheduler::job j;
  j.id = scheduler::job_id::of(r.number());
  j.shard = r.small();
  j.user = r.optional_id<base::user_id>();
  j.kind = r.words();
  if (const auto rule = r.optional_words()) j.unique = unique_from(*rule);
  j.created_at = r.time();
  return j;
}

scheduler::finished_job finished_from(const row& cells) {
  row_reader r{cells};
  scheduler::finished_job j;
  j.id = scheduler::job_id::of(r.number());
  j.state = static_cast<scheduler::job_state>(r.one_of({9, 10, 11}));
  j.ended_at = r.time();
  j.made_at = r.time();
  j.kind = r.words();
  if (const auto rule = r.optional_words()) j.unique = unique_from(*rule);
  j.posted = r.number() > 0;
  j.whole = r.yes();
  j.attempts = r.number();
  return j;
}

/// Adds the step unless it has no rows.
void add_step(std::vector<step>& steps, batch&& some) {
  if (!some.empty()) steps.push_back(std::move(some).done());
}

void add_keys(std::vector<step>& steps, const statement& what,
              const std::vector<scheduler::job_id>& ids) {
  batch all{what, ids.size()};
  for (const auto& id : ids) all.add(key_of(id));
  add_step(steps, std::move(all));
}

} // namespace

job_work::answer_of<std::vector<scheduler::job>> job_work::windows(base::utc_us now,
                                                                   std::int64_t limit) {
  auto open = co_await ask_one(sql::job_windows_open,
                               args(now.count, std::clamp<std::int64_t>(limit, 1, windows_most)));
  if (!open) co_return open.error();
  batch wanted{sql::windows_of_jobs, open->size()};
  for (const auto& r : *open) wanted.add(integer_at(r, 0));
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!found) co_return found.error();
  co_return all(*found, &window_from);
}

job_work::answer_of<std::vector<scheduler::finished_job>>
job_work::finished_after(scheduler::job_id after, base::utc_us made_before, std::int64_t limit) {
  auto found =
      co_await ask_one(sql::jobs_finished, args(key_of(after), base::first_key_at(made_before),
                                                std::clamp<std::int64_t>(limit, 1, job_page_max)));
  if (!found) co_return found.error();
  co_return all(*found, &finished_from);
}

job_work::answer_of<old_ticks> job_work::ticks_before(scheduler::schedule_id after,
                                                      base::utc_us before) {
  auto some =
      co_await ask_one(sql::schedule_ids_after,
                       args(after.empty() ? before_all_keys : key_of(after), schedules_of_page));
  if (!some) co_return some.error();
  batch wanted{sql::ticks_old, some->size()};
  for (const auto& r : *some) wanted.add(integer_at(r, 0), before.count);
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!found) co_return found.error();
  old_ticks page;
  for (const auto& cells : *found) {
    if (page.ticks.size() == scheduler::pruned_at_once) break;
    row_reader r{cells};
    const auto id = r.optional_id<scheduler::schedule_id>();
    page.ticks.emplace_back(*id, r.time());
  }
  page.more = std::ssize(*some) == schedules_of_page;
  page.last = after;
  if (page.ticks.size() == scheduler::pruned_at_once) {
    page.more = true; // these first, and then the same schedules again
  } else if (!some->empty()) {
    row_reader r{some->back()};
    page.last = *r.optional_id<scheduler::schedule_id>();
  }
  co_return page;
}

job_work::answer_of<bool> job_work::clean(job_cleaning what) {
  std::vector<step> steps;
  add_keys(steps, sql::attempts_delete, what.jobs);
  add_keys(steps, sql::outcomes_delete, what.jobs);
  add_keys(steps, sql::jobs_delete, what.jobs);
  add_keys(steps, sql::attempts_delete, what.attempts);
  add_keys(steps, sql::jobs_strip, what.bodies);
  add_keys(steps, sql::outcomes_strip, what.bodies);
  batch ticks{sql::ticks_delete, what.ticks.size()};
  for (const auto& [schedule, at] : what.ticks) ticks.add(key_of(schedule), at.count);
  add_step(steps, std::move(ticks));
  auto over = co_await ask_one(sql::windows_old, args(what.windows_before.count));
  if (!over) co_return over.error();
  batch windows{sql::windows_delete, over->size()};
  for (const auto& r : *over) windows.add(integer_at(r, 0), integer_at(r, 1));
  add_step(steps, std::move(windows));
  if (steps.empty()) co_return true;
  const auto done = co_await db_.commit(steps, until_);
  count_error(metrics_, done.what);
  if (done.what == commit_class::committed) co_return true;
  co_return base::fail(done.what == commit_class::definite ? errc::broken : errc::unavailable,
                       done.detail);
}

} // namespace storage
