#include "http/api/recurring_rule.hpp"

#include "base/sha256.hpp"
#include "http/api/own_row.hpp"
#include "ledger/errc.hpp"
#include "scheduler/schedule_rule.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::automation;
using ledger::automation_run;
using ledger::occurrence_end;
using ledger::row_change;

constexpr std::int64_t noon_us = 12 * 3600 * base::us_per_second;
constexpr std::int32_t attempts_max = 12, timeout_s = 60;
const base::failure not_runnable{"AUTOMATION_INVALID", {}};

json::value object_in(const std::string& text) {
  auto read = json::read(text);
  if (auto* v = std::get_if<json::value>(&read)) return std::move(*v);
  return json::object{};
}

std::optional<std::string> text_in(const json::value& of, std::string_view name) {
  const auto* v = of.find(name);
  const auto* text = v == nullptr ? nullptr : v->if_string();
  if (text == nullptr || text->empty()) return std::nullopt;
  return *text;
}

/// The web app says add_transaction, and the type in `value`.
std::string type_in(const json::value& actions) {
  auto type = text_in(actions, "type");
  if (type == "add_transaction") type = text_in(actions, "value");
  return type.value_or("expense");
}

scheduler::calendar_rule calendar_of(const rule_schedule& rule) {
  using scheduler::calendar_freq;
  using scheduler::frequency;
  scheduler::calendar_rule c;
  c.interval = rule.days.interval;
  switch (rule.days.every) {
  case frequency::daily: c.freq = calendar_freq::daily; break;
  case frequency::weekly: c.freq = calendar_freq::weekly; break;
  case frequency::biweekly:
    c.freq = calendar_freq::weekly;
    c.interval *= 2;
    break;
  case frequency::monthly: c.freq = calendar_freq::monthly; break;
  case frequency::yearly: c.freq = calendar_freq::yearly; break;
  }
  c.start = {base::start_of(rule.days.anchor).count};
  return c;
}

bool falls_on(const automation& rule, base::civil_day day, const scheduler::zone_rules& zone) {
  const auto days = schedule_of(rule, zone);
  if (!days) return false;
  const auto first = occurrences(*days, day, 1);
  return !first.empty() && first.front() == day;
}

std::optional<base::utc_us> run_after(const automation& rule, base::civil_day day,
                                      const scheduler::zone_rules& zone) {
  const auto days = schedule_of(rule, zone);
  if (!days) return std::nullopt;
  const auto next = occurrences(*days, {day.count + 1}, 1);
  if (next.empty()) return std::nullopt;
  return zone.start_of_day(next.front());
}

/// Forward only: what is posted late does not bring back a day that has ended.
void step_over(automation& rule, const occurrence& which, const scheduler::zone_rules& zone,
               base::utc_us now) {
  if (!rule.active) return;
  if (rule.next_run && *rule.next_run > zone.start_of_day(which.day)) return;
  const auto next = run_after(rule, which.day, zone);
  if (!rule.next_run && next && *next < zone.start_of_day(zone.day_of(now))) return;
  rule.next_run = next;
}

automation_run ended_run(const occurrence& which, occurrence_end how, base::utc_us now,
                         std::string code = {}) {
  automation_run r;
  r.automation = which.rule;
  r.user = which.user;
  r.day = which.day;
  r.end = how;
  r.code = std::move(code);
  r.at = now;
  return r;
}

/// The rule, when this occurrence has not ended yet. One that failed may be made after all: by
/// whoever has mended the cause and runs its job again.
std::optional<automation> open_in(const std::vector<ledger::user_rows>& found) {
  const auto run = ledger::row_of<automation_run>(found.at(1));
  if (run && run->end != occurrence_end::failed) return std::nullopt;
  return ledger::row_of<automation>(found.at(0));
}

/// No word of the ledger: the database has refused the rows.
bool is_technical(std::string_view code) { return code.starts_with("DB_"); }

/// Posted, or skipped, as the rule is now. A day that somebody asked for by hand is not skipped:
/// when it is no day of the rule nothing was due, and an edit may make it one yet.
base::result<row_change> run_of(automation rule, const occurrence& which,
                                const scheduler::zone_rules& zone, base::utc_us now,
                                const std::function<void(const told_occurrence&)>& told) {
  row_change c;
  if (!rule.active || !falls_on(rule, which.day, zone)) {
    if (!which.by_hand) c.writes.emplace_back(ended_run(which, occurrence_end::skipped, now));
    return c;
  }
  auto posting = occurrence_posting(rule, which.day, zone);
  if (!posting) return posting.error();
  c.post = std::move(*posting);
  rule.last_run = now;
  step_over(rule, which, zone, now);
  rule.last_error.reset();
  c.on_posted = [which, rule = std::move(rule), now,
                 told](row_change& change, const ledger::transaction_record& posted) {
    auto run = ended_run(which, occurrence_end::posted, now);
    run.transaction = posted.id;
    change.writes.emplace_back(std::move(run));
    told({true, rule.next_run});
    change.writes.emplace_back(rule);
  };
  return c;
}

