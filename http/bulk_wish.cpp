#include "http/bulk_wish.hpp"

#include "base/json.hpp"

#include <array>
#include <utility>

namespace http {
namespace {

namespace json = base::json;
using scheduler::control_action;

constexpr std::array bulk_actions{control_action::cancel,  control_action::park,
                                  control_action::release, control_action::redrive,
                                  control_action::discard, control_action::run_now};

void add_text(json::object& to, const char* name, const std::optional<std::string>& value) {
  if (value) to.emplace_back(name, *value);
}

std::optional<std::string> text_of_member(const json::value& from, std::string_view name) {
  const auto* found = from.find(name);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::nullopt : std::optional{*text};
}

std::optional<std::int64_t> number_of_member(const json::value& from, std::string_view name) {
  const auto* found = from.find(name);
  return found == nullptr ? std::nullopt : found->as_int64();
}

std::optional<base::utc_us> instant_of_member(const json::value& from, std::string_view name) {
  const auto n = number_of_member(from, name);
  return n ? std::optional{base::utc_us{*n}} : std::nullopt;
}

} // namespace

std::optional<control_action> bulk_action_of(std::string_view text) {
  for (const auto a : bulk_actions)
    if (scheduler::to_text(a) == text) return a;
  return std::nullopt;
}

std::string to_text(const bulk_wish& w) {
  json::object filter;
  const auto& q = w.which;
  if (q.user) filter.emplace_back("user", q.user->text());
  add_text(filter, "kind", q.kind);
  add_text(filter, "queue", q.queue);
  add_text(filter, "lane", q.lane);
  add_text(filter, "tag", q.tag);
  add_text(filter, "fingerprint", q.fingerprint);
  if (q.schedule) filter.emplace_back("schedule", q.schedule->text());
  if (q.state) filter.emplace_back("state", scheduler::to_text(*q.state));
  if (q.created_from) filter.emplace_back("created_from_us", q.created_from->count);
  if (q.created_to) filter.emplace_back("created_to_us", q.created_to->count);
  json::object all{{"action", scheduler::to_text(w.what)},
                   {"filter", std::move(filter)},
                   {"limit", w.limit},
                   {"by", w.by},
                   {"reason", w.reason}};
  if (w.per_second) all.emplace_back("per_second", *w.per_second);
  return json::write(all);
}

std::optional<bulk_wish> read_bulk_wish(const std::string& text) {
  const auto read = json::read(text);
  const auto* sent = std::get_if<json::value>(&read);
  if (sent == nullptr) return std::nullopt;
  const auto* filter = sent->find("filter");
  const auto action = bulk_action_of(text_of_member(*sent, "action").value_or(""));
  if (filter == nullptr || filter->if_object() == nullptr || !action) return std::nullopt;
  bulk_wish w;
  w.what = *action;
  w.limit = number_of_member(*sent, "limit").value_or(bulk_jobs_max);
  w.per_second = number_of_member(*sent, "per_second");
  w.by = text_of_member(*sent, "by").value_or("");
  w.reason = text_of_member(*sent, "reason").value_or("");
  auto& q = w.which;
  if (auto id = text_of_member(*filter, "user")) q.user = base::user_id{*id};
  q.kind = text_of_member(*filter, "kind");
  q.queue = text_of_member(*filter, "queue");
  q.lane = text_of_member(*filter, "lane");
  q.tag = text_of_member(*filter, "tag");
  q.fingerprint = text_of_member(*filter, "fingerprint");
  if (auto id = text_of_member(*filter, "schedule")) q.schedule = scheduler::schedule_id{*id};
  if (auto state = text_of_member(*filter, "state")) {
    q.state = scheduler::job_state_from_text(*state);
    if (!q.state) return std::nullopt; // it would take all of them
  }
  q.created_from = instant_of_member(*filter, "created_from_us");
  q.created_to = instant_of_member(*filter, "created_to_us");
  return w;
}

} // namespace http
