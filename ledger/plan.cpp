#include "ledger/plan.hpp"

#include "base/assert.hpp"
#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace ledger {
namespace {

using base::centavos;

/// The live side of a command: one row, or both legs of a transfer with the origin first.
using legs = std::vector<const transaction_record*>;

void check_record(const transaction_record& r) {
  ENSURE(r.amount.minor >= 1 && r.amount.minor <= base::amount_minor_max,
         "the amount of a transaction is in its bounds");
  ENSURE(r.direction == 1 || r.direction == -1, "a transaction raises or lowers its account");
  ENSURE(r.type != transaction_type::income || r.direction == 1, "income raises its account");
  ENSURE(r.type != transaction_type::expense || r.direction == -1, "an expense lowers its account");
  ENSURE((r.type == transaction_type::transfer) == r.partner.has_value(),
         "transfers, and only they, have a partner");
  ENSURE(r.account != r.category, "the other side is another account");
}

void check_pair(const transaction_record& a, const transaction_record& b) {
  check_record(a);
  check_record(b);
  ENSURE(a.partner == b.id && b.partner == a.id, "the legs of a transfer are linked to each other");
  ENSURE(a.direction + b.direction == 0, "one leg of a transfer lowers, the other raises");
  ENSURE(a.amount == b.amount && a.date == b.date && a.effective == b.effective &&
             a.category == b.category,
         "the legs of a transfer agree");
  ENSURE(a.account != b.account, "the legs of a transfer lie in two accounts");
  ENSURE(a.owner == b.owner, "the legs of a transfer have one owner");
  ENSURE(a.deleted_at.has_value() == b.deleted_at.has_value(), "both legs live or none");
}

legs legs_of(const transaction_record& current, const transaction_record* partner) {
  if (current.type != transaction_type::transfer) {
    ENSURE(partner == nullptr, "only a transfer has a second leg");
    check_record(current);
    return {&current};
  }
  ENSURE(partner != nullptr, "a transfer changes with both legs at hand");
  check_pair(current, *partner);
  if (current.direction == -1) return {&current, partner};
  return {partner, &current};
}

enum class side : std::uint8_t { posting, reversal };

/// The entries of one posting and its share of the effects. The category has no say, so no effect.
void post(plan& p, const legs& rows, std::uint32_t posting, side s) {
  const bool back = s == side::reversal;
  const auto draft = [&](const account_id& account, centavos amount, const transaction_record& r) {
    p.entries.push_back({account, back ? -amount : amount, r.id, r.effective, posting, back});
  };
  for (const auto* r : rows) {
    draft(r->account, r->effect(), *r);
    if (r->type != transaction_type::transfer) draft(r->category, -r->effect(), *r);

    const auto net = back ? -r->effect() : r->effect();
    auto known = std::find_if(p.effects.begin(), p.effects.end(),
                              [&](const effect& e) { return e.account == r->account; });
    if (known == p.effects.end()) known = p.effects.insert(known, effect{r->account, {}});
    known->net.minor += net.minor;
    // Only the new posting of an origin needs the money to be there; a reversal never does.
    if (!back && r->type == transaction_type::transfer && r->direction == -1) {
      known->rule = leg_rule::transfer;
    }
  }
}

/// Credits before debits within each account; accounts keep their places.
void order_entries(std::vector<entry_draft>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].amount.minor > 0) continue;
    for (auto j = i + 1; j < entries.size(); ++j) {
      if (entries[j].account != entries[i].account || entries[j].amount.minor < 0) continue;
      // The credit takes the first debit's place, the debits of the account move up one by one.
      auto credit = entries[j];
      for (auto k = i; k <= j; ++k) {
        if (entries[k].account == credit.account) std::swap(entries[k], credit);
      }
      break;
    }
  }
}

plan finish(plan p) {
  order_entries(p.entries);
  for (auto& e : p.effects) {
    if (e.net.minor >= 0) e.rule = leg_rule::plain;
  }
  return p;
}

bool can_change(const transaction_record& r) { return !r.system(); }

/// The row after the edit, and whether the ledger has to follow.
struct edited {
  transaction_record row;
  bool own_money = false;    ///< account or type
  bool shared_money = false; ///< amount, category or date: on a transfer those of both legs
};

template <class Field> bool change(Field& field, const std::optional<Field>& wish) {
  if (!wish || *wish == field) return false;
  field = *wish;
  return true;
}

edited apply(const transaction_record& current, const transaction_edit& edit, base::utc_us now) {
  edited e{current};
  auto& row = e.row;
  if (change(row.type, edit.type)) {
    row.direction = row.type == transaction_type::income ? 1 : -1;
    e.own_money = true;
  }
  if (change(row.account, edit.account)) e.own_money = true;
  if (change(row.category, edit.category)) e.shared_money = true;
  if (change(row.amount, edit.amount)) e.shared_money = true;
  if (change(row.date, edit.date)) e.shared_money = true;
  if (change(row.effective, edit.effective)) e.shared_money = true;
  change(row.description, edit.description);
  change(row.tags, edit.tags);
  row.updated_at = now;
  return e;
}

transaction_record follow(const transaction_record& partner, const transaction_record& leg,
                          base::utc_us now) {
  auto row = partner;
  row.category = leg.category;
  row.amount = leg.amount;
  row.date = leg.date;
  row.effective = leg.effective;
  row.updated_at = now;
  return row;
}