ledger::change_rows about(const occurrence& which) {
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{which.user, which.rule},
                ledger::automation_run_of{which.user, which.rule, which.day}};
  return wish;
}

/// Whoever met the end that another node has just written has nothing left to do. Else the refusal
/// stands, and its job is dead.
ledger::change_rows leave_open(const occurrence& which, const base::failure& why) {
  auto wish = about(which);
  wish.of_operator = true;
  wish.decide = [why](const std::vector<ledger::user_rows>& found,
                      base::utc_us) -> base::result<row_change> {
    if (open_in(found)) return why;
    return row_change{};
  };
  return wish;
}

/// It has not been posted: the run, the rule's error, and what its owner is told.
void end_badly(row_change& c, automation rule, const occurrence& which, occurrence_end how,
               const std::string& code, const std::string& notification,
               const scheduler::zone_rules& zone, base::utc_us now) {
  c.writes.emplace_back(ended_run(which, how, now, code));
  step_over(rule, which, zone, now);
  rule.last_error = code;
  ledger::notification n;
  n.id = ledger::notification_id{notification};
  n.user = which.user;
  n.type = "automation_failed";
  n.title = "Automação não executada";
  n.body = fmt::format("A automação \"{}\" de {} não foi executada.", rule.name,
                       base::to_text(which.day));
  if (how == occurrence_end::failed)
    n.body += " As próximas esperam até que a falha seja resolvida.";
  n.metadata = json::write(json::object{{"automation_rule_id", which.rule.text()},
                                        {"occurrence_date", base::to_text(which.day)},
                                        {"code", code}});
  n.created_at = now;
  c.writes.emplace_back(std::move(n));
  c.writes.emplace_back(std::move(rule));
}

} // namespace

base::result<ledger::create_transaction>
occurrence_posting(const automation& rule, base::civil_day day, const scheduler::zone_rules& zone) {
  const auto actions = object_in(rule.actions);
  faults bad;
  object_reader in{actions, {}, bad};
  const auto account = text_in(actions, "account_id");
  auto category = text_in(actions, "category_id");
  if (!category) category = text_in(actions, "category");
  const bool in_centavos = in.has("amount_cents") && !in.is_null("amount_cents");
  const auto amount = in_centavos ? in.amount("amount_cents") : in.reais("amount");
  if (!account || !amount || amount->minor <= 0 || !bad.empty()) return not_runnable;
  ledger::create_transaction t;
  t.date = zone.first_instant_of({base::start_of(day).count + noon_us});
  t.effective = day;
  t.account = ledger::account_id{*account};
  if (category) t.category = ledger::account_id{*category};
  t.type = type_in(actions);
  t.amount = *amount;
  t.description = rule.name;
  if (const auto to = text_in(actions, "to_account_id")) t.to_account = ledger::account_id{*to};
  return t;
}

scheduler::schedule_id schedule_id_of(const ledger::automation_id& rule) {
  constexpr std::string_view before = "rule-";
  constexpr std::size_t id_max = 64;
  const auto text = rule.text();
  if (before.size() + text.size() <= id_max)
    return scheduler::schedule_id{std::string{before} + text};
  return scheduler::schedule_id{std::string{before} + base::hex(base::sha256(text)).substr(0, 40)};
}

std::string payload_of(const ledger::automation_id& rule) {
  return json::write(json::object{{"automation_id", rule.text()}});
}

std::optional<ledger::automation_id> rule_in_payload(const std::string& payload) {
  const auto id = text_in(object_in(payload), "automation_id");
  if (!id || id->size() > 64) return std::nullopt;
  return ledger::automation_id{*id};
}

std::optional<scheduler::schedule> schedule_that_follows(const automation& rule,
                                                         const scheduler::zone_rules& zone) {
  const auto days = schedule_of(rule, zone);
  if (!days) return std::nullopt;
  scheduler::schedule s;
  s.id = schedule_id_of(rule.id);
  s.user = rule.user;
  s.name = rule.name;
  s.kind = recurring_type;
  s.payload = payload_of(rule.id);
  s.rule = json::write(scheduler::write_rule(calendar_of(*days)));
  s.zone = zone.name();
  s.misfire = scheduler::misfire_policy::all;
  s.overlap = scheduler::overlap_policy::queue;
  s.max_attempts = attempts_max;
  s.timeout_s = timeout_s;
  if (days->days.last) s.ends_at = zone.start_of_day(*days->days.last);
  return s;
}

