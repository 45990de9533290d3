// Goals (api-contract §8).
#include "base/limits.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/own_row.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;
using ledger::errc;
using ledger::goal;
using ledger::row_change;

constexpr text_rule name_rule{.min = 1, .max = 100, .blank_counts_as_short = true};
constexpr std::size_t category_max = 50;

base::civil_day today(const service& s) { return s.zone.day_of(s.clock.now()); }

auto appending(const service& s) {
  return [day = today(s)](std::string& out, const goal& g) { append_goal(out, g, day); };
}

ledger::row_question goal_of_path(const request& r, const ledger::user_record& user) {
  return ledger::goal_by_id{user.id, ledger::goal_id{r.path_param("id")}};
}

template <class Decide>
ledger::change_rows changed_goal(const request& r, const ledger::user_record& user, Decide decide) {
  return change_of_row<goal>(goal_of_path(r, user), errc::goal_not_found, if_match(r),
                             std::move(decide));
}

struct goal_edit {
  std::optional<std::string> name, category, priority, status;
  std::optional<base::centavos> target, current;
  std::optional<written_date> due;
  bool has_description = false;
  std::optional<std::string> description;
};

json::object shape_of(const goal_edit& e) {
  json::object shape;
  if (e.name) shape.emplace_back("name", *e.name);
  if (e.target) shape.emplace_back("target_amount_cents", e.target->minor);
  if (e.current) shape.emplace_back("current_amount_cents", e.current->minor);
  if (e.due) shape.emplace_back("target_date", base::to_text(e.due->at));
  if (e.has_description)
    shape.emplace_back("description",
                       e.description ? json::value{*e.description} : json::value{nullptr});
  if (e.category) shape.emplace_back("category", *e.category);
  if (e.priority) shape.emplace_back("priority", *e.priority);
  if (e.status) shape.emplace_back("status", *e.status);
  return shape;
}

goal_edit read_goal(object_reader& in, const service& s, need presence) {
  const presence_rule rule{presence, null_rule::refused};
  goal_edit e;
  auto named = name_rule;
  named.presence = presence;
  e.name = in.text("name", named);
  e.target = in.amount("target_amount_cents", rule);
  e.due = in.date("target_date", s.zone, rule);
  e.has_description = in.has("description");
  e.description =
      in.text("description",
              {.max = row_description_max, .presence = need::optional, .null = null_rule::absent});
  e.category = in.text("category", {.max = category_max, .presence = presence});
  e.priority = in.one_of("priority", goal_priorities, rule);
  return e;
}

base::result<row_change> edited(const goal& before, const goal_edit& e, base::utc_us now) {
  auto g = before;
  g.updated_at = now;
  if (e.name) g.name = *e.name;
  if (e.target) g.target = *e.target;
  if (e.due) {
    g.due = e.due->at;
    g.due_day = e.due->effective;
  }
  if (e.has_description) g.description = e.description;
  if (e.category) g.category = *e.category;
  if (e.priority) g.priority = *e.priority;
  if (e.status) g.status = *e.status;
  auto done = ledger::set_current(g, e.current.value_or(g.current), now);
  if (!done) return done.error();
  return moved(std::move(*done));
}

} // namespace

response list_goals(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::goals_of_user{user.id});
  if (!rows) return s.refused(rows.error(), r, about_user);
  response answer;
  append_list(answer.body, ledger::rows_of<goal>(*rows), appending(s));
  return answer;
}

response get_goal(const service& s, const request& r, const ledger::user_record& user) {
  return answer_row<goal>(s, r, goal_of_path(r, user), errc::goal_not_found, appending(s));
}

decision create_goal(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto sent = read_goal(in, s, need::required);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  goal g;
  g.id = ledger::goal_id{s.new_id()};
  g.user = user.id;
  g.name = *sent.name;
  g.target = *sent.target;
  g.due = sent.due->at;
  g.due_day = sent.due->effective;
  g.description = sent.description;
  g.category = *sent.category;
  g.priority = *sent.priority;
  g.status = "active";
  auto wish = new_row(user.id, ledger::dumped_row::goals, base::limits::goals_per_user_max,
                      [g = std::move(g)](base::utc_us now) {
                        auto fresh = g;
                        fresh.created_at = now;
                        return written(std::move(fresh));
                      });
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = shape_of(sent),
                .show = showing_row<goal>(appending(s)),
                .context = beside_the_books(),
                .headers = tagging_row<goal>()};
}

decision put_goal(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto sent = read_goal(in, s, need::optional);
  sent.current = in.amount_or_zero("current_amount_cents", may_be_left_out);
  sent.status = in.one_of("status", goal_statuses, may_be_left_out);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = shape_of(sent);
  return change{.what = changed_goal(r, user,
                                     [sent = std::move(sent)](const goal& g, base::utc_us now) {
                                       return edited(g, sent, now);
                                     }),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<goal>(appending(s)),
                .context = beside_the_books(),
                .headers = tagging_row<goal>()};
}

decision delete_goal(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = changed_goal(
                    r, user, [](const goal& g, base::utc_us now) { return removed(g, now); }),
                .key = std::move(key),
                .show =
                    [](const ledger::outcome&) {
                      return ledger::stored_answer{200, message_body("Meta removida com sucesso")};
                    },
                .context = beside_the_books()};
}

decision add_to_goal(const service&, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto amount = in.amount("amount_cents");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = changed_goal(r, user,
                           [amount = *amount](const goal& g, base::utc_us now) {
                             return moved(ledger::add_to(g, amount, now));
                           }),
      .key = std::move(key),
      .canonical = {{"amount_cents", amount->minor}},
      .show =
          [](const ledger::outcome& o) {
            const auto g = changed_row<goal>(o);
            ledger::stored_answer answer{200, R"({"message":"Valor adicionado com sucesso")"};
            answer.body += ",\"new_amount\":";
            append_money(answer.body, g.current);
            answer.body += fmt::format(",\"progress_percentage\":{}}}", progress(g));
            return answer;
          },
      .context = beside_the_books()};
}

} // namespace http
