#include "exchange/dump_line.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "base/limits.hpp"
#include "exchange/line_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace exchange {

namespace {

using base::json::object;
using base::json::value;
using integer = std::int64_t;

std::string line_of(object members) {
  std::string out = base::json::write(value{std::move(members)});
  out += '\n';
  return out;
}

template <class Time> value time_or_null(const std::optional<Time>& t) {
  return t ? value{t->count} : value{};
}

integer number_of(std::uint64_t n) { return static_cast<integer>(n); }

object counts_object(const ledger::row_counts& n) {
  return {{"users", n.users},
          {"accounts", n.accounts},
          {"commits", n.commits},
          {"entries", n.entries},
          {"transactions", n.transactions},
          {"holds", n.holds},
          {"rows", n.rows},
          {"answers", n.answers}};
}

object user_object(const ledger::user_record& u) {
  return {{"kind", "user"}, {"id", u.id.text()}, {"name", u.name}, {"email", u.email}};
}

void add_rest(object& o, const ledger::user_record& u) {
  o.emplace_back("active", u.active);
  o.emplace_back("admin", u.admin);
  o.emplace_back("created_at_us", u.created_at.count);
  o.emplace_back("updated_at_us", time_or_null(u.updated_at));
}

} // namespace

std::string write_line(const dump_header& h) {
  return line_of({{"kind", "header"},
                  {"format", format_name},
                  {"version", h.version},
                  {"scope", h.scope == dump_scope::user ? scope_user : scope_database},
                  {"program", h.program},
                  {"shards", integer{h.shards}},
                  {"counts", counts_object(h.counts)}});
}

std::string write_line(const ledger::user_record& u) {
  auto o = user_object(u);
  o.emplace_back("password_hash", u.password_hash);
  add_rest(o, u);
  return line_of(std::move(o));
}

std::string write_line_without_secret(const ledger::user_record& u) {
  auto o = user_object(u);
  add_rest(o, u);
  return line_of(std::move(o));
}

std::string write_line(const dump_account& a) {
  const auto& r = a.record;
  return line_of({{"kind", "account"},
                  {"id", r.id.text()},
                  {"user_id", r.owner.text()},
                  {"role", ledger::to_text(r.role)},
                  {"account_kind", ledger::to_text(r.kind)},
                  {"type", r.type},
                  {"name", r.name},
                  {"color", r.color},
                  {"icon", r.icon},
                  {"currency", r.currency},
                  {"floor_cents", r.floor ? value{r.floor->minor} : value{}},
                  {"ceiling_cents", r.ceiling ? value{r.ceiling->minor} : value{}},
                  {"active", r.active},
                  {"created_at_us", r.created_at.count},
                  {"updated_at_us", time_or_null(r.updated_at)},
                  {"balance_cents", a.balance.minor},
                  {"version", number_of(a.version)}});
}

std::string write_line(const ledger::commit_record& c) {
  return line_of({{"kind", "commit"},
                  {"shard", integer{c.shard}},
                  {"seq", number_of(c.seq)},
                  {"epoch", number_of(c.epoch)},
                  {"node", c.node},
                  {"prev_hash", base::hex(c.prev_hash)},
                  {"hash", base::hex(c.hash)},
                  {"entries", integer{c.entries}},
                  {"booked_at_us", c.booked_at.count}});
}

std::string write_line(const ledger::entry& e) {
  return line_of({{"kind", "entry"},
                  {"account_id", e.draft.account.text()},
                  {"version", number_of(e.version)},
                  {"amount_cents", e.draft.amount.minor},
                  {"balance_after_cents", e.balance_after.minor},
                  {"transaction_id", e.draft.transaction.text()},
                  {"posting", integer{e.draft.posting}},
                  {"reversal", e.draft.reversal},
                  {"effective_day", integer{e.draft.effective.count}},
                  {"shard", integer{e.shard}},
                  {"seq", number_of(e.seq)},
                  {"position", integer{e.position}},
                  {"booked_at_us", e.booked_at.count}});
}

std::string write_line(const ledger::transaction_record& t) {
  base::json::array tags;
  for (const auto& name : t.tags) tags.emplace_back(name);
  return line_of({{"kind", "transaction"},
                  {"id", t.id.text()},
                  {"user_id", t.owner.text()},
                  {"account_id", t.account.text()},
                  {"category_id", t.category.text()},
                  {"type", ledger::to_text(t.type)},
                  {"direction", integer{t.direction}},
                  {"amount_cents", t.amount.minor},
                  {"description", t.description},
                  {"tags", std::move(tags)},
                  {"date_us", t.date.count},
                  {"effective_day", integer{t.effective.count}},
                  {"partner_id", t.partner ? value{t.partner->text()} : value{}},
                  {"shared_expense_id", t.shared_expense ? value{*t.shared_expense} : value{}},
                  {"created_at_us", t.created_at.count},
                  {"updated_at_us", time_or_null(t.updated_at)},
                  {"deleted_at_us", time_or_null(t.deleted_at)}});
}

