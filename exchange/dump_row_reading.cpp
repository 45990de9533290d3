// Lines of rows beside the books and of schedules read back. Writing: dump_line.cpp.
#include "exchange/line_members.hpp"

namespace exchange {

namespace {

ledger::goal read_goal(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  ledger::goal g;
  g.id = m.id<ledger::goal_id>("id");
  g.user = m.id<ledger::user_id>("user_id");
  g.name = m.text("name");
  g.target = {m.number("target_cents", 1)};
  g.current = {m.number("current_cents", 0)};
  g.due = {m.number("due_us")};
  g.due_day = m.day("due_day");
  g.description = m.optional("description", text);
  g.category = m.text("category");
  g.priority = m.text("priority");
  g.status = m.text("status");
  g.version = m.count("version");
  g.created_at = {m.number("created_at_us")};
  g.updated_at = m.time_or_null("updated_at_us");
  g.deleted_at = m.time_or_null("deleted_at_us");
  return g;
}

ledger::budget_envelope read_envelope(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  const auto money = [&](std::string_view n) { return base::centavos{m.number(n, 1)}; };
  ledger::budget_envelope e;
  e.id = m.id<ledger::envelope_id>("id");
  e.user = m.id<ledger::user_id>("user_id");
  e.name = m.text("name");
  e.balance = {m.number("balance_cents", 0)};
  e.target = m.optional("target_cents", money);
  e.color = m.optional("color", text);
  e.description = m.optional("description", text);
  e.version = m.count("version");
  e.created_at = {m.number("created_at_us")};
  e.updated_at = m.time_or_null("updated_at_us");
  e.deleted_at = m.time_or_null("deleted_at_us");
  return e;
}

ledger::earmark_movement read_movement(members& m) {
  ledger::earmark_movement v;
  const auto kind = m.text("earmark_kind");
  for (const auto k : {ledger::earmark_kind::goal, ledger::earmark_kind::envelope})
    if (kind == to_text(k)) v.kind = k;
  if (kind != to_text(v.kind)) m.wrong("earmark_kind", "is an unknown word");
  v.earmark = m.number("earmark_key");
  v.user = m.id<ledger::user_id>("user_id");
  v.version = m.count("version", 1);
  v.amount = {m.number("amount_cents")};
  v.after = {m.number("after_cents", 0)};
  v.at = {m.number("at_us")};
  return v;
}

ledger::automation read_automation(members& m) {
  const auto text = [&](std::string_view n) { return m.text(n); };
  ledger::automation a;
  a.id = m.id<ledger::automation_id>("id");
  a.user = m.id<ledger::user_id>("user_id");
  a.name = m.text("name");
  a.description = m.optional("description", text);
  a.type = m.text("type");
  a.active = m.flag("active");
  a.conditions = m.text("conditions");
  a.actions = m.text("actions");
  a.last_run = m.time_or_null("last_run_us");
  a.next_run = m.time_or_null("next_run_us");
  a.last_error = m.optional("last_error", text);
  a.created_at = {m.number("created_at_us")};
  a.updated_at = m.time_or_null("updated_at_us");
  a.deleted_at = m.time_or_null("deleted_at_us");
  return a;
}

ledger::notification read_notification(members& m) {
  ledger::notification n;
  n.id = m.id<ledger::notification_id>("id");
  n.user = m.id<ledger::user_id>("user_id");
  n.type = m.text("type");
  n.title = m.text("title");
  n.body = m.text("body");
  n.metadata = m.text("metadata");
  n.created_at = {m.number("created_at_us")};
  n.read_at = m.time_or_null("read_at_us");
  return n;
}

ledger::insight_preferences read_preferences(members& m) {
  ledger::insight_preferences p;
  p.user = m.id<ledger::user_id>("user_id");
  p.category_variation = m.flag("category_variation");
  p.goals_at_risk = m.flag("goals_at_risk");
  p.updated_at = {m.number("updated_at_us")};
  return p;
}

ledger::insight_feedback read_feedback(members& m) {
  ledger::insight_feedback f;
  f.user = m.id<ledger::user_id>("user_id");
  f.hash = m.text("hash");
  f.type = m.text("type");
  f.status = m.text("status");
  f.at = {m.number("at_us")};
  return f;
}

ledger::automation_run read_automation_run(members& m) {
  const auto id = [&](std::string_view n) { return m.id<ledger::transaction_id>(n); };
  ledger::automation_run o;
  o.automation = m.id<ledger::automation_id>("automation_id");
  o.user = m.id<ledger::user_id>("user_id");
  o.day = m.day("day");
  o.end = m.named("end", &ledger::occurrence_end_from_text);
  o.transaction = m.optional("transaction_id", id);
  o.code = m.text("code");
  o.at = {m.number("at_us")};
  return o;
}

ledger::round_up read_round_up(members& m) {
  ledger::round_up u;
  u.transaction = m.id<ledger::transaction_id>("transaction_id");
  u.rule = m.id<ledger::automation_id>("automation_id");
  u.user = m.id<ledger::user_id>("user_id");
  u.envelope = m.id<ledger::envelope_id>("envelope_id");
  u.amount = {m.number("amount_cents", 0)};
  u.at = {m.number("at_us")};
  return u;
}

ledger::alert_state read_alert_state(members& m) {
  ledger::alert_state s;
  s.user = m.id<ledger::user_id>("user_id");
  s.rule = m.text("rule");
  s.subject = m.text("subject");
  s.fired = m.flag("fired");
  s.at = {m.number("at_us")};
  return s;
}

ledger::shared_expense read_shared_expense(members& m) {
  const auto id = [&](std::string_view n) { return m.id<ledger::transaction_id>(n); };
  ledger::shared_expense e;
  e.id = m.id<ledger::shared_expense_id>("id");
  e.user = m.id<ledger::user_id>("user_id");
  e.total = {m.number("total_cents", 1)};
  e.description = m.text("description");
  e.split = m.text("split");
  e.cancelled = m.flag("cancelled");
  e.automatic = m.optional("automatic_id", id);
  e.created_at = {m.number("created_at_us")};
  e.updated_at = m.time_or_null("updated_at_us");
  return e;
}

ledger::expense_share read_share(members& m) {
  const auto basis = [&](std::string_view n) { return m.number(n, 0, 10'000); };
  ledger::expense_share s;
  s.id = m.id<ledger::share_id>("id");
  s.expense = m.id<ledger::shared_expense_id>("expense_id");
  s.user = m.id<ledger::user_id>("user_id");
  s.status = m.text("status");
  s.basis = m.optional("basis", basis);
  s.amount = {m.number("amount_cents", 0)};
  s.created_at = {m.number("created_at_us")};
  s.responded_at = m.time_or_null("responded_at_us");
  return s;
}

ledger::share_event read_share_event(members& m) {
  ledger::share_event e;
  e.id = m.id<ledger::share_event_id>("id");
  e.share = m.id<ledger::share_id>("share_id");
  e.action = m.text("action");
  e.performed_by = m.id<ledger::user_id>("performed_by");
  e.at = {m.number("at_us")};
  return e;
}

ledger::feed_item read_feed_item(members& m) {
  ledger::feed_item f;
  f.id = m.id<ledger::feed_item_id>("id");
  f.user = m.id<ledger::user_id>("user_id");
  f.type = m.text("type");
  f.title = m.text("title");
  f.description = m.text("description");
  f.entity_type = m.text("entity_type");
  f.entity_id = m.text("entity_id");
  f.metadata = m.text("metadata");
  f.created_at = {m.number("created_at_us")};
  f.read_at = m.time_or_null("read_at_us");
  return f;
}

/// The policy whose word it is.
template <class Policy>
Policy policy_of(members& m, std::string_view name, const std::array<std::string_view, 3>& words) {
  const auto at = std::find(words.begin(), words.end(), m.text(name));
  if (at == words.end()) m.wrong(name, "is an unknown word");
  return at == words.end() ? Policy{} : static_cast<Policy>(at - words.begin());
}

} // namespace

scheduler::schedule read_schedule(members& m) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const auto text = [&](std::string_view n) { return m.text(n); };
  const auto small = [&](std::string_view n, std::int64_t low, std::int64_t high) {
    return static_cast<std::int32_t>(m.number(n, low, high));
  };
  scheduler::schedule s;
  s.id = m.id<scheduler::schedule_id>("id");
  s.user = m.optional("user_id", [&](std::string_view n) { return m.id<base::user_id>(n); });
  s.shard = static_cast<std::uint32_t>(m.number("shard", 0, most));
  s.name = m.text("name");
  s.kind = m.text("job_kind");
  s.queue = m.text("queue");
  s.lane = m.optional("lane", text);
  s.payload = m.text("payload");
  s.priority = small("priority", 0, 9);
  s.max_attempts = small("max_attempts", 1, std::numeric_limits<std::int16_t>::max());
  s.timeout_s = small("timeout_s", 1, most);
  s.rule = m.text("rule");
  s.zone = m.text("zone");
  s.misfire = policy_of<scheduler::misfire_policy>(m, "misfire", misfire_words);
  s.overlap = policy_of<scheduler::overlap_policy>(m, "overlap", overlap_words);
  s.ends_at = m.time_or_null("ends_at_us");
  s.ticks_left = m.optional("ticks_left", [&](std::string_view n) { return m.number(n); });
  s.paused = m.flag("paused");
  s.paused_until = m.time_or_null("paused_until_us");
  s.pause_reason = m.text("pause_reason");
  s.paused_by = m.text("paused_by");
  s.watermark = {m.number("watermark_us")};
  s.next_at = m.time_or_null("next_at_us");
  s.version = m.number("version", 1);
  s.created_at = {m.number("created_at_us")};
  s.updated_at = m.time_or_null("updated_at_us");
  s.deleted_at = m.time_or_null("deleted_at_us");
  return s;
}

std::optional<ledger::user_row> read_row(std::string_view kind, members& m) {
  if (kind == "goal") return read_goal(m);
  if (kind == "envelope") return read_envelope(m);
  if (kind == "movement") return read_movement(m);
  if (kind == "automation") return read_automation(m);
  if (kind == "notification") return read_notification(m);
  if (kind == "insight_preferences") return read_preferences(m);
  if (kind == "insight_feedback") return read_feedback(m);
  if (kind == "shared_expense") return read_shared_expense(m);
  if (kind == "expense_share") return read_share(m);
  if (kind == "share_event") return read_share_event(m);
  if (kind == "feed_item") return read_feed_item(m);
  if (kind == "automation_run") return read_automation_run(m);
  if (kind == "round_up") return read_round_up(m);
  if (kind == "alert_state") return read_alert_state(m);
  return std::nullopt;
}

} // namespace exchange
