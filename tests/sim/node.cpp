#include "tests/sim/node.hpp"

#include "actors/job_owner.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace sim {

node::node(shared_database& db, observability::log& log, const node_options& options)
    : options_(options), metrics_(std::make_unique<observability::metrics>()),
      store_(std::make_unique<polled_store>(db, log, *metrics_, options.shards, options.journals,
                                            options.seed)),
      env_{*store_,
           db.clock(),
           log,
           *metrics_,
           options.bounds,
           status_,
           options.name,
           [](base::utc_us at) { return base::day_of(at); },
           ids_,
           "simulation"},
      system_(std::make_unique<caf::actor_system>(config_)),
      scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
      routes_(std::make_shared<actors::routing>(options.shards, options.journals)) {
  store_->latency_us = options.latency_us;
  actors::spawn_jobs start_jobs;
  if (options_.jobs) {
    handlers_ = std::make_unique<drawn_handlers>(db.clock(), options_.jobs, options_.seed);
    handlers_->watch = options_.watch;
    actors::job_settings settings;
    settings.kinds = options_.kinds;
    settings.run = [this](actors::job_executor::task t) { handlers_->run(std::move(t)); };
    settings.lease_secret = "simulated";
    settings.seed = options_.seed;
    start_jobs = [this, settings](caf::scheduled_actor& parent,
                                  const std::shared_ptr<actors::routing>& all) {
      return parent.spawn<actors::job_owner>(env_, all, settings);
    };
  }
  root_ = system_->spawn<actors::supervisor>(env_, routes_, std::move(start_jobs));
  scheduler_.run(1); // it has its children before anybody asks, as HTTP opens after them
}

node::~node() {
  if (!crashed_) crash();
}

void node::execute(ledger::envelope command, std::function<void(ledger::reply)> done) {
  const auto to = routes_->shard(ledger::shard_of(command.user, options_.shards));
  if (!to || crashed_) return done({base::failure{"SHARD_STOPPED", {}}, {}, false});
  auto answer = std::make_shared<actors::promise<ledger::reply>>(
      std::move(done), ledger::reply{base::failure{"OUTCOME_UNKNOWN", {}}, {}, false});
  caf::anon_send(*to, actors::submit{std::make_shared<const ledger::envelope>(std::move(command)),
                                     std::move(answer)});
}

void node::commit_rows(std::shared_ptr<storage::commit_item> item, base::utc_us deadline,
                       std::function<void(base::status)> done) {
  const auto to = routes_->journal_of(item->shard);
  if (!to) return done(base::failure{"SHARD_STOPPED", {}});
  caf::anon_send(
      *to,
      actors::hand_over{
          std::move(item), 0, {}, deadline, [done = std::move(done)](const actors::item_ended& e) {
            done(e.result);
          }});
}

void node::call_jobs(std::function<void(actors::job_owner&)> run) {
  if (const auto to = routes_->jobs()) caf::anon_send(*to, actors::owner_call{std::move(run)});
}

std::optional<std::int64_t> node::next_us() const {
  const auto stored = store_->next_us();
  const auto handled = handlers_ == nullptr ? std::nullopt : handlers_->next_us();
  if (!stored || !handled) return stored ? stored : handled;
  return std::min(*stored, *handled);
}

void node::begin_stop() {
  auto answer = std::make_shared<actors::promise<bool>>([this](bool ok) { stopped_ = ok; }, false);
  caf::anon_send(root_, actors::stop_all{std::move(answer)});
}

// The store falls silent first, so nothing that the dying actors still do has an effect.
void node::crash() {
  crashed_ = true;
  store_->cut();
  if (handlers_) handlers_->cut();
  caf::anon_send_exit(root_, caf::exit_reason::kill);
  scheduler_.run();
  if (const auto jobs = routes_->jobs()) caf::anon_send_exit(*jobs, caf::exit_reason::kill);
  routes_->set_jobs(std::nullopt);
  if (const auto locks = routes_->locks()) caf::anon_send_exit(*locks, caf::exit_reason::kill);
  routes_->set_locks(std::nullopt);
  for (ledger::shard_id id = 0; id < options_.shards; ++id) {
    if (const auto shard = routes_->shard(id))
      caf::anon_send_exit(*shard, caf::exit_reason::user_shutdown);
    routes_->set_shard(id, std::nullopt);
  }
  for (std::size_t i = 0; i < options_.journals; ++i) {
    if (const auto journal = routes_->journal_of(static_cast<ledger::shard_id>(i)))
      caf::anon_send_exit(*journal, caf::exit_reason::kill);
    routes_->set_journal(i, std::nullopt);
  }
  scheduler_.run();
  root_ = actors::supervisor_actor{};
  scheduler_.run();
  // Timers hold those that they are for.
  scheduler_.trigger_timeouts();
  scheduler_.run();
  leaked_ = system_->registry().running();
  if (leaked_ > 0) system_->await_actors_before_shutdown(false);
  system_.reset();
}

std::uint64_t node::failures() const {
  double sum = 0;
  for (std::size_t r = 0; r < observability::label_values<observability::actor_role>::values.size();
       ++r)
    sum += metrics_->actor_failures(static_cast<observability::actor_role>(r)).value();
  return static_cast<std::uint64_t>(sum);
}

std::uint64_t node::restarts() const {
  double sum = metrics_->supervisor_escalations.value();
  for (std::size_t r = 0; r < observability::label_values<observability::actor_role>::values.size();
       ++r)
    sum += metrics_->actor_restarts(static_cast<observability::actor_role>(r)).value();
  return static_cast<std::uint64_t>(sum);
}

} // namespace sim
