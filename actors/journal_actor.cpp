#include "actors/journal_actor.hpp"

#include "base/probe.hpp"
#include "ledger/errc.hpp"
#include "storage/projection.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

using observability::commit_result;
using storage::commit_class;

constexpr auto retry_opening = std::chrono::milliseconds{250};
constexpr auto journal_beat = std::chrono::milliseconds{100};
constexpr std::int64_t patience_ns =
    1'000'000'000; ///< then the queue is told that the database is away
constexpr int transient_attempts_max = 6;
constexpr std::size_t loads_max = 2000;

observability::posting_type posting_type_of(ledger::transaction_type t) {
  return static_cast<observability::posting_type>(t);
}

} // namespace

journal::journal(caf::actor_config& cfg, environment& env, std::size_t index,
                 std::vector<ledger::shard_id> shards)
    : house_actor(cfg, env, observability::actor_role::journal), index_(index),
      port_(env.store.journal(index)), my_shards_(std::move(shards)),
      mind_(env.bounds, env.node, env.status.stopped) {
  // A shard that was stopped stays stopped until somebody has looked at it and starts the process,
  // or corrects it, for which it needs its journal.
  const auto& stopped = env.status.stopped;
  std::erase_if(my_shards_,
                [&](auto id) { return stopped.contains(id) && !stopped.correctable(id); });
}

journal::behavior_type journal::make_behavior() {
  open();
  schedule_tick(journal_beat);
  return {
      [this](const hand_over& m) {
        handled();
        on_hand_over(m);
      },
      [this](const load_account& m) {
        handled();
        if (away()) {
          this->send(m.to, account_loaded{last_failure_});
          return;
        }
        load_waiters_[m.id].push_back(m.to);
        pump();
      },
      [this](const storage_event& m) {
        handled();
        if (m.generation == generation_) on_storage(m);
      },
      [this](const tick&) {
        handled();
        on_tick();
      },
      [this](const ask_flushed& m) {
        handled();
        marks_.emplace_back(next_ticket_ - 1, m.to);
        answer_flushed();
      },
      [this](const ask_owned& m) {
        handled();
        owner_waiters_.push_back(m.to);
        answer_owned();
      },
      [this](const drain&) {
        handled();
        draining_ = true;
        if (stage_ == stage::closed) return this->quit(); // nothing was taken over, nothing waits
        pump();
      },
  };
}

/// A callback for storage that brings the answer back as a message, marked with the operation it
/// belongs to.
template <class T> auto journal::to_me() {
  return [me = journal_actor{this}, generation = ++generation_](T answer) {
    caf::anon_send(me, storage_event{generation, std::move(answer)});
  };
}

// -- doors ----------------------------------------------------------------------------------------

void journal::refuse(const hand_over& m, const base::failure& why,
                     const std::vector<ended_item::fact>& held) {
  for (const auto& target : m.targets) this->send(target.account, release{m.op});
  item_ended ended{why};
  for (const auto& f : held) ended.held.emplace(f.account, f.balance);
  m.ended(ended);
}

bool journal::away() const {
  return stage_ == stage::closed || (stage_ == stage::opening && !last_failure_.code.empty()) ||
         (stage_ == stage::resolving && steady_ns() - stage_since_ns_ > patience_ns);
}

void journal::on_hand_over(const hand_over& m) {
  if (draining_) PROBE("drain_with_work_in_flight");
  if (draining_) return refuse(m, base::fail(storage::errc::shutting_down));
  if (mind_.full()) {
    PROBE("journal_door_shut");
    env().metrics.actor_rejections(observability::actor_role::journal).add();
    return refuse(m, base::fail(storage::errc::overloaded));
  }
  if (away()) {
    PROBE("database_away_at_the_door");
    return refuse(m, last_failure_);
  }
  const auto ticket = next_ticket_++;
  mind_.add({m.item, ticket, m.deadline, steady_ns(), m.singly});
  open_.emplace(ticket, m);
  if (base::mutant("acknowledged_before_durable")) m.ended({});
  CRASH_POINT("handed_over");
  pump();
}

// -- the loop -------------------------------------------------------------------------------------

void journal::open() {
  stage_ = stage::opening;
  if (my_shards_.empty()) return on_opened(std::vector<ledger::shard_head>{});
  port_.take_over(my_shards_, env().node, env().time.now(),
                  to_me<base::result<std::vector<ledger::shard_head>>>());
}

