#include "tests/model/model.hpp"

#include <algorithm>
#include <stdexcept>

namespace model {
namespace {

// api-contract §2.4, written down again on purpose.
constexpr money limit = 999'999'999'999'999;

by_day days_of(const std::map<std::string, row>& rows) {
  by_day result;
  for (const auto& [id, r] : rows) {
    if (r.deleted) continue;
    money effect = r.amount;
    if (r.what == kind::expense || (r.what == kind::transfer && r.outgoing)) effect = -effect;
    result[{r.account, r.day}] += effect;
    if (r.what != kind::transfer) result[{r.category, r.day}] -= effect;
  }
  return result;
}

} // namespace

sums effects_of(const std::map<std::string, row>& rows) {
  sums result;
  for (const auto& [where, amount] : days_of(rows)) result[where.first] += amount;
  return result;
}

void books::open_account(const std::string& id, money opening, std::optional<money> floor) {
  accounts_[id] = {opening, floor, true, true};
}
void books::open_category(const std::string& id) { accounts_[id] = {0, std::nullopt, true, false}; }
void books::close(const std::string& id) { accounts_.at(id).open = false; }
void books::set_floor(const std::string& id, std::optional<money> floor) {
  accounts_.at(id).floor = floor;
}
void books::post_system(const std::string& id, const std::string& counter, money amount, int day) {
  accounts_.at(id).posted += amount;
  accounts_.at(counter).posted -= amount;
  days_[{id, day}] += amount;
  days_[{counter, day}] -= amount;
}

// -- what each command wants ----------------------------------------------------------------------

books::change books::plan(const create& c) const {
  change result;
  row first{c.what, true, c.account,    c.category, c.amount,
            c.day,  "",   c.partner_id, false,      c.instant};
  if (c.what == kind::transfer) {
    if (c.to == c.account) result.refusal = "TX_TRANSFER_SAME_ACCOUNT";
    auto second = first;
    second.outgoing = false;
    second.account = c.to;
    second.partner = c.id;
    result.after[c.partner_id] = second;
  } else {
    first.partner.clear();
  }
  result.after[c.id] = first;
  return result;
}

books::change books::plan(const edit& c) const {
  change result;
  const auto known = rows_.find(c.id);
  if (known == rows_.end() || known->second.deleted) {
    result.refusal = "TRANSACTION_NOT_FOUND";
    return result;
  }
  const auto& old = known->second;
  result.before[c.id] = old;
  auto& now = result.after[c.id] = old;
  if (c.what && *c.what != old.what) {
    if (*c.what == kind::transfer || old.what == kind::transfer) {
      result.refusal = "TX_VALIDATION_INVALID_TYPE";
      return result;
    }
    now.what = *c.what;
  }
  if (c.account) now.account = *c.account;
  if (c.category) now.category = *c.category;
  if (c.amount) now.amount = *c.amount;
  if (c.day) now.day = *c.day;
  if (c.instant) now.instant = *c.instant;
  if (c.description) now.description = *c.description;
  if (old.what != kind::transfer) return result;

  const auto& other = rows_.at(old.partner);
  result.before[old.partner] = other;
  auto& other_now = result.after[old.partner] = other;
  other_now.category = now.category;
  other_now.amount = now.amount;
  other_now.day = now.day;
  other_now.instant = now.instant;
  if (now.account == other.account) result.refusal = "TX_TRANSFER_SAME_ACCOUNT";
  return result;
}

books::change books::plan(const remove& c) const {
  change result;
  const auto known = rows_.find(c.id);
  if (known == rows_.end() || known->second.deleted) {
    result.refusal = "TRANSACTION_NOT_FOUND";
    return result;
  }
  result.before[c.id] = known->second;
  if (!known->second.partner.empty()) {
    result.before[known->second.partner] = rows_.at(known->second.partner);
  }
  result.after = result.before;
  for (auto& [id, r] : result.after) r.deleted = true;
  return result;
}

books::change books::plan(const restore& c) const {
  change result;
  const auto known = rows_.find(c.id);
  if (known == rows_.end()) throw std::logic_error("restore of an unknown transaction");
  if (!known->second.deleted) {
    result.refusal = "TRANSACTION_NOT_DELETED";
    return result;
  }
  result.before[c.id] = known->second;
  if (!known->second.partner.empty()) {
    result.before[known->second.partner] = rows_.at(known->second.partner);
  }
  result.after = result.before;
  for (auto& [id, r] : result.after) r.deleted = false;
  return result;
}

// -- what the accounts say ------------------------------------------------------------------------

answers books::judge(const change& c, const pressure& others) const {
  if (!c.refusal.empty()) return {c.refusal};
  // A change of texts alone asks nobody.
  const bool of_money = std::any_of(c.after.begin(), c.after.end(), [&](const auto& after) {
    const auto before = c.before.find(after.first);
    if (before == c.before.end()) return true;
    auto same = after.second;
    same.description = before->second.description;
    return !(same == before->second);
  });
  if (!of_money) return {"ok"};

  std::set<std::string> touched, senders;
  for (const auto* rows : {&c.before, &c.after}) {
    for (const auto& [id, r] : *rows) touched.insert(r.account);
  }
  for (const auto& [id, r] : c.after) {
    if (!r.deleted && r.what == kind::transfer && r.outgoing) senders.insert(r.account);
  }
  auto net = effects_of(c.after);
  for (const auto& [id, sum] : effects_of(c.before)) net[id] -= sum;

  const auto of = [](const sums& all, const std::string& id) {
    const auto found = all.find(id);
    return found == all.end() ? money{0} : found->second;
  };
  answers refusals;
  for (const auto& id : touched) {
    const auto& a = accounts_.at(id);
    const auto change_of = net[id];
    if (!a.open) {
      refusals.insert("TX_ACCOUNT_CLOSED");
    } else if (change_of > 0 &&
               a.posted + announced(id) + of(others.credits, id) + change_of > limit) {
      refusals.insert("TX_BALANCE_LIMIT");
    } else if (change_of < 0) {
      const auto left = available(id) - of(others.debits, id) + change_of;
      const bool short_of_floor = a.floor && left < *a.floor;
      const bool short_of_money = senders.contains(id) && left < 0;
      if (left < -limit) {
        refusals.insert("TX_BALANCE_LIMIT");
      } else if (short_of_floor || short_of_money) {
        refusals.insert("TX_INSUFFICIENT_BALANCE");
      }
    }
  }
  return refusals.empty() ? answers{"ok"} : refusals;
}

answers books::ask(const create& c, const pressure& others) const { return judge(plan(c), others); }
sums books::net_of(const create& c) const { return net(plan(c)); }
answers books::ask(const edit& c, const pressure& others) const { return judge(plan(c), others); }
sums books::net_of(const edit& c) const { return net(plan(c)); }
answers books::ask(const remove& c, const pressure& others) const { return judge(plan(c), others); }
sums books::net_of(const remove& c) const { return net(plan(c)); }
answers books::ask(const restore& c, const pressure& others) const {
  return judge(plan(c), others);
}
sums books::net_of(const restore& c) const { return net(plan(c)); }

sums books::net(const change& c) {
  if (!c.refusal.empty()) return {};
  auto result = effects_of(c.after);
  for (const auto& [id, sum] : effects_of(c.before)) result[id] -= sum;
  return result;
}

// -- from accepted to durable ---------------------------------------------------------------------

void books::begin(int operation, const create& c) { start(operation, plan(c)); }
void books::begin(int operation, const edit& c) { start(operation, plan(c)); }
void books::begin(int operation, const remove& c) { start(operation, plan(c)); }
void books::begin(int operation, const restore& c) { start(operation, plan(c)); }

void books::start(int operation, change c) {
  if (!under_way_.emplace(operation, std::move(c)).second) {
    throw std::logic_error("an operation begins once");
  }
}

void books::finish(int operation, bool durable) {
  const auto it = under_way_.find(operation);
  if (it == under_way_.end()) throw std::logic_error("only what is under way can end");
  const auto done = it->second;
  under_way_.erase(it);
  if (!durable) return;
  for (const auto& [where, amount] : days_of(done.before)) {
    days_[where] -= amount;
    accounts_.at(where.first).posted -= amount;
  }
  for (const auto& [where, amount] : days_of(done.after)) {
    days_[where] += amount;
    accounts_.at(where.first).posted += amount;
  }
  for (const auto& [id, r] : done.after) rows_[id] = r;
}

money books::reserved(const std::string& id) const {
  money sum = 0;
  for (const auto& [operation, c] : under_way_) {
    const auto net = effects_of(c.after)[id] - effects_of(c.before)[id];
    if (net < 0) sum -= net;
  }
  return sum;
}

money books::announced(const std::string& id) const {
  money sum = 0;
  for (const auto& [operation, c] : under_way_) {
    const auto net = effects_of(c.after)[id] - effects_of(c.before)[id];
    if (net > 0) sum += net;
  }
  return sum;
}

money books::available(const std::string& id) const {
  return accounts_.at(id).posted - reserved(id);
}

bool books::busy(const std::string& transaction) const {
  return std::any_of(under_way_.begin(), under_way_.end(), [&](const auto& of) {
    return of.second.before.contains(transaction) || of.second.after.contains(transaction);
  });
}

} // namespace model
