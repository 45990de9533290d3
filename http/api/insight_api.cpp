// Insights (api-contract §11.1).
#include "http/api/insight_api.hpp"

#include "http/api/decode.hpp"
#include "http/api/insight_reading.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "ledger/insights.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::insight_feedback;
using ledger::insight_preferences;
using ledger::row_change;
using ledger::user_rows;

constexpr std::array insight_types{ledger::insight_category_variation,
                                   ledger::insight_goal_at_risk};
constexpr std::array feedback_statuses{ledger::feedback_seen, ledger::feedback_ignored};

response nothing() {
  response answer;
  answer.status = 204;
  return answer;
}

// -- as JSON --------------------------------------------------------------------------------------

void append_variation(std::string& out, const ledger::category_variation& v) {
  const auto percent = v.variation ? ledger::percent_text(*v.variation) : "null";
  out += "{\"category_id\":";
  append_text(out, v.category.text());
  out += ",\"category_name\":";
  append_text(out, v.name);
  out += ",\"current_month_total\":";
  append_money(out, v.current);
  out += ",\"previous_month_total\":";
  append_money(out, v.previous);
  out += ",\"previous_amount\":";
  append_money(out, v.previous);
  out += ",\"current_amount\":";
  append_money(out, v.current);
  out += fmt::format(",\"variation_pct\":{0},\"variation_percent\":{0},\"explanation\":", percent);
  append_text(out, v.explanation);
  out += ",\"impact_score\":";
  append_money(out, v.impact);
  out += ",\"insight_hash\":";
  append_text(out, v.hash);
  out += '}';
}

void append_outlook(std::string& out, const ledger::goal_outlook& o) {
  out += "{\"goal_id\":";
  append_text(out, o.goal.text());
  out += ",\"goal_name\":";
  append_text(out, o.name);
  out += ",\"target_amount\":";
  append_money(out, o.target);
  out += ",\"current_amount\":";
  append_money(out, o.current);
  out += fmt::format(",\"target_date\":\"{}\",\"gap\":", base::to_text(o.due));
  append_money(out, o.gap);
  out += fmt::format(",\"days_left\":{},\"required_per_month\":", o.days_left);
  append_money(out, o.needed);
  out += ",\"risk_reason\":";
  append_text(out, o.risk_reason);
  out += fmt::format(",\"at_risk\":{},\"impact_score\":", o.at_risk);
  append_money(out, o.gap);
  out += ",\"insight_hash\":";
  append_text(out, o.hash);
  out += '}';
}

void append_preferences(std::string& out, const insight_preferences& p) {
  out += fmt::format("{{\"enable_category_variation\":{},\"enable_goals_at_risk\":{}}}",
                     p.category_variation, p.goals_at_risk);
}

std::string tag_of_choice(const insight_preferences& p) {
  return std::to_string(p.updated_at.count);
}

// -- changes --------------------------------------------------------------------------------------

struct choice {
  std::optional<bool> category_variation, goals_at_risk;
};

base::result<row_change> chosen(insight_preferences p, const choice& sent,
                                const std::optional<std::string>& wanted, base::utc_us now) {
  if (wanted && *wanted != tag_of_choice(p)) return base::fail(ledger::errc::version_conflict);
  const auto before = p;
  p.category_variation = sent.category_variation.value_or(p.category_variation);
  p.goals_at_risk = sent.goals_at_risk.value_or(p.goals_at_risk);
  row_change c;
  if (p != before) {
    p.updated_at = now;
    c.writes.emplace_back(p);
  }
  c.answer.emplace_back(std::move(p));
  return c;
}

/// One answer holds all that may still hide something, or the oldest would show up again.
bool has_room(const std::vector<insight_feedback>& newest, const insight_feedback& fresh) {
  if (static_cast<std::int64_t>(newest.size()) < ledger::user_rows_max) return true;
  return std::any_of(newest.begin(), newest.end(), [&](const insight_feedback& f) {
    return f.hash == fresh.hash || fresh.at.count - f.at.count >= ledger::insight_hidden_us;
  });
}

