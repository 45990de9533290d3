// Automation rules, as data (api-contract §10). Jobs run them.
#include "base/limits.hpp"
#include "http/api/automation_rule.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/render_rows.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::automation;
using ledger::errc;
using ledger::row_change;

} // namespace

void append_automation(std::string& out, const automation& a) {
  out += "{\"id\":";
  append_text(out, a.id.text());
  out += ",\"name\":";
  append_text(out, a.name);
  out += ",\"description\":";
  append_optional_text(out, a.description);
  out += ",\"type\":";
  append_text(out, a.type);
  out += a.active ? ",\"is_active\":true" : ",\"is_active\":false";
  out += ",\"conditions\":" + a.conditions + ",\"actions\":" + a.actions;
  out += ",\"last_run\":";
  append_instant(out, a.last_run);
  out += ",\"next_run\":";
  append_instant(out, a.next_run);
  out += ",\"last_error\":";
  append_optional_text(out, a.last_error);
  out += ",\"created_at\":";
  append_instant(out, a.created_at);
  out += ",\"updated_at\":";
  append_instant(out, a.updated_at);
  out += '}';
}

namespace {

struct automation_edit {
  std::optional<std::string> name, type, conditions, actions;
  bool has_description = false;
  std::optional<std::string> description;
  std::optional<bool> active;
};

automation_edit read_automation(object_reader& in, need presence) {
  const presence_rule rule{presence, null_rule::refused};
  automation_edit e;
  e.name =
      in.text("name", {.max = row_name_max, .presence = presence, .blank_counts_as_short = true});
  e.has_description = in.has("description");
  e.description =
      in.text("description",
              {.max = row_description_max, .presence = need::optional, .null = null_rule::absent});
  e.type = in.one_of("type", automation_types, rule);
  e.active = in.boolean("is_active", {need::optional, null_rule::refused});
  const auto object = [&](std::string_view name) -> std::optional<std::string> {
    const auto* v = in.find(name);
    return v == nullptr ? std::nullopt : std::optional{json::write(*v)};
  };
  e.conditions = object("conditions");
  e.actions = object("actions");
  return e;
}

json::object shape_of(const automation_edit& e) {
  json::object shape;
  if (e.name) shape.emplace_back("name", *e.name);
  if (e.has_description)
    shape.emplace_back("description",
                       e.description ? json::value{*e.description} : json::value{nullptr});
  if (e.type) shape.emplace_back("type", *e.type);
  if (e.active) shape.emplace_back("is_active", *e.active);
  if (e.conditions) shape.emplace_back("conditions", *e.conditions);
  if (e.actions) shape.emplace_back("actions", *e.actions);
  return shape;
}

void apply(const automation_edit& e, automation& a) {
  if (e.name) a.name = *e.name;
  if (e.has_description) a.description = e.description;
  if (e.type) a.type = *e.type;
  if (e.active) a.active = *e.active;
  if (e.conditions) a.conditions = *e.conditions;
  if (e.actions) a.actions = *e.actions;
}

bool runnable(const automation& a, const scheduler::zone_rules& zone) {
  const auto conditions = json::read(a.conditions), actions = json::read(a.actions);
  faults bad;
  check_rule(a.type, std::get_if<json::value>(&conditions), std::get_if<json::value>(&actions),
             zone, bad);
  return bad.empty();
}

/// The newest day of the rule that has an end.
std::optional<base::civil_day> last_ended(const ledger::user_rows& runs) {
  const auto newest = ledger::row_of<ledger::automation_run>(runs);
  return newest ? std::optional{newest->day} : std::nullopt;
}

/// What follows a recurring rule, also one that was one before.
std::function<void(const ledger::outcome&)> telling_followers(const service& s,
                                                              const ledger::user_id& user) {
  return [&s, user](const ledger::outcome& o) {
    if (s.hooks.on_rule_changed) s.hooks.on_rule_changed(user, changed_row<automation>(o).id);
  };
}

ledger::row_question rule_of_path(const request& r, const ledger::user_record& user) {
  return ledger::automation_by_id{user.id, ledger::automation_id{r.path_param("id")}};
}

base::result<std::optional<automation>> automation_of_path(const service& s, const request& r,
                                                           const ledger::user_record& user) {
  const auto rows = s.books.user_rows(rule_of_path(r, user));
  if (!rows) return rows.error();
  return ledger::row_of<automation>(*rows);
}

} // namespace

