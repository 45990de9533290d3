#include "actors/book_actor.hpp"

#include "actors/account_actor.hpp"
#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {
namespace {

const base::failure no_active_user{"UNAUTHORIZED", {}};

/// To another address.
bool moves_user(const storage::commit_item& item) {
  return std::any_of(item.users_changed.begin(), item.users_changed.end(),
                     [](const auto& u) { return u.email.has_value(); });
}

} // namespace

book::book(caf::actor_config& cfg, environment& env, ledger::user_id user, ledger::shard_id shard,
           journal_actor journal, shard_actor parent)
    : house_actor(cfg, env, observability::actor_role::gateway), user_(std::move(user)),
      shard_(shard), journal_(std::move(journal)), parent_(std::move(parent)) {
  // An account whose invariant broke takes its book along, and the shard hears the reason.
  this->set_down_handler([this](caf::down_msg& down) {
    if (down.reason != caf::exit_reason::user_shutdown) this->quit(down.reason);
  });
  this->set_exit_handler([this](caf::exit_msg& exit) {
    stop_accounts();
    this->quit(exit.reason);
  });
}

book::behavior_type book::make_behavior() {
  read_book();
  return {
      [this](const submit& m) {
        handled();
        ++received_;
        on_submit(m);
      },
      [this](const ask_running& m) {
        handled();
        ++received_;
        std::vector<std::string> endpoints;
        for (const auto& [scope, running] : running_) {
          if (scope.key == m.key) endpoints.push_back(scope.endpoint);
        }
        m.to->put(std::move(endpoints));
      },
      [this](const operation_event& m) {
        handled();
        on_event(m);
      },
      [this](const owned& m) {
        handled();
        on_owned(m);
      },
      [this](const book_read& m) {
        handled();
        on_book(m);
      },
      [this](const retire& m) {
        handled();
        on_retire(m);
      },
      [this](const tick&) {
        handled();
        on_tick();
      },
      [this](const drain&) {
        handled();
        stop_accounts();
        this->quit(caf::exit_reason::user_shutdown);
      },
  };
}

// -- life -----------------------------------------------------------------------------------------

// First of all the journal has to own the shard: a former owner may still be committing, and its
// accounts, categories and keys would be missing here.
void book::read_book() {
  reading_ = true;
  this->send(journal_, ask_owned{if_answered(
                           [me = book_actor{this}](bool yes) { caf::anon_send(me, owned{yes}); })});
}

void book::on_owned(const owned& m) {
  provisional_ = !m.taken_over;
  env().store.reads().book(user_, env().time.now(),
                           [me = book_actor{this}](base::result<storage::book_rows> rows) {
                             caf::anon_send(me, book_read{std::move(rows)});
                           });
}

void book::on_book(const book_read& m) {
  reading_ = false;
  const auto waiting = std::exchange(before_ready_, {});
  const auto refuse_all = [&](const base::failure& why) {
    for (const auto& s : waiting) s.to->put(ledger::reply{why, {}, false});
    before_ready_.clear();
  };
  if (!m.rows) return refuse_all(m.rows.error());
  if (!m.rows->user) return refuse_all(no_active_user);
  active_ = m.rows->user->active;
  for (const auto& record : m.rows->accounts) learn(record);
  known_keys_.insert(m.rows->key_hashes.begin(), m.rows->key_hashes.end());
  known_complete_ = m.rows->keys_complete;
  watching_ = ledger::watching{m.rows->watching};
  stage_ = stage::ready;
  for (const auto& s : waiting) on_submit(s);
  // Good for replays and refusals while nothing can be committed; the next command reads again.
  if (provisional_) stage_ = stage::loading;
}

void book::on_submit(const submit& m) {
  if (operations_.size() + waiters_ + before_ready_.size() >= env().bounds.book_operations) {
    PROBE("book_door_shut");
    env().metrics.actor_rejections(observability::actor_role::account).add();
    m.to->put({base::fail(storage::errc::overloaded), {}, false});
    return;
  }
  if (stage_ == stage::loading) {
    if (!reading_) {
      PROBE("book_read_again");
      read_book(); // the last attempt failed
    }
    before_ready_.push_back(m);
    return;
  }
  if (!takes(m.command->what)) {
    m.to->put({no_active_user, {}, false});
    return;
  }
  auto op = std::make_unique<operation>();
  op->id = next_id_++;
  op->command = m.command;
  op->to = m.to;
  op->beside = m.beside;
  op->seq = m.seq;
  op->dry = m.dry;
  op->started_ns = steady_ns();
  auto& placed = *op;
  operations_.emplace(op->id, std::move(op));
  begin(placed);
}

