#include "tests/sim/world.hpp"

#include "base/assert.hpp"
#include "tests/sim/marks.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace sim {

namespace {

constexpr std::int64_t deadline_us = 9'000'000;
/// In good weather nobody gives up: a database that is slow is no fault, a request that is never
/// answered is.
constexpr std::int64_t patient_deadline_us = 120'000'000;
constexpr std::size_t again_from = 1'000'000; ///< indices of requests that are sent again

template <class T, std::size_t N> T one_of(base::random& chance, const T (&values)[N]) {
  return values[chance.below(N)];
}

std::string request_name(const operation& op) {
  static const char* names[] = {"create_account", "create_category", "post",        "edit",
                                "remove",         "restore",         "remove_many", "batch",
                                "set_balance",    "set_floor",       "close"};
  return names[static_cast<std::size_t>(op.what.what)];
}

} // namespace

world::world(const run_options& options)
    : options_(options), chance_(options.seed), set_up_chance_(options.seed ^ 0x5e70b),
      metrics_(std::make_unique<observability::metrics>()),
      log_(std::make_unique<observability::log>(
          observability::log_options{.level = observability::log_level::critical,
                                     .json = true,
                                     .node = {},
                                     .queue_lines = 64,
                                     .sink = [](std::string_view) { return true; }},
          clock_, *metrics_)) {
  draw_circumstances();
  db_ = std::make_unique<shared_database>(clock_, *log_, *metrics_, node_.shards, chance_.next());
  judge_ = std::make_unique<judge>(*db_, node_.shards);
  work_ = std::make_unique<workload>(chance_.next(), *judge_);
  // Every second seed, so that the others stay what they were.
  if (!options_.how && options_.seed % 2 == 1)
    jobs_ = std::make_unique<job_clients>(options_.seed, *judge_, *db_, *work_);
  judge_->say = [this](const std::string& line) { say(line); };
  db_->say = judge_->say;
  db_->applied = [this](const storage::journal_batch& b) {
    judge_->applied(b);
    if (jobs_) jobs_->seen().batch_applied(b);
  };
  db_->refused = [this](const storage::journal_batch& b) {
    if (jobs_) jobs_->seen().refused_for_good(b);
  };
  db_->broken = [this](std::string i, std::string t) {
    judge_->accuse(std::move(i), std::move(t));
  };
  db_->hand_felt = [this](const storage::journal_batch& b) {
    judge_->weather.stopped = true;
    for (const auto& r : b.records) judge_->must_stop(r.shard, r.node);
  };
}

world::~world() {
  for (auto& n : nodes_) n->crash();
}

// -- draws ----------------------------------------------------------------------------------------

