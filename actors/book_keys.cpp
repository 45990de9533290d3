// Idempotency keys of a book: claimed, looked up, waited for, released (design.md §4).
#include "actors/book_actor.hpp"

#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {

bool book::claim(operation& op, const ledger::key_scope& scope, const base::digest& fingerprint) {
  const auto [at, fresh] = running_.try_emplace(scope, running_key{op.id, fingerprint, {}});
  if (fresh) op.keys.push_back({scope, fingerprint, {}});
  return fresh;
}

bool book::maybe_stored(const ledger::key_scope& scope) const {
  return !known_complete_ || known_keys_.contains(ledger::scope_hash(scope));
}

void book::read_answer(operation& op, std::size_t index, const ledger::key_scope& scope) {
  ++op.outstanding;
  env().store.reads().answer(
      user_, scope, env().time.now(),
      [me = book_sink{this}, id = op.id,
       index](base::result<std::optional<ledger::idempotency_record>> row) {
        caf::anon_send(me, operation_event{id, answer_read{index, std::move(row)}});
      });
}

void book::begin(operation& op) {
  const auto& key = op.command->key;
  if (!key) return dispatch(op);
  if (!claim(op, key->scope, key->fingerprint)) {
    auto& running = running_.at(key->scope);
    if (running.fingerprint != key->fingerprint) {
      op.to->put({base::fail(ledger::errc::key_reused), {}, false});
    } else {
      const auto patience =
          env().time.now().count + std::chrono::microseconds{env().bounds.idempotency_wait}.count();
      PROBE("duplicate_waits_for_the_first");
      running.waiters.push_back(
          {op.to, base::utc_us{std::min(patience, op.command->deadline.count)}});
      ++waiters_;
      if (!std::exchange(ticking_, true)) this->delayed_send(book_actor{this}, waiter_beat, tick{});
    }
    operations_.erase(op.id);
    return;
  }
  if (!maybe_stored(key->scope)) return dispatch(op);
  read_answer(op, 0, key->scope);
  wait(op, [this](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    const auto stored = o.found.find(0);
    const auto verdict =
        ledger::judge(o.command->key->fingerprint, nullptr,
                      stored == o.found.end() ? nullptr : &stored->second, env().time.now());
    switch (verdict) {
    case ledger::key_verdict::fresh: return dispatch(o);
    case ledger::key_verdict::reused:
      return answer(o, {base::fail(ledger::errc::key_reused), {}, false});
    case ledger::key_verdict::replay:
    case ledger::key_verdict::wait:
      PROBE("answer_replayed");
      if (stored->second.answer.status == 422) PROBE("pinned_refusal_replayed");
      return answer(o, {ledger::outcome{ledger::done{}}, stored->second.answer, true});
    }
  });
}

// What a category may hold is for the journal to say. It has given all back, and its refusal is
// kept under the key like one of an account.
void book::refused_late(operation& op, base::failure why) {
  op.handed_over = false;
  op.granted.clear();
  finish(op, std::move(why));
}

// Everybody who waited under a key of this operation gets what is (or is not) stored under it.
void book::release_keys(operation& op, const ledger::reply& reply) {
  for (const auto& key : op.keys) {
    const auto running = running_.find(key.scope);
    if (running == running_.end() || running->second.owner != op.id) continue;
    const bool own = op.command->key && op.command->key->scope == key.scope;
    for (const auto& w : running->second.waiters) {
      --waiters_;
      if (own) {
        w.to->put({reply.result, reply.stored, reply.stored.has_value()});
      } else if (key.answer) {
        w.to->put({ledger::outcome{ledger::done{}}, key.answer, true});
      } else {
        w.to->put({base::fail(ledger::errc::key_in_flight), {}, false});
      }
    }
    running_.erase(running);
  }
}

} // namespace actors
