#include "tests/property/walk.hpp"

#include <algorithm>
#include <array>

namespace property {
namespace {

struct opened {
  const char* id;
  std::int64_t opening;
  std::optional<std::int64_t> floor;
};

const std::array<opened, 5> accounts{{{"free", 0, std::nullopt},
                                      {"zero", 200, 0},
                                      {"credit", 0, -50},
                                      {"savings", 100, 30},
                                      {"full", base::amount_minor_max - 60, std::nullopt}}};
const std::array<const char*, 2> categories{"food", "salary"};

std::string account_name(std::uint32_t n) { return accounts[n % accounts.size()].id; }
std::string category_name(std::uint32_t n) { return categories[n % categories.size()]; }

model::row seen(const ledger::transaction_record& r) {
  model::row row;
  row.what = r.type == ledger::transaction_type::income    ? model::kind::income
             : r.type == ledger::transaction_type::expense ? model::kind::expense
                                                           : model::kind::transfer;
  row.outgoing = r.type != ledger::transaction_type::transfer || r.direction == -1;
  row.account = r.account.text();
  row.category = r.category.text();
  row.amount = r.amount.minor;
  row.day = r.effective.count;
  row.description = r.description;
  if (r.partner) row.partner = r.partner->text();
  row.deleted = r.deleted_at.has_value();
  return row;
}

} // namespace

std::ostream& operator<<(std::ostream& out, const step& s) {
  return out << '{' << s.what << ',' << s.which << ',' << s.other << ',' << s.field << ','
             << s.amount << '}';
}

walk::walk(bug b) : world_(b) {
  for (const auto& a : accounts) {
    world_.open_account(a.id, a.opening, a.floor);
    model_.open_account(a.id, a.opening,
                        a.floor ? std::optional<model::money>(*a.floor) : std::nullopt);
  }
  for (const auto* id : categories) {
    world_.open_category(id);
    model_.open_category(id);
  }
}

std::string walk::run(const std::vector<step>& steps) {
  for (const auto& s : steps) {
    take(s);
    if (disagreement_.empty()) disagreement_ = world_.broken();
    if (disagreement_.empty()) disagreement_ = compare();
    if (!disagreement_.empty()) break;
  }
  return disagreement_;
}

std::string walk::settle_all() {
  while (!under_way_.empty() && disagreement_.empty()) {
    finish(0, true);
    disagreement_ = world_.broken();
    if (disagreement_.empty()) disagreement_ = compare();
  }
  return disagreement_;
}

template <class Command> void walk::give(const Command& c) {
  const auto allowed = model_.ask(c);
  const int operation = next_++;
  const auto answer = world_.begin(operation, c);
  if (!allowed.contains(answer)) {
    disagreement_ = "answer " + answer + ", the model wants " + *allowed.begin();
    return;
  }
  if (answer != "ok") {
    ++refused_;
    return;
  }
  ++accepted_;
  model_.begin(operation, c);
  under_way_.push_back(operation);
}

void walk::finish(std::size_t index, bool durable) {
  const auto it = under_way_.begin() + static_cast<std::ptrdiff_t>(index);
  world_.finish(*it, durable);
  model_.finish(*it, durable);
  under_way_.erase(it);
}

/// Mostly small; often at the edge of what is there; sometimes the largest.
std::int64_t walk::amount_of(const step& s, const std::string& account) const {
  const auto available = static_cast<std::int64_t>(model_.available(account));
  std::int64_t amount = 1 + s.amount / 8 % 120;
  if (s.amount % 8 == 0) amount = available;
  if (s.amount % 8 == 1) amount = available + 1;
  if (s.amount % 64 == 2) amount = base::amount_minor_max;
  return std::clamp<std::int64_t>(amount, 1, base::amount_minor_max);
}

model::edit walk::edit_of(const step& s, const std::string& id) const {
  const auto& row = model_.rows().at(id);
  model::edit e;
  e.id = id;
  // Each bit is a field, so that several change together.
  if (s.field & 1) e.amount = amount_of(s, row.account);
  if (s.field & 2) e.account = account_name(s.other);
  if (s.field & 4) e.category = category_name(s.other);
  if (s.field & 8) e.day = static_cast<int>(s.other % 5);
  if (s.field & 16) e.description = "n" + std::to_string(s.other % 3);
  if (s.field % 32 == 31) {
    e.what = s.other % 3 == 0   ? model::kind::income
             : s.other % 3 == 1 ? model::kind::expense
                                : model::kind::transfer;
  }
  return e;
}

void walk::take(const step& s) {
  const auto what = s.what % 100;
  if (what < 38) {
    model::create c;
    c.id = "t" + std::to_string(next_);
    c.what = what < 8    ? model::kind::income
             : what < 20 ? model::kind::expense
                         : model::kind::transfer;
    c.account = account_name(s.which);
    c.category = category_name(s.other);
    c.amount = amount_of(s, c.account);
    c.day = static_cast<int>(s.field % 5);
    if (c.what == model::kind::transfer) {
      c.to = account_name(s.other);
      c.partner_id = c.id + "-in";
    }
    return give(c);
  }
  if (what < 70) {
    if (under_way_.empty()) return;
    return finish(s.which % under_way_.size(), what < 62);
  }
  if (what == 99 && s.field % 3 == 0) {
    // An account closes only when nothing of it is open (I9); the account actor sees to that.
    const auto id = account_name(s.which);
    if (!world_.states().at(ledger::account_id{id}).open.empty()) return;
    world_.close(id);
    model_.close(id);
    return;
  }
  if (model_.rows().empty()) return;
  auto row = model_.rows().begin();
  std::advance(row, s.which % model_.rows().size());
  // The book orders the commands of one transaction, so there is one at a time.
  if (model_.busy(row->first)) return;
  if (what < 84) return give(edit_of(s, row->first));
  if (what < 92) return give(model::remove{row->first});
  give(model::restore{row->first});
}

std::string walk::compare() const {
  for (const auto& [id, expected] : model_.accounts()) {
    const auto& row = world_.chain().accounts.at(ledger::account_id{id});
    if (row.balance.minor != expected.posted) return "balance of " + id;
    if (!expected.limited) continue;
    const auto& state = world_.states().at(ledger::account_id{id});
    if (state.reserved.minor != model_.reserved(id)) return "reserved of " + id;
    if (state.announced.minor != model_.announced(id)) return "announced of " + id;
    if (state.available().minor != model_.available(id)) return "available of " + id;
  }
  std::size_t rows = 0;
  for (const auto& [id, r] : world_.chain().transactions) {
    if (r.system()) continue;
    ++rows;
    const auto known = model_.rows().find(id.text());
    if (known == model_.rows().end() || !(known->second == seen(r))) return "row " + id.text();
  }
  if (rows != model_.rows().size()) return "number of rows";

  model::by_day days;
  for (const auto& link : world_.chain().links) {
    for (const auto& e : link.entries) {
      if (world_.chain().transactions.at(e.draft.transaction).system()) continue;
      days[{e.draft.account.text(), e.draft.effective.count}] += e.draft.amount.minor;
    }
  }
  const auto zero = [](const auto& of) { return of.second == 0; };
  auto expected = model_.days();
  std::erase_if(expected, zero);
  std::erase_if(days, zero);
  if (days != expected) return "sums per effective day";
  return "";
}

} // namespace property
