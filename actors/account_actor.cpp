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
        watch_holds();
        advance();
      },
      [this](const settled& m) {
        handled();
        if (exclusive_ == m.op) {
          if (m.moved) {
            ENSURE(m.corrected || m.moved->version >= state_.version, "versions only grow");
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
        watch_holds();
        advance();
      },
      [this](const account_loaded& m) {
        handled();
        on_loaded(m);
      },
      [this](const tick&) {
        handled();
        on_tick();
      },
  };
}

// -- reservations ---------------------------------------------------------------------------------

void account::accept(const reserve& m) {
  if (!book_) book_ = caf::actor_cast<caf::weak_actor_ptr>(m.book);
  waiting_.push_back(m);
  if (stage_ == stage::empty) {
    stage_ = stage::loading;
    this->send(journal_, load_account{state_.record.id, loaded_sink{this}});
  }
  advance();
}

// In order of arrival: an exclusive one waits until nothing is open, one that ends a hold until the
// fate of that hold is known, and everything behind them waits too.
void account::advance() {
  while (stage_ == stage::ready && exclusive_ == 0 && !waiting_.empty()) {
    const auto& first = waiting_.front();
    if (first.exclusive && !state_.open.empty()) {
      PROBE("exclusive_waits_for_the_open_ones");
      return;
    }
    if (first.hold != nullptr && ledger::has_to_wait(state_, *first.hold)) {
      PROBE("end_of_a_hold_waits_for_the_one_before");
      return;
    }
    const reserve next = std::move(waiting_.front());
    waiting_.pop_front();
    answer(next);
  }
}

void account::answer(const reserve& m) {
  account_answered word{state_.record.id, {}, nullptr, state_.version};
  // One instant for the count and the verdict: what is over for one is over for the other.
  base::utc_us now;
  if (m.hold != nullptr || !state_.holds.empty()) {
    now = env().time.now();
    ledger::count_holds(state_, now);
  }
  if (m.exclusive) {
    exclusive_ = m.op;
    word.state = std::make_shared<const ledger::account_state>(state_);
  } else {
    word.verdict = verdict(m, now);
    if (word.verdict && !m.verdict_only) {
      if (m.hold != nullptr)
        ledger::reserve(state_, m.op, *m.hold, m.effect);
      else
        ledger::reserve(state_, m.op, m.effect);
      env().metrics.account_reservations.add(1);
      CRASH_POINT("reserved");
    }
  }
  this->send(m.book, operation_event{m.op, std::move(word)});
}

base::status account::verdict(const reserve& m, base::utc_us now) const {
  auto decided = m.hold != nullptr ? ledger::decide(state_, *m.hold, m.effect, m.rule, now)
                                   : ledger::decide(state_, m.effect, m.rule);
  if (!decided && decided.error().code == ledger::code_text(ledger::errc::insufficient_balance)) {
    const bool places = m.hold != nullptr && m.hold->to == ledger::hold_status::open;
    const auto wanted = places ? m.hold->amount : -m.effect;
    // The exact text of api-contract §7; it goes to the account's owner only, never to a log.
    return base::failure{decided.error().code,
                         "Saldo atual: " + base::decimal_text(state_.available()) +
                             "; valor: " + base::decimal_text(wanted) + "."};
  }
  return decided;
}

void account::on_exit() {
  env().metrics.accounts_active.add(-1); // see journal::on_exit
  waiting_.clear();
  journal_ = journal_actor{};
}

// -- holds that end by time -----------------------------------------------------------------------

/// A timer to the first end, in steps that do not keep an actor alive that has quit.
void account::watch_holds() {
  if (state_.holds.empty() || watching_) return;
  std::optional<base::utc_us> first;
  for (const auto& h : state_.holds)
    if (h.under == 0 && h.expires_at && (!first || *h.expires_at < *first)) first = h.expires_at;
  if (!first) return;
  watching_ = true;
  const std::chrono::microseconds left{
      std::max<std::int64_t>(0, first->count - env().time.now().count)};
  const auto delay = std::min<std::chrono::microseconds>(left, watch_step);
  // A millisecond more: the clock that is asked must not stand just before the end.
  this->delayed_send(account_actor{this},
                     std::chrono::duration_cast<std::chrono::milliseconds>(delay) +
                         std::max(std::exchange(due_pause_, std::chrono::milliseconds{0}),
                                  std::chrono::milliseconds{1}),
                     tick{});
}

/// The book ends what is over, in a commit of its own; until then it counts no more all the same.
void account::on_tick() {
  watching_ = false;
  if (stage_ != stage::ready) return;
  const auto book = caf::actor_cast<book_sink>(book_.lock());
  if (!book) return;
  const auto now = env().time.now();
  for (const auto& h : state_.holds) {
    if (!h.over(now)) continue;
    this->send(book, operation_event{0, hold_due{state_.record.id, h.id}});
    due_pause_ = watch_retry;
  }
  watch_holds();
}

// -- loading --------------------------------------------------------------------------------------

void account::on_loaded(const account_loaded& m) {
  ENSURE(stage_ == stage::loading, "an account loads once");
  if (m.row && m.row->has_value()) {
    const auto& row = **m.row;
    state_.record = row.record;
    state_.posted = row.balance;
    state_.version = row.version;
    state_.holds = row.holds;
    ledger::count_holds(state_, env().time.now());
    stage_ = stage::ready;
    watch_holds();
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