/// Rows of a delete or restore: the one that was named first.
void update_both(plan& p, const transaction_record& current, const transaction_record* partner,
                 std::optional<base::utc_us> deleted_at, base::utc_us now) {
  p.updates.push_back(current);
  if (partner != nullptr && !base::mutant("delete_keeps_the_other_row"))
    p.updates.push_back(*partner);
  for (auto& row : p.updates) {
    row.deleted_at = deleted_at;
    row.updated_at = now;
  }
}

} // namespace

plan plan_single(const transaction_record& record) {
  ENSURE(record.type != transaction_type::transfer, "a transfer has two legs");
  check_record(record);
  plan p;
  p.inserts = {record};
  post(p, {&record}, 0, side::posting);
  return finish(std::move(p));
}

plan plan_transfer(const transaction_record& origin, const transaction_record& destination) {
  ENSURE(origin.type == transaction_type::transfer && destination.type == origin.type,
         "both legs are of type transfer");
  ENSURE(origin.direction == -1, "money leaves the origin");
  check_pair(origin, destination);
  plan p;
  p.inserts = {origin, destination};
  post(p, {&origin, &destination}, 0, side::posting);
  return finish(std::move(p));
}

plan plan_together(const std::vector<transaction_record>& rows) {
  legs all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    all.push_back(&rows[i]);
    if (rows[i].type != transaction_type::transfer) {
      check_record(rows[i]);
      continue;
    }
    ENSURE(i + 1 < rows.size(), "a transfer has both of its legs");
    ENSURE(rows[i].direction == -1, "money leaves the origin");
    check_pair(rows[i], rows[i + 1]);
    all.push_back(&rows[++i]);
  }
  plan p;
  p.inserts = rows;
  post(p, all, 0, side::posting);
  return finish(std::move(p));
}

base::result<plan> plan_edit(const transaction_record& current, const transaction_record* partner,
                             const transaction_edit& edit, base::utc_us now) {
  if (current.deleted_at || !can_change(current)) return base::fail(errc::transaction_not_found);
  const auto before = legs_of(current, partner);
  ENSURE(edit.date.has_value() == edit.effective.has_value(), "a date brings its effective day");
  if (edit.type && *edit.type != current.type) {
    const auto exchangeable = [](transaction_type t) {
      return t == transaction_type::income || t == transaction_type::expense;
    };
    if (!exchangeable(*edit.type) || !exchangeable(current.type)) {
      return base::fail(errc::invalid_type);
    }
  }
  if (edit.amount && (edit.amount->minor < 1 || edit.amount->minor > base::amount_minor_max))
    return base::fail(errc::invalid_amount);
  if (partner != nullptr && edit.account == partner->account) {
    return base::fail(errc::transfer_same_account);
  }

  const auto after = apply(current, edit, now);
  plan p;
  p.updates = {after.row};
  if (!after.own_money && !after.shared_money) return p;

  const transaction_record* partner_after = nullptr;
  transaction_record followed;
  if (partner != nullptr) {
    followed = follow(*partner, after.row, now);
    partner_after = &followed;
    if (after.shared_money) p.updates.push_back(followed);
  }
  if (base::mutant("edit_reverses_the_new_amount"))
    post(p, legs_of(after.row, partner_after), 0, side::reversal);
  else
    post(p, before, 0, side::reversal);
  post(p, legs_of(after.row, partner_after), 1, side::posting);
  return finish(std::move(p));
}

plan join(plan first, const plan& second) {
  std::uint32_t offset = 0;
  for (const auto& e : first.entries) offset = std::max(offset, e.posting + 1);
  for (auto e : second.entries) {
    e.posting += offset;
    first.entries.push_back(std::move(e));
  }
  first.inserts.insert(first.inserts.end(), second.inserts.begin(), second.inserts.end());
  first.updates.insert(first.updates.end(), second.updates.begin(), second.updates.end());
  for (const auto& e : second.effects) {
    const auto same = std::find_if(first.effects.begin(), first.effects.end(),
                                   [&](const auto& f) { return f.account == e.account; });
    if (same == first.effects.end()) {
      first.effects.push_back(e);
    } else {
      same->net.minor += e.net.minor;
      same->rule = e.rule;
    }
  }
  return finish(std::move(first));
}

base::result<plan> plan_delete(const transaction_record& current, const transaction_record* partner,
                               base::utc_us now) {
  if (current.deleted_at || !can_change(current)) return base::fail(errc::transaction_not_found);
  plan p;
  update_both(p, current, partner, now, now);
  post(p, legs_of(current, partner), 0, side::reversal);
  if (partner != nullptr && base::mutant("delete_forgets_the_second_leg")) p.entries.pop_back();
  return finish(std::move(p));
}

base::result<plan> plan_restore(const transaction_record& current,
                                const transaction_record* partner, base::utc_us now) {
  if (!can_change(current)) return base::fail(errc::transaction_not_found);
  if (!current.deleted_at) return base::fail(errc::not_deleted);
  plan p;
  update_both(p, current, partner, std::nullopt, now);
  post(p, legs_of(current, partner), 0, side::posting);
  return finish(std::move(p));
}

} // namespace ledger