ledger::change_rows run_awaited(const occurrence& which, const scheduler::zone_rules& zone,
                                std::function<void(const told_occurrence&)> told) {
  ledger::change_rows wish;
  wish.reads = {ledger::automation_by_id{which.user, which.rule}};
  wish.decide = [which, &zone,
                 told = std::move(told)](const std::vector<ledger::user_rows>& found,
                                         base::utc_us now) -> base::result<row_change> {
    const auto rule = ledger::row_of<automation>(found.at(0));
    if (!rule || rule->next_run != zone.start_of_day(which.day))
      return base::failure{not_awaited, {}};
    return run_of(*rule, which, zone, now, told);
  };
  return wish;
}

ledger::change_rows run_occurrence(const occurrence& which, const scheduler::zone_rules& zone,
                                   std::function<void(const told_occurrence&)> told) {
  auto wish = about(which);
  wish.decide = [which, &zone,
                 told = std::move(told)](const std::vector<ledger::user_rows>& found,
                                         base::utc_us now) -> base::result<row_change> {
    told({});
    if (!ledger::row_of<automation>(found.at(0))) return base::failure{rule_gone, {}};
    const auto rule = open_in(found);
    if (!rule) return row_change{};
    return run_of(*rule, which, zone, now, told);
  };
  return wish;
}

ledger::change_rows refuse_occurrence(const occurrence& which, const base::failure& why,
                                      std::string notification, const scheduler::zone_rules& zone) {
  auto wish = about(which);
  wish.of_operator = true; // of an inactive user as well
  const bool rests = why.code == "UNAUTHORIZED";
  wish.decide = [which, rests, code = std::string{why.code}, id = std::move(notification),
                 &zone](const std::vector<ledger::user_rows>& found,
                        base::utc_us now) -> base::result<row_change> {
    row_change c;
    auto rule = open_in(found);
    if (!rule) return c;
    if (rests) {
      c.writes.emplace_back(ended_run(which, occurrence_end::skipped, now));
      step_over(*rule, which, zone, now);
      c.writes.emplace_back(std::move(*rule));
      return c;
    }
    end_badly(c, std::move(*rule), which, occurrence_end::refused, code, id, zone, now);
    return c;
  };
  return wish;
}

ledger::change_rows fail_occurrence(const occurrence& which, std::string code,
                                    std::string notification, const scheduler::zone_rules& zone) {
  auto wish = about(which);
  wish.of_operator = true;
  wish.decide = [which, code = std::move(code), id = std::move(notification),
                 &zone](const std::vector<ledger::user_rows>& found,
                        base::utc_us now) -> base::result<row_change> {
    row_change c;
    auto rule = ledger::row_of<automation>(found.at(0));
    if (!rule || ledger::row_of<automation_run>(found.at(1))) return c;
    if (which.by_hand && !falls_on(*rule, which.day, zone)) return c; // nothing was due
    end_badly(c, std::move(*rule), which, occurrence_end::failed, code, id, zone, now);
    return c;
  };
  return wish;
}

job_effects occurrence_effects(const occurrence& which, const scheduler::zone_rules& zone,
                               std::string notification,
                               std::function<void(const told_occurrence&)> posted,
                               std::function<job_effects()> gone) {
  const auto told = std::make_shared<told_occurrence>();
  const auto hears = [told](const told_occurrence& t) { *told = t; };
  const auto committed = [told, posted = std::move(posted)] {
    if (told->posted && posted) posted(*told);
  };
  const auto refused = [which, &zone, id = std::move(notification),
                        gone = std::move(gone)](const base::failure& why) {
    if (why.code == rule_gone) return gone();
    job_effects other;
    if (is_technical(why.code)) {
      other.rows = leave_open(which, why);
      return other;
    }
    other.rows = refuse_occurrence(which, why, id, zone);
    return other;
  };
  job_effects first;
  first.rows = run_awaited(which, zone, hears);
  first.committed = committed;
  // Whatever it was, the closer look finds out.
  first.if_refused = [=, &zone](const base::failure&) {
    job_effects closer;
    closer.rows = run_occurrence(which, zone, hears);
    closer.committed = committed;
    closer.if_refused = refused;
    return closer;
  };
  return first;
}

ledger::change_rows run_now(const ledger::user_id& user, const ledger::automation_id& rule,
                            const scheduler::zone_rules& zone) {
  return change_of_row<automation>(
      ledger::automation_by_id{user, rule}, ledger::errc::automation_not_found, {},
      [&zone](automation a, base::utc_us now) -> base::result<row_change> {
        if (a.type != recurring_type) return base::fail(ledger::errc::automation_invalid);
        auto posting = occurrence_posting(a, zone.day_of(now), zone);
        if (!posting) return posting.error();
        row_change c;
        c.post = std::move(*posting);
        a.last_run = now;
        a.last_error.reset();
        c.answer.emplace_back(a);
        c.writes.emplace_back(std::move(a));
        return c;
      });
}

} // namespace http