void journal::pump() {
  if (stage_ != stage::idle) return;
  env().metrics.journal_queue.set(static_cast<double>(mind_.queued()));

  std::vector<ledger::account_id> ids = mind_.missing();
  for (const auto& [id, waiters] : load_waiters_) ids.push_back(id);
  if (!ids.empty()) return load(std::move(ids));

  if (auto due = mind_.correction_due()) {
    correcting_ = due->ticket;
    stage_ = stage::loading;
    stage_since_ns_ = steady_ns();
    return port_.basis(due->shard, std::move(due->accounts),
                       to_me<base::result<storage::correction_basis>>());
  }

  auto next = mind_.build(env().time.now());
  end(next.refused);
  if (next.batch) {
    batch_ = std::move(next.batch);
    stage_ = stage::committing;
    stage_since_ns_ = steady_ns();
    env().metrics.journal_batch_size.observe(static_cast<double>(batch_->items.size()));
    for (const auto& p : mind_.in_flight()) {
      env().metrics.journal_wait.observe(std::chrono::nanoseconds{stage_since_ns_ - p.queued_ns});
    }
    port_.commit(batch_, to_me<storage::commit_result>());
    CRASH_POINT("batch_sent");
    return;
  }
  if (mind_.queued() > 0)
    return pump(); // a whole group was refused, or a head was evicted meanwhile
  leave_when_drained();
}

void journal::leave_when_drained() {
  if (draining_ && stage_ == stage::idle && mind_.empty() && open_.empty()) this->quit();
}

void journal::load(std::vector<ledger::account_id> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > loads_max) ids.resize(loads_max);
  loading_ = ids;
  stage_ = stage::loading;
  stage_since_ns_ = steady_ns();
  port_.load(std::move(ids), to_me<base::result<std::vector<storage::loaded_account>>>());
}

void journal::on_storage(const storage_event& m) {
  switch (m.what.index()) {
  case 0: return on_opened(std::get<0>(m.what));
  case 1: return on_loaded(std::get<1>(m.what));
  case 2: return on_commit(std::get<2>(m.what));
  case 3: return on_resolved(std::get<3>(m.what));
  default: return on_basis(std::get<4>(m.what));
  }
}

void journal::on_opened(const base::result<std::vector<ledger::shard_head>>& heads) {
  if (!heads) {
    PROBE("take_over_failed");
    // Not a loop of its own: the tick tries again.
    last_failure_ = heads.error();
    end(mind_.refuse_waiting(last_failure_));
    for (auto& [id, waiters] : std::exchange(load_waiters_, {})) {
      for (const auto& to : waiters) this->send(to, account_loaded{last_failure_});
    }
    stage_ = stage::closed;
    stage_since_ns_ = steady_ns();
    answer_owned();
    if (draining_) this->quit();
    return;
  }
  ENSURE(heads->size() == my_shards_.size(), "a take-over answers every shard");
  compare(*heads);
  mind_.adopt(*heads);
  for (const auto& head : *heads) env().ids.not_before(head.booked_at);
  last_failure_ = {};
  attempts_ = 0;
  if (!std::exchange(was_open_, true)) env().status.journals_open.fetch_add(1);
  env().log.info("vai_de_pix.journal", "Shards assumidos",
                 {{"event", "journal.opened"}, {"journal", index_}, {"shards", my_shards_.size()}});
  stage_ = stage::idle;
  answer_owned();
  pump();
}

void journal::on_loaded(const base::result<std::vector<storage::loaded_account>>& rows) {
  const auto asked = std::exchange(loading_, {});
  if (rows) {
    mind_.learn(asked, *rows);
  } else {
    end(mind_.refuse_waiting(rows.error()));
  }
  std::unordered_map<ledger::account_id, const storage::loaded_account*> by_id;
  if (rows) {
    for (const auto& row : *rows) by_id.emplace(row.record.id, &row);
  }
  for (const auto& id : asked) {
    const auto waiters = load_waiters_.find(id);
    if (waiters == load_waiters_.end()) continue;
    const auto row = by_id.find(id);
    for (const auto& to : waiters->second) {
      if (!rows) {
        this->send(to, account_loaded{rows.error()});
      } else if (row == by_id.end()) {
        this->send(to, account_loaded{std::optional<storage::loaded_account>{}});
      } else {
        this->send(to, account_loaded{std::optional{*row->second}});
      }
    }
    load_waiters_.erase(waiters);
  }
  stage_ = stage::idle;
  pump();
}