bool book::takes(const ledger::command& c) const {
  return active_ || ledger::of_operator(c) || std::holds_alternative<ledger::expire_hold>(c);
}

void book::on_event(const operation_event& m) {
  if (const auto* due = std::get_if<hold_due>(&m.what)) return on_hold_due(*due);
  const auto found = operations_.find(m.id);
  if (found == operations_.end())
    return; // its client was answered; a late fact changes nothing here
  auto& op = *found->second;
  if (const auto* word = std::get_if<account_answered>(&m.what)) {
    if (op.dry != nullptr && word->version)
      op.dry->versions.insert_or_assign(word->account, *word->version);
    if (word->verdict) {
      if (op.dry == nullptr || word->state != nullptr) op.granted.push_back(word->account);
      if (word->state) op.states.insert_or_assign(word->account, *word->state);
    } else {
      op.refused.insert_or_assign(word->account, word->verdict.error());
    }
    arrived(op);
  } else if (const auto* read = std::get_if<transactions_read>(&m.what)) {
    if (read->rows) {
      op.rows = *read->rows;
    } else {
      op.read_failed = read->rows.error();
    }
    arrived(op);
  } else if (const auto* states = std::get_if<states_read>(&m.what)) {
    if (states->states) {
      op.transaction_states = *states->states;
    } else {
      op.read_failed = states->states.error();
    }
    arrived(op);
  } else if (const auto* stored = std::get_if<answer_read>(&m.what)) {
    if (!stored->row) {
      op.read_failed = stored->row.error();
    } else if (stored->row->has_value()) {
      op.found.insert_or_assign(stored->index, **stored->row);
    }
    arrived(op);
  } else if (const auto* hold = std::get_if<hold_read>(&m.what)) {
    if (hold->row) {
      op.hold = *hold->row;
    } else {
      op.read_failed = hold->row.error();
    }
    arrived(op);
  } else if (const auto* rows = std::get_if<user_rows_read>(&m.what)) {
    if (rows->rows) {
      op.user_rows.at(rows->index) = *rows->rows;
    } else {
      op.read_failed = rows->rows.error();
    }
    arrived(op);
  } else if (const auto* ended = std::get_if<item_ended>(&m.what)) {
    if (decide_again(op, *ended)) return;
    if (!ended->result) {
      for (auto& key : op.keys) key.answer.reset();
      auto why = ended->result.error();
      const bool duplicate = why.code == "DUPLICATE_KEY";
      const bool taken = duplicate && std::holds_alternative<ledger::merge_books>(op.command->what);
      if (duplicate && !op.keys.empty()) {
        PROBE("key_stored_by_somebody_else");
        // Stored by somebody whom we have not seen: from now on every key is looked up.
        known_complete_ = false;
        why = base::fail(ledger::errc::key_in_flight);
      }
      // Another user took the address just now. Were it the key after all: it is looked up when
      // the client asks again.
      if (duplicate && moves_user(*op.item)) why = base::fail(ledger::errc::email_in_use);
      if (taken) {
        PROBE("an_id_taken_by_somebody_else");
        // Another user chose the same id just now: whoever asks again is told so.
        why = base::fail(storage::errc::overloaded);
      }
      if (ledger::is_pinned(why.code)) return refused_late(op, std::move(why));
      return answer(op, {std::move(why), {}, false});
    }
    if (op.seq) *op.seq = ended->seq;
    for (const auto& record : op.learned) learn(record);
    for (const auto& changed : op.item->users_changed) active_ = changed.active.value_or(active_);
    for (const auto& key : op.keys) {
      if (key.answer) known_keys_.insert(ledger::scope_hash(key.scope));
    }
    learn_rules(*op.item);
    tell_deliveries(op.item->user_rows);
    env().metrics.ledger_posting_duration.observe(
        std::chrono::nanoseconds{steady_ns() - op.started_ns});
    ledger::reply reply;
    reply.result = op.pinned ? base::result<ledger::outcome>{*op.pinned}
                             : base::result<ledger::outcome>{*op.result};
    if (op.command->key) reply.stored = op.keys.front().answer;
    answer(op, std::move(reply));
  }
}

