#include "tests/sim/expectation.hpp"

#include <algorithm>
#include <stdexcept>

namespace sim {
namespace {

using model::answers;
using model::books;
using model::money;
using model::sums;

// api-contract §2.4, written down again on purpose.
constexpr money limit = 999'999'999'999'999;

money of(const sums& all, const std::string& id) {
  const auto found = all.find(id);
  return found == all.end() ? 0 : found->second;
}
money size_of(money m) { return m < 0 ? -m : m; }

/// Accounts that agree to everything still have room for a balance only.
struct room {
  bool may_lack = false;
  bool may_suffice = true;
};
room room_for(const books& b, const sums& net, const model::pressure& others) {
  room r;
  for (const auto& [id, change] : net) {
    const auto known = b.accounts().find(id);
    if (known == b.accounts().end() || known->second.limited || change == 0) continue;
    const auto after = known->second.posted + change;
    const auto slack = of(others.debits, id) + of(others.credits, id);
    if (size_of(after) + slack > limit) r.may_lack = true;
    if (size_of(after) - slack > limit) r.may_suffice = false;
  }
  return r;
}

answers with_room(answers said, const room& r) {
  if (!said.contains("ok")) return said;
  if (r.may_lack) said.insert("TX_BALANCE_LIMIT");
  if (!r.may_suffice) said.erase("ok");
  return said;
}

/// Answers with nobody else and with everybody else in the way.
template <class Command>
answers ask_both(const books& b, const Command& c, const surroundings& at) {
  auto all = b.ask(c);
  const auto alone = all;
  all.merge(b.ask(c, at.others));
  all.merge(b.ask(c, at.moderate));
  // With some of the huge ones in the way it is too little before it is too low.
  const bool huge = std::any_of(at.others.debits.begin(), at.others.debits.end(),
                                [](const auto& of) { return of.second >= 1'000'000'000'000; });
  if (huge && all.contains("TX_BALANCE_LIMIT") && !alone.contains("TX_BALANCE_LIMIT"))
    all.insert("TX_INSUFFICIENT_BALANCE");
  return with_room(std::move(all), room_for(b, b.net_of(c), at.others));
}

answers create_in(const books& b, const model::create& c) { return b.ask(c); }

/// The items of a batch one after the other, each seeing the ones before it. Where the others in
/// the way leave it open whether a category has room, there are two ways to go on.
struct batch_course {
  const wish& w;
  const surroundings& at;
  bool asks_categories = true;
  std::vector<prediction> all = {};

  void follow(const books& b, std::size_t i, std::vector<answers> parts, bool failed) {
    if (i == w.items.size()) {
      const bool rejected = w.atomic && failed;
      parts.insert(parts.begin(), answers{rejected ? "rejected" : "batch"});
      all.push_back({std::move(parts)});
      return;
    }
    const auto& item = w.items[i];
    auto said = item.refusal.empty() ? create_in(b, item.create) : answers{item.refusal};
    const bool agreed = said.contains("ok");
    const auto r =
        agreed && asks_categories ? room_for(b, b.net_of(item.create), at.others) : room{};
    if (!agreed || r.may_lack) {
      auto without = parts;
      without.push_back(agreed ? answers{"TX_BALANCE_LIMIT"} : said);
      follow(b, i + 1, std::move(without), true);
    }
    if (!agreed || !r.may_suffice) return;
    auto after = b;
    auto c = item.create;
    const auto operation = 1'000'000 + static_cast<int>(i);
    c.id = "item" + std::to_string(operation);
    c.partner_id = c.id + "in";
    after.begin(operation, c);
    after.finish(operation, true);
    parts.push_back(std::move(said));
    follow(after, i + 1, std::move(parts), failed);
  }
};

std::vector<prediction> predict_batch(const books& before, const wish& w, const surroundings& at) {
  // One that the accounts reject goes no further: nobody asks the categories.
  batch_course accounts{w, at, false};
  if (w.atomic) accounts.follow(before, 0, {}, false);
  if (w.atomic && accounts.all.front().parts.front().contains("rejected")) return accounts.all;
  batch_course course{w, at};
  course.follow(before, 0, {}, false);
  return course.all;
}

/// The deletes of one request, as the items of a batch.
struct many_course {
  const wish& w;
  const surroundings& at;
  std::vector<prediction> all = {};

