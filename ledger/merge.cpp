#include "ledger/merge.hpp"

#include "base/assert.hpp"
#include "ledger/errc.hpp"

#include <utility>

namespace ledger {

namespace {

/// Ids of ours may run a little ahead of the clock.
constexpr std::int64_t margin_us = 60'000'000;

template <class Row> merged_row<Row> skipped(merge_refusal why) {
  merged_row<Row> m;
  m.skipped = why;
  return m;
}

template <class Row, class Id>
Row begun(const Row* there, const Id& id, const user_id& user, base::utc_us now) {
  if (there != nullptr) return *there;
  Row fresh;
  fresh.id = id;
  fresh.user = user;
  fresh.created_at = now;
  return fresh;
}

/// A row that is new has no time of change, and one that is the same keeps its own.
template <class Row, class Move>
merged_row<Row> ended(const Row* there, Move done, base::utc_us now) {
  merged_row<Row> m;
  m.now = std::move(done.now);
  m.movement = std::move(done.movement);
  m.now.updated_at = there == nullptr ? std::nullopt : there->updated_at;
  m.changed = there == nullptr || m.now != *there;
  if (m.changed && there != nullptr) m.now.updated_at = now;
  return m;
}

} // namespace

std::string_view to_text(merge_section s) {
  switch (s) {
  case merge_section::accounts: return "accounts";
  case merge_section::categories: return "categories";
  case merge_section::envelopes: return "envelopes";
  case merge_section::goals: return "goals";
  }
  UNREACHABLE("merge_section");
}

std::string_view to_text(merge_refusal r) {
  switch (r) {
  case merge_refusal::id_too_long: return "id_too_long";
  case merge_refusal::id_not_allowed: return "id_not_allowed";
  case merge_refusal::id_in_use: return "id_in_use";
  case merge_refusal::duplicate_id: return "duplicate_id";
  case merge_refusal::blank_name: return "blank_name";
  case merge_refusal::other_user: return "other_user";
  case merge_refusal::deleted: return "deleted";
  case merge_refusal::incomplete: return "incomplete";
  }
  UNREACHABLE("merge_refusal");
}

bool may_choose(std::string_view id, base::utc_us now) {
  const auto key = base::key_of(id);
  if (base::text_follows(key)) return base::instant_of(key).count < now.count - margin_us;
  return !id.empty() && id != base::id_of(key);
}

base::result<merged_row<goal>> merge(const goal* there, const goal_edit& edit, const user_id& user,
                                     base::utc_us now) {
  if (there != nullptr && there->deleted_at) return skipped<goal>(merge_refusal::deleted);
  const bool whole = edit.name && edit.target && edit.due && edit.category && edit.priority;
  if (there == nullptr && !whole) return skipped<goal>(merge_refusal::incomplete);
  auto g = begun(there, edit.id, user, now);
  if (edit.name) g.name = *edit.name;
  if (edit.target) g.target = *edit.target;
  if (edit.due) {
    g.due = *edit.due;
    g.due_day = edit.due_day;
  }
  if (edit.change_description) g.description = edit.description;
  if (edit.category) g.category = *edit.category;
  if (edit.priority) g.priority = *edit.priority;
  if (there == nullptr) g.status = "active";
  if (edit.status) g.status = *edit.status;
  auto done = set_current(g, edit.current.value_or(g.current), now);
  if (!done) return done.error();
  return ended(there, std::move(*done), now);
}

base::result<merged_row<budget_envelope>> merge(const budget_envelope* there,
                                                const envelope_edit& edit, const user_id& user,
                                                base::utc_us now) {
  if (there != nullptr && there->deleted_at)
    return skipped<budget_envelope>(merge_refusal::deleted);
  if (there == nullptr && !edit.name) return skipped<budget_envelope>(merge_refusal::incomplete);
  auto e = begun(there, edit.id, user, now);
  if (edit.name) e.name = *edit.name;
  if (edit.change_target) e.target = edit.target;
  if (edit.change_color) e.color = edit.color;
  if (edit.change_description) e.description = edit.description;
  const auto wanted = edit.balance.value_or(e.balance);
  auto done = move(e, {wanted.minor - e.balance.minor}, now);
  if (!done) return done.error();
  return ended(there, std::move(*done), now);
}

} // namespace ledger
