// Categories, which are ledger accounts too, and the tags in use.
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/member_types.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::size_t category_name_max = 50;
constexpr std::size_t icon_max = 10;
constexpr std::string_view tag_color = "#6b7280"; ///< tags have no colour of their own

ledger::stored_answer show_category(const ledger::outcome& o) {
  ledger::stored_answer answer{200, {}};
  append_category(answer.body, std::get<ledger::account_record>(o));
  return answer;
}

void tag_category(response& answer, const ledger::outcome& o) {
  put_etag(answer, ledger::category_etag(std::get<ledger::account_record>(o)));
}

refusal_context category_context() {
  refusal_context c;
  c.about = about_category;
  return c;
}

} // namespace

response list_categories(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  const auto type = query_reader{r, bad}.one_of("type_filter", category_types);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto found = s.books.categories(user.id);
  if (!found) return s.refused(found.error(), r, about_category);
  if (type) std::erase_if(*found, [&](const auto& c) { return c.type != *type; });
  std::stable_sort(found->begin(), found->end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  response answer;
  append_list(answer.body, *found, append_category);
  return answer;
}

response get_category(const service& s, const request& r, const ledger::user_record& user) {
  const auto all = s.books.categories(user.id);
  if (!all) return s.refused(all.error(), r, about_category);
  const ledger::account_id id{r.path_param("id")};
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const auto& c) { return c.id == id; });
  if (found == all->end())
    return s.refused(base::fail(ledger::errc::category_not_found), r, about_category);
  response answer;
  append_category(answer.body, *found);
  put_etag(answer, ledger::category_etag(*found));
  return answer;
}

decision create_category(const service&, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto name = in.text("name", {.max = category_name_max, .blank_counts_as_short = true});
  const auto type = in.one_of("type", category_types);
  const auto color = in.color("color");
  const auto icon = in.text("icon", {.max = icon_max});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = ledger::create_category{*name, *type, *color, *icon},
                .key = std::move(key),
                .canonical = {{"name", *name}, {"type", *type}, {"color", *color}, {"icon", *icon}},
                .show = show_category,
                .context = category_context(),
                .headers = tag_category};
}

decision put_category(const service&, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  ledger::update_category wish;
  wish.id = ledger::account_id{r.path_param("id")};
  wish.name = in.text(
      "name",
      {.max = category_name_max, .presence = need::optional, .blank_counts_as_short = true});
  wish.type = in.one_of("type", category_types, may_be_left_out);
  wish.color = in.color("color", may_be_left_out);
  wish.icon = in.text("icon", {.max = icon_max, .presence = need::optional});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  wish.if_match = if_match(r);
  json::object shape;
  if (wish.name) shape.emplace_back("name", *wish.name);
  if (wish.type) shape.emplace_back("type", *wish.type);
  if (wish.color) shape.emplace_back("color", *wish.color);
  if (wish.icon) shape.emplace_back("icon", *wish.icon);
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = show_category,
                .context = category_context(),
                .headers = tag_category};
}

decision delete_category(const service&, const request& r) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = ledger::archive_category{ledger::account_id{r.path_param("id")}, if_match(r)},
      .key = std::move(key),
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{200, message_body("Categoria removida com sucesso")};
          },
      .context = category_context()};
}

response list_tags(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = s.books.tags(user.id);
  if (!found) return s.refused(found.error(), r, about_category);
  response answer;
  append_list(answer.body, *found, [](std::string& out, const ledger::tag_count& t) {
    out += "{\"name\":";
    append_text(out, t.name);
    out += fmt::format(",\"color\":\"{}\",\"transaction_count\":{}}}", tag_color, t.transactions);
  });
  return answer;
}

} // namespace http
