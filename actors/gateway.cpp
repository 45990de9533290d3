#include "actors/gateway.hpp"

#include "base/assert.hpp"
#include "ledger/errc.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

constexpr std::int64_t user_cache_ns =
    2'000'000'000; ///< another process (the command line) may change a user
constexpr std::size_t user_cache_max = 100'000;
constexpr std::uint32_t stuck_threads_max = 2;
constexpr std::size_t sessions_cached_per_user_max = 200;

const base::failure outcome_unknown{"OUTCOME_UNKNOWN", {}};
const base::failure shard_stopped{"SHARD_STOPPED", {}};
const base::failure recovery_mode_on{"RECOVERY_MODE", {}};

/// Counts a change of rows while it is inside.
class in_flight_count {
public:
  explicit in_flight_count(std::atomic<std::size_t>& n) : n_(n), before_(n.fetch_add(1)) {}
  ~in_flight_count() { n_.fetch_sub(1); }
  in_flight_count(const in_flight_count&) = delete;
  in_flight_count& operator=(const in_flight_count&) = delete;
  std::size_t before() const { return before_; }

private:
  std::atomic<std::size_t>& n_;
  std::size_t before_;
};

} // namespace

gateway::gateway(environment& env, std::shared_ptr<routing> routes,
                 std::chrono::milliseconds read_deadline)
    : env_(env), routes_(std::move(routes)), read_deadline_(read_deadline),
      open_(env.bounds.commands_in_flight) {}

std::chrono::microseconds gateway::until(base::utc_us deadline) const {
  return std::chrono::microseconds{
      std::max<std::int64_t>(0, deadline.count - env_.time.now().count)};
}

// -- commands -------------------------------------------------------------------------------------

void gateway::execute(ledger::envelope command, http::on_reply done) {
  const auto refuse = [&](base::failure why) { done({std::move(why), {}, false}); };
  if (env_.status.closed.load()) return refuse(base::fail(storage::errc::shutting_down));
  if (std::holds_alternative<ledger::change_rows>(command.what))
    done = [this, user = command.user, then = std::move(done)](ledger::reply r) {
      forget(user); // a password, a session: whoever asks next must not see what was before
      then(std::move(r));
    };
  // Recovery mode is there for what administrators do.
  if (env_.status.recovery.on() && !ledger::of_operator(command.what))
    return refuse(recovery_mode_on);
  const auto to = routes_->shard(ledger::shard_of(command.user, routes_->shard_count()));
  if (!to) return refuse(shard_stopped);
  const auto ticket = open_.add(open_commands::clock::now() + until(command.deadline), done);
  if (!ticket) {
    env_.metrics.actor_rejections(observability::actor_role::gateway).add();
    return refuse(base::fail(storage::errc::overloaded));
  }
  // Dies unanswered only when an actor failed or the command met a stopping shard.
  auto answer = std::make_shared<promise<ledger::reply>>(
      [this, t = *ticket](ledger::reply r) { open_.answer(t, std::move(r)); },
      ledger::reply{outcome_unknown, {}, false});
  caf::anon_send(
      *to, submit{std::make_shared<const ledger::envelope>(std::move(command)), std::move(answer)});
}

base::status gateway::commit_rows(std::shared_ptr<storage::commit_item> item,
                                  base::utc_us deadline) {
  if (env_.status.closed.load()) return base::fail(storage::errc::shutting_down);
  if (env_.status.recovery.on()) return recovery_mode_on;
  const in_flight_count here(rows_in_flight_);
  if (here.before() >= env_.bounds.commands_in_flight) return base::fail(storage::errc::overloaded);
  const auto to = routes_->journal_of(item->shard);
  if (!to) return shard_stopped;
  const auto waiting = std::make_shared<slot<base::status>>();
  const auto answer = promise_for(waiting, base::status{outcome_unknown});
  caf::anon_send(*to, hand_over{std::move(item), 0, {}, deadline, [answer](const item_ended& e) {
                                  answer->put(e.result);
                                }});
  auto ended = waiting->wait_for(until(deadline));
  if (!ended) return outcome_unknown;
  if (!*ended && ended->error().code == "DUPLICATE_KEY")
    return base::fail(ledger::errc::email_in_use);
  return *ended;
}

