#include "storage/store_locks.hpp"

#include "scheduler/lock_name.hpp"
#include "storage/lock_statements.hpp"
#include "storage/observed.hpp"
#include "storage/row_codec.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace storage {

namespace {

using observability::connection_role;
using observability::connection_state;

constexpr auto beat_every = std::chrono::milliseconds{500};
constexpr unsigned beats_per_round_trip = 4;
constexpr std::int64_t first_connect_ms = 15'000;
constexpr std::int64_t connect_again_ms = 1000; ///< of a call; the next one tries again

step single(const statement& what, params values) {
  step s;
  s.what = &what;
  s.values = std::move(values);
  return s;
}

} // namespace

store_locks::store_locks(database& db, const open_settings& settings,
                         observability::metrics& metrics, stop_signal& stop, open_calls& calls)
    : metrics_(metrics), stop_(stop), calls_(calls),
      deadline_ms_(std::max<std::int64_t>(settings.read_deadline_ms, 3000)),
      serves_(settings.as == presence::serves) {
  if (!db.locks_by_session()) return;
  lane_ = std::make_unique<lane>();
  session_ = db.lock_session(lane_->executor());
  queue_ = std::make_unique<serial_queue>(*lane_, lock_queue_max);
}

store_locks::~store_locks() { close(); }

base::status store_locks::start() {
  base::status done;
  if (lane_ == nullptr) return done;
  if (serves_) {
    lane_->run([&]() -> boost::asio::awaitable<void> {
      done = co_await session_->connect(in(first_connect_ms));
      had_one_ = true;
      show(false);
    });
    if (!done) return done;
  }
  boost::asio::co_spawn(lane_->context(), repeat(), [](std::exception_ptr escaped) {
    if (escaped) std::rethrow_exception(escaped);
  });
  return done;
}

/// After the stop signal, and when no call is open.
void store_locks::close() {
  watch({});
  if (lane_ == nullptr || std::exchange(closed_, true)) return;
  stop_.stop();
  queue_->push([this]() -> boost::asio::awaitable<void> {
    session_->close(); // here: its watch for a loss while idle would keep the lane running
    co_return;
  });
  lane_->join();
}

void store_locks::watch(std::function<void()> lost) {
  const std::lock_guard hold{mutex_};
  lost_ = std::move(lost);
}

// -- calls ----------------------------------------------------------------------------------------

template <class T> void store_locks::call(callback<T> done, work<T> what) {
  calls_.enter();
  if (stop_.stopped()) {
    done(base::result<T>{base::fail(errc::shutting_down)});
    return calls_.leave();
  }
  const bool taken = queue_->push([this, done, what] { return perform<T>(done, what); });
  if (taken) return;
  done(base::result<T>{base::fail(errc::overloaded)});
  calls_.leave();
}

template <class T>
boost::asio::awaitable<void> store_locks::perform(callback<T> done, work<T> what) {
  show(true);
  notice();
  base::result<T> answer{base::fail(errc::unavailable)};
  if (const auto there = co_await connect(); !there) {
    count_error(metrics_, there.error());
    answer = there.error();
  } else {
    try {
      answer = co_await what();
    } catch (const std::exception& e) {
      answer = base::fail(errc::broken, e.what());
    }
  }
  notice();
  show(false);
  done(std::move(answer));
  calls_.leave();
}

boost::asio::awaitable<base::status> store_locks::connect() {
  if (session_->connected()) co_return base::status{};
  const auto until = in(connect_again_ms);
  auto there = co_await session_->connect(until);
  if (!there) co_return there;
  if (std::exchange(had_one_, true)) {
    metrics_.storage_reconnects(connection_role::lock).add();
    // What the former session took may still be taken on the other side.
    co_await session_->end_former(in(deadline_ms_));
  }
  co_return base::status{};
}

store_locks::answer_of<rows> store_locks::ask(step what) {
  const auto began = std::chrono::steady_clock::now();
  auto answer = co_await session_->execute(std::move(what), in(deadline_ms_));
  metrics_.storage_statement(observability::statement_class::lock)
      .observe(std::chrono::steady_clock::now() - began);
  if (!answer) count_error(metrics_, answer.error());
  co_return answer;
}

store_locks::answer_of<bool> store_locks::yes(step what) {
  auto answer = co_await ask(std::move(what));
  if (!answer) co_return answer.error();
  co_return !answer->empty() && integer_at(answer->front(), 0) == 1;
}

