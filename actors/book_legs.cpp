// A posting of many legs: the ordinary transactions that it consists of, in one item and one
// posting of the ledger (docs/decisions/0008).
#include "actors/book_actor.hpp"

#include "ledger/errc.hpp"

#include <algorithm>

namespace actors {

using ledger::errc;
using ledger::transaction_type;

base::result<ledger::plan> book::plan_legs(const ledger::post_legs& c, base::utc_us now) {
  if (blank(c.description)) {
    return base::fail(errc::blank_description, "description deve ter pelo menos um caractere.");
  }
  for (const auto& l : c.legs) {
    if (!l.category && find_account(l.account) == nullptr)
      return base::fail(errc::account_not_found);
  }
  for (const auto& l : c.legs) {
    if (l.category && find_category(l.account) == nullptr) return no_category(l.account);
  }
  if (c.category && find_category(*c.category) == nullptr) return no_category(*c.category);
  for (const auto& l : ledger::net_of(c.legs)) {
    const auto limit = base::amount_minor_max;
    if (l.amount.minor > limit || l.amount.minor < -limit) return base::fail(errc::balance_limit);
  }

  // A row has a category. Those of transfers are in no sum; the equity account stands for none.
  const auto first =
      std::find_if(c.legs.begin(), c.legs.end(), [](const auto& l) { return l.category; });
  const auto of_transfers = c.category              ? *c.category
                            : first != c.legs.end() ? first->account
                                                    : equity_;
  std::vector<ledger::transaction_record> rows;
  const auto add = [&](const ledger::account_id& account, const ledger::account_id& category,
                       transaction_type type, int direction, base::centavos amount) {
    auto& t = rows.emplace_back();
    t.id = ledger::transaction_id::of(new_id(now));
    t.owner = user_;
    t.account = account;
    t.category = category;
    t.type = type;
    t.direction = direction;
    t.amount = amount;
    t.description = c.description;
    t.tags = c.tags;
    t.date = c.date;
    t.effective = c.effective;
    t.created_at = base::instant_of(key_of(t.id));
  };
  for (const auto& s : ledger::split(c.legs)) {
    if (s.type != transaction_type::transfer) {
      add(s.account, s.other, s.type, s.type == transaction_type::income ? 1 : -1, s.amount);
      continue;
    }
    add(s.account, of_transfers, s.type, -1, s.amount);
    add(s.other, of_transfers, s.type, 1, s.amount);
    auto& origin = rows[rows.size() - 2];
    auto& destination = rows.back();
    origin.partner = destination.id;
    destination.partner = origin.id;
    origin.description += " → " + find_account(s.other)->record.name;
    destination.description += " ← " + find_account(s.account)->record.name;
  }
  return ledger::plan_together(rows);
}

void book::run(operation& op, const ledger::post_legs& c) {
  auto plan = plan_legs(c, env().time.now());
  if (!plan) return finish(op, plan.error());
  op.plan = std::move(*plan);
  ask_accounts(op, op.plan.effects, [this](operation& o) {
    o.item = new_item();
    append(*o.item, o.plan);
    o.result = ledger::posted_legs{o.plan.inserts};
    commit(o);
  });
}

} // namespace actors