// -- the fate of a batch --------------------------------------------------------------------------

void journal::on_commit(const storage::commit_result& outcome) {
  auto& m = env().metrics;
  if (outcome.what != commit_class::committed) {
    env().log.warning(
        "vai_de_pix.journal", "Lote não confirmado",
        {{"event", "journal.commit_failed"},
         {"journal", index_},
         {"items", batch_->items.size()},
         {"class", static_cast<int>(outcome.what)},
         {"error_code", observability::code{std::string_view{outcome.detail}.substr(0, 5)}}});
  }
  switch (outcome.what) {
  case commit_class::committed: return committed();
  case commit_class::in_doubt:
    if (base::mutant("in_doubt_is_absent")) break;
    if (base::mutant("in_doubt_is_applied")) return committed();
    PROBE("in_doubt");
    stage_ = stage::resolving;
    stage_since_ns_ = steady_ns();
    last_failure_ = base::fail(storage::errc::unavailable);
    m.journal_in_doubt.add(1);
    return port_.resolve(batch_, to_me<base::result<storage::resolution>>());
  case commit_class::transient:
    if (++attempts_ < transient_attempts_max) {
      PROBE("transient_again");
      mind_.again(nullptr);
      stage_ = stage::pausing; // until the next tick
      return;
    }
    break;
  case commit_class::definite:
  case commit_class::duplicate_key:
    if (mind_.in_flight().size() > 1) {
      m.journal_commits(commit_result::bisected).add();
      PROBE("batch_bisected");
      mind_.bisect(outcome.what);
      stage_ = stage::idle;
      return pump();
    }
    PROBE("poison_alone");
    break;
  case commit_class::conflict:
    if (mind_.in_flight().size() > 1) {
      m.journal_commits(commit_result::bisected).add();
      mind_.bisect(outcome.what);
      stage_ = stage::idle;
      return pump();
    }
    PROBE("foreign_hand");
    // A foreign hand wrote a balance row: what we know of this shard is not what is there. Stop
    // before the next commit, until a correction has written the rows of these accounts.
    m.ledger_version_conflicts.add();
    if (!base::mutant("stopped_shard_goes_on")) suspect(*batch_);
    env().log.critical("vai_de_pix.journal", "Shard parado: saldo alterado por outra mão",
                       {{"event", "shard.stopped"}, {"shard", batch_->items.front()->shard}});
    break;
  case commit_class::fenced: return step_down();
  case commit_class::read_only:
  case commit_class::full:
  case commit_class::unavailable: break;
  }
  m.journal_commits(commit_result::failed).add();
  attempts_ = 0;
  end(mind_.fail(outcome.what));
  stage_ = stage::idle;
  pump();
}

void journal::committed() {
  CRASH_POINT("committed");
  auto& m = env().metrics;
  m.journal_commits(commit_result::ok).add();
  m.journal_commit.observe(std::chrono::nanoseconds{steady_ns() - stage_since_ns_});
  m.journal_last_commit_timestamp.set(static_cast<double>(env().time.now().count) / 1e6);
  attempts_ = 0;
  const auto batch = std::exchange(batch_, nullptr);
  const auto ended = mind_.committed();
  mind_.evict();
  corrected(*batch);
  stage_ = stage::idle;
  pump(); // first of all: the database works on the next batch while this one is answered
  refresh(*batch);
  count(*batch);
  for (const auto& record : batch->records) remember(record.head());
  end(ended);
  CRASH_POINT("answered");
  leave_when_drained();
}

/// A balance by effective day adds up what the projection does not know yet: never much more than
/// one step.
void journal::refresh(const storage::journal_batch& batch) {
  for (const auto& b : batch.balances) {
    if (b.version / storage::effective_step != b.previous_version / storage::effective_step)
      refresh_effective(b.account);
  }
}

void journal::count(const storage::journal_batch& batch) {
  auto& m = env().metrics;
  m.ledger_entries.add(static_cast<double>(batch.entries.size()));
  for (const auto& item : batch.items) {
    for (const auto& t : item->transactions_new) m.ledger_postings(posting_type_of(t.type)).add();
    std::uint32_t last = UINT32_MAX;
    for (const auto& e : item->entries) {
      if (e.reversal && e.posting != std::exchange(last, e.posting)) {
        m.ledger_postings(observability::posting_type::reversal).add();
      }
    }
  }
}

