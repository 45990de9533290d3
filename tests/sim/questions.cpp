// Reads, each compared at once with the history: the query side is where bugs survive.
#include "tests/sim/world.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace sim {

using model::money;

void world::read_something() {
  auto& n = to();
  const auto user = chance_.below(judge_->users.size());
  const auto& c = judge_->users[user];
  if (c.accounts.empty()) return;
  const auto id = c.accounts[chance_.below(c.accounts.size())];
  const ledger::account_id account{id};
  const ledger::user_id owner{c.id};
  ++report_.reads;
  // Right after the statement nothing else has run: the model is in the state that was read.
  const auto failed = [this](const auto& r) {
    if (r) return false;
    if (!judge_->weather.faults) judge_->accuse("P18", "a read fails without a reason");
    return true;
  };
  const auto kind = chance_.below(7);
  say(fmt::format("read {} of {}", kind, id));
  switch (kind) {
  case 0:
    return n.store().reads().account(owner, account, clock_.now(), [=, this](const auto& r) {
      if (failed(r)) return;
      const auto& a = judge_->users[user].books.accounts().at(id);
      if (!*r || (*r)->balance.minor != a.posted || (*r)->record.active != a.open)
        judge_->accuse("P8", "the balance that is shown of " + id + " is not the durable one");
    });
  case 1: {
    auto at = clock_.now().count - chance_.between(0, 20'000'000);
    const auto& all = c.positions.find(id);
    if (all != c.positions.end() && chance_.below(2) == 0)
      at = all->second[chance_.below(all->second.size())].booked_us - chance_.between(0, 1);
    return n.store().reads().balance_booked(account, {at}, [=, this](const auto& r) {
      if (failed(r)) return;
      position expected;
      const auto known = judge_->users[user].positions.find(id);
      if (known != judge_->users[user].positions.end())
        for (const auto& p : known->second)
          if (p.booked_us <= at) expected = p;
      if (r->balance.minor != expected.balance || r->version != expected.version)
        judge_->accuse("P8", "the balance of " + id + " as of a booking time");
    });
  }
  case 2: {
    const base::civil_day until{base::day_of(clock_.now()).count -
                                static_cast<int>(chance_.below(50))};
    return n.store().reads().balance_effective(account, until, [=, this](const auto& r) {
      if (failed(r)) return;
      money sum = 0;
      for (const auto& [at, amount] : judge_->users[user].books.days())
        if (at.first == id && at.second <= until.count) sum += amount;
      if (r->balance.minor != sum) judge_->accuse("P8", "the balance of " + id + " as of a day");
    });
  }
  case 3: {
    ledger::entry_filter f;
    f.account = account;
    f.ascending = chance_.below(2) == 0;
    f.limit = chance_.between(1, 20);
    if (chance_.below(2) == 0) f.after_version = chance_.below(30);
    if (chance_.below(3) == 0)
      f.booked_from = {clock_.now().count - chance_.between(0, 30'000'000)};
    if (chance_.below(3) == 0)
      f.effective_to =
          base::civil_day{base::day_of(clock_.now()).count - static_cast<int>(chance_.below(20))};
    return n.store().reads().entries(f, [=, this](const auto& r) {
      if (failed(r)) return;
      std::vector<ledger::entry> expected;
      for (const auto& e : judge_->entries()) {
        if (e.draft.account != account) continue;
        if (f.after_version &&
            (f.ascending ? e.version <= *f.after_version : e.version >= *f.after_version))
          continue;
        if (f.booked_from && e.booked_at < *f.booked_from) continue;
        if (f.effective_to && e.draft.effective > *f.effective_to) continue;
        expected.push_back(e);
      }
      if (!f.ascending) std::reverse(expected.begin(), expected.end());
      const bool more = expected.size() > static_cast<std::size_t>(f.limit);
      if (more) expected.resize(static_cast<std::size_t>(f.limit));
      std::vector<ledger::entry> seen;
      for (const auto& v : r->items) seen.push_back(v.what);
      if (seen != expected || r->more != more)
        judge_->accuse("P8", "a page of the entries of " + id);
    });
  }
  case 4: {
    ledger::transaction_filter f;
    f.user = owner;
    f.limit = 500;
    f.account = account;
    f.include_deleted = chance_.below(2) == 0;
    if (chance_.below(2) == 0) f.type = ledger::transaction_type::transfer;
    if (chance_.below(2) == 0)
      f.from =
          base::civil_day{base::day_of(clock_.now()).count - static_cast<int>(chance_.below(20))};
    return n.store().reads().transactions(f, [=, this](const auto& r) {
      if (failed(r)) return;
      std::set<std::string> expected, seen;
      for (const auto& [row, t] : judge_->users[user].books.rows()) {
        if (t.account != id || (t.deleted && !f.include_deleted)) continue;
        if (f.type && t.what != model::kind::transfer) continue;
        if (f.from && t.day < f.from->count) continue;
        expected.insert(row);
      }
      for (const auto& t : r->items) seen.insert(t.id.text());
      if (seen != expected) judge_->accuse("P8", "the list of transactions of " + id);
    });
  }
  case 5: {
    const auto today = base::day_of(clock_.now()).count;
    const base::civil_day first{today - static_cast<int>(chance_.below(30))}, last{today};
    return n.store().reads().monthly(owner, first, last, [=, this](const auto& r) {
      if (failed(r)) return;
      std::int64_t count = 0;
      std::map<std::string, std::pair<money, money>> expected, seen;
      for (const auto& [row, t] : judge_->users[user].books.rows()) {
        if (t.deleted || t.day < first.count || t.day > last.count) continue;
        ++count;
        if (t.what == model::kind::income) expected[t.category].first += t.amount;
        if (t.what == model::kind::expense) expected[t.category].second += t.amount;
      }
      for (const auto& s : r->categories)
        if (s.income.minor != 0 || s.expense.minor != 0)
          seen[s.category.text()] = {s.income.minor, s.expense.minor};
      if (seen != expected || r->transactions != count)
        judge_->accuse("I15", "the sums of a month of " + c.id);
    });
  }
  default:
    return n.store().reads().accounts(
        owner, ledger::account_role::money, true, clock_.now(), [=, this](const auto& r) {
          if (failed(r)) return;
          const auto& books = judge_->users[user].books;
          std::size_t known = 0;
          for (const auto& v : *r) {
            const auto a = books.accounts().find(v.record.id.text());
            if (a != books.accounts().end() && a->second.posted == v.balance.minor) ++known;
          }
          if (known != r->size() || known < judge_->users[user].accounts.size())
            judge_->accuse("P8", "the list of accounts of " + judge_->users[user].id);
        });
  }
}

} // namespace sim
