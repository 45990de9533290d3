// Transactions one at a time, their list, their sums, and the delete of many.
#include "base/limits.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/api/sharing.hpp"
#include "http/api/totals.hpp"
#include "http/api/transaction_shape.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::string_view plain_types[] = {"income", "expense"};
constexpr std::string_view all_types[] = {"income", "expense", "transfer"};
constexpr std::size_t search_max = 200;

response no_transaction(const request& r) {
  return refuse(base::fail(ledger::errc::transaction_not_found), {}, r.request_id);
}

const ledger::transaction_record& shown_in(const ledger::outcome& o) {
  const auto* beside_rows = std::get_if<ledger::changed_rows>(&o);
  return beside_rows != nullptr ? beside_rows->posted.value()
                                : std::get<ledger::transaction_record>(o);
}

ledger::stored_answer show_transaction(const ledger::outcome& o) {
  ledger::stored_answer answer{200, {}};
  append_transaction(answer.body, shown_in(o));
  return answer;
}

void tag_transaction(response& answer, const ledger::outcome& o) {
  put_etag(answer, ledger::transaction_etag(shown_in(o)));
}

ledger::transaction_id id_of_path(const request& r) {
  return ledger::transaction_id{r.path_param("id")};
}

base::result<std::optional<ledger::transaction_record>>
transaction_of_path(const service& s, const request& r, const ledger::user_record& user) {
  return s.books.transaction(user.id, id_of_path(r));
}

// -- list -----------------------------------------------------------------------------------------

ledger::transaction_filter read_filter(const page_wish& wish, query_reader& in,
                                       const scheduler::zone_rules& zone) {
  ledger::transaction_filter filter;
  filter.skip = wish.skip;
  filter.limit = wish.limit;
  filter.after = wish.after;
  filter.count = wish.count;
  if (auto id = in.text("account_id", base::limits::id_bytes_max))
    filter.account = ledger::account_id{std::move(*id)};
  if (auto id = in.text("category_id", base::limits::id_bytes_max))
    filter.category = ledger::account_id{std::move(*id)};
  const auto plain_type = in.one_of("type_filter", plain_types);
  const auto type = in.one_of("type", all_types);
  if (type)
    filter.type = ledger::type_from_text(*type);
  else if (plain_type)
    filter.type = ledger::type_from_text(*plain_type);
  if (const auto from = in.date("start_date", zone)) filter.from = from->effective;
  if (const auto to = in.date("end_date", zone)) filter.to = to->effective;
  filter.text = in.text("q", search_max).value_or("");
  filter.tags = in.texts("tag", 50, base::limits::tags_max);
  filter.include_deleted = in.flag("include_deleted");
  filter.include_system = in.flag("include_system");
  return filter;
}

// -- edit -----------------------------------------------------------------------------------------

constexpr std::array edit_fields{"date",         "account_id",  "category_id", "type",
                                 "amount_cents", "description", "tags"};

/// The first field that was sent as null.
std::optional<std::string_view> null_field(const object_reader& in) {
  for (const std::string_view name : edit_fields)
    if (in.is_null(name)) return name;
  return std::nullopt;
}

ledger::edit_transaction read_edit(const request& r, object_reader& in,
                                   const scheduler::zone_rules& zone) {
  ledger::edit_transaction wish;
  wish.id = id_of_path(r);
  if (const auto date = in.date("date", zone, may_be_null)) {
    wish.edit.date = date->at;
    wish.edit.effective = date->effective;
  }
  if (auto id = in.id("account_id", may_be_null))
    wish.edit.account = ledger::account_id{std::move(*id)};
  if (auto id = in.id("category_id", may_be_null))
    wish.edit.category = ledger::account_id{std::move(*id)};
  wish.type =
      in.text("type", {.max = 50, .presence = may_be_null.presence, .null = may_be_null.null});
  // Which amounts are good is for the book to say here, as with type and description: 400.
  wish.edit.amount = in.any_amount("amount_cents", may_be_null);
  wish.edit.description = in.text(
      "description", {.max = 200, .presence = may_be_null.presence, .null = may_be_null.null});
  wish.edit.tags = in.tags("tags");
  in.currency();
  wish.if_match = if_match(r);
  return wish;
}

json::object canonical_edit(const ledger::edit_transaction& wish) {
  json::object shape;
  const auto& e = wish.edit;
  if (e.date) shape.emplace_back("date", e.date->count);
  if (e.effective) shape.emplace_back("effective", static_cast<std::int64_t>(e.effective->count));
  if (e.account) shape.emplace_back("account_id", e.account->text());
  if (e.category) shape.emplace_back("category_id", e.category->text());
  if (wish.type) shape.emplace_back("type", *wish.type);
  if (e.amount) shape.emplace_back("amount_cents", e.amount->minor);
  if (e.description) shape.emplace_back("description", *e.description);
  if (e.tags) {
    json::array tags;
    for (const auto& tag : *e.tags) tags.emplace_back(tag);
    shape.emplace_back("tags", std::move(tags));
  }
  return shape;
}

// -- delete many ----------------------------------------------------------------------------------

