// How the world moves: steps, time, calm, and what goes wrong on purpose.
#include "tests/sim/world.hpp"

#include "tests/sim/marks.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace sim {

namespace {

constexpr int settle_steps_max = 4000;
constexpr std::int64_t beat_us = 50'000;

} // namespace

void world::say(const std::string& line) {
  const auto text = fmt::format("{} {}", clock_.steady_us(), line);
  for (const char c : text)
    report_.fingerprint = (report_.fingerprint ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  if (options_.trace != nullptr) std::fprintf(options_.trace, "%s\n", text.c_str());
}

// -- steps ----------------------------------------------------------------------------------------

void world::one_step() {
  auto& n = *nodes_[chance_.below(nodes_.size())];
  switch (chance_.below(8)) {
  case 0:
  case 1:
  case 2: n.run_actors(1 + chance_.below(20)); break;
  case 3:
  case 4:
  case 5: n.store().run_one(chance_); break;
  case 6: advance(chance_.between(1, 3'000)); break;
  default:
    if (chance_.below(12) == 0) advance(chance_.between(1'000, 400'000));
    break;
  }
  if (jobs_) n.run_handler();
}

void world::advance(std::int64_t us) {
  clock_.advance(us);
  for (auto& n : nodes_) n->pass(us);
  db_->pass_time();
  watch_deadlines();
}

void world::watch_deadlines() {
  std::erase_if(waiting_, [&](const operation_ptr& op) {
    if (op->answered) return true;
    if (clock_.steady_us() < op->deadline_us) return false;
    say(fmt::format("operation {} passed its deadline", op->index));
    if (!judge_->weather.faults)
      judge_->accuse("liveness", fmt::format("operation {} is never answered", op->index));
    judge_->lost(op);
    return true;
  });
  if (jobs_) jobs_->watch_deadlines();
}

bool world::quiet() {
  if (!waiting_.empty() || rows_open_ > 0 || db_->going()) return false;
  if (jobs_ && jobs_->waits()) return false;
  return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& n) {
    const bool usable = n->open() || n->status().stopped.count() > 0 || n->status().fenced.load();
    return usable && !n->has_mail() && n->store().idle();
  });
}

/// Until nothing moves for a second of virtual time; false: it never did.
bool world::settle() {
  std::int64_t quiet_since = -1;
  for (int i = 0; i < settle_steps_max && good(); ++i) {
    bool moved = true;
    while (moved && good()) {
      moved = false;
      for (auto& n : nodes_) {
        moved = n->run_actors(100'000) > 0 || moved;
        moved = n->store().run_one(chance_) || moved;
        moved = n->run_handler() || moved;
      }
    }
    watch_deadlines();
    if (!quiet()) {
      quiet_since = -1;
    } else {
      if (quiet_since < 0) quiet_since = clock_.steady_us();
      const bool sure = std::all_of(judge_->users.begin(), judge_->users.end(),
                                    [](const customer& c) { return c.open.empty(); });
      if (sure && !judge_->weather.faults) return true;
      if (clock_.steady_us() - quiet_since >= 400'000) return true;
    }
    auto step = beat_us;
    for (auto& n : nodes_)
      if (const auto next = n->next_us())
        step = std::clamp<std::int64_t>(*next - clock_.steady_us(), 1, step);
    if (const auto next = db_->next_us())
      step = std::clamp<std::int64_t>(*next - clock_.steady_us(), 1, step);
    advance(step);
  }
  return false;
}

void world::calm_down(bool whole) {
  heal();
  if (!settle() && good())
    judge_->accuse("liveness", "nothing comes to rest: a request or a batch is stuck");
  heal();
  if (!settle() || !good()) return;
  say("calm");
  judge_->calm();
  for (auto& n : nodes_) {
    if (n->failures() > 0) judge_->accuse("ENSURE", "an actor failed in " + n->options().name);
    if (n->restarts() == 0 && n->status().stopped.count() == 0 && n->reservations() != 0)
      judge_->accuse("I5", "a reservation is open and nothing is in flight");
  }
  judge_->compare_tables(whole);
}

// -- disasters ------------------------------------------------------------------------------------

void world::start_node() {
  auto options = node_;
  options.name = fmt::format("node{}", ++nodes_started_);
  options.seed = chance_.next();
  if (jobs_) jobs_->equip(options);
  say("start " + options.name);
  if (jobs_) jobs_->node_started(options);
  nodes_.push_back(std::make_unique<node>(*db_, *log_, options));
}

/// All nodes at once. Their clients hear nothing any more.
void world::crash() {
  say("crash");
  reached("crash");
  ++report_.crashes;
  for (auto& op : waiting_) judge_->lost(op);
  waiting_.clear();
  if (jobs_) jobs_->crashed();
  for (auto& n : nodes_) {
    if (n->failures() > 0) judge_->accuse("ENSURE", "an actor failed in " + n->options().name);
    n->crash();
    if (n->leaked() > 0) judge_->accuse("leak", "an actor outlives its node");
  }
  nodes_.clear();
  if (db_->going()) reached("crash_with_a_commit_on_its_way");
  judge_->weather.stopped = false;
}

/// What an operator does who finds a node that has stopped.
void world::heal() {
  const auto sick = [](const auto& n) {
    return n->status().stopped.count() > 0 || n->status().fenced.load();
  };
  const bool any = std::any_of(nodes_.begin(), nodes_.end(), sick);
  if (!any && !has_former()) return;
  if (any && !judge_->weather.stopped)
    judge_->accuse("liveness", "a shard has stopped and nobody gave it a reason");
  settle();
  crash();
  start_node();
}

/// SIGTERM: what is under way ends, what comes is refused. After five seconds, five times as much
/// with jobs, the process goes anyway, as app/serve does.
void world::stop_under_load() {
  say("stop");
  judge_->weather.stopped = true;
  to().begin_stop();
  const auto patience = clock_.steady_us() + (jobs_ ? 25'000'000 : 5'000'000);
  for (int i = 0; i < 20'000 && !to().stopped() && clock_.steady_us() < patience; ++i) {
    one_step();
    if (!to().has_mail() && !to().store().run_one(chance_)) advance(10'000);
    if (work_->sent().size() % 3 == 0 && i % 7 == 0 && i < 70)
      if (auto r = work_->make(next_index(), intent::expense, clock_.now().count)) issue(*r);
  }
  if (to().stopped()) reached("stopped_in_order");
  crash();
  start_node();
}

void world::disaster() {
  switch (chance_.below(9)) {
  case 0:
  case 1:
  case 2:
    crash();
    start_node();
    return;
  case 3:
    if (has_former()) return;
    reached("second_node");
    judge_->weather.stopped = true;
    return start_node();
  case 4:
    judge_->weather.stopped = true;
    say("intruder");
    return db_->intrude(static_cast<ledger::shard_id>(chance_.below(node_.shards)));
  case 5: {
    const std::int64_t hours[] = {-1, 1, -3, 25};
    const auto by = hours[chance_.below(4)];
    say(fmt::format("clock {} h", by));
    return clock_.set_by(by * 3600 * base::us_per_second);
  }
  case 6: return stop_under_load();
  case 7: return db_->enter(database_mode::away, chance_.between(100'000, 12'000'000));
  default: return calm_down(false);
  }
}

} // namespace sim
