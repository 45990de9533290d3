#include "actors/system.hpp"

#include "actors/gateway.hpp"
#include "actors/job_feed.hpp"
#include "actors/job_gateway.hpp"
#include "actors/job_owner.hpp"
#include "actors/lock_gateway.hpp"
#include "actors/schedule_gateway.hpp"
#include "base/random.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <optional>
#include <thread>

namespace actors {
namespace {

constexpr int job_rounds = 4;
constexpr std::chrono::minutes last_patience{1};

// In code only: cfg.parse() would read an ini file from the working directory (engineering.md d,
// law 20).
struct scheduler_config : caf::actor_system_config {
  explicit scheduler_config(std::size_t threads) {
    const auto cores = std::max<std::size_t>(2, std::thread::hardware_concurrency());
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", threads == 0 ? cores : threads);
    set("scheduler.max-throughput", std::size_t{50});
  }
};

} // namespace

struct node::parts {
  node_status status;
  environment env;
  scheduler_config config;
  std::optional<caf::actor_system> system;
  std::shared_ptr<routing> routes;
  supervisor_actor root;
  std::unique_ptr<gateway> front;
  std::shared_ptr<job_feed> feed;
  std::unique_ptr<job_gateway> jobs;
  std::unique_ptr<schedule_gateway> schedules;
  std::unique_ptr<lock_gateway> locks;
  storage::store& store;
  bool stopped = false;

  parts(node_settings& s, storage::store& st, base::clock& time, observability::log& log,
        observability::metrics& metrics, base::id_source& ids)
      : env{st,        time,        log, metrics,   s.bounds, status,
            s.node_id, s.local_day, ids, s.version, s.heads,  s.on_deliveries},
        config(s.threads), routes(std::make_shared<routing>(st.shards(), st.journal_count())),
        store(st) {
    if (s.recovery) status.recovery.begin(time.now());
    status.jobs_awaited.store(s.kinds != nullptr);
    for (const auto& finding : s.lost) status.recovery.begin(finding, time.now());
    system.emplace(config);
    if (s.kinds) feed = std::make_shared<job_feed>(s.kinds, time.now());
    spawn_jobs start_jobs;
    if (s.kinds)
      start_jobs = [this, settings = job_settings{s.kinds,
                                                  s.job_threads,
                                                  {},
                                                  s.lease_secret,
                                                  base::system_seed(),
                                                  s.zones,
                                                  feed,
                                                  s.recorder}](
                       caf::scheduled_actor& parent, const std::shared_ptr<routing>& all) {
        return parent.spawn<job_owner>(env, all, settings);
      };
    root = system->spawn<supervisor>(env, routes, std::move(start_jobs));
    front = std::make_unique<gateway>(env, routes, s.read_deadline);
    if (s.kinds) jobs = std::make_unique<job_gateway>(env, routes, s.kinds, s.read_deadline);
    if (s.kinds) schedules = std::make_unique<schedule_gateway>(env, routes, s.read_deadline);
    if (s.kinds) locks = std::make_unique<lock_gateway>(routes, *s.kinds, s.read_deadline);
  }
};

node::node(node_settings settings, storage::store& store, base::clock& time,
           observability::log& log, observability::metrics& metrics, base::id_source& ids)
    : parts_(std::make_unique<parts>(settings, store, time, log, metrics, ids)) {}

node::~node() { stop(std::chrono::seconds{5}); }

http::backend& node::backend() { return *parts_->front; }
http::job_backend& node::jobs() { return *parts_->jobs; }
http::worker_backend& node::workers() { return *parts_->jobs; }
http::job_event_source& node::job_events() { return *parts_->feed; }
http::lock_backend& node::locks() { return *parts_->locks; }
http::schedule_backend& node::schedules() { return *parts_->schedules; }

void node::drain() { parts_->status.draining.store(true); }

void node::stop(std::chrono::milliseconds patience) {
  if (std::exchange(parts_->stopped, true)) return;
  drain();
  parts_->status.closed.store(true);
  const auto waiting = std::make_shared<slot<bool>>();
  auto done = promise_for(waiting, false);
  caf::anon_send(parts_->root, stop_all{std::move(done)});
  auto ended = waiting->wait_for(patience);
  // Handlers of jobs have a patience of their own, and what they hand back is written after it.
  for (int round = 0; !ended && parts_->routes->jobs() && round < job_rounds; ++round)
    ended = waiting->wait_for(patience);
  if (!ended) {
    parts_->store.stop(); // every call is answered, so nothing keeps the tree any more
    // Not without the supervisor: it tells the shards, and only we hold it.
    waiting->wait_for(last_patience);
  }
  parts_->root = supervisor_actor{};
  parts_->system.reset(); // waits for every actor
}

} // namespace actors
