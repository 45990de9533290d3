#include "tests/sim/job_judge.hpp"

#include "tests/sim/marks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using scheduler::control_action;
using scheduler::job_state;
using scheduler::lane_policy;

namespace {

/// Nobody looks at the clock all the time.
constexpr std::int64_t expiry_slack_us = 2 * base::us_per_second;

bool rests_in(const job_judge::fact& f, job_state s) { return f.rest && f.rest->state == s; }

bool posted_by(const storage::commit_item& item, std::size_t index) {
  const auto name = description_of(index);
  return std::any_of(item.transactions_new.begin(), item.transactions_new.end(),
                     [&](const auto& t) { return t.description.starts_with(name); });
}

} // namespace

bool job_judge::fact::has(control_action a) const {
  return std::any_of(controls.begin(), controls.end(),
                     [&](const auto& c) { return c.action == a; });
}

bool job_judge::fact::moved() const {
  return has(control_action::park) || has(control_action::release) ||
         has(control_action::reschedule) || has(control_action::run_now) ||
         (has(control_action::redrive) && row.on_failure == lane_policy::park_head);
}

job_judge::job_judge(judge& books, shared_database& db, std::shared_ptr<drawn_jobs> jobs)
    : books_(books), db_(db), jobs_(std::move(jobs)), reader_(db.reader()) {}

// -- what is durable ------------------------------------------------------------------------------

bool job_judge::applied(const storage::commit_item& item) {
  const bool keyed =
      !item.answers.empty() && item.answers.front().scope.endpoint == enqueue_endpoint;
  if (keyed) {
    const auto& a = item.answers.front();
    auto& key = keys_[a.scope.key];
    if (!key.body.empty() && a.created_at.count < key.expires_us)
      books_.accuse("P4", "key " + a.scope.key + " of jobs has a second effect");
    key = {a.answer.body, a.expires_at.count};
  }
  for (const auto& r : item.job_rows) {
    if (const auto* j = std::get_if<scheduler::job>(&r)) add(*j, item);
    if (const auto* a = std::get_if<scheduler::job_attempt>(&r)) add(*a);
    if (const auto* o = std::get_if<scheduler::job_outcome>(&r)) add(*o, item);
    if (const auto* p = std::get_if<scheduler::pause>(&r)) add(*p);
    if (const auto* c = std::get_if<scheduler::job_control>(&r)) {
      const auto at = facts_.find(c->job);
      if (at == facts_.end() || at->second.outcome)
        books_.accuse("J2", "a wish for a job that is not there or has ended");
      else
        at->second.controls.push_back(*c);
    }
    if (const auto* s = std::get_if<scheduler::job_rest>(&r)) {
      const auto at = facts_.find(s->job);
      if (at == facts_.end())
        books_.accuse("J1", "a job that is not there rests");
      else if (at->second.live()) {
        at->second.rest = *s;
        at->second.refused_rest.reset();
      }
    }
  }
  for (const auto& t : item.transactions_new) {
    if (!t.description.starts_with("job")) continue;
    const bool ends = std::any_of(item.job_rows.begin(), item.job_rows.end(), [&](const auto& r) {
      const auto* o = std::get_if<scheduler::job_outcome>(&r);
      const auto at = o == nullptr ? facts_.end() : facts_.find(o->job);
      return at != facts_.end() && t.description.starts_with(description_of(at->second.index));
    });
    if (!ends) books_.accuse("J2", t.description + " has posted without its outcome");
  }
  return keyed || (!item.job_rows.empty() && item.transactions_new.empty());
}

void job_judge::batch_applied(const storage::journal_batch& batch) {
  for (const auto& item : batch.items)
    for (const auto& r : item->job_rows)
      if (const auto* w = std::get_if<scheduler::job_watermark>(&r))
        watermarks_[w->shard] = std::max(watermarks_[w->shard], w->from);
  if (batch.items.empty()) return;
  // J1: what a start would not find is lost.
  for (const auto& [id, f] : facts_) {
    const auto mark = watermarks_.find(f.row.shard);
    if (mark == watermarks_.end() || !f.live() || f.rest || !(id < mark->second)) continue;
    return books_.accuse("J1",
                         fmt::format("the watermark of shard {} is behind job {}, which lives",
                                     f.row.shard, f.index));
  }
}

