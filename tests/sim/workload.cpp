#include "tests/sim/workload.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace sim {

using model::kind;

namespace {

ledger::account_id account_of(const std::string& id) { return ledger::account_id{id}; }
const char* name_of(kind k) {
  return k == kind::income ? "income" : k == kind::expense ? "expense" : "transfer";
}

} // namespace

std::string text_of(const base::result<ledger::outcome>& result,
                    const std::vector<std::string>& asked_ids) {
  if (!result) return std::string{result.error().code};
  if (const auto* batch = std::get_if<ledger::batch_outcome>(&*result)) {
    std::string text = batch->rejected ? "rejected" : "batch";
    for (const auto& item : batch->items)
      text += "," + (item.result ? std::string{"ok"} : std::string{item.result.error().code});
    return text;
  }
  if (const auto* many = std::get_if<ledger::deleted_many>(&*result)) {
    std::string text = "many";
    for (const auto& id : asked_ids) {
      const auto error = std::find_if(many->errors.begin(), many->errors.end(),
                                      [&](const auto& e) { return e.id == id; });
      text += "," + (error == many->errors.end() ? std::string{"ok"} : error->reason);
    }
    return text;
  }
  return "ok";
}

workload::workload(std::uint64_t seed, judge& j) : seed_(seed), judge_(j) {}

intent workload::choose(std::size_t index) const {
  base::random chance{seed_ * 1'000'003 + index * 7919 + 1};
  const auto all = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  auto drawn = chance.below(all);
  for (std::size_t i = 0; i < intent_count; ++i) {
    if (drawn < weights[i]) return static_cast<intent>(i);
    drawn -= weights[i];
  }
  return intent::transfer;
}

request workload::fresh(std::size_t index, base::random& chance, std::size_t user) const {
  request r;
  r.op = std::make_shared<operation>();
  r.op->index = index;
  r.op->user = user;
  r.op->description = fmt::format("op{}.", index);
  r.op->body = fmt::format("body{}", index);
  if (chance.below(1000) >= keyless_rate) r.op->key = fmt::format("key-{}", index);
  return r;
}

void workload::remember(const request& r) { sent_.push_back(r); }

std::int64_t workload::available(const customer& c, const std::string& account) const {
  auto left = c.books.accounts().at(account).posted;
  for (const auto& op : c.open) {
    if (op->committed) continue;
    const auto net = net_of(c.books, op->what, c.equity);
    const auto found = net.find(account);
    if (found != net.end() && found->second < 0) left += found->second;
  }
  return static_cast<std::int64_t>(left);
}