  void follow(const books& b, std::size_t i, std::vector<answers> parts,
              std::set<std::string> gone) {
    if (i == w.ids.size()) {
      all.push_back({std::move(parts)});
      return;
    }
    const auto& id = w.ids[i];
    const auto say = [&](const char* word, std::set<std::string> then) {
      auto said = parts;
      said.push_back({word});
      follow(b, i + 1, std::move(said), std::move(then));
    };
    if (gone.contains(id)) return say("ok", gone);
    const auto row = b.rows().find(id);
    if (row == b.rows().end() || row->second.deleted) return say("not_found", gone);
    const model::remove c{id};
    if (!b.ask(c).contains("ok")) return say("delete_failed", gone);
    const auto r = room_for(b, b.net_of(c), at.others);
    if (r.may_lack) say("delete_failed", gone);
    if (!r.may_suffice) return;
    gone.insert(id);
    if (!row->second.partner.empty()) gone.insert(row->second.partner);
    auto after = b;
    const auto operation = 1'000'000 + static_cast<int>(i);
    after.begin(operation, c);
    after.finish(operation, true);
    parts.push_back({"ok"});
    follow(after, i + 1, std::move(parts), std::move(gone));
  }
};

std::vector<prediction> predict_many(const books& before, const wish& w, const surroundings& at) {
  many_course course{w, at};
  course.follow(before, 0, {{"many"}}, {});
  return course.all;
}

answers predict_account(const books& b, const wish& w, const surroundings& at) {
  const auto found = b.accounts().find(w.account);
  if (found == b.accounts().end()) return {"ACCOUNT_NOT_FOUND"};
  const auto& a = found->second;
  if (w.what == wish_kind::close) return {a.open ? "ok" : "ACCOUNT_ALREADY_DELETED"};
  if (!a.open) return {"ACCOUNT_NOT_FOUND"};
  if (w.what == wish_kind::set_floor)
    return {w.floor && a.posted < *w.floor ? "FLOOR_ABOVE_BALANCE" : "ok"};
  if (a.floor && w.amount < *a.floor) return {"FLOOR_ABOVE_BALANCE"};
  if (size_of(a.posted - w.amount) > limit) return {"TX_BALANCE_LIMIT"};
  const sums net{{at.equity, a.posted - w.amount}};
  return with_room({"ok"}, room_for(b, net, at.others));
}

} // namespace

bool prediction::matches(const std::string& said) const {
  std::size_t from = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto to = said.find(',', from);
    if ((to == std::string::npos) != (i + 1 == parts.size())) return false;
    const auto part = said.substr(from, to == std::string::npos ? to : to - from);
    if (!parts[i].contains(part)) return false;
    from = to + 1;
  }
  return true;
}

std::string prediction::text() const {
  std::string all;
  for (const auto& part : parts) {
    if (!all.empty()) all += ',';
    bool first = true;
    for (const auto& one : part) {
      if (!first) all += '|';
      first = false;
      all += one;
    }
  }
  return all;
}

std::vector<prediction> predict(const books& b, const wish& w, const surroundings& at) {
  const auto one = [](answers a) { return std::vector<prediction>{{{std::move(a)}}}; };
  if (!w.refusal.empty()) return one({w.refusal});
  switch (w.what) {
  case wish_kind::create_account:
    if (w.floor && w.amount < *w.floor) return one({"FLOOR_ABOVE_BALANCE"});
    return one(with_room({"ok"}, room_for(b, {{at.equity, -w.amount}}, at.others)));
  case wish_kind::create_category: return one({"ok"});
  case wish_kind::post: return one(ask_both(b, w.create, at));
  case wish_kind::edit: return one(ask_both(b, w.edit, at));
  case wish_kind::remove: return one(ask_both(b, model::remove{w.id}, at));
  case wish_kind::restore:
    if (!b.rows().contains(w.id)) return one({"TRANSACTION_NOT_FOUND"});
    return one(ask_both(b, model::restore{w.id}, at));
  case wish_kind::remove_many: return predict_many(b, w, at);
  case wish_kind::batch: return predict_batch(b, w, at);
  case wish_kind::set_balance:
  case wish_kind::set_floor:
  case wish_kind::close: return one(predict_account(b, w, at));
  }
  throw std::logic_error("a wish without a rule");
}

