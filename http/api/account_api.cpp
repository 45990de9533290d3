// A client's accounts: list, open, change, close, entries and balances.
#include "http/api/correction.hpp"
#include "http/api/decode.hpp"
#include "http/api/handlers.hpp"
#include "http/api/keyed_action.hpp"
#include "http/api/member_types.hpp"
#include "http/api/page.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "ledger/errc.hpp"

#include <charconv>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace http {

namespace {

namespace json = base::json;

constexpr std::string_view bases[] = {"booked", "effective"};
constexpr std::string_view orders[] = {"asc", "desc"};

response no_account(const request& r) {
  return refuse(base::fail(ledger::errc::account_not_found), {}, r.request_id);
}

/// The account of the path; a failure, or nothing when it is not the user's.
base::result<std::optional<ledger::account_view>>
account_of_path(const service& s, const request& r, const ledger::user_record& user) {
  auto found = s.books.account(user.id, ledger::account_id{r.path_param("id")});
  if (found && *found && (**found).record.role != ledger::account_role::money)
    return std::optional<ledger::account_view>{};
  return found;
}

ledger::stored_answer show_account(const ledger::outcome& o) {
  ledger::stored_answer answer{200, {}};
  append_account(answer.body, std::get<ledger::account_view>(o));
  return answer;
}

std::string etag_of(const ledger::account_view& a) { return fmt::format("v{}", a.version); }

void tag_account(response& answer, const ledger::outcome& o) {
  put_etag(answer, etag_of(std::get<ledger::account_view>(o)));
}

/// What no account has stands for a tag that we did not make: it is stale by definition.
std::optional<std::uint64_t> version_wanted(const request& r) {
  const auto tag = if_match(r);
  if (!tag) return std::nullopt;
  std::uint64_t version = 0;
  const auto* end = tag->data() + tag->size();
  const bool ours = tag->size() > 1 && tag->front() == 'v';
  const auto read = ours ? std::from_chars(tag->data() + 1, end, version)
                         : std::from_chars_result{end, std::errc::invalid_argument};
  if (read.ec != std::errc{} || read.ptr != end) return std::numeric_limits<std::uint64_t>::max();
  return version;
}

json::value canonical_amount(const std::optional<base::centavos>& c) {
  return c ? json::value{c->minor} : json::value{nullptr};
}

struct limits_sent {
  std::optional<base::centavos> floor, ceiling;
  bool credit_limit = false; ///< the floor was sent as a credit limit
};

/// `credit_limit` of a card is its floor with the sign that people use; null removes it as well.
limits_sent read_limits(object_reader& in) {
  limits_sent sent;
  sent.floor = in.reais("floor", may_be_null);
  sent.ceiling = in.reais("ceiling", may_be_null);
  const auto limit = in.reais("credit_limit", may_be_null);
  sent.credit_limit = in.has("credit_limit");
  if (limit && limit->minor < 0)
    in.add("credit_limit", "greater_than_equal", "Input should be greater than or equal to 0",
           *in.find("credit_limit"), json::object{{"ge", 0}});
  if (sent.credit_limit && in.has("floor"))
    in.add("credit_limit", "value_error",
           "Value error, credit_limit e floor não podem ser usados juntos", nullptr);
  if (limit) sent.floor = -*limit;
  return sent;
}

refusal_context account_context() {
  refusal_context c;
  c.about = about_account;
  return c;
}

base::utc_us day_after(base::civil_day d, const scheduler::zone_rules& zone) {
  return zone.start_of_day(base::civil_day{d.count + 1});
}

} // namespace

response list_accounts(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = s.books.accounts(user.id);
  if (!found) return s.refused(found.error(), r, about_account);
  response answer;
  append_list(answer.body, *found, append_account);
  return answer;
}

decision create_account(const service&, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  const auto name = in.text("name", {.max = 100, .blank_counts_as_short = true});
  const auto type = in.one_of("type", account_types);
  const auto balance = in.reais("balance", may_be_left_out);
  const auto limits = read_limits(in);
  in.currency();
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const ledger::create_account wish{
      *name,        *type,          balance.value_or(base::centavos{0}),
      limits.floor, limits.ceiling, limits.credit_limit && limits.floor};
  json::object shape{{"name", wish.name},
                     {"type", wish.type},
                     {"balance", wish.opening.minor},
                     {"floor", canonical_amount(wish.floor)},
                     {"ceiling", canonical_amount(wish.ceiling)},
                     {"credit_limit", wish.credit_limit}};
  return change{.what = wish,
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = show_account,
                .context = account_context(),
                .headers = tag_account};
}

response get_account(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = account_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_account);
  if (!*found) return no_account(r);
  response answer;
  append_account(answer.body, **found);
  put_etag(answer, etag_of(**found));
  return answer;
}

decision put_account(const service&, const request& r) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  ledger::update_account wish;
  wish.id = ledger::account_id{r.path_param("id")};
  wish.name =
      in.text("name", {.max = 100, .presence = need::optional, .blank_counts_as_short = true});
  wish.type = in.one_of("type", account_types, may_be_left_out);
  wish.balance = in.reais("balance", may_be_left_out);
  const auto limits = read_limits(in);
  wish.change_floor = in.has("floor") || limits.credit_limit;
  wish.floor = limits.floor;
  wish.credit_limit = limits.credit_limit && limits.floor;
  wish.change_ceiling = in.has("ceiling");
  wish.ceiling = limits.ceiling;
  in.currency();
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  wish.if_version = version_wanted(r);

  json::object shape;
  if (wish.name) shape.emplace_back("name", *wish.name);
  if (wish.type) shape.emplace_back("type", *wish.type);
  if (wish.balance) shape.emplace_back("balance", wish.balance->minor);
  if (wish.change_floor) shape.emplace_back("floor", canonical_amount(wish.floor));
  if (wish.change_ceiling) shape.emplace_back("ceiling", canonical_amount(wish.ceiling));
  if (wish.credit_limit) shape.emplace_back("credit_limit", true);
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = show_account,
                .context = account_context(),
                .headers = tag_account};
}

