#include "storage/health_probe.hpp"

#include "storage/observed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace storage {

namespace {

constexpr auto probe_every = std::chrono::milliseconds{1000};
constexpr std::int64_t probe_deadline_ms = 3000;
constexpr std::int64_t usage_deadline_ms = 2000;

} // namespace

health_probe::health_probe(database& db, std::int64_t schema, observability::metrics& metrics,
                           stop_signal& stop, open_calls& calls)
    : db_(db), session_(db.read_session(lane_.executor())), metrics_(metrics), stop_(stop),
      calls_(calls) {
  state_.schema_current = schema;
  state_.schema_expected = schema;
  metrics_.storage_schema_version.set(static_cast<double>(schema));
}

void health_probe::start(std::function<void()> tick) {
  tick_ = std::move(tick);
  lane_.run([this] { return probe(); });
  boost::asio::co_spawn(lane_.context(), repeat(), boost::asio::detached);
}

void health_probe::close() {
  lane_.join(); // repeat() ends by the stop signal, so the lane runs dry
}

store_health health_probe::state() {
  const std::lock_guard lock{mutex_};
  return state_;
}

boost::asio::awaitable<void> health_probe::repeat() {
  while (!stop_.stopped()) {
    co_await stop_.sleep(probe_every);
    // One that still waits for its answer is enough.
    if (stop_.stopped() || probing_.exchange(true)) continue;
    queue_.push([this] { return probe(); });
  }
  // Last in the queue: its watch for a loss while idle would keep the lane running.
  queue_.push([this]() -> boost::asio::awaitable<void> {
    session_->close();
    co_return;
  });
}

boost::asio::awaitable<void> health_probe::probe() {
  auto answer = co_await session_->probe_read_only(in(probe_deadline_ms));
  const auto free_bytes = db_.free_bytes();
  metrics_.storage_up.set(answer ? 1 : 0);
  if (answer) metrics_.storage_read_only.set(*answer ? 1 : 0);
  {
    const std::lock_guard lock{mutex_};
    state_.up = answer.has_value();
    state_.free_bytes = free_bytes;
    state_.error_class.clear();
    if (answer) state_.read_only = *answer;
    if (!answer) {
      const auto code = answer.error().code;
      state_.error_class = code == code_text(errc::timed_out) ? "TimeoutError"
                           : code == code_text(errc::schema)  ? "SchemaError"
                                                              : "OperationalError";
    }
  }
  tick_();
  probing_ = false;
}

void health_probe::usage(callback<database_usage> done) {
  calls_.enter();
  // Shared: a queue of std::function copies, and a refusal still needs the callback.
  const auto answer = std::make_shared<callback<database_usage>>(std::move(done));
  if (stop_.stopped()) {
    (*answer)(base::fail(errc::shutting_down));
    return calls_.leave();
  }
  if (asking_.fetch_add(1) < asking_max && queue_.push([this, answer] { return tell(answer); }))
    return;
  --asking_;
  (*answer)(base::fail(errc::overloaded));
  calls_.leave();
}

boost::asio::awaitable<void> health_probe::tell(std::shared_ptr<callback<database_usage>> answer) {
  base::result<database_usage> said = base::fail(errc::unavailable, "the probe finds nobody");
  const work_of<database_usage, session&, deadline> ask_it = [](session& db, deadline until) {
    return db.usage(until);
  };
  if (state().up && !stop_.stopped()) {
    said = co_await guarded<database_usage>(ask_it, *session_, in(usage_deadline_ms));
    if (!said) count_error(metrics_, said.error());
  }
  --asking_;
  (*answer)(std::move(said));
  calls_.leave();
}

} // namespace storage