std::int64_t workload::amount_of(base::random& chance, const customer& c,
                                 const std::string& account) const {
  auto amount = chance.between(1, 120);
  if (only_small) return amount;
  const auto& a = c.books.accounts().at(account);
  const auto above = available(c, account) -
                     static_cast<std::int64_t>(a.floor ? std::max<model::money>(*a.floor, 0) : 0);
  switch (chance.below(24)) {
  case 0:
  case 1:
  case 2: amount = above; break;
  case 3:
  case 4: amount = above + 1; break;
  case 5: amount = above - 1; break;
  case 6: amount = available(c, account); break;
  case 7: amount = chance.between(1, 9'000); break;
  case 8: amount = chance.below(6) == 0 ? base::amount_minor_max : 1; break;
  case 9:
    amount = chance.below(6) == 0 ? base::amount_minor_max - available(c, account) : amount;
    break;
  default: break;
  }
  return std::clamp<std::int64_t>(amount, 1, base::amount_minor_max);
}

std::string workload::some_account(base::random& chance, const customer& c) const {
  // Zipf in spirit: the first ones are in use most.
  const auto n = c.accounts.size();
  auto at = chance.below(n);
  at = std::min(at, chance.below(n));
  at = std::min(at, chance.below(n));
  return c.accounts[at];
}

std::pair<model::create, ledger::create_transaction>
workload::creation(base::random& chance, const customer& c, kind k, const std::string& account,
                   std::int64_t now_us, const std::string& description, int days_back) const {
  model::create m;
  m.id = "new"; // the ledger names them
  m.partner_id = "new-in";
  m.what = k;
  m.account = account;
  m.category = c.categories[chance.below(c.categories.size())];
  m.amount = amount_of(chance, c, account);
  const base::utc_us date{now_us - days_back * base::us_per_day};
  m.day = base::day_of(date).count;
  m.instant = date.count;
  ledger::create_transaction t;
  t.date = date;
  t.effective = base::day_of(date);
  t.account = account_of(account);
  t.category = account_of(m.category);
  t.type = name_of(k);
  t.amount = base::centavos{m.amount};
  t.description = description;
  if (k == kind::transfer) {
    m.to = some_account(chance, c);
    if (m.to == account) m.to = c.accounts[chance.below(c.accounts.size())];
    t.to_account = account_of(m.to);
  }
  return {m, t};
}

request workload::posting(std::size_t index, base::random& chance, std::size_t user, intent what,
                          std::int64_t now_us) {
  auto r = fresh(index, chance, user);
  const auto& c = judge_.users[user];
  const auto account = what == intent::hot ? c.accounts.front() : some_account(chance, c);
  const auto k = what == intent::transfer  ? kind::transfer
                 : what == intent::income  ? kind::income
                 : what == intent::expense ? kind::expense
                 : chance.below(3) == 0    ? kind::income
                                           : kind::expense;
  r.op->poison = chance.below(1000) < poison_rate;
  if (r.op->poison) r.op->description = fmt::format("poison{}.", index);
  const auto back = what == intent::back_dated ? static_cast<int>(chance.below(70)) : 0;
  auto [wanted, sent] = creation(chance, c, k, account, now_us, r.op->description, back);
  r.op->what.what = wish_kind::post;
  r.op->what.create = wanted;
  r.command = std::move(sent);
  return r;
}

request workload::batch(std::size_t index, base::random& chance, std::size_t user,
                        std::int64_t now_us) {
  auto r = fresh(index, chance, user);
  const auto& c = judge_.users[user];
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  const auto count = 2 + chance.below(5);
  const auto bad = chance.below(2) == 0 ? chance.below(count) : count;
  r.op->what.what = wish_kind::batch;
  r.op->what.atomic = chance.below(2) == 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto k = static_cast<kind>(chance.below(3));
    auto [wanted, sent] = creation(chance, c, k, some_account(chance, c), now_us,
                                   fmt::format("{}{}.", r.op->description, i), 0);
    wish::item item{wanted, {}};
    if (i == bad) {
      sent.category = account_of("nowhere");
      item.refusal = "TX_CATEGORY_NOT_FOUND";
    } else if (wanted.to == wanted.account && k == kind::transfer) {
      item.refusal = "TX_TRANSFER_SAME_ACCOUNT";
    }
    r.op->what.items.push_back(item);
    items->push_back({sent, std::nullopt, {}});
  }
  if (r.op->key.empty()) r.op->key = fmt::format("key-{}", index);
  r.command = ledger::post_batch{r.op->what.atomic, items};
  return r;
}