std::vector<ledger::transaction_id> read_ids(object_reader& in, faults& bad) {
  std::vector<ledger::transaction_id> ids;
  const auto* list = in.list("ids", {.min = 1, .max = base::limits::delete_ids_max});
  if (list == nullptr) return ids;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& element = (*list)[i];
    const auto* id = element.if_string();
    if (id != nullptr)
      ids.emplace_back(*id);
    else
      bad.push_back({"string_type", json::array{"body", "ids", static_cast<std::int64_t>(i)},
                     "Input should be a valid string", element, std::nullopt});
  }
  return ids;
}

// -- sums -----------------------------------------------------------------------------------------

} // namespace

response list_transactions(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const auto wish = read_page(in);
  auto filter = read_filter(wish, in, s.zone);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = refusal_of(wish, r)) return std::move(*refused);
  filter.user = user.id;
  const auto page = s.books.transactions(filter);
  if (!page) return s.refused(page.error(), r, about_transaction);
  response answer;
  append_list(answer.body, page->items, append_transaction);
  if (page->more && !page->items.empty())
    put_next_page(answer, r, position_cursor(page->items.back()));
  if (page->total) put_total(answer, *page->total);
  return answer;
}

decision create_transaction(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto wish = read_transaction(in, s.zone);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = key ? canonical(*wish) : json::object{};
  auto context = context_of(*wish);
  ledger::command what = wish->shared_expense
                             ? ledger::command{posting_for_expense(std::move(*wish), user.id)}
                             : ledger::command{std::move(*wish)};
  return change{.what = std::move(what),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = show_transaction,
                .context = std::move(context),
                .headers = tag_transaction};
}

response get_transaction(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  const bool system = query_reader{r, bad}.flag("include_system");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto found = transaction_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_transaction);
  if (!*found || (**found).deleted_at || ((**found).system() && !system)) return no_transaction(r);
  response answer;
  append_transaction(answer.body, **found);
  put_etag(answer, ledger::transaction_etag(**found));
  return answer;
}

decision put_transaction(const service& s, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto wish = read_edit(r, in, s.zone);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (const auto name = null_field(in))
    return rule_problem(400, code_text(ledger::errc::missing_field), "Campo obrigatório ausente",
                        fmt::format("{} não pode ser nulo.", *name), r.request_id);
  refusal_context context;
  context.type = wish.type.value_or("");
  if (wish.edit.category) context.category = wish.edit.category->text();
  auto shape = canonical_edit(wish);
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = show_transaction,
                .context = std::move(context),
                .headers = tag_transaction};
}

decision delete_transaction(const service&, const request& r) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = ledger::delete_transaction{id_of_path(r), if_match(r)},
                .key = std::move(key),
                .show = [](const ledger::outcome&) {
                  return ledger::stored_answer{200, message_body("Transação removida com sucesso")};
                }};
}

decision restore_transaction(const service&, const request& r) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{.what = ledger::restore_transaction{id_of_path(r)},
                .key = std::move(key),
                .show = show_transaction,
                .headers = tag_transaction};
}

decision delete_transactions(const service&, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto ids = read_ids(in, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  json::array shape;
  for (const auto& id : ids) shape.emplace_back(id.text());
  return change{.what = ledger::delete_many{std::move(ids)},
                .key = std::move(key),
                .canonical = {{"ids", std::move(shape)}},
                .show = [](const ledger::outcome& o) {
                  ledger::stored_answer answer{200, {}};
                  append_deleted_many(answer.body, std::get<ledger::deleted_many>(o));
                  return answer;
                }};
}

response monthly_summary(const service& s, const request& r, const ledger::user_record& user) {
  int year = 0;
  unsigned month = 0, day = 0;
  base::split_day(s.zone.day_of(s.clock.now()), year, month, day);
  faults bad;
  query_reader in{r, bad};
  year = static_cast<int>(in.integer("year", 1900, 2199).value_or(year));
  month = static_cast<unsigned>(in.integer("month", 1, 12).value_or(month));
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto sums = s.books.monthly(user.id, base::make_day(year, month, 1),
                                    base::make_day(year, month, base::days_in_month(year, month)));
  if (!sums) return s.refused(sums.error(), r, about_transaction);
  const auto total = total_of(*sums);
  if (!total) return s.refused(base::fail(ledger::errc::balance_limit), r, about_transaction);
  response answer;
  auto& out = answer.body;
  out = fmt::format("{{\"year\":{},\"month\":{},\"total_transactions\":{},\"total_income\":", year,
                    month, sums->transactions);
  append_money(out, total->income);
  out += ",\"total_expenses\":";
  append_money(out, total->expense);
  out += ",\"net_balance\":";
  append_money(out, total->net);
  out += ",\"category_breakdown\":{";
  bool first = true;
  for (const auto& c : sums->categories) {
    if (!std::exchange(first, false)) out += ',';
    append_text(out, c.category.text());
    out += ":{\"income\":";
    append_money(out, c.income);
    out += ",\"expense\":";
    append_money(out, c.expense);
    out += '}';
  }
  out += "}}";
  return answer;
}

response transaction_entries(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = transaction_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_transaction);
  if (!*found) return no_transaction(r);
  const auto entries = s.books.entries_of_transaction(user.id, (**found).id);
  if (!entries) return s.refused(entries.error(), r, about_transaction);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, *entries,
              [](std::string& out, const ledger::entry_view& e) { append_entry(out, e, true); });
  answer.body += ",\"next_cursor\":null}";
  return answer;
}

} // namespace http