sums net_of(const books& b, const wish& w, const std::string& equity) {
  if (!w.refusal.empty()) return {};
  const auto unlimited = [&](sums all) {
    std::erase_if(all, [&](const auto& of_account) {
      const auto known = b.accounts().find(of_account.first);
      return known == b.accounts().end() || known->second.limited;
    });
    return all;
  };
  switch (w.what) {
  case wish_kind::create_account: return {{equity, -w.amount}};
  case wish_kind::set_balance: {
    const auto a = b.accounts().find(w.account);
    return a == b.accounts().end() ? sums{} : sums{{equity, a->second.posted - w.amount}};
  }
  case wish_kind::post: return b.net_of(w.create);
  case wish_kind::edit: return b.net_of(w.edit);
  case wish_kind::remove: return b.net_of(model::remove{w.id});
  case wish_kind::restore: return b.rows().contains(w.id) ? b.net_of(model::restore{w.id}) : sums{};
  case wish_kind::batch: {
    sums net;
    for (const auto& item : w.items)
      if (item.refusal.empty())
        for (const auto& [id, sum] : b.net_of(item.create)) net[id] += size_of(sum);
    return unlimited(net); // any of them may be refused: how far it can reach, either way
  }
  case wish_kind::remove_many: {
    sums net;
    for (const auto& id : w.ids)
      if (b.rows().contains(id))
        for (const auto& [account, sum] : b.net_of(model::remove{id})) net[account] += sum;
    return unlimited(net);
  }
  default: return {};
  }
}

void apply(books& b, const wish& w, const given_ids& given, int operation) {
  std::size_t next = 0;
  const auto done = [&](const auto& command) {
    b.begin(operation, command);
    b.finish(operation, true);
  };
  const auto make = [&](model::create c) {
    c.id = given.transactions.at(next++);
    if (c.what == model::kind::transfer) c.partner_id = given.transactions.at(next++);
    done(c);
  };
  switch (w.what) {
  case wish_kind::create_account:
    b.open_account(given.accounts.at(0), 0, w.floor);
    if (w.amount != 0) b.post_system(given.accounts[0], given.equity, w.amount, given.today);
    return;
  case wish_kind::create_category: b.open_category(given.accounts.at(0)); return;
  case wish_kind::post: make(w.create); return;
  case wish_kind::edit: done(w.edit); return;
  case wish_kind::remove: done(model::remove{w.id}); return;
  case wish_kind::restore: done(model::restore{w.id}); return;
  case wish_kind::remove_many:
    for (const auto& id : w.ids) {
      const auto row = b.rows().find(id);
      if (row != b.rows().end() && !row->second.deleted && b.ask(model::remove{id}).contains("ok"))
        done(model::remove{id});
    }
    return;
  case wish_kind::batch:
    for (std::size_t i = 0; i < w.items.size(); ++i)
      if (given.accepted.at(i)) make(w.items[i].create);
    if (next != given.transactions.size())
      throw std::logic_error("a batch made another number of transactions");
    return;
  case wish_kind::set_balance: {
    const auto difference = w.amount - b.accounts().at(w.account).posted;
    if (difference != 0) b.post_system(w.account, given.equity, difference, given.today);
    return;
  }
  case wish_kind::set_floor: b.set_floor(w.account, w.floor); return;
  case wish_kind::close: b.close(w.account); return;
  }
}

} // namespace sim
