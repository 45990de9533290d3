#include "tests/property/world.hpp"

#include "ledger/errc.hpp"

#include <algorithm>
#include <utility>

namespace property {

using namespace ledger;

namespace {

const user_id ana{"ana"};

transaction_type type_of(model::kind k) {
  switch (k) {
  case model::kind::income: return transaction_type::income;
  case model::kind::expense: return transaction_type::expense;
  case model::kind::transfer: return transaction_type::transfer;
  }
  return transaction_type::expense;
}

transaction_record row_of(const model::create& c, base::utc_us now) {
  transaction_record r;
  r.id = transaction_id{c.id};
  r.owner = ana;
  r.account = account_id{c.account};
  r.category = account_id{c.category};
  r.type = type_of(c.what);
  r.direction = c.what == model::kind::income ? 1 : -1;
  r.amount = base::centavos{c.amount};
  r.date = base::start_of(base::civil_day{c.day});
  r.effective = base::civil_day{c.day};
  r.created_at = now;
  return r;
}

} // namespace

world::world(bug b) : bug_(b) { chain_.open("equity", account_role::opening); }

void world::open_account(const std::string& id, std::int64_t opening,
                         std::optional<std::int64_t> floor) {
  chain_.open(id);
  auto& a = states_[account_id{id}];
  a.record = chain_.accounts.at(account_id{id}).record;
  if (floor) a.record.floor = base::centavos{*floor};
  if (opening == 0) return;
  auto row = row_of({"opening-" + id, model::kind::income, id, "equity",
                     opening < 0 ? -opening : opening, 0, "", ""},
                    clock_);
  row.type = transaction_type::opening;
  row.direction = opening < 0 ? -1 : 1;
  chain_.commit(plan_single(row), clock_);
  a.posted = chain_.accounts.at(a.record.id).balance;
  a.version = chain_.accounts.at(a.record.id).version;
}

void world::open_category(const std::string& id) { chain_.open(id, account_role::category); }
void world::close(const std::string& id) { states_.at(account_id{id}).record.active = false; }

const transaction_record* world::partner_of(const transaction_record& r) const {
  return r.partner ? &chain_.transactions.at(*r.partner) : nullptr;
}

std::string world::begin(int operation, const model::create& c) {
  auto row = row_of(c, clock_);
  if (c.what != model::kind::transfer) return start(operation, plan_single(row));
  // As the book does before it makes rows.
  if (c.account == c.to) return std::string(code_text(errc::transfer_same_account));
  auto to = row;
  to.id = transaction_id{c.partner_id};
  to.account = account_id{c.to};
  to.direction = 1;
  to.partner = row.id;
  row.partner = to.id;
  return start(operation, plan_transfer(row, to));
}

std::string world::begin(int operation, const model::edit& c) {
  transaction_edit edit;
  if (c.what) edit.type = type_of(*c.what);
  if (c.account) edit.account = account_id{*c.account};
  if (c.category) edit.category = account_id{*c.category};
  if (c.amount) edit.amount = base::centavos{*c.amount};
  if (c.day) {
    edit.effective = base::civil_day{*c.day};
    edit.date = base::start_of(*edit.effective);
  }
  edit.description = c.description;
  const auto& current = chain_.transactions.at(transaction_id{c.id});
  return start(operation, plan_edit(current, partner_of(current), edit, clock_));
}

std::string world::begin(int operation, const model::remove& c) {
  const auto& current = chain_.transactions.at(transaction_id{c.id});
  return start(operation, plan_delete(current, partner_of(current), clock_));
}

std::string world::begin(int operation, const model::restore& c) {
  const auto& current = chain_.transactions.at(transaction_id{c.id});
  auto planned = plan_restore(current, partner_of(current), clock_);
  if (planned && bug_ == bug::restore_posts_twice) {
    const auto again = planned->entries;
    planned->entries.insert(planned->entries.end(), again.begin(), again.end());
    for (auto& e : planned->effects) e.net.minor *= 2;
  }
  return start(operation, std::move(planned));
}

base::status world::agree(const account_state& account, const effect& e, bool reversal) {
  auto seen = account;
  switch (bug_) {
  case bug::announced_is_spendable:
    seen.posted.minor += std::exchange(seen.announced.minor, 0);
    break;
  case bug::reserved_is_spendable: seen.reserved.minor = 0; break;
  case bug::floor_is_ignored: seen.record.floor.reset(); break;
  case bug::floor_of_reversals_is_ignored:
    if (reversal) seen.record.floor.reset();
    break;
  case bug::limit_ignores_open_credits: seen.announced.minor = 0; break;
  case bug::closed_is_ignored: seen.record.active = true; break;
  default: break;
  }
  return decide(seen, e.net, e.rule);
}

void world::break_plan(plan& p) const {
  auto& entries = p.entries;
  switch (bug_) {
  case bug::edited_transfer_is_a_plain_debit:
    if (p.inserts.empty()) {
      for (auto& e : p.effects) e.rule = leg_rule::plain;
    }
    return;
  case bug::edit_posts_no_reversal:
    if (std::none_of(entries.begin(), entries.end(),
                     [](const auto& e) { return e.posting == 1; })) {
      return;
    }
    for (auto& e : p.effects) e.net.minor = 0;
    std::erase_if(entries, [](const auto& e) { return e.reversal; });
    for (const auto& draft : entries) {
      for (auto& e : p.effects) {
        if (e.account == draft.account) e.net.minor += draft.amount.minor;
      }
    }
    return;
  case bug::reversal_on_the_new_day:
    for (auto& e : entries) {
      if (e.reversal) e.effective = p.updates.at(0).effective;
    }
    return;
  case bug::delete_forgets_the_partner:
    if (p.updates.size() == 2 && p.updates[0].deleted_at) p.updates.pop_back();
    return;
  case bug::delete_keeps_the_row_live:
    for (auto& row : p.updates) row.deleted_at.reset();
    return;
  case bug::debits_before_credits: std::reverse(entries.begin(), entries.end()); return;
  default: return;
  }
}

std::string world::start(int operation, base::result<plan> planned) {
  if (!planned) return std::string(planned.error().code);
  auto p = *planned;
  break_plan(p);
  look_at_plan(p);
  const bool reversal =
      std::any_of(p.entries.begin(), p.entries.end(), [](const auto& e) { return e.reversal; });
  for (const auto& e : p.effects) {
    if (const auto verdict = agree(states_.at(e.account), e, reversal); !verdict) {
      return std::string(verdict.error().code);
    }
  }
  for (const auto& e : p.effects) reserve(states_.at(e.account), next_, e.net);
  open_.emplace(operation, under_way{std::move(p), next_++});
  look_at_accounts();
  return "ok";
}

void world::finish(int operation, bool durable) {
  const auto it = open_.find(operation);
  if (it == open_.end()) return say("only what is under way can end");
  const auto done = it->second;
  open_.erase(it);
  clock_.count += 1;
  if (durable || bug_ == bug::abort_posts) chain_.commit(done.what, clock_);
  for (const auto& e : done.what.effects) {
    auto& a = states_.at(e.account);
    if (durable || bug_ == bug::abort_posts) {
      const auto& row = chain_.accounts.at(e.account);
      settle(a, done.ticket, row.balance, row.version);
    } else if (bug_ != bug::abort_keeps_the_reservation) {
      release(a, done.ticket);
    }
  }
  look_at_accounts();
}

// -- the laws of every moment ---------------------------------------------------------------------

void world::say(std::string law) {
  if (broken_.empty()) broken_ = std::move(law);
}

void world::look_at_plan(const plan& p) {
  std::map<std::uint32_t, model::money> postings;
  std::map<account_id, model::money> sums;
  std::map<account_id, bool> debited;
  for (const auto& e : p.entries) {
    postings[e.posting] += e.amount.minor;
    sums[e.account] += e.amount.minor;
    if (e.amount.minor == 0) say("I1: a leg of nothing");
    if (e.amount.minor > 0 && debited[e.account]) say("a credit behind a debit of its account");
    if (e.amount.minor < 0) debited[e.account] = true;
  }
  for (const auto& [posting, sum] : postings) {
    if (sum != 0) say("I1: a posting does not sum to zero");
  }
  std::map<account_id, int> named;
  for (const auto& e : p.effects) {
    if (++named[e.account] > 1) say("an account has two effects");
    if (sums[e.account] != e.net.minor) say("an effect is not the sum of its entries");
  }
  for (const auto& [id, sum] : sums) {
    if (states_.contains(id) != (named.count(id) == 1)) say("effects are of money accounts, all");
  }
}

void world::look_at_accounts() {
  for (const auto& [id, a] : states_) {
    model::money debits = 0, credits = 0;
    for (const auto& [t, net] : a.open) (net.minor < 0 ? debits : credits) += net.minor;
    if (a.reserved.minor != -debits || a.announced.minor != credits) {
      say("I5: the sums of the open reservations are wrong");
    }
    if (a.available().minor != a.posted.minor + debits) say("I5: available");
    const auto& row = chain_.accounts.at(id);
    if (a.posted != row.balance || a.version != row.version) say("I3: the actor knows other facts");
    if (!a.record.floor) continue;
    const auto floor = a.record.floor->minor;
    if (a.posted.minor + debits < floor) say("I6: the open debits would break the floor");
  }
  if (chain_.links.empty()) return;
  for (const auto& e : chain_.links.back().entries) {
    const auto a = states_.find(e.draft.account);
    if (a == states_.end() || !a->second.record.floor) continue;
    if (e.balance_after < *a->second.record.floor) say("I6: a version below the floor");
  }
}

std::map<std::string, std::int64_t> world::balances() const {
  std::map<std::string, std::int64_t> all;
  for (const auto& [id, row] : chain_.accounts) all[id.text()] = row.balance.minor;
  return all;
}

} // namespace property
