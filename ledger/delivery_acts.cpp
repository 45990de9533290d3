#include "ledger/delivery_acts.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"

namespace ledger {
namespace {

constexpr std::string_view doubt_code = "DELIVERY_IN_DOUBT";

delivery ended_as(delivery d, delivery_state how, std::string_view code, base::utc_us now) {
  d.state = how;
  d.code = code;
  d.ended_at = now;
  return d;
}

std::string words_of(const automation& rule, const delivery& d) {
  const auto name = '"' + rule.name + '"';
  if (d.state == delivery_state::unknown)
    return "O envio de " + name +
           " foi interrompido: não se sabe se a mensagem chegou, e ela não será repetida.";
  return (d.kind == delivery_kind::mail ? "A mensagem de " : "A chamada de ") + name +
         " não foi entregue (" + d.code + ").";
}

} // namespace

std::string_view to_text(delivery_state s) {
  switch (s) {
  case delivery_state::pending: return "pending";
  case delivery_state::sending: return "sending";
  case delivery_state::delivered: return "delivered";
  case delivery_state::failed: return "failed";
  case delivery_state::unknown: return "unknown";
  }
  UNREACHABLE("a state of a delivery");
}

begun_delivery begin_delivery(delivery d, base::utc_us now) {
  const bool begun = d.state == delivery_state::sending;
  if (begun && d.kind == delivery_kind::mail)
    return {ended_as(std::move(d), delivery_state::unknown, doubt_code, now),
            delivery_step::in_doubt};
  if (!begun && d.state != delivery_state::pending) return {std::move(d), delivery_step::leave};
  d.state = delivery_state::sending;
  ++d.attempts;
  return {std::move(d), delivery_step::send};
}

std::optional<delivery> end_attempt(delivery d, std::int32_t attempt, delivery_end how,
                                    std::string_view code, base::utc_us now) {
  // Taken for lost by a later attempt, and now it is known after all.
  const bool late_word = d.state == delivery_state::unknown && how == delivery_end::taken;
  if (d.attempts != attempt || (d.state != delivery_state::sending && !late_word))
    return std::nullopt;
  const bool mail = d.kind == delivery_kind::mail;
  switch (how) {
  case delivery_end::taken: return ended_as(std::move(d), delivery_state::delivered, {}, now);
  case delivery_end::refused: return ended_as(std::move(d), delivery_state::failed, code, now);
  case delivery_end::doubtful:
    if (mail) return ended_as(std::move(d), delivery_state::unknown, doubt_code, now);
    break;
  case delivery_end::later: break;
  }
  if (attempt >= (mail ? mail_attempts_max : webhook_attempts_max))
    return ended_as(std::move(d), delivery_state::failed, code, now);
  d.state = delivery_state::pending;
  d.code = code;
  return d;
}

delivery give_up(delivery d, std::string_view code, base::utc_us now) {
  return ended_as(std::move(d), delivery_state::failed, code, now);
}

std::optional<automation> rule_after(const automation& rule, const delivery& ended) {
  const auto error = ended.state == delivery_state::delivered ? std::optional<std::string>{}
                                                              : std::optional{ended.code};
  if (rule.last_error == error) return std::nullopt;
  auto after = rule;
  after.last_error = error;
  return after;
}

bool is_news(const automation& rule, const delivery& ended) {
  if (ended.state == delivery_state::unknown) return true;
  return ended.state == delivery_state::failed && rule.last_error != ended.code;
}

notification notice_of(const automation& rule, const delivery& ended, base::civil_day day,
                       notification_id id, base::utc_us now) {
  notification n;
  n.id = std::move(id);
  n.user = ended.user;
  n.type = "automation_failed";
  n.title = "Automação não executada";
  n.body = words_of(rule, ended);
  n.metadata = base::json::write(base::json::object{{"automation_rule_id", rule.id.text()},
                                                    {"occurrence_date", base::to_text(day)},
                                                    {"code", ended.code}});
  n.created_at = now;
  return n;
}

} // namespace ledger
