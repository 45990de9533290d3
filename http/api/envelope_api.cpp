// Envelopes, "caixinhas" (api-contract §9): centavos as integers.
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
using envelope = ledger::budget_envelope;
using ledger::errc;
using ledger::row_change;

success_render showing_balance(std::string_view message) {
  return [message](const ledger::outcome& o) {
    const auto e = changed_row<envelope>(o);
    ledger::stored_answer answer{200, "{\"message\":"};
    append_text(answer.body, message);
    answer.body += fmt::format(",\"new_balance\":{}}}", e.balance.minor);
    return answer;
  };
}

ledger::row_question envelope_of_path(const request& r, const ledger::user_record& user) {
  return ledger::envelope_by_id{user.id, ledger::envelope_id{r.path_param("id")}};
}

template <class Decide>
ledger::change_rows changed(const request& r, const ledger::user_record& user, Decide decide) {
  return change_of_row<envelope>(envelope_of_path(r, user), errc::envelope_not_found, if_match(r),
                                 std::move(decide));
}

base::result<row_change> moved_by(const envelope& e, base::centavos amount, base::utc_us now) {
  auto done = ledger::move(e, amount, now);
  if (!done) return done.error();
  return moved(std::move(*done));
}

struct envelope_edit {
  std::optional<std::string> name;
  std::optional<base::centavos> balance;
  bool has_target = false, has_color = false, has_description = false;
  std::optional<base::centavos> target;
  std::optional<std::string> color, description;
};

envelope_edit read_envelope(object_reader& in, need presence) {
  envelope_edit e;
  e.name =
      in.text("name", {.max = row_name_max, .presence = presence, .blank_counts_as_short = true});
  e.balance = in.amount_or_zero("balance", may_be_left_out);
  e.has_target = in.has("target_amount");
  e.target = in.amount("target_amount", may_be_null);
  e.has_color = in.has("color");
  e.color = in.color("color", may_be_null);
  e.has_description = in.has("description");
  e.description =
      in.text("description",
              {.max = row_description_max, .presence = need::optional, .null = null_rule::absent});
  return e;
}

json::object shape_of(const envelope_edit& e) {
  const auto or_null = [](const auto& v) { return v ? json::value{*v} : json::value{nullptr}; };
  json::object shape;
  if (e.name) shape.emplace_back("name", *e.name);
  if (e.balance) shape.emplace_back("balance", e.balance->minor);
  if (e.has_target)
    shape.emplace_back("target_amount", e.target ? json::value{e.target->minor} : nullptr);
  if (e.has_color) shape.emplace_back("color", or_null(e.color));
  if (e.has_description) shape.emplace_back("description", or_null(e.description));
  return shape;
}

base::result<row_change> edited(const envelope& before, const envelope_edit& sent,
                                base::utc_us now) {
  auto e = before;
  e.updated_at = now;
  if (sent.name) e.name = *sent.name;
  if (sent.has_target) e.target = sent.target;
  if (sent.has_color) e.color = sent.color;
  if (sent.has_description) e.description = sent.description;
  const auto wanted = sent.balance.value_or(e.balance);
  return moved_by(e, {wanted.minor - e.balance.minor}, now);
}

/// `amount` of the query, in centavos; sign: 1 in, -1 out.
decision movement(const request& r, const ledger::user_record& user, std::int64_t sign,
                  std::string_view message) {
  faults bad;
  auto key = idempotency_key(r, bad);
  query_reader in{r, bad};
  const auto amount = in.integer("amount", 1, base::amount_minor_max);
  if (in.raw("amount") == nullptr)
    bad.push_back({"missing", {"query", "amount"}, "Field required"});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = changed(r, user,
                      [by = base::centavos{sign * *amount}](const envelope& e, base::utc_us now) {
                        return moved_by(e, by, now);
                      }),
      .key = std::move(key),
      .show = showing_balance(message),
      .context = beside_the_books()};
}

} // namespace

response list_envelopes(const service& s, const request& r, const ledger::user_record& user) {
  const auto rows = s.books.user_rows(ledger::envelopes_of_user{user.id});
  if (!rows) return s.refused(rows.error(), r, about_user);
  response answer;
  append_list(answer.body, ledger::rows_of<envelope>(*rows), append_envelope);
  return answer;
}

response get_envelope(const service& s, const request& r, const ledger::user_record& user) {
  return answer_row<envelope>(s, r, envelope_of_path(r, user), errc::envelope_not_found,
                              append_envelope);
}

decision create_envelope(const service& s, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto sent = read_envelope(in, need::required);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = shape_of(sent);
  auto wish = new_row(user.id, ledger::dumped_row::envelopes, base::limits::envelopes_per_user_max,
                      [id = ledger::envelope_id{s.new_id()}, owner = user.id,
                       sent = std::move(sent)](base::utc_us now) -> base::result<row_change> {
                        envelope e;
                        e.id = id;
                        e.user = owner;
                        e.created_at = now;
                        auto made = edited(e, sent, now);
                        if (!made) return made.error();
                        for (auto* rows : {&made->writes, &made->answer})
                          std::get<envelope>(rows->front()).updated_at.reset();
                        return made;
                      });
  return change{.what = std::move(wish),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<envelope>(append_envelope),
                .context = beside_the_books(),
                .headers = tagging_row<envelope>()};
}

decision put_envelope(const service&, const request& r, const ledger::user_record& user) {
  const auto body = read_body(r);
  if (const auto* refused = std::get_if<response>(&body)) return *refused;
  faults bad;
  auto key = idempotency_key(r, bad);
  object_reader in{std::get<json::value>(body), {"body"}, bad};
  auto sent = read_envelope(in, need::optional);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto shape = shape_of(sent);
  return change{.what = changed(r, user,
                                [sent = std::move(sent)](const envelope& e, base::utc_us now) {
                                  return edited(e, sent, now);
                                }),
                .key = std::move(key),
                .canonical = std::move(shape),
                .show = showing_row<envelope>(append_envelope),
                .context = beside_the_books(),
                .headers = tagging_row<envelope>()};
}

decision delete_envelope(const service&, const request& r, const ledger::user_record& user) {
  faults bad;
  auto key = idempotency_key(r, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return change{
      .what = changed(r, user, [](const envelope& e, base::utc_us now) { return removed(e, now); }),
      .key = std::move(key),
      .show =
          [](const ledger::outcome&) {
            return ledger::stored_answer{200, message_body("Caixinha removida com sucesso")};
          },
      .context = beside_the_books()};
}

decision add_to_envelope(const service&, const request& r, const ledger::user_record& user) {
  return movement(r, user, 1, "Valor adicionado com sucesso");
}

decision take_from_envelope(const service&, const request& r, const ledger::user_record& user) {
  return movement(r, user, -1, "Valor retirado com sucesso");
}

} // namespace http