base::result<ledger::user_record>
gateway::register_user(ledger::user_record fresh, std::vector<ledger::account_record> accounts,
                       ledger::user_rows rows, base::utc_us deadline) {
  auto item = std::make_shared<storage::commit_item>();
  item->user = fresh.id;
  item->user_rows = std::move(rows);
  item->shard = ledger::shard_of(fresh.id, routes_->shard_count());
  item->users_new.push_back(fresh);
  item->accounts_new = std::move(accounts);
  if (const auto done = commit_rows(std::move(item), deadline); !done) return done.error();
  remember(fresh);
  return fresh;
}

// -- reads ----------------------------------------------------------------------------------------

template <class T, class Ask> base::result<T> gateway::read(Ask ask) {
  const auto waiting = std::make_shared<slot<base::result<T>>>();
  ask([waiting](base::result<T> r) { waiting->put(std::move(r)); });
  auto answer = waiting->wait_for(read_deadline_);
  if (!answer) return base::fail(storage::errc::timed_out);
  return std::move(*answer);
}

void gateway::remember(const ledger::user_record& user) {
  const std::lock_guard hold(users_mutex_);
  keep(user);
}

void gateway::keep(const ledger::user_record& user) {
  if (users_.size() >= user_cache_max) users_.clear();
  users_[user.id] = {user, env_.time.steady_ns()};
}

void gateway::forget(const ledger::user_id& id) {
  const std::lock_guard hold(users_mutex_);
  users_.erase(id);
  sessions_.erase(id);
  ++forgotten_of(id);
}

std::uint64_t& gateway::forgotten_of(const ledger::user_id& user) {
  const auto number = static_cast<std::uint64_t>(key_of(user)) >> 8; // the lane says nothing
  return forgotten_[number % forgotten_.size()];
}

base::result<std::optional<ledger::user_record>> gateway::user_by_email(const std::string& email) {
  return read<std::optional<ledger::user_record>>(
      [&](auto done) { env_.store.reads().user_by_email(email, std::move(done)); });
}

base::result<std::optional<ledger::user_record>> gateway::user_by_id(const ledger::user_id& id) {
  const auto now = env_.time.steady_ns();
  std::optional<cached_user> cached;
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard hold(users_mutex_);
    if (const auto found = users_.find(id); found != users_.end()) cached = found->second;
    forgotten = forgotten_of(id);
  }
  if (cached && now - cached->read_ns < user_cache_ns) return cached->user;
  auto user = read<std::optional<ledger::user_record>>(
      [&](auto done) { env_.store.reads().user_by_id(id, std::move(done)); });
  if (!user) {
    // The database is away: whoever was valid a moment ago still is, so that the answer can say
    // what is wrong.
    if (cached) return cached->user;
    return user.error();
  }
  if (*user) {
    const std::lock_guard hold(users_mutex_);
    if (forgotten == forgotten_of(id)) keep(**user);
  }
  return *user;
}

base::result<bool> gateway::session_ended(const ledger::user_id& user,
                                          const ledger::session_id& session) {
  const auto now = env_.time.steady_ns();
  std::optional<cached_session> cached;
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard hold(users_mutex_);
    forgotten = forgotten_of(user);
    if (const auto of_user = sessions_.find(user); of_user != sessions_.end())
      if (const auto found = of_user->second.find(session); found != of_user->second.end())
        cached = found->second;
  }
  if (cached && now - cached->read_ns < user_cache_ns) return cached->ended;
  const auto rows = user_rows(ledger::session_by_id{session});
  if (!rows) {
    if (cached) return cached->ended; // as with users
    return rows.error();
  }
  const auto found = ledger::row_of<ledger::login_session>(*rows);
  const bool ended = found && !found->live(env_.time.now());
  const std::lock_guard hold(users_mutex_);
  if (forgotten != forgotten_of(user)) return ended; // ended while it was read, perhaps
  if (sessions_.size() >= user_cache_max) sessions_.clear();
  auto& of_user = sessions_[user];
  if (of_user.size() >= sessions_cached_per_user_max) of_user.clear();
  of_user[session] = {ended, now};
  return ended;
}

