// Holds: placed, posted, let go, and ended by time (docs/decisions/0010). The account decides; a
// hold that ends carries its end in the same reservation as its effect.
#include "actors/book_actor.hpp"

#include "ledger/errc.hpp"

#include <caf/send.hpp>

namespace actors {

using ledger::errc;
using ledger::hold_status;

void book::run(operation& op, const ledger::place_hold& c) {
  const auto now = env().time.now();
  if (blank(c.description)) {
    return finish(
        op, base::fail(errc::blank_description, "description deve ter pelo menos um caractere."));
  }
  if (find_account(c.account) == nullptr) return finish(op, base::fail(errc::account_not_found));
  if (c.expires_at && *c.expires_at <= now) return finish(op, base::fail(errc::hold_expires_early));
  ledger::hold_record hold;
  hold.id = ledger::hold_id::of(new_id(now));
  hold.owner = user_;
  hold.account = c.account;
  hold.amount = c.amount;
  hold.description = c.description;
  hold.created_at = now;
  hold.expires_at = c.expires_at;
  op.wish = std::make_shared<const ledger::hold_wish>(
      ledger::hold_wish{hold_status::open, hold.id, hold.account, hold.amount, hold.expires_at});
  op.plan.effects = {{c.account, base::centavos{0}, ledger::leg_rule::plain}};
  ask_accounts(op, op.plan.effects, [this, hold](operation& o) {
    o.item = new_item();
    o.item->holds_new.push_back(hold);
    o.result = hold;
    commit(o);
  });
}

/// The row says where the hold is and what it was made for; whether it still stands, the account.
void book::read_hold(operation& op, ledger::hold_id id, std::function<void(operation&)> next) {
  ++op.outstanding;
  env().store.reads().hold(
      user_, id,
      [me = book_sink{this}, op_id = op.id](base::result<std::optional<ledger::hold_record>> row) {
        caf::anon_send(me, operation_event{op_id, hold_read{std::move(row)}});
      });
  wait(op, [this, next = std::move(next)](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    if (!o.hold || find_account(o.hold->account) == nullptr)
      return finish(o, base::fail(errc::hold_not_found));
    if (o.hold->status_at(env().time.now()) != hold_status::open)
      return finish(o, base::fail(errc::hold_ended));
    next(o);
  });
}

/// Asks the accounts of op.plan and commits the plan together with the end of the hold.
void book::end_hold(operation& op, const ledger::hold_record& ended) {
  op.wish = std::make_shared<const ledger::hold_wish>(
      ledger::hold_wish{ended.status, ended.id, ended.account, {}, {}});
  if (op.plan.effects.empty())
    op.plan.effects = {{ended.account, base::centavos{0}, ledger::leg_rule::plain}};
  ask_accounts(op, op.plan.effects, [this, ended](operation& o) {
    o.item = new_item();
    append(*o.item, o.plan);
    o.item->holds_changed.push_back(ended);
    commit(o);
  });
}

void book::run(operation& op, const ledger::post_hold& c) {
  read_hold(op, c.id, [this, c](operation& o) {
    const auto now = env().time.now();
    auto ended = *o.hold;
    const auto amount = c.amount.value_or(ended.amount);
    if (amount > ended.amount) return finish(o, base::fail(errc::hold_amount));
    ledger::create_transaction wish;
    wish.date = c.date.value_or(now);
    wish.effective = c.effective.value_or(env().local_day(now));
    wish.account = ended.account;
    wish.category = c.category;
    wish.type = c.to_account ? "transfer" : "expense";
    wish.amount = amount;
    wish.description = c.description.value_or(ended.description);
    wish.tags = c.tags;
    wish.to_account = c.to_account;
    auto plan = plan_new(wish, now);
    if (!plan) return finish(o, plan.error());
    o.plan = std::move(*plan);
    ended.status = hold_status::posted;
    ended.ended_at = now;
    ended.posted = amount;
    ended.transaction = o.plan.inserts.front().id;
    o.result = ledger::posted_hold{ended, o.plan.inserts.front()};
    end_hold(o, ended);
  });
}

void book::run(operation& op, const ledger::void_hold& c) {
  read_hold(op, c.id, [this](operation& o) {
    auto ended = *o.hold;
    ended.status = hold_status::voided;
    ended.ended_at = env().time.now();
    o.result = ended;
    end_hold(o, ended);
  });
}

void book::run(operation& op, const ledger::expire_hold& c) {
  if (find_account(c.account) == nullptr) return finish(op, base::fail(errc::hold_not_found));
  ledger::hold_record ended; // of the row only what an end changes is written
  ended.id = c.id;
  ended.owner = user_;
  ended.account = c.account;
  ended.status = hold_status::expired;
  ended.ended_at = env().time.now();
  op.result = ledger::done{};
  end_hold(op, ended);
}

/// A command of our own that nobody waits for: when it fails, the account says it again.
void book::on_hold_due(const hold_due& m) {
  ledger::envelope e;
  e.user = user_;
  e.deadline = base::utc_us{env().time.now().count + expiry_patience.count()};
  e.what = ledger::expire_hold{m.account, m.hold};
  on_submit(
      {std::make_shared<const ledger::envelope>(std::move(e)),
       std::make_shared<promise<ledger::reply>>([](const ledger::reply&) {}, ledger::reply{})});
}

} // namespace actors