void job_judge::refused_for_good(const storage::journal_batch& batch) {
  for (const auto& r : batch.items.front()->job_rows) {
    if (const auto* a = std::get_if<scheduler::job_attempt>(&r)) {
      reached("attempt_refused_for_good");
      const auto at = facts_.find(a->job);
      if (at != facts_.end()) at->second.refused_attempts.insert(a->number);
    }
    if (const auto* s = std::get_if<scheduler::job_rest>(&r)) {
      const auto at = facts_.find(s->job);
      if (at != facts_.end()) at->second.refused_rest = s->state;
    }
  }
}

void job_judge::add(const scheduler::job& row, const storage::commit_item& item) {
  const auto index = index_in(row.payload);
  if (!index || !jobs_->contains(*index)) return books_.accuse("J1", "a job that nobody asked for");
  fact f;
  f.row = row;
  f.index = *index;
  f.durable_us = db_.clock().steady_us();
  books_.say(fmt::format("job {} is durable{}", f.index, row.lane ? " in " + *row.lane : ""));
  if (refused_.contains(*index))
    books_.accuse("P2", fmt::format("job {} was refused and is durable", *index));
  for (const auto& [id, other] : facts_)
    if (other.index == *index) books_.accuse("J2", fmt::format("job {} is there twice", *index));
  if (row.parent) {
    const bool with_parent =
        std::any_of(item.job_rows.begin(), item.job_rows.end(), [&](const auto& r) {
          const auto* o = std::get_if<scheduler::job_outcome>(&r);
          return o != nullptr && o->job == *row.parent;
        });
    if (!with_parent) books_.accuse("J2", "a follow-up job comes without the end of its parent");
  }
  check_uniqueness(f);
  facts_.emplace(row.id, std::move(f));
}

void job_judge::add(const scheduler::job_attempt& row) {
  const auto at = facts_.find(row.job);
  if (at == facts_.end()) return books_.accuse("J1", "an attempt of no job");
  auto& f = at->second;
  auto& job = jobs_->at(f.index);
  books_.say(fmt::format("job {} attempt {} {} {}", f.index, row.number,
                         scheduler::to_text(row.end), row.error.code));
  if (f.outcome)
    books_.accuse("J2", fmt::format("job {} has an attempt after its outcome", f.index));
  // What the database refused for good is missing; nothing else is.
  const auto last = f.attempts.empty() ? 0 : f.attempts.back().number;
  auto next = last + 1;
  while (next < row.number && f.refused_attempts.contains(next)) ++next;
  if (row.number != next)
    books_.accuse("J2", fmt::format("job {}: attempt {} follows {}", f.index, row.number, last));
  if (!f.begun.contains(row.number))
    books_.accuse("J2", fmt::format("job {}: nobody saw attempt {}", f.index, row.number));
  if (job.op && row.number == job.op_attempt) {
    if (row.end == scheduler::attempt_end::refused && !job.op->committed)
      books_.told(job.op, row.error.code);
    withdraw(job);
  }
  f.attempts.push_back(row);
}