base::result<ledger::user_rows> gateway::user_rows(const ledger::row_question& asked) {
  return read<ledger::user_rows>(
      [&](auto done) { env_.store.reads().user_rows(asked, std::move(done)); });
}

base::result<std::vector<ledger::account_view>> gateway::accounts(const ledger::user_id& user) {
  return read<std::vector<ledger::account_view>>([&](auto done) {
    env_.store.reads().accounts(user, ledger::account_role::money, false, env_.time.now(),
                                std::move(done));
  });
}

base::result<std::optional<ledger::account_view>> gateway::account(const ledger::user_id& user,
                                                                   const ledger::account_id& id) {
  return read<std::optional<ledger::account_view>>(
      [&](auto done) { env_.store.reads().account(user, id, env_.time.now(), std::move(done)); });
}

base::result<std::optional<ledger::hold_record>> gateway::hold(const ledger::user_id& user,
                                                               const ledger::hold_id& id) {
  return read<std::optional<ledger::hold_record>>(
      [&](auto done) { env_.store.reads().hold(user, id, std::move(done)); });
}

base::result<ledger::hold_page> gateway::holds(const ledger::user_id& user,
                                               const ledger::hold_filter& filter) {
  return read<ledger::hold_page>(
      [&](auto done) { env_.store.reads().holds(user, filter, std::move(done)); });
}

base::result<std::vector<ledger::account_record>> gateway::categories(const ledger::user_id& user) {
  auto views = read<std::vector<ledger::account_view>>([&](auto done) {
    env_.store.reads().accounts(user, ledger::account_role::category, false, env_.time.now(),
                                std::move(done));
  });
  if (!views) return views.error();
  std::vector<ledger::account_record> records;
  for (auto& v : *views) records.push_back(std::move(v.record));
  return records;
}

base::result<std::vector<ledger::account_record>>
gateway::book_members(const ledger::user_id& user) {
  auto book = read<storage::book_rows>(
      [&](auto done) { env_.store.reads().book(user, env_.time.now(), std::move(done)); });
  if (!book) return book.error();
  return std::move(book->accounts);
}

base::result<ledger::entry_page> gateway::entries(const ledger::user_id& user,
                                                  const ledger::entry_filter& filter) {
  const auto owned = account(user, filter.account);
  if (!owned) return owned.error();
  if (!*owned) return ledger::entry_page{};
  return read<ledger::entry_page>(
      [&](auto done) { env_.store.reads().entries(filter, std::move(done)); });
}

base::result<std::vector<ledger::entry_view>>
gateway::entries_of_transaction(const ledger::user_id& user, const ledger::transaction_id& id) {
  const auto owned = transaction(user, id);
  if (!owned) return owned.error();
  if (!*owned) return std::vector<ledger::entry_view>{};
  return read<std::vector<ledger::entry_view>>([&](auto done) {
    env_.store.reads().entries_of_transaction(id, (*owned)->partner, std::move(done));
  });
}

base::result<ledger::balance_at> gateway::balance_booked(const ledger::account_id& id,
                                                         base::utc_us at) {
  return read<ledger::balance_at>(
      [&](auto done) { env_.store.reads().balance_booked(id, at, std::move(done)); });
}

base::result<ledger::balance_at> gateway::balance_effective(const ledger::account_id& id,
                                                            base::civil_day until_day) {
  return read<ledger::balance_at>(
      [&](auto done) { env_.store.reads().balance_effective(id, until_day, std::move(done)); });
}

