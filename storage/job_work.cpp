#include "storage/job_work.hpp"

#include "storage/job_row_codec.hpp"
#include "storage/observed.hpp"
#include "storage/statements.hpp"
#include "storage/tag_list.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace storage {

namespace {

using integer = std::int64_t;
constexpr integer beyond_all = std::numeric_limits<integer>::max();
constexpr integer first_look = 100; ///< of a list with several conditions; then more at once
constexpr integer look_at_once = 2'000;
constexpr std::string_view usual_queue = "default"; ///< has no index: see the schema

integer page_limit(integer wanted) { return std::clamp<integer>(wanted, 1, job_page_max); }

cell text_cell(const std::optional<std::string>& t) { return t ? cell{*t} : cell{}; }
template <class Id> cell key_cell(const std::optional<Id>& id) {
  return id ? cell{key_of(*id)} : cell{};
}

/// How a list is looked through: the statement whose index has one of the conditions, and the
/// others, which are looked at job by job.
struct look {
  const statement* by = &sql::jobs_seen;
  const statement* counted_by = &sql::jobs_counted; ///< when there are no others
  cell wanted;
  job_filter rest;
  bool alone = true; ///< there are no others

  params values(integer below, integer from, integer count) const {
    const auto tag = rest.tag ? tags_text({*rest.tag}) : std::string{};
    const auto element = tag.substr(0, tag.empty() ? 0 : tag.size() - 1); // without the ]
    auto p = args(below, from, count, key_cell(rest.user), text_cell(rest.kind),
                  text_cell(rest.queue), text_cell(rest.lane), rest.tag ? cell{element} : cell{},
                  rest.tag ? cell{"," + element.substr(1)} : cell{}, key_cell(rest.schedule),
                  integer{rest.live_only},
                  rest.final_state ? cell{static_cast<integer>(*rest.final_state)} : cell{});
    if (by != &sql::jobs_seen) p.push_back(wanted);
    return p;
  }
};

look look_for(const job_filter& f) {
  look l;
  l.rest = f;
  const auto take = [&](const statement& by, const statement& counted_by, cell wanted,
                        auto& condition) {
    l.by = &by;
    l.counted_by = &counted_by;
    l.wanted = std::move(wanted);
    condition.reset();
  };
  // The one that most likely leaves the fewest.
  if (f.schedule)
    take(sql::jobs_seen_of_schedule, sql::jobs_counted_of_schedule, key_cell(f.schedule),
         l.rest.schedule);
  else if (f.user)
    take(sql::jobs_seen_of_user, sql::jobs_counted_of_user, key_cell(f.user), l.rest.user);
  else if (f.final_state && *f.final_state != scheduler::job_state::succeeded)
    take(sql::jobs_seen_of_state, sql::jobs_counted_of_state,
         cell{static_cast<integer>(*f.final_state)}, l.rest.final_state);
  else if (f.kind)
    take(sql::jobs_seen_of_kind, sql::jobs_counted_of_kind, text_cell(f.kind), l.rest.kind);
  else if (f.queue && *f.queue != usual_queue)
    take(sql::jobs_seen_of_queue, sql::jobs_counted_of_queue, text_cell(f.queue), l.rest.queue);
  const auto& r = l.rest;
  l.alone = !r.user && !r.kind && !r.queue && !r.lane && !r.tag && !r.schedule && !r.final_state &&
            !r.live_only;
  return l;
}

} // namespace

job_work::answer_of<rows> job_work::ask_one(const statement& what, params values) {
  step one;
  one.what = &what;
  one.values = std::move(values);
  return ask(db_, metrics_, std::move(one), until_);
}

// -- live ones ------------------------------------------------------------------------------------