void journal::on_resolved(const base::result<storage::resolution>& fate) {
  env().metrics.journal_in_doubt.add(-1);
  if (!fate) { // shutting down: the truth is found at the next start
    open_.clear();
    this->quit();
    return;
  }
  using enum storage::resolution::fate;
  env().log.warning(
      "vai_de_pix.journal", "Lote em dúvida resolvido",
      {{"event", "journal.resolved"}, {"journal", index_}, {"applied", fate->what == applied}});
  last_failure_ = {};
  switch (fate->what) {
  case applied:
    PROBE("in_doubt_was_applied");
    env().metrics.journal_in_doubt_resolved(observability::doubt_outcome::applied).add();
    return committed();
  case absent:
    PROBE("in_doubt_was_absent");
    env().metrics.journal_in_doubt_resolved(observability::doubt_outcome::absent).add();
    mind_.again(base::mutant("fence_forgotten") ? nullptr : &fate->fence);
    stage_ = stage::idle;
    return pump();
  case fenced: PROBE("in_doubt_was_fenced"); return step_down();
  }
}

void journal::step_down() {
  PROBE("former_owner_stepped_down");
  env().status.fenced.store(true);
  env().metrics.journal_commits(commit_result::fenced).add();
  env().log.critical("vai_de_pix.journal", "Outro processo assumiu os shards",
                     {{"event", "journal.fenced"}, {"journal", index_}});
  ask_what_is_lost();
  end(mind_.fail(commit_class::fenced));
  end(mind_.refuse_waiting(failure_of(commit_class::fenced)));
  this->quit(make_error(exit_cause::fenced));
}

// Money law B: every account knows before anybody hears the answer.
void journal::end(const std::vector<ended_item>& items) {
  for (const auto& item : items) {
    const auto found = open_.find(item.ticket);
    ENSURE(found != open_.end(), "an item ends once");
    const hand_over what = std::move(found->second);
    open_.erase(found);
    if (!item.result) {
      refuse(what, item.result.error(), item.facts);
      continue;
    }
    for (const auto& target : what.targets) {
      const auto fact = std::find_if(item.facts.begin(), item.facts.end(),
                                     [&](const auto& f) { return f.account == target.id; });
      std::optional<settled::position> moved;
      if (fact != item.facts.end()) moved = settled::position{fact->balance, fact->version};
      const auto& corrects = what.item->corrects;
      const bool corrected =
          std::find(corrects.begin(), corrects.end(), target.id) != corrects.end();
      this->send(target.account, settled{what.op, moved, target.record, corrected});
    }
    CRASH_POINT("settled");
    item_ended durable;
    durable.seq = item.seq;
    what.ended(durable);
  }
  answer_flushed();
}

void journal::answer_flushed() {
  while (!marks_.empty() && (open_.empty() || open_.begin()->first > marks_.front().first)) {
    marks_.front().second->put(true);
    marks_.pop_front();
  }
}

// A book that read its rows before the take-over might miss what a former owner still commits.
void journal::answer_owned() {
  const bool opening = stage_ == stage::opening && last_failure_.code.empty();
  const bool early = opening && base::mutant("book_reads_before_the_take_over");
  if (opening && !early) return;
  const bool taken_over = early || (stage_ != stage::opening && stage_ != stage::closed);
  for (const auto& to : std::exchange(owner_waiters_, {})) to->put(taken_over);
}

// Here and not in the destructor: the last handle may be that of a callback which storage forgets
// when the node, and with it env(), is gone.
void journal::on_exit() {
  if (std::exchange(was_open_, false)) env().status.journals_open.fetch_sub(1);
  owner_waiters_.clear();
  open_.clear();
  load_waiters_.clear();
  marks_.clear();
}

// -- time -----------------------------------------------------------------------------------------

void journal::schedule_tick(std::chrono::milliseconds delay) {
  this->delayed_send(journal_actor{this}, delay, tick{});
}

void journal::on_tick() {
  if (stage_ == stage::closed && steady_ns() - stage_since_ns_ > retry_opening.count() * 1'000'000)
    open();
  if (stage_ == stage::pausing) {
    stage_ = stage::idle;
    pump();
  }
  if (stage_ == stage::resolving && steady_ns() - stage_since_ns_ > patience_ns) {
    end(mind_.refuse_waiting(last_failure_));
  }
  if (stage_ != stage::idle) end(mind_.expire(env().time.now()));
  schedule_tick(journal_beat);
}

} // namespace actors