base::result<std::optional<ledger::transaction_record>>
gateway::transaction(const ledger::user_id& user, const ledger::transaction_id& id) {
  auto rows = read<std::vector<ledger::transaction_record>>([&](auto done) {
    env_.store.reads().transactions_by_id(user, {id}, false, std::move(done));
  });
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ledger::transaction_record>{};
  return std::optional{std::move(rows->front())};
}

base::result<ledger::transaction_page>
gateway::transactions(const ledger::transaction_filter& filter) {
  return read<ledger::transaction_page>(
      [&](auto done) { env_.store.reads().transactions(filter, std::move(done)); });
}

base::result<ledger::monthly_sums> gateway::monthly(const ledger::user_id& user,
                                                    base::civil_day first, base::civil_day last) {
  return read<ledger::monthly_sums>(
      [&](auto done) { env_.store.reads().monthly(user, first, last, std::move(done)); });
}

base::result<std::vector<ledger::tag_count>> gateway::tags(const ledger::user_id& user) {
  return read<std::vector<ledger::tag_count>>(
      [&](auto done) { env_.store.reads().tags(user, std::move(done)); });
}

base::result<std::vector<http::key_state>> gateway::key_states(const ledger::user_id& user,
                                                               const std::string& key) {
  // Running first, stored second: what ends in between is seen as stored.
  std::vector<std::string> running;
  if (const auto to = routes_->shard(ledger::shard_of(user, routes_->shard_count()))) {
    const auto waiting = std::make_shared<slot<std::vector<std::string>>>();
    const auto answer = promise_for(waiting, std::vector<std::string>{});
    caf::anon_send(*to, ask_running{user, key, answer});
    if (auto endpoints = waiting->wait_for(read_deadline_)) running = std::move(*endpoints);
  }
  auto stored = read<std::vector<ledger::idempotency_record>>(
      [&](auto done) { env_.store.reads().answers(user, key, env_.time.now(), std::move(done)); });
  if (!stored) return stored.error();
  std::vector<http::key_state> all;
  for (auto& record : *stored) {
    all.push_back({http::key_state::state::completed, record.scope.endpoint,
                   std::move(record.answer), record.created_at, record.expires_at});
  }
  for (auto& endpoint : running) {
    const bool ended =
        std::any_of(all.begin(), all.end(), [&](const auto& s) { return s.endpoint == endpoint; });
    if (!ended) all.push_back({http::key_state::state::in_flight, std::move(endpoint), {}, {}, {}});
  }
  return all;
}

// -- recovery -------------------------------------------------------------------------------------

namespace {

http::balance_check shown(const storage::account_check& c) {
  http::balance_check out{c.record.id, c.record.owner, {}, {}};
  if (c.stored) out.stored = {c.stored->balance, c.stored->version};
  out.from_ledger = {c.from_ledger.balance, c.from_ledger.version};
  return out;
}

} // namespace

base::result<std::vector<ledger::transaction_state>>
gateway::states_after(const ledger::transaction_id& after, std::int64_t limit) {
  return read<std::vector<ledger::transaction_state>>(
      [&](auto done) { env_.store.recovery().states_after(after, limit, std::move(done)); });
}

base::result<std::vector<ledger::transaction_state>>
gateway::states_of(const ledger::user_id& user, const std::vector<ledger::transaction_id>& ids) {
  return read<std::vector<ledger::transaction_state>>(
      [&](auto done) { env_.store.recovery().states_of(user, ids, std::move(done)); });
}

base::result<std::vector<http::balance_check>>
gateway::checks_after(const ledger::account_id& after, std::int64_t limit) {
  auto rows = read<std::vector<storage::account_check>>(
      [&](auto done) { env_.store.recovery().checks_after(after, limit, std::move(done)); });
  if (!rows) return rows.error();
  std::vector<http::balance_check> checks;
  for (const auto& c : *rows) checks.push_back(shown(c));
  return checks;
}