std::string write_line(const ledger::hold_record& h) {
  return line_of({{"kind", "hold"},
                  {"id", h.id.text()},
                  {"user_id", h.owner.text()},
                  {"account_id", h.account.text()},
                  {"amount_cents", h.amount.minor},
                  {"description", h.description},
                  {"status", ledger::to_text(h.status)},
                  {"created_at_us", h.created_at.count},
                  {"expires_at_us", time_or_null(h.expires_at)},
                  {"ended_at_us", time_or_null(h.ended_at)},
                  {"posted_cents", h.posted ? value{h.posted->minor} : value{}},
                  {"transaction_id", h.transaction ? value{h.transaction->text()} : value{}}});
}

namespace {

template <class Text> value text_or_null(const std::optional<Text>& t) {
  return t ? value{*t} : value{};
}
value money_or_null(const std::optional<base::centavos>& m) {
  return m ? value{m->minor} : value{};
}

struct row_writer {
  std::string operator()(const ledger::goal& g) const {
    return line_of({{"kind", "goal"},
                    {"id", g.id.text()},
                    {"user_id", g.user.text()},
                    {"name", g.name},
                    {"target_cents", g.target.minor},
                    {"current_cents", g.current.minor},
                    {"due_us", g.due.count},
                    {"due_day", integer{g.due_day.count}},
                    {"description", text_or_null(g.description)},
                    {"category", g.category},
                    {"priority", g.priority},
                    {"status", g.status},
                    {"version", number_of(g.version)},
                    {"created_at_us", g.created_at.count},
                    {"updated_at_us", time_or_null(g.updated_at)},
                    {"deleted_at_us", time_or_null(g.deleted_at)}});
  }
  std::string operator()(const ledger::budget_envelope& e) const {
    return line_of({{"kind", "envelope"},
                    {"id", e.id.text()},
                    {"user_id", e.user.text()},
                    {"name", e.name},
                    {"balance_cents", e.balance.minor},
                    {"target_cents", money_or_null(e.target)},
                    {"color", text_or_null(e.color)},
                    {"description", text_or_null(e.description)},
                    {"version", number_of(e.version)},
                    {"created_at_us", e.created_at.count},
                    {"updated_at_us", time_or_null(e.updated_at)},
                    {"deleted_at_us", time_or_null(e.deleted_at)}});
  }
  std::string operator()(const ledger::earmark_movement& m) const {
    return line_of({{"kind", "movement"},
                    {"earmark_kind", ledger::to_text(m.kind)},
                    {"earmark_key", m.earmark},
                    {"user_id", m.user.text()},
                    {"version", number_of(m.version)},
                    {"amount_cents", m.amount.minor},
                    {"after_cents", m.after.minor},
                    {"at_us", m.at.count}});
  }
  std::string operator()(const ledger::automation& a) const {
    return line_of({{"kind", "automation"},
                    {"id", a.id.text()},
                    {"user_id", a.user.text()},
                    {"name", a.name},
                    {"description", text_or_null(a.description)},
                    {"type", a.type},
                    {"active", a.active},
                    {"conditions", a.conditions},
                    {"actions", a.actions},
                    {"last_run_us", time_or_null(a.last_run)},
                    {"next_run_us", time_or_null(a.next_run)},
                    {"last_error", text_or_null(a.last_error)},
                    {"created_at_us", a.created_at.count},
                    {"updated_at_us", time_or_null(a.updated_at)},
                    {"deleted_at_us", time_or_null(a.deleted_at)}});
  }
  std::string operator()(const ledger::notification& n) const {
    return line_of({{"kind", "notification"},
                    {"id", n.id.text()},
                    {"user_id", n.user.text()},
                    {"type", n.type},
                    {"title", n.title},
                    {"body", n.body},
                    {"metadata", n.metadata},
                    {"created_at_us", n.created_at.count},
                    {"read_at_us", time_or_null(n.read_at)}});
  }
  std::string operator()(const ledger::insight_preferences& p) const {
    return line_of({{"kind", "insight_preferences"},
                    {"user_id", p.user.text()},
                    {"category_variation", p.category_variation},
                    {"goals_at_risk", p.goals_at_risk},
                    {"updated_at_us", p.updated_at.count}});
  }
  std::string operator()(const ledger::insight_feedback& f) const {
    return line_of({{"kind", "insight_feedback"},
                    {"user_id", f.user.text()},
                    {"hash", f.hash},
                    {"type", f.type},
                    {"status", f.status},
                    {"at_us", f.at.count}});
  }
  std::string operator()(const ledger::automation_run& o) const {
    return line_of({{"kind", "automation_run"},
                    {"automation_id", o.automation.text()},
                    {"user_id", o.user.text()},
                    {"day", std::int64_t{o.day.count}},
                    {"end", to_text(o.end)},
                    {"transaction_id", o.transaction ? value{o.transaction->text()} : value{}},
                    {"code", o.code},
                    {"at_us", o.at.count}});
  }
  std::string operator()(const ledger::round_up& u) const {
    return line_of({{"kind", "round_up"},
                    {"transaction_id", u.transaction.text()},
                    {"automation_id", u.rule.text()},
                    {"user_id", u.user.text()},
                    {"envelope_id", u.envelope.text()},
                    {"amount_cents", u.amount.minor},
                    {"at_us", u.at.count}});
  }
  std::string operator()(const ledger::alert_state& s) const {
    return line_of({{"kind", "alert_state"},
                    {"user_id", s.user.text()},
                    {"rule", s.rule},
                    {"subject", s.subject},
                    {"fired", s.fired},
                    {"at_us", s.at.count}});
  }
  std::string operator()(const ledger::shared_expense& e) const {
    return line_of({{"kind", "shared_expense"},
                    {"id", e.id.text()},
                    {"user_id", e.user.text()},
                    {"total_cents", e.total.minor},
                    {"description", e.description},
                    {"split", e.split},
                    {"cancelled", e.cancelled},
                    {"automatic_id", e.automatic ? value{e.automatic->text()} : value{}},
                    {"created_at_us", e.created_at.count},
                    {"updated_at_us", time_or_null(e.updated_at)}});
  }
  std::string operator()(const ledger::expense_share& s) const {
    return line_of({{"kind", "expense_share"},
                    {"id", s.id.text()},
                    {"expense_id", s.expense.text()},
                    {"user_id", s.user.text()},
                    {"status", s.status},
                    {"basis", s.basis ? value{*s.basis} : value{}},
                    {"amount_cents", s.amount.minor},
                    {"created_at_us", s.created_at.count},
                    {"responded_at_us", time_or_null(s.responded_at)}});
  }
  std::string operator()(const ledger::share_event& e) const {
    return line_of({{"kind", "share_event"},
                    {"id", e.id.text()},
                    {"share_id", e.share.text()},
                    {"action", e.action},
                    {"performed_by", e.performed_by.text()},
                    {"at_us", e.at.count}});
  }
  std::string operator()(const ledger::feed_item& f) const {
    return line_of({{"kind", "feed_item"},
                    {"id", f.id.text()},
                    {"user_id", f.user.text()},
                    {"type", f.type},
                    {"title", f.title},
                    {"description", f.description},
                    {"entity_type", f.entity_type},
                    {"entity_id", f.entity_id},
                    {"metadata", f.metadata},
                    {"created_at_us", f.created_at.count},
                    {"read_at_us", time_or_null(f.read_at)}});
  }
  template <class Other> std::string operator()(const Other&) const {
    UNREACHABLE("a kind of rows that no dump carries");
  }
};

} // namespace