void job_judge::add(const scheduler::job_outcome& row, const storage::commit_item& item) {
  const auto at = facts_.find(row.job);
  if (at == facts_.end()) return books_.accuse("J1", "an outcome of no job");
  auto& f = at->second;
  const auto& job = jobs_->at(f.index);
  books_.say(fmt::format("job {} has {}", f.index, scheduler::to_text(row.state)));
  if (f.outcome) return books_.accuse("J2", fmt::format("job {} has two outcomes", f.index));
  f.outcome = row;
  f.rest.reset();
  const bool done = row.state == job_state::succeeded;
  const bool posts = posted_by(item, f.index);
  f.transactions += posts ? 1 : 0;
  if (done && f.begun.empty())
    books_.accuse("J2", fmt::format("job {} succeeded and nobody saw it run", f.index));
  if (done && job.posts && !posts && !job.heeds_refusals)
    books_.accuse("J2", fmt::format("job {} succeeded without its posting", f.index));
  if (posts && !(done && job.posts))
    books_.accuse("J2", fmt::format("job {} has a posting of no success", f.index));
  if (job.follower && done && (posts || !job.heeds_refusals)) {
    const bool followed =
        std::any_of(item.job_rows.begin(), item.job_rows.end(), [&](const auto& r) {
          const auto* next = std::get_if<scheduler::job>(&r);
          return next != nullptr && next->parent == row.job;
        });
    if (!followed) books_.accuse("J2", fmt::format("what follows job {} is missing", f.index));
  }
  if (!done && job.op && !job.op->committed) withdraw(jobs_->at(f.index));
}

void job_judge::add(const scheduler::pause& row) {
  books_.say(fmt::format("{} {}", row.target, row.over ? "goes on" : "is paused"));
  pauses_.insert_or_assign(row.target, row);
  pauses_since_[row.target] = db_.clock().steady_us();
  pauses_heard_.erase(row.target);
}

void job_judge::check_uniqueness(const fact& f) {
  if (!f.row.unique) return;
  for (const auto& [id, other] : facts_) {
    if (!other.live() || !other.row.unique || other.row.unique->key != f.row.unique->key ||
        other.row.user != f.row.user || other.row.kind != f.row.kind)
      continue;
    const bool lets_go = other.row.unique->until == scheduler::unique_rule::period::until_started &&
                         !other.begun.empty();
    if (lets_go) continue;
    books_.accuse("J2",
                  fmt::format("jobs {} and {} live under one unique key", other.index, f.index));
  }
}

// -- what runs ------------------------------------------------------------------------------------

void job_judge::node_started(const std::string& node) {
  node_ = node;
  node_since_us_ = db_.clock().steady_us();
  for (auto& [id, f] : facts_) {
    f.runs.reset();
    f.refused_rest.reset();
    f.may_be_dead = false;
  }
}

/// What was on its way may still arrive.
void job_judge::crashed() {
  node_.clear();
  for (auto& [index, job] : *jobs_)
    if (job.op && !job.op->committed) books_.lost(job.op);
}

void job_judge::started(const std::string& node, drawn_job& job,
                        const actors::job_executor::task& t) {
  books_.say(fmt::format("job {} starts its attempt {} at {}", job.index, t.attempt, node));
  const auto at = facts_.find(t.what->id);
  if (at == facts_.end())
    return books_.accuse("J1", fmt::format("job {} runs and is not durable", job.index));
  auto& f = at->second;
  if (node == node_) check_start(f, t.attempt);
  f.begun.insert(t.attempt);
  if (node != node_) return;
  f.runs = t.stop;
  f.refused_rest.reset();
  const auto how = job.attempt(t.attempt).how;
  f.may_be_dead = how == drawn_attempt::end::permanent || t.attempt >= f.row.max_attempts ||
                  job.posts.has_value();
}

void job_judge::check_start(const fact& f, std::int32_t attempt) {
  const auto now = db_.clock().highest(); // what was due once is due, whatever the wall shows
  if (f.outcome) books_.accuse("J2", fmt::format("job {} has ended and runs again", f.index));
  if (!f.attempts.empty() && attempt <= f.attempts.back().number)
    books_.accuse("J2", fmt::format("job {} begins attempt {} again", f.index, attempt));
  if (f.cancel_heard)
    books_.accuse("J1", fmt::format("job {} was cancelled and runs again", f.index));
  const bool hurried = f.moved() || f.has(control_action::redrive);
  if (!hurried && f.row.run_at > now)
    books_.accuse("J4", fmt::format("job {} runs before its time", f.index));
  if (!hurried && !f.attempts.empty() && f.attempts.back().next_at &&
      *f.attempts.back().next_at > now)
    books_.accuse("J4", fmt::format("job {} does not wait for its next attempt", f.index));
  const bool looked = db_.clock().undisturbed_us() > expiry_slack_us;
  if (!hurried && looked && f.row.expires_at &&
      f.row.expires_at->count + expiry_slack_us < db_.clock().now().count)
    books_.accuse("J4", fmt::format("job {} has expired and runs", f.index));
  if (is_paused(f, true)) books_.accuse("J4", fmt::format("job {} is paused and runs", f.index));
  if (f.row.lane) check_lane(f);
}

