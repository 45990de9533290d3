// What a device has, by ids: accounts, categories, goals and envelopes, new and changed ones, in
// one commit (api-contract §12.2). One of the amendments, so that no two see the same rows.
#include "actors/book_actor.hpp"

#include "base/limits.hpp"
#include "ledger/account_change.hpp"
#include "ledger/errc.hpp"

#include <algorithm>
#include <limits>

namespace actors {

namespace {

using ledger::errc;
using ledger::merge_refusal;
using ledger::merge_section;

constexpr base::utc_us ever{std::numeric_limits<std::int64_t>::min()};

/// Of the first two questions or the last two: what changed ever holds deleted ones too, but has a
/// bound; what lives is whole.
template <class Row>
std::unordered_map<decltype(Row::id), Row> by_id(const ledger::user_rows& changed,
                                                 const ledger::user_rows& live) {
  std::unordered_map<decltype(Row::id), Row> all;
  for (const auto* answer : {&changed, &live})
    for (auto& row : ledger::rows_of<Row>(*answer)) all.insert_or_assign(row.id, std::move(row));
  return all;
}

/// Adds the rows to the item, and what they are now to `shown`.
template <class Row, class Edit>
base::status merge_rows(const std::vector<Edit>& edits, merge_section section,
                        const std::unordered_map<decltype(Row::id), Row>& there, std::size_t living,
                        std::size_t most, const ledger::user_id& user, base::utc_us now,
                        ledger::merged_books& made, std::vector<Row>& shown,
                        ledger::user_rows& writes) {
  for (const auto& edit : edits) {
    const auto found = there.find(edit.id);
    const auto* own = found == there.end() ? nullptr : &found->second;
    auto merged = ledger::merge(own, edit, user, now);
    if (!merged) return merged.error();
    if (merged->skipped) {
      made.skipped.push_back({section, edit.id.text(), *merged->skipped});
      continue;
    }
    if (own == nullptr && ++living > most) return base::fail(errc::too_many);
    shown.push_back(merged->now);
    if (!merged->changed) continue;
    writes.emplace_back(std::move(merged->now));
    if (merged->movement) writes.emplace_back(*merged->movement);
  }
  return {};
}

} // namespace

void book::run(operation& op, const ledger::merge_books& c) {
  std::vector<ledger::row_question> asked;
  if (!c.goals.empty() || !c.envelopes.empty())
    asked = {ledger::goals_changed{user_, ever}, ledger::goals_of_user{user_},
             ledger::envelopes_changed{user_, ever}, ledger::envelopes_of_user{user_}};
  read_user_rows(op, asked, [this](operation& o) {
    const auto& wish = std::get<ledger::merge_books>(o.command->what);
    std::vector<ledger::account_id> open;
    for (const auto& edit : wish.accounts)
      if (const auto* m = find_account(edit.id); m != nullptr && m->record.active)
        open.push_back(edit.id);
    ask_exclusive(o, open, [this](operation& granted) { merge(granted); });
  });
}

void book::merge(operation& op) {
  const auto& wish = std::get<ledger::merge_books>(op.command->what);
  const auto now = env().time.now();
  ledger::merged_books made;
  op.item = new_item();
  auto ok = merge_accounts(op, wish, now, made);
  if (ok) ok = merge_categories(op, wish, now, made);
  if (ok && !op.user_rows.empty()) {
    const auto& rows = op.user_rows;
    const auto goals = by_id<ledger::goal>(rows.at(0), rows.at(1));
    const auto envelopes = by_id<ledger::budget_envelope>(rows.at(2), rows.at(3));
    ok = merge_rows(wish.envelopes, merge_section::envelopes, envelopes, rows.at(3).size(),
                    base::limits::envelopes_per_user_max, user_, now, made, made.envelopes,
                    op.item->user_rows);
    if (ok)
      ok = merge_rows(wish.goals, merge_section::goals, goals, rows.at(1).size(),
                      base::limits::goals_per_user_max, user_, now, made, made.goals,
                      op.item->user_rows);
  }
  if (!ok) {
    op.learned.clear();
    return finish(op, ok.error());
  }
  op.result = std::move(made);
  // Under a key the answer itself is to be kept.
  if (op.item->rows() == 0 && !op.command->key) return finish(op, *op.result);
  commit(op);
}

base::status book::merge_accounts(operation& op, const ledger::merge_books& wish, base::utc_us now,
                                  ledger::merged_books& made) {
  auto count = accounts_.size();
  for (const auto& edit : wish.accounts) {
    const auto skip = [&](merge_refusal why) {
      made.skipped.push_back({merge_section::accounts, edit.id.text(), why});
    };
    ledger::account_change change;
    const auto state = op.states.find(edit.id);
    const bool ours = find_account(edit.id) != nullptr;
    if (state != op.states.end() && state->second.record.active) {
      auto changed = ledger::change_account(state->second, edit, now);
      if (!changed) return changed.error();
      change = std::move(*changed);
      if (change.changed) op.item->accounts_changed.push_back(change.after.record);
    } else if (ours) {
      skip(merge_refusal::deleted);
      continue;
    } else if (knows(edit.id)) {
      skip(merge_refusal::id_in_use);
      continue;
    } else {
      auto opened = ledger::open_account(edit, user_, now);
      if (!opened) return opened.error();
      if (!*opened) {
        skip(merge_refusal::incomplete);
        continue;
      }
      if (++count > base::limits::accounts_per_user_max) return base::fail(errc::too_many);
      change = std::move(**opened);
      op.item->accounts_new.push_back(change.after.record);
    }
    if (change.difference.minor != 0)
      append(*op.item, plan_system(ours ? ledger::transaction_type::adjustment
                                        : ledger::transaction_type::opening,
                                   edit.id, change.difference, now));
    if (change.changed) op.learned.push_back(change.after.record);
    made.accounts.push_back(std::move(change.after));
  }
  return {};
}

base::status book::merge_categories(operation& op, const ledger::merge_books& wish,
                                    base::utc_us now, ledger::merged_books& made) {
  auto count = categories_.size();
  for (const auto& edit : wish.categories) {
    const auto skip = [&](merge_refusal why) {
      made.skipped.push_back({merge_section::categories, edit.id.text(), why});
    };
    const auto found = categories_.find(edit.id);
    const bool ours = found != categories_.end();
    const bool taken = std::any_of(op.item->accounts_new.begin(), op.item->accounts_new.end(),
                                   [&](const auto& a) { return a.id == edit.id; });
    if (ours && !found->second.active) {
      skip(merge_refusal::deleted);
      continue;
    }
    if (!ours && (knows(edit.id) || taken)) {
      skip(merge_refusal::id_in_use);
      continue;
    }
    if (!ours && !(edit.name && edit.type && edit.color && edit.icon)) {
      skip(merge_refusal::incomplete);
      continue;
    }
    auto record = ours ? found->second : new_category(edit.id, now);
    const auto before = record;
    edit_category(record, edit);
    if (!ours) {
      if (++count > base::limits::categories_per_user_max) return base::fail(errc::too_many);
      op.item->accounts_new.push_back(record);
      op.learned.push_back(record);
    } else if (record != before) {
      record.updated_at = now;
      op.item->accounts_changed.push_back(record);
      op.learned.push_back(record);
    }
    made.categories.push_back(std::move(record));
  }
  return {};
}

} // namespace actors