std::string write_line(const ledger::user_row& r) { return std::visit(row_writer{}, r); }

std::string write_line(const scheduler::schedule& s) {
  return line_of({{"kind", "schedule"},
                  {"id", s.id.text()},
                  {"user_id", s.user ? value{s.user->text()} : value{}},
                  {"shard", integer{s.shard}},
                  {"name", s.name},
                  {"job_kind", s.kind},
                  {"queue", s.queue},
                  {"lane", text_or_null(s.lane)},
                  {"payload", s.payload},
                  {"priority", integer{s.priority}},
                  {"max_attempts", integer{s.max_attempts}},
                  {"timeout_s", integer{s.timeout_s}},
                  {"rule", s.rule},
                  {"zone", s.zone},
                  {"misfire", misfire_words.at(static_cast<std::size_t>(s.misfire))},
                  {"overlap", overlap_words.at(static_cast<std::size_t>(s.overlap))},
                  {"ends_at_us", time_or_null(s.ends_at)},
                  {"ticks_left", s.ticks_left ? value{*s.ticks_left} : value{}},
                  {"paused", s.paused},
                  {"paused_until_us", time_or_null(s.paused_until)},
                  {"pause_reason", s.pause_reason},
                  {"paused_by", s.paused_by},
                  {"watermark_us", s.watermark.count},
                  {"next_at_us", time_or_null(s.next_at)},
                  {"version", s.version},
                  {"created_at_us", s.created_at.count},
                  {"updated_at_us", time_or_null(s.updated_at)},
                  {"deleted_at_us", time_or_null(s.deleted_at)}});
}

std::string write_line(const ledger::idempotency_record& i) {
  return line_of({{"kind", "answer"},
                  {"user_id", i.user.text()},
                  {"endpoint", i.scope.endpoint},
                  {"key", i.scope.key},
                  {"fingerprint", base::hex(i.fingerprint)},
                  {"status", integer{i.answer.status}},
                  {"body", i.answer.body},
                  {"created_at_us", i.created_at.count},
                  {"expires_at_us", i.expires_at.count}});
}

std::string write_line(const dump_trailer& t) {
  return line_of(
      {{"kind", "trailer"}, {"counts", counts_object(t.counts)}, {"sha256", base::hex(t.hash)}});
}

} // namespace exchange
