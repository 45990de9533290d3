#include "http/api/render_schedules.hpp"

#include "http/api/render.hpp"
#include "scheduler/schedule_rule.hpp"

#include <fmt/format.h>

namespace http {
namespace {

base::json::value instant_value(const std::optional<base::utc_us>& at) {
  if (!at) return nullptr;
  std::string text;
  append_instant(text, *at);
  return text.substr(1, text.size() - 2); // it writes the quotes too
}

base::json::value read_back(const std::string& text) {
  auto read = base::json::read(text);
  if (auto* v = std::get_if<base::json::value>(&read)) return std::move(*v);
  return nullptr;
}

template <class Id> base::json::value id_value(const std::optional<Id>& id) {
  if (!id) return nullptr;
  return id->text();
}

std::string_view tick_text(scheduler::tick_end e) {
  switch (e) {
  case scheduler::tick_end::ran: return "ran";
  case scheduler::tick_end::skipped: return "skipped";
  case scheduler::tick_end::capped: return "capped";
  case scheduler::tick_end::contended: return "contended";
  case scheduler::tick_end::manual: return "manual";
  }
  return "";
}

std::string_view state_of(const schedule_view& v) {
  if (!v.fault.empty()) return "broken";
  if (v.what.paused) return "paused";
  return v.what.next_at ? "active" : "ended";
}

} // namespace

void append_schedule(std::string& out, const schedule_view& v) {
  static constexpr std::string_view misfires[] = {"skip", "once", "all"};
  static constexpr std::string_view overlaps[] = {"skip", "queue", "allow"};
  namespace json = base::json;
  const auto& s = v.what;
  json::value pause = nullptr;
  if (s.paused)
    pause = json::object{
        {"reason", s.pause_reason}, {"by", s.paused_by}, {"until", instant_value(s.paused_until)}};
  json::value lane = nullptr;
  if (s.lane) lane = *s.lane;
  json::value fault = nullptr;
  if (!v.fault.empty()) fault = v.fault;
  const auto next = s.paused ? std::nullopt : s.next_at;
  out += json::write(json::object{
      {"id", s.id.text()},
      {"name", s.name},
      {"state", state_of(v)},
      {"user", id_value(s.user)},
      {"kind", s.kind},
      {"queue", s.queue},
      {"lane", std::move(lane)},
      {"payload", read_back(s.payload)},
      {"priority", std::int64_t{s.priority}},
      {"max_attempts", std::int64_t{s.max_attempts}},
      {"timeout_s", std::int64_t{s.timeout_s}},
      {"rule", read_back(s.rule)},
      {"zone", s.zone},
      {"misfire", misfires[static_cast<std::size_t>(s.misfire)]},
      {"overlap", overlaps[static_cast<std::size_t>(s.overlap)]},
      {"end", scheduler::write_end({s.ends_at, s.ticks_left})},
      {"next_at", instant_value(next)},
      {"settled_to", instant_value(s.watermark)},
      {"paused", std::move(pause)},
      {"unfinished", v.unfinished},
      {"held", v.held},
      {"fault", std::move(fault)},
      {"version", s.version},
      {"created_at", instant_value(s.created_at)},
      {"updated_at", instant_value(s.updated_at)},
      {"links", json::object{{"preview", fmt::format("/api/schedules/{}/preview", s.id.text())},
                             {"ticks", fmt::format("/api/schedules/{}/ticks", s.id.text())}}}});
}

void append_tick(std::string& out, const scheduler::schedule_tick& t) {
  out += base::json::write(base::json::object{{"at", instant_value(t.at)},
                                              {"result", tick_text(t.end)},
                                              {"job", id_value(t.job)},
                                              {"settled_at", instant_value(t.settled_at)}});
}

void append_preview(std::string& out, const scheduler::preview& p) {
  base::json::array ticks;
  for (const auto& t : p.ticks) {
    base::json::value note = nullptr;
    if (!t.note.empty()) note = t.note;
    ticks.emplace_back(base::json::object{
        {"at", instant_value(t.at)}, {"local", t.local}, {"note", std::move(note)}});
  }
  out += base::json::write(base::json::object{{"ticks", std::move(ticks)}, {"more", p.more}});
}

void append_backfill(std::string& out, const backfill_view& b) {
  base::json::object shown{{"count", b.count},
                           {"existing", b.existing},
                           {"first", instant_value(b.first)},
                           {"last", instant_value(b.last)}};
  if (!b.token.empty()) shown.emplace_back("token", b.token);
  out += base::json::write(std::move(shown));
}

} // namespace http