decision delete_account(const service&, const request& r) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = ledger::close_account{ledger::account_id{r.path_param("id")}, version_wanted(r)},
      .key = std::move(key),
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{200, message_body("Conta removida com sucesso")};
          },
      .context = account_context()};
}

response list_entries(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  ledger::entry_filter filter;
  filter.account = ledger::account_id{r.path_param("id")};
  filter.limit = in.integer("limit", 1, 500).value_or(100);
  filter.ascending = in.one_of("order", orders).value_or("desc") == "asc";
  const bool booked = in.one_of("basis", bases).value_or("booked") == "booked";
  const auto from = in.date("from", s.zone);
  const auto to = in.date("to", s.zone);
  if (const auto* sent = in.raw("cursor")) {
    filter.after_version = read_version_cursor(*sent);
    if (!filter.after_version)
      in.add("cursor", "value_error", "Value error, cursor inválido", *sent);
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (booked) {
    if (from)
      filter.booked_from = from->date_only ? s.zone.start_of_day(from->effective) : from->at;
    if (to) filter.booked_to = to->date_only ? day_after(to->effective, s.zone) : to->at;
  } else {
    if (from) filter.effective_from = from->effective;
    if (to) filter.effective_to = to->effective;
  }

  const auto found = account_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_account);
  if (!*found) return no_account(r);
  const auto page = s.books.entries(user.id, filter);
  if (!page) return s.refused(page.error(), r, about_account);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, page->items,
              [](std::string& out, const ledger::entry_view& e) { append_entry(out, e, false); });
  answer.body += ",\"next_cursor\":";
  if (page->more && !page->items.empty())
    append_text(answer.body, version_cursor(page->items.back().what.version));
  else
    answer.body += "null";
  answer.body += '}';
  return answer;
}

response get_balance(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  query_reader in{r, bad};
  const bool booked = in.one_of("basis", bases).value_or("booked") == "booked";
  const auto sent = in.date("at", s.zone);
  if (!bad.empty()) return validation_problem(bad, r.request_id);

  const auto found = account_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_account);
  if (!*found) return no_account(r);
  const auto now = s.clock.now();
  const auto day = sent ? sent->effective : s.zone.day_of(now);
  auto at = sent ? sent->at : now;
  // A date is its end: the last microsecond before the next day begins.
  if (sent && sent->date_only) at = base::utc_us{day_after(day, s.zone).count - 1};

  const auto& id = (**found).record.id;
  const auto sum = booked ? s.books.balance_booked(id, at) : s.books.balance_effective(id, day);
  if (!sum) return s.refused(sum.error(), r, about_account);
  response answer;
  auto& out = answer.body;
  out = "{\"account_id\":";
  append_text(out, id.text());
  out += ",\"at\":";
  if (sent && sent->date_only)
    append_text(out, base::to_text(day));
  else
    append_instant(out, at);
  out += booked ? ",\"basis\":\"booked\",\"balance\":" : ",\"basis\":\"effective\",\"balance\":";
  append_money(out, sum->balance);
  out += ",\"balance_str\":";
  append_text(out, base::decimal_text(sum->balance));
  out += fmt::format(",\"version\":{}}}", sum->version);
  return answer;
}

namespace {

response recalculate(const service& s, const request& r, const ledger::user_record& user) {
  const auto found = account_of_path(s, r, user);
  if (!found) return s.refused(found.error(), r, about_account);
  if (!*found) return no_account(r);
  const auto& record = (**found).record;
  auto check = s.books.check_of(record.id);
  if (check && *check && !(**check).same()) {
    correction_wish wish;
    wish.dry_run = false;
    wish.note.actor = user.id.text();
    wish.note.reason = "recálculo pedido pelo dono da conta";
    wish.note.request_id = r.request_id;
    wish.deadline = s.deadline();
    check = sync_one(s.books, wish, record.id);
  }
  if (!check) return s.refused(check.error(), r, about_account);
  if (!*check) return no_account(r);
  const auto stored = (**check).stored.value_or(balance_check::position{}).balance;
  const auto calculated = (**check).from_ledger.balance;
  response answer;
  auto& out = answer.body;
  out = "{\"account_id\":";
  append_text(out, record.id.text());
  out += ",\"account_name\":";
  append_text(out, record.name);
  out += ",\"calculated_balance\":";
  append_money(out, calculated);
  out += ",\"stored_balance\":";
  append_money(out, stored);
  out += ",\"discrepancy\":";
  append_money(out, {stored.minor - calculated.minor});
  out += fmt::format(",\"was_discrepancy\":{}}}", !(**check).same());
  return answer;
}

} // namespace

response recalculate_account(const service& s, const request& r, const ledger::user_record& user) {
  faults bad;
  action_key key{idempotency_key(r, bad)};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return keyed_action(s, r, user, std::move(key), [&] { return recalculate(s, r, user); });
}

} // namespace http