void world::draw_circumstances() {
  auto& b = node_.bounds;
  node_.shards = one_of<std::uint32_t>(chance_, {1, 1, 2, 4});
  node_.journals = std::min<std::size_t>(node_.shards, one_of<std::size_t>(chance_, {1, 1, 2}));
  node_.latency_us = one_of<std::int64_t>(chance_, {1, 2'000, 2'000, 60'000});
  b.journal_batch_items = one_of<std::size_t>(chance_, {1, 2, 4, 1000, 1000});
  b.journal_batch_rows = one_of<std::size_t>(chance_, {5, 40, 8000, 8000});
  b.journal_queue_rows = one_of<std::size_t>(chance_, {12, 100'000, 100'000, 100'000});
  b.journal_heads = one_of<std::size_t>(chance_, {1, 4, 400'000});
  b.book_operations = one_of<std::size_t>(chance_, {4, 20'000, 20'000, 20'000});
  b.books_per_shard = one_of<std::size_t>(chance_, {1, 20'000, 20'000});
  b.book_idle = std::chrono::milliseconds{one_of<int>(chance_, {300, 2'000, 300'000})};
  b.idempotency_wait = std::chrono::milliseconds{one_of<int>(chance_, {150, 8'000})};
  hurry_ = one_of<std::uint64_t>(chance_, {2, 8, 25, 80});
  calm_every_ = one_of<std::size_t>(chance_, {4, 12, 40});
  if (!options_.how) return;
  b = {};
  b.journal_batch_items = options_.how->batch_items;
  node_.shards = options_.how->shards;
  node_.journals = options_.how->journals;
}

void world::draw_faults() {
  auto& w = judge_->weather;
  w.small_doors = node_.bounds.journal_queue_rows < 100 || node_.bounds.book_operations < 100;
  if (jobs_) jobs_->seen().small_doors = w.small_doors;
  w.poison = set_up_chance_.below(3) == 0;
  if (w.poison) work_->poison_rate = 1 + set_up_chance_.below(40);
  work_->keyless_rate = one_of<std::uint64_t>(set_up_chance_, {0, 100, 400});
  static constexpr std::uint64_t mix[intent_count] = {33, 10, 10, 6, 6, 5, 3, 2, 4,
                                                      1,  2,  3,  1, 4, 1, 1, 8};
  for (std::size_t i = 0; i < intent_count; ++i)
    work_->weights[i] = mix[i] * set_up_chance_.between(3, 20) + set_up_chance_.below(4);

  if (options_.how || set_up_chance_.below(4) == 0)
    return; // a run in good weather forgives nothing
  w.faults = true;
  auto& r = db_->rates;
  r.any = true;
  const auto some = [&](std::uint64_t most) {
    return set_up_chance_.below(2) == 0 ? 0 : 1 + set_up_chance_.below(most);
  };
  r.lost_before = some(60);
  r.lost_after = some(60);
  r.still_going = some(60);
  r.slow = some(80);
  r.late = some(20);
  r.definite = some(40);
  r.transient = some(100);
  r.foreign_hand = some(12);
  r.read_only = some(10);
  r.full = some(10);
  r.away = some(10);
  r.broken_read = some(25);
  r.slow_read = some(50);
  r.no_connection = some(200);
  disaster_rate_ = some(60);
}

// -- requests -------------------------------------------------------------------------------------

bool world::issue(const request& r) {
  const auto& op = r.op;
  op->invoked_us = clock_.steady_us();
  const auto patience = judge_->weather.faults ? deadline_us : patient_deadline_us;
  op->deadline_us = op->invoked_us + patience;
  const bool former = has_former() && chance_.below(3) == 0;
  op->at_former = former;
  if (op->index < again_from) work_->remember(r);
  ledger::envelope e;
  e.user = ledger::user_id{judge_->users[op->user].id};
  e.deadline = {clock_.now().count + patience};
  const auto ids = op->what.ids;
  if (!op->key.empty()) {
    e.key = ledger::request_key{{"POST /simulated", op->key}, base::sha256(op->body)};
    e.to_answer = [ids](const base::result<ledger::outcome>& result) {
      return ledger::stored_answer{result ? 200 : 422, text_of(result, ids)};
    };
  }
  e.what = r.command;
  judge_->begin(op);
  const auto& w = op->what;
  say(fmt::format("operation {} {} user {} key {} [{}{}{} {} {}]{}", op->index, request_name(*op),
                  op->user, op->key, w.account, w.create.account, w.id + w.edit.id, w.create.to,
                  static_cast<std::int64_t>(w.amount + w.create.amount),
                  former ? " at the former node" : ""));
  waiting_.push_back(op);
  ++report_.operations;
  auto& n = former ? *nodes_.front() : to();
  n.execute(std::move(e), [this, op, ids](ledger::reply reply) {
    const auto text = reply.replayed ? "replay " + reply.stored->body : text_of(reply.result, ids);
    // Told by a node that dies: nobody hears it.
    if (op->answered) return;
    say(fmt::format("operation {} is answered {}", op->index, text));
    if (options_.how && op->index < again_from)
      answers_.push_back(fmt::format("{} {}", op->index, text));
    judge_->answered(op, reply, text);
  });
  return good();
}

void world::set_up() {
  start_node();
  if (!settle()) return judge_->accuse("liveness", "the first node does not start");
  const auto users = 1 + set_up_chance_.below(3);
  for (std::size_t u = 0; u < users; ++u) {
    const auto id = fmt::format("user{}", u);
    const ledger::user_id user{id};
    auto item = std::make_shared<storage::commit_item>();
    item->user = user;
    item->shard = ledger::shard_of(user, node_.shards);
    ledger::user_record record;
    record.id = user;
    record.name = id;
    record.email = id + "@example.com";
    record.created_at = clock_.now();
    item->users_new.push_back(record);
    ledger::account_record equity;
    equity.id = ledger::account_id{id + "-equity"};
    equity.owner = user;
    equity.role = ledger::account_role::opening;
    equity.kind = ledger::account_kind::equity;
    equity.type = "opening";
    equity.name = "Saldos iniciais";
    equity.created_at = clock_.now();
    item->accounts_new.push_back(equity);
    judge_->add_user(id, item->shard, equity.id.text());
    ++rows_open_;
    to().commit_rows(item, {clock_.now().count + deadline_us}, [this](const base::status& s) {
      --rows_open_;
      if (!s) judge_->accuse("liveness", "a user is not registered");
    });
  }
  settle();
  for (std::size_t u = 0; u < users && good(); ++u) {
    const auto accounts = 2 + set_up_chance_.below(4);
    for (std::size_t a = 0; a < accounts; ++a) {
      const std::int64_t openings[] = {
          0, 100, 1'000, 1'000, 50'000, -40, a == 0 ? base::amount_minor_max - 900'000 : 2'000};
      auto opening = one_of(set_up_chance_, openings);
      std::optional<std::int64_t> floor;
      if (set_up_chance_.below(3) != 0) floor = set_up_chance_.below(3) == 0 ? -100 : 0;
      if (floor && opening < *floor) opening = *floor;
      if (work_->only_small) {
        opening = 10'000'000;
        floor.reset();
      }
      issue(work_->open_account(next_index(), u, opening, floor));
      settle();
    }
    for (std::size_t k = 0; k < 1 + set_up_chance_.below(2); ++k)
      issue(work_->open_category(next_index(), u));
    settle();
  }
  for (const auto& c : judge_->users)
    if (good() && (c.accounts.size() < 2 || c.categories.empty()))
      judge_->accuse("liveness", "the accounts of a user are not made");
  calm_down(false);
}

void world::safety() {
  next_index_ = 100; // those of the set-up are below, whatever their number
  for (std::size_t i = 0; i < options_.operations && good(); ++i) {
    const auto index = next_index();
    if (options_.left_out.contains(i)) continue;
    const auto what = work_->choose(index);
    if (what == intent::read) {
      read_something();
    } else if (auto r = work_->make(index, what, clock_.now().count)) {
      issue(*r);
    }
    if (jobs_) {
      const bool former = has_former() && chance_.below(3) == 0;
      jobs_->ask(index, former ? *nodes_.front() : to(), former,
                 judge_->weather.faults ? deadline_us : patient_deadline_us);
    }
    const auto steps = chance_.below(hurry_ + 1);
    for (std::uint64_t s = 0; s < steps && good(); ++s) {
      one_step();
      // The moment that counts: a commit is on its way and nobody waits for it any more.
      if (disaster_rate_ > 0 && db_->going() && chance_.below(8) == 0) {
        crash();
        start_node();
      }
    }
    if (good() && disaster_rate_ > 0 && chance_.below(1000) < disaster_rate_) disaster();
    if (good() && chance_.below(calm_every_) == 0) calm_down(false);
  }
}

// -- liveness -------------------------------------------------------------------------------------

/// Everything that is available can be spent, and nothing more: no reservation was left behind.
void world::pay_out(customer& c) {
  const auto user = static_cast<std::size_t>(&c - judge_->users.data());
  const auto accounts = c.accounts;
  for (const auto& id : accounts) {
    const auto& a = c.books.accounts().at(id);
    if (!a.open || !a.floor) continue;
    const auto left = static_cast<std::int64_t>(a.posted - *a.floor);
    if (left > base::amount_minor_max || left < 0) continue;
    for (const auto amount : {left + 1, left}) {
      if (amount < 1 || amount > base::amount_minor_max || !good()) continue;
      issue(work_->spend(next_index(), user, id, amount, clock_.now().count));
      settle();
      judge_->calm();
    }
  }
}

void world::liveness() {
  say("liveness");
  db_->stop_faults();
  auto& w = judge_->weather;
  if (w.stopped && settle()) { // who has been replaced may not know it yet
    crash();
    start_node();
  }
  calm_down(false);
  w.faults = w.stopped = w.small_doors = false;
  if (jobs_ && good()) finish_jobs();
  std::vector<operation_ptr> unknown;
  for (const auto& r : work_->sent())
    if (r.op->unknown && !r.op->key.empty()) unknown.push_back(r.op);
  if (unknown.size() > 12) unknown.erase(unknown.begin(), unknown.end() - 12);
  for (const auto& op : unknown) {
    if (!good()) return;
    issue(work_->retry_of(next_index(), *op));
    settle();
    judge_->calm();
  }
  for (auto& c : judge_->users)
    if (good()) pay_out(c);
  if (!good()) return;
  calm_down(false);
  if (!good()) return;
  to().begin_stop();
  for (int i = 0; i < 200 && !to().stopped(); ++i) {
    to().run_actors(100'000);
    to().store().run_one(chance_);
    advance(10'000);
  }
  if (!to().stopped()) judge_->accuse("liveness", "the node does not stop in order");
  to().run_actors(100'000);
  to().crash();
  if (to().leaked() > 0) judge_->accuse("leak", "an actor outlives its node");
  nodes_.clear();
  judge_->compare_tables(true);
  if (jobs_ && good()) jobs_->seen().compare_tables();
}

run_report world::run() {
  try {
    judge_->weather.key_wait_us = std::chrono::microseconds{node_.bounds.idempotency_wait}.count();
    if (options_.how) work_->only_small = options_.how->in_bursts;
    set_up();
    draw_faults();
    if (good() && options_.how) {
      in_a_manner();
    } else if (good()) {
      safety();
    }
    if (good()) liveness();
  } catch (const base::broken_invariant& b) {
    judge_->accuse("ENSURE", b.what);
  } catch (const std::exception& e) {
    judge_->accuse("exception", e.what());
  }
  for (const auto& n : nodes_)
    if (!good())
      say(fmt::format("{}: {} failures, {} restarts, {} stopped shards", n->options().name,
                      n->failures(), n->restarts(), n->status().stopped.count()));
  report_.commits = judge_->commits();
  if (jobs_) {
    report_.jobs = jobs_->seen().facts().size();
    report_.operations += jobs_->asked();
  }
  report_.broken = judge_->broken();
  return report_;
}

run_report run(const run_options& options) {
  world w{options};
  return w.run();
}

} // namespace sim