std::optional<request> workload::amendment(std::size_t index, base::random& chance,
                                           std::size_t user, intent what, std::int64_t now_us) {
  const auto& c = judge_.users[user];
  if (c.rows.empty()) return std::nullopt;
  const auto some = [&] {
    const auto any = [&] { return c.books.rows().find(c.rows[chance.below(c.rows.size())]); };
    auto it = any();
    // Restores look for what is deleted, the others for what lives; not always with success.
    for (int i = 0; i < 4 && it->second.deleted != (what == intent::restore); ++i) it = any();
    return it;
  };
  auto r = fresh(index, chance, user);
  if (r.op->key.empty()) r.op->key = fmt::format("key-{}", index);
  const auto row = some();
  const ledger::transaction_id id{row->first};
  if (what == intent::remove) {
    r.op->what.what = wish_kind::remove;
    r.op->what.id = row->first;
    r.command = ledger::delete_transaction{id, std::nullopt};
    return r;
  }
  if (what == intent::restore) {
    r.op->what.what = wish_kind::restore;
    r.op->what.id = row->first;
    r.command = ledger::restore_transaction{id};
    return r;
  }
  if (what == intent::remove_many) {
    ledger::delete_many many;
    r.op->what.what = wish_kind::remove_many;
    const auto count = 1 + chance.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      const auto other = some()->first;
      auto& ids = r.op->what.ids;
      if (std::find(ids.begin(), ids.end(), other) != ids.end()) continue;
      ids.push_back(other);
      many.ids.emplace_back(other);
    }
    r.command = many;
    return r;
  }
  const auto fields = 1 + chance.below(63);
  ledger::edit_transaction e;
  e.id = id;
  auto& m = r.op->what.edit;
  r.op->what.what = wish_kind::edit;
  m.id = row->first;
  if (fields & 1) {
    m.amount = amount_of(chance, c, row->second.account);
    e.edit.amount = base::centavos{*m.amount};
  }
  if (fields & 2 && chance.below(3) == 0) {
    m.account = some_account(chance, c);
    e.edit.account = account_of(*m.account);
  }
  if (fields & 4) {
    m.category = c.categories[chance.below(c.categories.size())];
    e.edit.category = account_of(*m.category);
  }
  if (fields & 8) {
    const base::utc_us date{now_us - chance.between(0, 40) * base::us_per_day};
    m.day = base::day_of(date).count;
    m.instant = date.count;
    e.edit.date = date;
    e.edit.effective = base::day_of(date);
  }
  if (fields & 16) {
    m.description = r.op->description;
    e.edit.description = r.op->description;
  }
  if (fields & 32 && chance.below(2) == 0) {
    m.what = static_cast<kind>(chance.below(3));
    e.type = name_of(*m.what);
  }
  r.command = e;
  return r;
}

request workload::open_account(std::size_t index, std::size_t user, std::int64_t opening,
                               std::optional<std::int64_t> floor) {
  base::random chance{seed_ + index};
  auto r = fresh(index, chance, user);
  r.op->what.what = wish_kind::create_account;
  r.op->what.amount = opening;
  if (floor) r.op->what.floor = *floor;
  ledger::create_account c;
  c.name = r.op->description;
  c.type = "checking";
  c.opening = base::centavos{opening};
  if (floor) c.floor = base::centavos{*floor};
  r.command = c;
  return r;
}

request workload::open_category(std::size_t index, std::size_t user) {
  base::random chance{seed_ + index};
  auto r = fresh(index, chance, user);
  r.op->what.what = wish_kind::create_category;
  r.command = ledger::create_category{r.op->description, "expense", "#ffffff", "x"};
  return r;
}