boost::asio::awaitable<base::status> job_work::complete(std::vector<live_job*> found,
                                                        bool controls) {
  std::unordered_map<base::id_key, live_job*> by_id;
  batch wanted{sql::attempts_by_number, found.size()};
  batch controlled{sql::controls_of_jobs, found.size()};
  for (auto* j : found) {
    const auto key = key_of(j->what.id);
    by_id.emplace(key, j);
    if (j->last) wanted.add(key, integer{j->last->number});
    if (controls) controlled.add(key);
  }
  auto attempts = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!attempts) co_return attempts.error();
  for (const auto& r : *attempts) {
    auto a = attempt_from(r);
    auto& of = *by_id.at(key_of(a.job));
    of.last = std::move(a);
  }
  auto wishes = co_await ask(db_, metrics_, std::move(controlled).done(), until_);
  if (!wishes) co_return wishes.error();
  for (const auto& r : *wishes) {
    auto c = control_from(r);
    by_id.at(key_of(c.job))->controls.push_back(std::move(c));
  }
  for (auto* j : found)
    std::sort(j->controls.begin(), j->controls.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
  co_return base::status{};
}

job_work::answer_of<std::vector<live_job>> job_work::page_of(const statement& what, params values) {
  auto found = co_await ask_one(what, std::move(values));
  if (!found) co_return found.error();
  auto page = all(*found, &live_job_from);
  std::vector<live_job*> each;
  each.reserve(page.size());
  for (auto& j : page) each.push_back(&j);
  if (auto s = co_await complete(std::move(each), true); !s) co_return s.error();
  co_return page;
}

job_work::answer_of<std::vector<live_job>>
job_work::live_after(ledger::shard_id shard, scheduler::job_id after, std::int64_t limit) {
  return page_of(sql::jobs_live, args(integer{shard}, key_of(after), page_limit(limit)));
}

job_work::answer_of<std::vector<live_job>> job_work::resting_after(ledger::shard_id shard,
                                                                   resting_part part,
                                                                   scheduler::job_id after,
                                                                   std::int64_t limit) {
  return page_of(sql::jobs_resting, args(integer{shard}, key_of(after), page_limit(limit),
                                         part.until.count, integer{part.sleepers ? 1 : 0}));
}

// -- one, and lists -------------------------------------------------------------------------------

job_work::answer_of<std::optional<job_details>> job_work::job(scheduler::job_id id) {
  auto found = co_await ask_one(sql::job_by_id, args(key_of(id)));
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<job_details>{};
  auto one = job_details_from(found->front());
  std::vector<live_job*> it{&one.job};
  if (auto s = co_await complete(std::move(it), true); !s) co_return s.error();
  co_return std::optional{std::move(one)};
}

job_work::answer_of<std::vector<job_details>>
job_work::details_of(const std::vector<scheduler::job_id>& ids) {
  batch wanted{sql::jobs_by_id, ids.size()};
  for (const auto& id : ids) wanted.add(key_of(id));
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!found) co_return found.error();
  auto details = all(*found, &job_details_from);
  std::sort(details.begin(), details.end(), [](const auto& a, const auto& b) {
    return key_of(a.job.what.id) > key_of(b.job.what.id);
  });
  std::vector<live_job*> each;
  each.reserve(details.size());
  for (auto& d : details) each.push_back(&d.job);
  if (auto s = co_await complete(std::move(each), false); !s) co_return s.error();
  co_return details;
}