void book::on_retire(const retire& m) {
  const bool may_go =
      (idle() && received_ == m.forwarded) || base::mutant("passivated_with_work_in_flight");
  PROBE(may_go ? "book_passivated" : "passivation_met_a_command");
  this->send(parent_, retire_answered{user_, may_go});
  if (!may_go) return;
  stop_accounts();
  env().metrics.account_loads(observability::account_load::passivated).add();
  this->quit(caf::exit_reason::user_shutdown);
}

void book::stop_accounts() {
  for (auto& [id, m] : accounts_) {
    if (m.actor) this->send_exit(*m.actor, caf::exit_reason::user_shutdown);
    m.actor.reset();
  }
}

void book::on_exit() {
  operations_.clear();
  running_.clear();
  before_ready_.clear();
  accounts_.clear();
  journal_ = journal_actor{};
  parent_ = shard_actor{};
}

void book::on_tick() {
  ticking_ = false;
  const auto now = env().time.now();
  for (auto& [scope, running] : running_) {
    std::erase_if(running.waiters, [&](const waiter& w) {
      if (now < w.deadline) return false;
      PROBE("waiters_deadline_passed_first");
      w.to->put({base::fail(ledger::errc::key_in_flight), {}, false});
      --waiters_;
      return true;
    });
  }
  if (waiters_ > 0) {
    ticking_ = true;
    this->delayed_send(book_actor{this}, waiter_beat, tick{});
  }
}

// -- steps ----------------------------------------------------------------------------------------

void book::dispatch(operation& op) {
  if (takes_turn(op.command->what)) {
    op.amendment = true;
    amendments_.push_back(op.id);
    start_amendments();
    return;
  }
  std::visit([&](const auto& c) { run(op, c); }, op.command->what);
}

// Changes of what exists run one after the other: each reads rows that the one before has written.
void book::start_amendments() {
  if (std::exchange(starting_, true)) return; // one that ended at once: the loop below goes on
  while (!amendments_.empty() && amendments_.front() != started_amendment_) {
    if (awaits_unwatched()) break;
    started_amendment_ = amendments_.front();
    auto& op = *operations_.at(started_amendment_);
    if (op.command->deadline < env().time.now()) {
      PROBE("amendment_waited_too_long");
      finish(op, base::fail(storage::errc::overloaded));
    } else if (!takes(op.command->what)) {
      finish(op, no_active_user); // deactivated by the one before
    } else {
      std::visit([&](const auto& c) { run(op, c); }, op.command->what);
    }
  }
  starting_ = false;
}

void book::wait(operation& op, std::function<void(operation&)> next) {
  op.next = std::move(next);
  if (op.outstanding > 0) return;
  const auto go = std::move(op.next);
  go(op);
}

void book::arrived(operation& op) {
  ENSURE(op.outstanding > 0, "only what was asked arrives");
  if (--op.outstanding > 0) return;
  const auto go = std::move(op.next);
  go(op);
}

void book::ask_accounts(operation& op, const std::vector<ledger::effect>& effects,
                        std::function<void(operation&)> next) {
  for (const auto& e : effects) {
    auto* m = find_account(e.account);
    ENSURE(m != nullptr, "plans name accounts of the book");
    ++op.outstanding;
    const bool with_hold = op.wish != nullptr && op.wish->account == e.account;
    this->send(actor_of(*m), reserve{op.id, e.net, e.rule, false, book_sink{this}, steady_ns(),
                                     with_hold ? op.wish : nullptr, op.dry != nullptr});
  }
  wait(op, [this, next = std::move(next)](operation& o) {
    if (o.refused.empty()) return next(o);
    if (!o.granted.empty()) PROBE("one_of_several_accounts_refuses");
    // A closed account is the first thing to say; else in the order of the plan.
    const base::failure* why = nullptr;
    for (const auto& e : o.plan.effects) {
      const auto found = o.refused.find(e.account);
      if (found == o.refused.end()) continue;
      if (why == nullptr || found->second.code == ledger::code_text(ledger::errc::account_closed))
        why = &found->second;
    }
    finish(o, why != nullptr ? *why : o.refused.begin()->second);
  });
}

void book::ask_exclusive(operation& op, const std::vector<ledger::account_id>& accounts,
                         std::function<void(operation&)> next) {
  for (const auto& id : accounts) {
    auto* m = find_account(id);
    ENSURE(m != nullptr, "plans name accounts of the book");
    ++op.outstanding;
    this->send(actor_of(*m),
               reserve{op.id, {}, ledger::leg_rule::plain, true, book_sink{this}, steady_ns()});
  }
  wait(op, [this, next = std::move(next)](operation& o) {
    if (o.refused.empty()) return next(o);
    finish(o, o.refused.begin()->second);
  });
}