response list_automations(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::automations_of_user{user.id});
  if (!rows) return s.refused(rows.error(), r, about_user);
  response answer;
  append_list(answer.body, ledger::rows_of<automation>(*rows), append_automation);
  return answer;
}

response get_automation(const service& s, const request& r, const ledger::user_record& user) {
  return answer_row<automation>(s, r, rule_of_path(r, user), errc::automation_not_found,
                                append_automation);
}

response preview_automation(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  const auto count = query_reader{r, bad}.integer("count", 1, 100).value_or(12);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = automation_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_user);
  if (!*found) return s.refused(base::fail(errc::automation_not_found), r, about_user);
  std::vector<base::civil_day> days;
  if (const auto schedule = schedule_of(**found, s.zone))
    days = occurrences(*schedule, s.zone.day_of(s.clock.now()), static_cast<std::size_t>(count));
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, days, [&](std::string& out, base::civil_day d) {
    out += "{\"occurrence_date\":\"" + base::to_text(d) + "\",\"runs_at\":";
    append_instant(out, s.zone.start_of_day(d));
    out += '}';
  });
  answer.body += ",\"next_cursor\":null}";
  return answer;
}

decision create_automation(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto sent = read_automation(in, need::required);
  check_rule(sent.type.value_or(""), in.find("conditions"), in.find("actions"), s.zone, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = shape_of(sent);
  automation a;
  a.id = ledger::automation_id{s.new_id()};
  a.user = user.id;
  apply(sent, a);
  auto wish =
      new_row(user.id, ledger::dumped_row::automations, base::limits::automations_per_user_max,
              [a = std::move(a), &zone = s.zone](base::utc_us now) {
                auto fresh = a;
                fresh.created_at = now;
                fresh.next_run = next_run(fresh, now, zone);
                return written(std::move(fresh));
              });
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<automation>(append_automation),
                .context = beside_the_books(),
                .headers = tagging_row<automation>(),
                .done = telling_followers(s, user.id)};
}

// The two objects are replaced whole, but what they have to hold depends on the type: a change of
// one of the three is checked with the others as they stand.
decision put_automation(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto sent = read_automation(in, need::optional);
  if (sent.type || sent.conditions || sent.actions) {
    const auto found = automation_of_path(s, r, user);
    if (!found) return s.refused(found.error(), r, about_user);
    if (!*found) return s.refused(base::fail(errc::automation_not_found), r, about_user);
    const auto stored = [](const std::string& text) {
      auto read = json::read(text);
      return std::get<json::value>(std::move(read));
    };
    const auto conditions = stored((**found).conditions), actions = stored((**found).actions);
    check_rule(sent.type.value_or((**found).type),
               sent.conditions ? in.find("conditions") : &conditions,
               sent.actions ? in.find("actions") : &actions, s.zone, bad);
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = shape_of(sent);
  // Judged once more in its turn: another edit may have come in between.
  auto wish = change_of_row<automation>(
      rule_of_path(r, user), errc::automation_not_found, if_match(r),
      [sent = std::move(sent),
       &zone = s.zone](automation a, base::utc_us now,
                       const std::vector<ledger::user_rows>& found) -> base::result<row_change> {
        apply(sent, a);
        if (!runnable(a, zone)) return base::fail(errc::automation_invalid);
        a.updated_at = now;
        if (sent.type || sent.conditions || sent.active)
          a.next_run = next_run(a, now, zone, last_ended(found.at(1)));
        return written(std::move(a));
      });
  wish.reads.emplace_back(
      ledger::automation_runs_of{user.id, ledger::automation_id{r.path_param("id")}, 1});
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<automation>(append_automation),
                .context = beside_the_books(),
                .headers = tagging_row<automation>(),
                .done = telling_followers(s, user.id)};
}

decision delete_automation(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto wish = change_of_row<automation>(rule_of_path(r, user), errc::automation_not_found,
                                        if_match(r), [](automation a, base::utc_us now) {
                                          a.active = false;
                                          a.next_run.reset();
                                          return removed(std::move(a), now);
                                        });
  return change{
      .what = std::move(wish),
      .key = std::move(key),
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{200, message_body("Automação removida com sucesso")};
          },
      .context = beside_the_books(),
      .done = telling_followers(s, user.id)};
}

} // namespace http
