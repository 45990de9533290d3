#include "ledger/earmark.hpp"

#include "ledger/errc.hpp"

#include <algorithm>
#include <utility>

namespace ledger {

namespace {

constexpr std::int32_t at_risk_days = 30;

earmark_kind kind_of(const goal&) { return earmark_kind::goal; }
earmark_kind kind_of(const budget_envelope&) { return earmark_kind::envelope; }

/// Of a row whose amount changes from `before`.
template <class Row>
std::optional<earmark_movement> counted(Row& row, base::centavos before, base::centavos after,
                                        base::utc_us at) {
  if (before == after) return std::nullopt;
  row.updated_at = at;
  earmark_movement m;
  m.kind = kind_of(row);
  m.earmark = key_of(row.id);
  m.user = row.user;
  m.version = ++row.version;
  m.amount = {after.minor - before.minor};
  m.after = after;
  m.at = at;
  return m;
}

} // namespace

std::string_view to_text(earmark_kind k) { return k == earmark_kind::goal ? "goal" : "envelope"; }

std::string_view status_of(const goal& g, base::civil_day today) {
  if (g.current >= g.target) return "achieved";
  if (g.due_day < today) return "overdue";
  const bool near = g.due_day.count - today.count <= at_risk_days;
  if (near && 4 * g.current.minor < 3 * g.target.minor) return "at_risk"; // below 75 %
  if (2 * g.current.minor >= g.target.minor) return "on_track";
  return "active";
}

goal_move add_to(const goal& g, base::centavos amount, base::utc_us at) {
  goal_move out{g, {}};
  const auto room = g.target.minor - g.current.minor;
  out.now.current.minor += std::min(amount.minor, room);
  out.movement = counted(out.now, g.current, out.now.current, at);
  return out;
}

base::result<goal_move> set_current(const goal& g, base::centavos current, base::utc_us at) {
  if (current.minor < 0 || current > g.target) return base::fail(errc::goal_amount);
  goal_move out{g, {}};
  out.now.current = current;
  out.movement = counted(out.now, g.current, current, at);
  return out;
}

base::result<envelope_move> move(const budget_envelope& e, base::centavos amount, base::utc_us at) {
  const auto after = base::add(e.balance, amount);
  if (!after || after->minor > base::amount_minor_max) return base::fail(errc::balance_limit);
  if (after->minor < 0) return base::fail(errc::envelope_insufficient);
  envelope_move out{e, {}};
  out.now.balance = *after;
  out.movement = counted(out.now, e.balance, *after, at);
  return out;
}

} // namespace ledger