/// Of whom the owner knows, and that stands in the lane before the other.
bool job_judge::stands_before(const fact& other, const fact& f) const {
  const bool known = other.known_to.contains(node_) || other.durable_us < node_since_us_;
  if (!known || !other.live() || other.moved() || f.moved()) return false;
  // Its alarm may ring late; who has begun once has its place, and so has who never slept.
  const bool slept = other.row.run_at > other.row.created_at;
  const bool f_slept = f.row.run_at > f.row.created_at;
  if (slept && !f_slept && other.begun.empty()) return false;
  return std::tie(other.row.run_at, other.row.id) < std::tie(f.row.run_at, f.row.id);
}

void job_judge::check_lane(const fact& f) {
  for (const auto& [id, other] : facts_) {
    if (id == f.row.id || other.row.lane != f.row.lane || other.row.user != f.row.user) continue;
    if (other.runs && !other.runs->stop_requested())
      return books_.accuse(
          "J4", fmt::format("jobs {} and {} of one lane run at once", other.index, f.index));
    if (!stands_before(other, f)) continue;
    if (other.row.on_failure == lane_policy::park_head &&
        (other.may_be_dead || rests_in(other, job_state::dead)))
      continue; // it has left
    return books_.accuse(
        "J4", fmt::format("job {} runs before job {}, the head of its lane", f.index, other.index));
  }
}

bool job_judge::is_paused(const fact& f, bool must_be_heard) const {
  const auto user = f.row.user->text();
  std::vector<std::string> targets{"queue:" + f.row.queue, "kind:" + f.row.kind, "user:" + user};
  if (f.row.lane) targets.push_back("lane:" + user + '/' + *f.row.lane);
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    const auto at = pauses_.find(target);
    if (at == pauses_.end() || at->second.over) return false;
    if (at->second.until && *at->second.until <= db_.clock().highest()) return false;
    const auto heard = pauses_heard_.find(target);
    return !must_be_heard || (heard != pauses_heard_.end() && heard->second == node_) ||
           pauses_since_.at(target) < node_since_us_;
  });
}

void job_judge::ended(const std::string& node, drawn_job& job, const actors::job_executor::task& t,
                      drawn_attempt::end how, bool heard) {
  books_.say(fmt::format("job {} returns from its attempt {}{}", job.index, t.attempt,
                         heard ? "" : ", too late"));
  const auto at = facts_.find(t.what->id);
  if (at != facts_.end() && node == node_) at->second.runs.reset();
  if (!heard || !job.posts || (how != drawn_attempt::end::done && how != drawn_attempt::end::hangs))
    return;
  if (!job.op) {
    job.op = std::make_shared<operation>();
    job.op->index = job.index;
    job.op->user = job.user;
    job.op->of_job = true;
    job.op->description = description_of(job.index);
    job.op->what.what = wish_kind::post;
    job.op->what.create = job.posts->wanted;
  }
  job.op->at_former = node != node_;
  job.op_attempt = t.attempt;
  if (!job.op->committed) books_.begin_again(job.op);
}

/// The owner has heard how its posting ended.
void job_judge::told(const std::string& node, drawn_job& job, const std::string& word) {
  books_.say(fmt::format("job {} is told {}", job.index, word));
  if (node != node_ && word != "ok") return; // by books that are as old as the node
  if (job.op) books_.told(job.op, word);
}

void job_judge::withdraw(drawn_job& job) {
  if (!job.op->committed) books_.lost(job.op);
}

} // namespace sim
