#include "tests/sim/shared_database.hpp"

#include "base/assert.hpp"
#include "storage/journal_work.hpp"
#include "storage/migrate.hpp"
#include "storage/schema_text.hpp"
#include "storage/statements.hpp"
#include "tests/sim/far.hpp"
#include "tests/sim/marks.hpp"

namespace sim {

using storage::step;

namespace {

/// The copy owns its texts: the batch's own steps end with the call.
step kept(const step& from, std::deque<std::string>& texts) {
  step copy = from;
  for (auto& column : copy.columns)
    for (auto& cell : column.cells) {
      if (const auto* text = std::get_if<std::string_view>(&cell))
        cell = std::string_view{texts.emplace_back(*text)};
      else if (const auto* bytes = std::get_if<storage::blob_view>(&cell))
        cell = storage::blob_view{texts.emplace_back(bytes->bytes)};
    }
  return copy;
}

} // namespace

shared_database::shared_database(virtual_clock& clock, observability::log& log,
                                 observability::metrics& metrics, std::uint32_t shards,
                                 std::uint64_t seed)
    : chance(seed), clock_(clock), log_(log), metrics_(metrics) {
  storage::open_settings settings;
  settings.database_url = "sqlite:///:memory:";
  settings.require_durable = false;
  auto opened = storage::open_sqlite(settings, log);
  ENSURE(opened.has_value(), "a database in memory opens");
  db_ = std::move(*opened);
  auto schema = db_->open_schema();
  ENSURE(schema.has_value(), "its schema opens");
  storage::schema_wish wish;
  wish.migrations = storage::migrations_of(db_->dialect());
  wish.shards = shards;
  wish.now = clock.now();
  wish.installation_id = "simulation";
  ENSURE(storage::migrate_schema(**schema, wish).has_value(), "an empty database is migrated");
  backend_ = writer();
}

std::unique_ptr<storage::session> shared_database::writer() {
  return db_->journal_session(nowhere_.get_executor());
}
std::unique_ptr<storage::session> shared_database::reader() {
  return db_->read_session(nowhere_.get_executor());
}

database_mode shared_database::mode() {
  if (mode_ != database_mode::normal && clock_.steady_us() >= mode_until_us_)
    mode_ = database_mode::normal;
  return mode_;
}

void shared_database::enter(database_mode m, std::int64_t us) {
  mode_ = m;
  mode_until_us_ = clock_.steady_us() + us;
  const char* names[] = {"normal", "read_only", "full", "away"};
  if (m != database_mode::normal) reached(names[static_cast<std::size_t>(m)]);
  say(std::string{"database "} + names[static_cast<std::size_t>(m)]);
}

void shared_database::stop_faults() {
  rates = {};
  mode_ = database_mode::normal;
  wait_for_going();
}

std::optional<std::int64_t> shared_database::next_us() const {
  if (!going_) return std::nullopt;
  return going_->due_us;
}

// -- a commit on its way --------------------------------------------------------------------------

void shared_database::leave_going(const std::vector<step>& steps, batch_ptr batch) {
  ENSURE(!going_, "one commit at a time is on its way");
  going_.emplace();
  for (const auto& s : steps) going_->steps.push_back(kept(s, going_->texts));
  going_->batch = std::move(batch);
  going_->will_apply = chance.below(3) != 0;
  going_->due_us = clock_.steady_us() + chance.between(1'000, 8'000'000);
}

void shared_database::wait_for_going() {
  if (!going_) return;
  auto work = std::move(*going_);
  going_.reset();
  if (!work.will_apply) {
    reached("still_committing_absent");
    return say("the commit on its way is lost");
  }
  const auto done = run_now(backend_->commit(work.steps, far()));
  say(done.what == storage::commit_class::committed ? "the commit on its way is durable"
                                                    : "the commit on its way fails");
  if (done.what != storage::commit_class::committed) return;
  reached("still_committing_applied");
  if (work.batch) applied(*work.batch);
}

// -- others ---------------------------------------------------------------------------------------

void shared_database::intrude(ledger::shard_id shard) {
  wait_for_going();
  virtual_sleeps sleeps{clock_};
  virtual_stop stop{sleeps};
  storage::journal_work work{*backend_, 60'000, log_, metrics_, stop, chance.next()};
  const auto taken = run_now(work.take_over({shard}, "intruder", clock_.now()));
  ENSURE(taken.has_value(), "nobody stands in the way of the intruder");
  reached("foreign_commit");
}

bool shared_database::touch_balance(const storage::balance_row& row, bool undo) {
  constexpr std::uint64_t shift = 1000;
  auto changed = row;
  changed.version = row.previous_version + (undo ? 0 : shift);
  changed.previous_version = row.previous_version + (undo ? shift : 0);
  changed.balance = undo ? touched_from_ : base::centavos{row.balance.minor / 2};
  if (!undo) {
    virtual_sleeps sleeps{clock_};
    virtual_stop stop{sleeps};
    storage::journal_work work{*backend_, 60'000, log_, metrics_, stop, 0};
    const auto found = run_now(work.load({row.account}));
    ENSURE(found && found->size() == 1, "the account of a balance row is there");
    touched_from_ = found->front().balance;
  }
  storage::batch update{storage::sql::balance_update, 1};
  storage::add_balance(update, changed);
  std::vector<step> steps;
  steps.push_back(std::move(update).done());
  return run_now(backend_->commit(steps, far())).what == storage::commit_class::committed;
}

} // namespace sim