job_work::answer_of<job_list> job_work::jobs(job_filter filter) {
  const auto limit = page_limit(filter.limit);
  const auto through = look_for(filter);
  integer below = filter.before ? key_of(*filter.before) : beyond_all;
  if (filter.created_to) below = std::min(below, base::first_key_at(*filter.created_to));
  const integer from = filter.created_from ? base::first_key_at(*filter.created_from) : 0;

  job_list list;
  std::vector<scheduler::job_id> ids;
  integer seen = 0;
  for (integer next_look = through.alone ? limit + 1 : std::max(first_look, limit + 1);;
       next_look = std::min(look_at_once, job_look_max - seen)) {
    auto found = co_await ask_one(*through.by, through.values(below, from, next_look));
    if (!found) co_return found.error();
    for (const auto& r : *found) {
      if (integer_at(r, 1) == 0) {
        below = integer_at(r, 0);
        continue;
      }
      if (std::ssize(ids) == limit) {
        list.more = true;
        break;
      }
      below = integer_at(r, 0);
      ids.push_back(scheduler::job_id::of(below));
    }
    seen += std::ssize(*found);
    if (list.more || std::ssize(*found) < next_look) break; // full, or there are no more
    list.more = std::ssize(ids) == limit || seen >= job_look_max;
    if (list.more) break;
  }
  if (list.more) list.next = scheduler::job_id::of(below);
  auto details = co_await details_of(ids);
  if (!details) co_return details.error();
  list.items = std::move(*details);
  // One may have ended since it was looked at.
  if (filter.live_only)
    std::erase_if(list.items, [](const auto& d) { return d.outcome.has_value(); });
  co_return list;
}

job_work::answer_of<job_count> job_work::count(job_filter filter) {
  const auto through = look_for(filter);
  integer below = beyond_all;
  if (filter.created_to) below = base::first_key_at(*filter.created_to);
  const integer from = filter.created_from ? base::first_key_at(*filter.created_from) : 0;
  job_count total;
  if (through.alone) {
    auto values = args(from, below, job_look_max);
    if (through.by != &sql::jobs_seen) values.push_back(through.wanted);
    auto found = co_await ask_one(*through.counted_by, std::move(values));
    if (!found) co_return found.error();
    total.value = integer_at(found->front(), 0);
    total.exact = total.value < job_look_max;
    co_return total;
  }
  for (integer seen = 0; seen < job_look_max;) {
    const auto look = std::min(look_at_once, job_look_max - seen);
    auto found = co_await ask_one(*through.by, through.values(below, from, look));
    if (!found) co_return found.error();
    for (const auto& r : *found) total.value += integer_at(r, 1);
    seen += std::ssize(*found);
    if (std::ssize(*found) < look) co_return total;
    below = integer_at(found->back(), 0);
  }
  total.exact = false;
  co_return total;
}

job_work::answer_of<job_traces> job_work::traces(scheduler::job_id id) {
  auto posted = co_await ask_one(sql::postings_of_job, args(key_of(id), job_page_max));
  if (!posted) co_return posted.error();
  job_traces traces;
  for (const auto& r : *posted) {
    traces.transactions.push_back(ledger::transaction_id::of(integer_at(r, 0)));
    traces.commit = commit_of(integer_at(r, 1));
  }
  auto followed = co_await ask_one(sql::jobs_of_parent, args(key_of(id), job_page_max));
  if (!followed) co_return followed.error();
  for (const auto& r : *followed)
    traces.followers.push_back(scheduler::job_id::of(integer_at(r, 0)));
  co_return traces;
}

job_work::answer_of<std::vector<scheduler::dead_letter_note>> job_work::dead_notes() {
  auto found = co_await ask_one(sql::dead_notes_all, {});
  if (!found) co_return found.error();
  co_return all(*found, &dead_note_from);
}

job_work::answer_of<std::vector<scheduler::job_attempt>> job_work::attempts(scheduler::job_id id) {
  auto found = co_await ask_one(sql::attempts_of_job, args(key_of(id)));
  if (!found) co_return found.error();
  co_return all(*found, &attempt_from);
}

job_work::answer_of<std::vector<scheduler::queue_limits>> job_work::queues() {
  auto found = co_await ask_one(sql::queues_all, {});
  if (!found) co_return found.error();
  co_return all(*found, &limits_from);
}

// -- dead ones ------------------------------------------------------------------------------------