// The database would give a session its own lock a second time.
store_locks::answer_of<bool> store_locks::take(std::string name) {
  if (held_.contains(name)) co_return false;
  auto got = co_await yes(single(sql::lock_try, args(scheduler::lock_key(name))));
  if (got && *got && session_->connected()) held_.insert(std::move(name));
  co_return got;
}

store_locks::answer_of<bool> store_locks::give_back(std::string name) {
  if (held_.erase(name) == 0) co_return false;
  auto given = co_await yes(single(sql::lock_free, args(scheduler::lock_key(name))));
  if (!given) session_->close(); // whatever it holds, it is to hold it no more
  co_return given;
}

store_locks::answer_of<bool> store_locks::give_all_back() {
  const auto all = held_;
  for (const auto& name : all) {
    auto given = co_await give_back(name);
    if (!given) co_return given;
  }
  co_return true;
}

store_locks::answer_of<std::vector<lock_state>> store_locks::look(std::vector<std::string> names) {
  std::vector<lock_state> found;
  batch wanted{sql::lock_holders, names.size()};
  for (auto& name : names) {
    lock_state s;
    s.key = scheduler::lock_key(name);
    s.name = std::move(name);
    wanted.add(s.key);
    found.push_back(std::move(s));
  }
  auto answer = co_await ask(std::move(wanted).done());
  if (!answer) co_return answer.error();
  for (const auto& r : *answer)
    for (auto& s : found) {
      if (s.key != integer_at(r, 0) || s.held) continue;
      s.held = true;
      s.pid = integer_at(r, 1);
      s.ours = integer_at(r, 2) == 1;
      s.session = text_at(r, 3);
      s.address = text_at(r, 4);
      s.state = text_at(r, 5);
      s.since = {integer_at(r, 6)};
    }
  co_return found;
}

void store_locks::try_lock(std::string name, callback<bool> done) {
  if (lane_ == nullptr) return in_process_.try_lock(std::move(name), std::move(done));
  call<bool>(std::move(done), [this, name = std::move(name)] { return take(name); });
}

void store_locks::unlock(std::string name, callback<bool> done) {
  if (lane_ == nullptr) return in_process_.unlock(std::move(name), std::move(done));
  call<bool>(std::move(done), [this, name = std::move(name)] { return give_back(name); });
}

void store_locks::unlock_all(callback<bool> done) {
  if (lane_ == nullptr) return in_process_.unlock_all(std::move(done));
  call<bool>(std::move(done), [this] { return give_all_back(); });
}

void store_locks::holders(std::vector<std::string> names, callback<std::vector<lock_state>> done) {
  if (lane_ == nullptr) return in_process_.holders(std::move(names), std::move(done));
  call<std::vector<lock_state>>(std::move(done),
                                [this, names = std::move(names)] { return look(names); });
}

void store_locks::end_session(std::string name, std::int64_t pid, callback<bool> done) {
  if (lane_ == nullptr) return in_process_.end_session(std::move(name), pid, std::move(done));
  call<bool>(std::move(done), [this, name = std::move(name), pid] {
    return yes(single(sql::lock_end, args(scheduler::lock_key(name), pid)));
  });
}

// -- the session ----------------------------------------------------------------------------------

boost::asio::awaitable<void> store_locks::repeat() {
  while (!stop_.stopped()) {
    co_await stop_.sleep(beat_every);
    if (!stop_.stopped()) queue_->push([this] { return beat(); });
  }
}

boost::asio::awaitable<void> store_locks::beat() {
  notice();
  if (!held_.empty() && ++beats_ % beats_per_round_trip == 0) {
    auto round_trip = single(sql::lock_beat, params{});
    (void)co_await ask(std::move(round_trip));
  }
  notice();
  show(false);
}

/// Its locks are gone with it.
void store_locks::notice() {
  if (session_->connected() || held_.empty()) return;
  held_.clear();
  const std::lock_guard hold{mutex_};
  if (lost_) lost_();
}

void store_locks::show(bool busy) {
  const bool there = session_->connected();
  const auto set = [this](connection_state state, bool on) {
    metrics_.storage_connections(connection_role::lock, state).set(on ? 1 : 0);
  };
  set(connection_state::busy, there && busy);
  set(connection_state::idle, there && !busy);
  set(connection_state::broken, !there && had_one_);
}

} // namespace storage