void book::read_rows(operation& op, std::vector<ledger::transaction_id> ids,
                     std::function<void(operation&)> next) {
  ++op.outstanding;
  env().store.reads().transactions_by_id(
      user_, std::move(ids), true,
      [me = book_sink{this},
       id = op.id](base::result<std::vector<ledger::transaction_record>> rows) {
        caf::anon_send(me, operation_event{id, transactions_read{std::move(rows)}});
      });
  wait(op, [this, next = std::move(next)](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    next(o);
  });
}

std::shared_ptr<storage::commit_item> book::new_item() const {
  auto item = std::make_shared<storage::commit_item>();
  item->user = user_;
  item->shard = shard_;
  return item;
}

// Stores the answer with its effect and gives the item away: from here on only the journal ends it.
void book::commit(operation& op) {
  if (follow_up(op)) return;
  if (op.dry) {
    op.dry->item = op.item;
    return finish(op, *op.result);
  }
  const auto now = env().time.now();
  if (op.command->key && op.command->to_answer) {
    const base::result<ledger::outcome> shown = op.pinned
                                                    ? base::result<ledger::outcome>{*op.pinned}
                                                    : base::result<ledger::outcome>{*op.result};
    op.keys.front().answer = op.command->to_answer(shown);
  }
  const auto expires =
      base::utc_us{now.count + std::chrono::microseconds{env().bounds.idempotency_ttl}.count()};
  if (op.beside && !op.pinned) op.item->job_rows = *op.beside;
  for (const auto& key : op.keys) {
    if (key.answer && !base::mutant("answer_not_stored"))
      op.item->answers.push_back({user_, key.scope, key.fingerprint, *key.answer, now, expires});
  }
  hand_over give{op.item,
                 op.id,
                 {},
                 op.command->deadline,
                 [me = book_sink{this}, id = op.id](const item_ended& e) {
                   caf::anon_send(me, operation_event{id, e});
                 },
                 decides_singly(op.command->what)};
  for (const auto& id : op.granted) {
    std::shared_ptr<const ledger::account_record> record;
    for (const auto& changed : op.learned) {
      if (changed.id == id) record = std::make_shared<const ledger::account_record>(changed);
    }
    give.targets.push_back({settle_sink{actor_of(*find_account(id))}, id, std::move(record)});
  }
  op.handed_over = true;
  this->send(journal_, std::move(give));
}

void book::finish(operation& op, base::result<ledger::outcome> result) {
  ENSURE(!op.handed_over, "after hand-over only the journal ends an operation");
  if (!base::mutant("refusal_keeps_the_reservation"))
    for (const auto& id : op.granted) this->send(actor_of(*find_account(id)), release{op.id});
  op.granted.clear();
  if (!result && !op.dry) {
    const auto code = result.error().code;
    env()
        .metrics.ledger_refusals(observability::label_of(code, observability::refusal_code::other))
        .add();
    if (op.command->key && op.command->to_answer && ledger::is_pinned(code) &&
        !base::mutant("refusal_not_pinned")) {
      op.pinned = result.error();
      op.learned.clear();
      op.item = new_item();
      return commit(op);
    }
  }
  answer(op, {std::move(result), {}, false});
}

void book::answer(operation& op, ledger::reply reply) {
  release_keys(op, reply);
  op.to->put(std::move(reply));
  const bool amendment = op.amendment;
  operations_.erase(op.id);
  if (amendment)
    amendments_.pop_front();
  else if (unwatched_before_ == 0)
    return;
  start_amendments();
}

// -- members --------------------------------------------------------------------------------------

book::member* book::find_account(const ledger::account_id& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

ledger::account_record* book::find_category(const ledger::account_id& id) {
  const auto found = categories_.find(id);
  return found == categories_.end() || !found->second.active ? nullptr : &found->second;
}

account_actor& book::actor_of(member& m) {
  if (!m.actor) m.actor = this->spawn<account, caf::monitored>(env(), m.record, journal_);
  return *m.actor;
}

void book::learn(const ledger::account_record& record) {
  switch (record.role) {
  case ledger::account_role::money: accounts_[record.id].record = record; break;
  case ledger::account_role::category: categories_[record.id] = record; break;
  case ledger::account_role::opening: equity_ = record.id; break;
  }
}

} // namespace actors