job_work::answer_of<std::vector<dead_group>> job_work::dead_groups(std::int64_t limit) {
  auto found = co_await ask_one(sql::dead_groups, args(page_limit(limit)));
  if (!found) co_return found.error();
  std::vector<dead_group> groups; // a row for each sample, those of a group together
  for (const auto& r : *found) {
    const auto& fingerprint = text_at(r, 0);
    if (groups.empty() || groups.back().fingerprint != fingerprint) {
      auto& g = groups.emplace_back();
      g.fingerprint = fingerprint;
      g.kind = text_at(r, 1);
      g.count = integer_at(r, 2);
      g.first_at = {integer_at(r, 3)};
      g.last_at = {integer_at(r, 4)};
      g.sample = {text_at(r, 6), text_at(r, 7), text_at(r, 8)};
    }
    groups.back().samples.push_back(scheduler::job_id::of(integer_at(r, 5)));
  }
  co_return groups;
}

job_work::answer_of<std::vector<scheduler::job_id>>
job_work::dead_of(std::string fingerprint, scheduler::job_id after, std::int64_t limit) {
  auto found =
      co_await ask_one(sql::dead_of_group, args(fingerprint, key_of(after), page_limit(limit)));
  if (!found) co_return found.error();
  std::vector<scheduler::job_id> ids;
  for (const auto& r : *found) ids.push_back(scheduler::job_id::of(integer_at(r, 0)));
  co_return ids;
}

// -- schedules ------------------------------------------------------------------------------------

job_work::answer_of<std::vector<scheduler::schedule>>
job_work::schedules_due(ledger::shard_id shard, schedule_place after, base::utc_us until,
                        std::int64_t limit) {
  const auto below_all = std::numeric_limits<std::int64_t>::min();
  auto found = co_await ask_one(sql::schedules_due,
                                args(integer{shard}, until.count, page_limit(limit), after.at.count,
                                     after.id.empty() ? below_all : key_of(after.id)));
  if (!found) co_return found.error();
  co_return all(*found, &schedule_from);
}

job_work::answer_of<std::optional<scheduler::schedule>>
job_work::schedule(scheduler::schedule_id id) {
  auto found = co_await ask_one(sql::schedule_by_id, args(key_of(id)));
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<scheduler::schedule>{};
  co_return std::optional{schedule_from(found->front())};
}

job_work::answer_of<std::vector<scheduler::schedule>>
job_work::schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
                    std::int64_t limit) {
  auto values = args(before ? key_of(*before) : beyond_all, page_limit(limit));
  if (user) values.emplace_back(key_of(*user));
  auto found =
      co_await ask_one(user ? sql::schedules_of_user : sql::schedules_of_system, std::move(values));
  if (!found) co_return found.error();
  co_return all(*found, &schedule_from);
}

job_work::answer_of<std::vector<scheduler::schedule>>
job_work::schedules_after(scheduler::schedule_id after, std::int64_t limit) {
  auto found = co_await ask_one(sql::schedules_after, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &schedule_from);
}

job_work::answer_of<schedule_counts> job_work::count_schedules() {
  auto found = co_await ask_one(sql::schedules_counted, {});
  if (!found) co_return found.error();
  const auto& counts = found->front();
  co_return schedule_counts{integer_at(counts, 0), integer_at(counts, 1), integer_at(counts, 2)};
}

job_work::answer_of<std::vector<scheduler::schedule_tick>>
job_work::ticks(scheduler::schedule_id id, std::optional<base::utc_us> before, std::int64_t limit) {
  auto found =
      co_await ask_one(sql::ticks_of_schedule,
                       args(key_of(id), before ? before->count : beyond_all, page_limit(limit)));
  if (!found) co_return found.error();
  co_return all(*found, &tick_from);
}

job_work::answer_of<std::vector<scheduler::pause>> job_work::pauses() {
  auto found = co_await ask_one(sql::pauses_open, {});
  if (!found) co_return found.error();
  co_return all(*found, &pause_from);
}

} // namespace storage
