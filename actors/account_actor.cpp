#include "actors/account_actor.hpp"

#include "base/probe.hpp"
#include "ledger/errc.hpp"

namespace actors {

account::account(caf::actor_config& cfg, environment& env, ledger::account_record record,
                 journal_actor journal)
    : house_actor(cfg, env, observability::actor_role::account), journal_(std::move(journal)) {
  state_.record = std::move(record);
  env.metrics.accounts_active.add(1);
}

account::~account() { env().metrics.accounts_active.add(-1); }

account::behavior_type account::make_behavior() {
  return {
      [this](const reserve& m) {
        handled();
        env().metrics.account_wait.observe(std::chrono::nanoseconds{steady_ns() - m.sent_ns});
        accept(m);
      },
      [this](const release& m) {
        handled();
        if (exclusive_ == m.op) {
          exclusive_ = 0;
        } else {
          ledger::release(state_, m.op);
          env().metrics.account_reservations.add(-1);
        }
        advance();
      },
      [this](const settled& m) {
        handled();
        if (exclusive_ == m.op) {
          if (m.moved) {
            ENSURE(m.moved->version >= state_.version, "versions only grow");
            state_.posted = m.moved->balance;
            state_.version = m.moved->version;
          }
          exclusive_ = 0;
        } else {
          const auto now = m.moved.value_or(settled::position{state_.posted, state_.version});
          ledger::settle(state_, m.op, now.balance, now.version);
          env().metrics.account_reservations.add(-1);
        }
        if (m.record) state_.record = *m.record;
        advance();
      },
      [this](const account_loaded& m) {
        handled();
        on_loaded(m);
      },
  };
}

// -- reservations ---------------------------------------------------------------------------------

void account::accept(const reserve& m) {
  waiting_.push_back(m);
  if (stage_ == stage::empty) {
    stage_ = stage::loading;
    this->send(journal_, load_account{state_.record.id, loaded_sink{this}});
  }
  advance();
}

// In order of arrival: an exclusive one waits until nothing is open, and everything behind it waits
// too.
void account::advance() {
  while (stage_ == stage::ready && exclusive_ == 0 && !waiting_.empty()) {
    if (waiting_.front().exclusive && !state_.open.empty()) {
      PROBE("exclusive_waits_for_the_open_ones");
      return;
    }
    const reserve next = std::move(waiting_.front());
    waiting_.pop_front();
    answer(next);
  }
}

void account::answer(const reserve& m) {
  account_answered word{state_.record.id, {}, nullptr};
  if (m.exclusive) {
    exclusive_ = m.op;
    word.state = std::make_shared<const ledger::account_state>(state_);
  } else {
    word.verdict = verdict(m);
    if (word.verdict) {
      ledger::reserve(state_, m.op, m.effect);
      env().metrics.account_reservations.add(1);
      CRASH_POINT("reserved");
    }
  }
  this->send(m.book, operation_event{m.op, std::move(word)});
}

base::status account::verdict(const reserve& m) const {
  auto decided = ledger::decide(state_, m.effect, m.rule);
  if (!decided && decided.error().code == ledger::code_text(ledger::errc::insufficient_balance)) {
    // The exact text of api-contract §7; it goes to the account's owner only, never to a log.
    return base::failure{decided.error().code,
                         "Saldo atual: " + base::decimal_text(state_.available()) +
                             "; valor: " + base::decimal_text(-m.effect) + "."};
  }
  return decided;
}

void account::on_exit() {
  waiting_.clear();
  journal_ = journal_actor{};
}

// -- loading --------------------------------------------------------------------------------------

void account::on_loaded(const account_loaded& m) {
  ENSURE(stage_ == stage::loading, "an account loads once");
  if (m.row && m.row->has_value()) {
    const auto& row = **m.row;
    state_.record = row.record;
    state_.posted = row.balance;
    state_.version = row.version;
    stage_ = stage::ready;
    env().metrics.account_loads(observability::account_load::loaded).add();
    advance();
    return;
  }
  PROBE("account_not_loaded");
  // Not loaded: everybody who waits is told why, and the next reservation tries again.
  stage_ = stage::empty;
  const base::failure why = m.row ? base::fail(ledger::errc::account_not_found) : m.row.error();
  for (auto& m2 : std::exchange(waiting_, {})) {
    this->send(m2.book, operation_event{m2.op, account_answered{state_.record.id, why, nullptr}});
  }
}

} // namespace actors