bool among(const std::string& text, choices allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

} // namespace

response get_insights(const service& s, const request& r, const ledger::user_record& user) {
  if (!s.settings.insights) return nothing();
  const auto begin = s.clock.steady_ns();
  const auto found = insights_for(s.books, s.zone, s.clock.now(), user.id);
  if (!found) {
    if (s.hooks.on_insights_failed) s.hooks.on_insights_failed(r, user.id, found.error());
    return s.refused(found.error(), r, about_user);
  }
  if (s.hooks.on_insights)
    s.hooks.on_insights(std::chrono::nanoseconds{s.clock.steady_ns() - begin});
  response answer;
  answer.body = "{\"category_monthly_variation\":";
  append_list(answer.body, found->categories, append_variation);
  answer.body += ",\"goals_at_risk\":";
  append_list(answer.body, found->goals, append_outlook);
  answer.body += ",\"computed_at\":";
  append_instant(answer.body, found->computed_at);
  answer.body += '}';
  return answer;
}

decision post_insight_feedback(const service& s, const request& r,
                               const ledger::user_record& user) {
  if (!s.settings.insights) return nothing();
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto type = in.text("insight_type", {});
  const auto hash = in.text(
      "insight_hash", {.min = 1, .max = ledger::insight_hash_max, .blank_counts_as_short = true});
  const auto status = in.text("status", {});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (!among(*type, insight_types))
    return problem(400, "BAD_REQUEST", "insight_type deve ser category_variation ou goal_at_risk",
                   r.request_id);
  if (!among(*status, feedback_statuses))
    return problem(400, "BAD_REQUEST", "status deve ser seen ou ignored", r.request_id);
  ledger::change_rows wish;
  wish.reads = {ledger::insight_feedback_of{user.id}};
  wish.decide = [said = insight_feedback{user.id, *hash, *type, *status, {}}](
                    const std::vector<user_rows>& found,
                    base::utc_us now) -> base::result<row_change> {
    auto fresh = said;
    fresh.at = now;
    if (!has_room(ledger::rows_of<insight_feedback>(found.at(0)), fresh))
      return base::fail(ledger::errc::too_many);
    row_change c;
    c.writes.emplace_back(std::move(fresh));
    return c;
  };
  return change{
      .what = std::move(wish),
      .key = std::move(key),
      .canonical = {{"insight_type", *type}, {"insight_hash", *hash}, {"status", *status}},
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{204, {}};
          },
      .context = beside_the_books()};
}

response get_insight_preferences(const service& s, const request& r,
                                 const ledger::user_record& user) {
  if (!s.settings.insights) return nothing();
  const auto p = insight_choice_of(s.books, user.id);
  if (!p) return s.refused(p.error(), r, about_user);
  response answer;
  append_preferences(answer.body, *p);
  put_etag(answer, tag_of_choice(*p));
  return answer;
}

decision patch_insight_preferences(const service& s, const request& r,
                                   const ledger::user_record& user) {
  if (!s.settings.insights) return nothing();
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const choice sent{in.boolean("enable_category_variation", may_be_left_out),
                    in.boolean("enable_goals_at_risk", may_be_left_out)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  json::object shape;
  if (sent.category_variation)
    shape.emplace_back("enable_category_variation", *sent.category_variation);
  if (sent.goals_at_risk) shape.emplace_back("enable_goals_at_risk", *sent.goals_at_risk);
  ledger::change_rows wish;
  wish.reads = {ledger::insight_preferences_of{user.id}};
  wish.decide = [user = user.id, sent,
                 wanted = if_match(r)](const std::vector<user_rows>& found,
                                       base::utc_us now) -> base::result<row_change> {
    return chosen(insight_choice_in(found.at(0), user), sent, wanted, now);
  };
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<insight_preferences>(append_preferences),
                .context = beside_the_books(),
                .headers = [](response& answer, const ledger::outcome& o) {
                  put_etag(answer, tag_of_choice(changed_row<insight_preferences>(o)));
                }};
}

} // namespace http