std::optional<request> workload::of_account(std::size_t index, base::random& chance,
                                            std::size_t user, intent what) {
  const auto& c = judge_.users[user];
  auto r = fresh(index, chance, user);
  if (r.op->key.empty()) r.op->key = fmt::format("key-{}", index);
  auto& w = r.op->what;
  w.account = some_account(chance, c);
  const auto posted = static_cast<std::int64_t>(c.books.accounts().at(w.account).posted);
  if (what == intent::close) {
    // Of the first ones too, but not all: somebody has to go on.
    const auto living = std::count_if(c.accounts.begin(), c.accounts.end(), [&](const auto& id) {
      return c.books.accounts().at(id).open;
    });
    if (living <= 2) return std::nullopt;
    w.account = c.accounts[chance.below(c.accounts.size())];
    w.what = wish_kind::close;
    r.command = ledger::close_account{account_of(w.account), std::nullopt};
    return r;
  }
  ledger::update_account u;
  u.id = account_of(w.account);
  if (what == intent::set_floor) {
    w.what = wish_kind::set_floor;
    u.change_floor = true;
    if (chance.below(4) != 0) {
      const auto floor = chance.below(4) == 0
                             ? posted + chance.between(0, 1)
                             : chance.between(-200, std::max<std::int64_t>(posted, -100));
      w.floor = floor;
      u.floor = base::centavos{floor};
    }
  } else {
    w.what = wish_kind::set_balance;
    w.amount = chance.below(5) == 0 ? posted : chance.between(-50, 4'000);
    u.balance = base::centavos{static_cast<std::int64_t>(w.amount)};
  }
  r.command = u;
  return r;
}

request workload::retry_of(std::size_t index, const operation& first) const {
  const auto original = std::find_if(sent_.begin(), sent_.end(),
                                     [&](const request& s) { return s.op->index == first.index; });
  request r = *original;
  r.op = std::make_shared<operation>();
  r.op->index = index;
  r.op->user = first.user;
  r.op->key = first.key;
  r.op->body = first.body;
  r.op->what = first.what;
  r.op->poison = first.poison;
  r.op->description = first.description;
  return r;
}

std::optional<request> workload::retry(std::size_t index, base::random& chance,
                                       std::int64_t now_us) {
  std::vector<const request*> keyed;
  const auto from = sent_.size() > 24 && chance.below(3) != 0 ? sent_.size() - 24 : 0;
  for (auto i = from; i < sent_.size(); ++i)
    if (!sent_[i].op->key.empty()) keyed.push_back(&sent_[i]);
  if (keyed.empty()) return std::nullopt;
  const auto& first = *keyed[chance.below(keyed.size())];
  auto r = retry_of(index, *first.op);
  if (chance.below(4) != 0) return r;
  // The same key for something else.
  r = posting(index, chance, first.op->user, intent::expense, now_us);
  r.op->key = first.op->key;
  return r;
}

request workload::spend(std::size_t index, std::size_t user, const std::string& account,
                        std::int64_t amount, std::int64_t now_us) {
  base::random chance{seed_ + index};
  auto r = fresh(index, chance, user);
  const auto& c = judge_.users[user];
  auto [wanted, sent] = creation(chance, c, kind::expense, account, now_us, r.op->description, 0);
  wanted.amount = amount;
  sent.amount = base::centavos{amount};
  r.op->what.what = wish_kind::post;
  r.op->what.create = wanted;
  r.command = std::move(sent);
  return r;
}

std::pair<model::create, ledger::create_transaction>
workload::posting_of_job(base::random& chance, std::size_t user, std::int64_t now_us,
                         const std::string& description) const {
  const auto& c = judge_.users[user];
  const auto account = some_account(chance, c);
  const auto k = static_cast<kind>(chance.below(3));
  auto made = creation(chance, c, k, account, now_us, description, 0);
  if (k != kind::transfer || made.first.to != account) return made;
  return creation(chance, c, kind::expense, account, now_us, description, 0);
}

std::optional<request> workload::make(std::size_t index, intent what, std::int64_t now_us) {
  base::random chance{seed_ * 1'000'003 + index * 7919 + 2};
  const auto user = what == intent::hot ? 0 : chance.below(judge_.users.size());
  switch (what) {
  case intent::retry: return retry(index, chance, now_us);
  case intent::edit:
  case intent::remove:
  case intent::restore:
  case intent::remove_many: return amendment(index, chance, user, what, now_us);
  case intent::batch: return batch(index, chance, user, now_us);
  case intent::close:
  case intent::set_floor:
  case intent::set_balance: return of_account(index, chance, user, what);
  case intent::create_account:
    return open_account(index, user, chance.between(0, 500),
                        chance.below(2) == 0 ? std::optional<std::int64_t>{0} : std::nullopt);
  case intent::create_category: return open_category(index, user);
  case intent::read: return std::nullopt;
  default: {
    auto r = posting(index, chance, user, what, now_us);
    if (r.op->what.create.what == kind::transfer &&
        r.op->what.create.to == r.op->what.create.account)
      r.op->what.refusal = "TX_TRANSFER_SAME_ACCOUNT";
    return r;
  }
  }
}

} // namespace sim