base::result<std::optional<http::balance_check>> gateway::check_of(const ledger::account_id& id) {
  auto row = read<std::optional<storage::account_check>>(
      [&](auto done) { env_.store.recovery().check_of(id, std::move(done)); });
  if (!row) return row.error();
  if (!*row) return std::optional<http::balance_check>{};
  return std::optional{shown(**row)};
}

base::result<ledger::audit_page> gateway::audit_log(const ledger::audit_filter& filter) {
  return read<ledger::audit_page>(
      [&](auto done) { env_.store.recovery().audit_log(filter, std::move(done)); });
}

// -- health ---------------------------------------------------------------------------------------

http::recovery_view gateway::recovery() {
  const auto& mode = env_.status.recovery;
  return {mode.on(), mode.since(), mode.findings()};
}

base::status gateway::finish_recovery(const std::string& request_id) {
  if (env_.status.stopped.count() > 0) return shard_stopped; // they begin with the process only
  std::vector<ledger::shard_head> heads;
  for (ledger::shard_id shard = 0; env_.heads != nullptr && shard < routes_->shard_count();
       ++shard) {
    const auto head = read<std::optional<ledger::commit_record>>(
        [&](auto done) { env_.store.audit().head(shard, std::move(done)); });
    if (!head) return head.error();
    ledger::shard_head found;
    if (*head) found = (*head)->head();
    found.shard = shard;
    heads.push_back(found);
  }
  for (const auto& found : heads) env_.heads->replace(found);
  env_.status.recovery.finish();
  env_.log.warning(
      "vai_de_pix.recovery", "Modo de recuperação encerrado",
      {{"event", "recovery.finished"}, {"request_id", observability::opaque_id{request_id}}});
  return {};
}

http::health_view gateway::health() {
  const auto db = env_.store.health();
  http::health_view view;
  view.schema_current = db.schema_current;
  view.schema_expected = db.schema_expected;
  view.node = env_.node;
  view.version = env_.version;
  view.shards_stopped = env_.status.stopped.count();
  view.shards_owned =
      routes_->shard_count() - std::min(routes_->shard_count(), view.shards_stopped);
  const bool open = env_.status.journals_open.load() == routes_->journal_count() &&
                    !env_.status.jobs_awaited.load();
  const bool draining = env_.status.draining.load();
  const bool wrong_schema = db.schema_current != db.schema_expected;
  view.database = !db.up ? "error: " + (db.error_class.empty() ? std::string{"OperationalError"}
                                                               : db.error_class)
                  : db.read_only ? "read_only"
                                 : "connected";
  if (!db.up) view.reasons.push_back("database");
  if (db.read_only) view.reasons.push_back("read_only");
  if (!open && view.shards_stopped == 0) view.reasons.push_back("starting");
  if (draining) view.reasons.push_back("draining");
  if (wrong_schema && db.up) view.reasons.push_back("schema");
  if (view.shards_stopped > 0) view.reasons.push_back("shards_stopped");
  const bool fenced = env_.status.fenced.load();
  if (fenced) view.reasons.push_back("fenced");
  if (db.disk_low()) view.reasons.push_back("disk");
  const bool recovering = env_.status.recovery.on();
  if (recovering) view.reasons.push_back("recovery");
  const bool stuck = env_.status.stuck_threads.load() > stuck_threads_max;
  if (stuck) view.reasons.push_back("stuck_threads");
  view.status = view.shards_stopped > 0 || (db.up && wrong_schema)        ? "unhealthy"
                : db.up && !db.read_only && !recovering && !db.disk_low() ? "healthy"
                                                                          : "degraded";
  // A node that lost a few shards still serves the others; one that was replaced serves nobody.
  view.ready = db.up && !draining && !wrong_schema && !fenced && !stuck && view.shards_owned > 0 &&
               (open || db.read_only || view.shards_stopped > 0);
  env_.metrics.ready.set(view.ready ? 1 : 0);
  env_.metrics.draining.set(draining ? 1 : 0);
  return view;
}

} // namespace actors
