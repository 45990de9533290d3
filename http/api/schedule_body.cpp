#include "http/api/schedule_body.hpp"

#include "http/api/job_body.hpp"

#include <algorithm>

namespace http {
namespace {

constexpr std::array<std::string_view, 3> misfires{"skip", "once", "all"};
constexpr std::array<std::string_view, 3> overlaps{"skip", "queue", "allow"};

template <class Policy>
std::optional<Policy> read_policy(object_reader& in, std::string_view key,
                                  const std::array<std::string_view, 3>& texts) {
  const auto said = in.one_of(key, texts, may_be_left_out);
  if (!said) return std::nullopt;
  return static_cast<Policy>(std::find(texts.begin(), texts.end(), *said) - texts.begin());
}

/// A rule is one member of the body among others: its faults stand in the list of all.
void add_rule_faults(const scheduler::rule_faults& wrong, faults& bad) {
  for (const auto& w : wrong) {
    base::json::array loc{"body", "rule"};
    if (!w.path.empty()) loc.emplace_back(w.path);
    bad.push_back({"value_error", std::move(loc), "Value error, " + w.message, nullptr, {}});
  }
}

} // namespace

response bad_rule(const scheduler::rule_faults& wrong, const request& r) {
  namespace json = base::json;
  const auto place = [](const scheduler::rule_fault& f) {
    return f.position ? json::value{static_cast<std::int64_t>(*f.position)} : json::value{nullptr};
  };
  const auto hint = [](const scheduler::rule_fault& f) {
    return f.hint.empty() ? json::value{nullptr} : json::value{f.hint};
  };
  json::array all;
  for (const auto& f : wrong)
    all.emplace_back(json::object{
        {"path", f.path}, {"message", f.message}, {"position", place(f)}, {"hint", hint(f)}});
  const auto& first = wrong.front();
  response answer;
  answer.status = 422;
  answer.body = json::write(json::object{{"detail", "Regra inválida: " + first.message},
                                         {"code", "BAD_RULE"},
                                         {"request_id", r.request_id},
                                         {"position", place(first)},
                                         {"hint", hint(first)},
                                         {"errors", std::move(all)}});
  return answer;
}

std::optional<read_times> read_rule_members(object_reader& in, const base::json::value& sent,
                                            const zone_source& zones, std::string_view usual_zone,
                                            faults& bad, scheduler::rule_faults& wrong) {
  const auto faults_before = bad.size();
  const auto wrong_before = wrong.size();
  std::optional<scheduler::schedule_rule> rule;
  if (const auto* given = sent.find("rule")) {
    rule = scheduler::read_rule(*given, wrong);
  } else {
    in.add("rule", "missing", "Field required", sent);
  }
  scheduler::rule_end end;
  if (const auto* given = sent.find("end"))
    if (const auto read = scheduler::read_end(*given, wrong)) end = *read;
  const auto named =
      in.text("zone", {.min = 1, .max = 64, .presence = need::optional, .null = null_rule::absent});
  const std::string name = named ? *named : std::string{usual_zone};
  auto zone = zones(name);
  if (!zone) wrong.push_back({"zone", "unknown zone", "an IANA name: America/Sao_Paulo", {}});
  if (!rule || !zone || bad.size() != faults_before || wrong.size() != wrong_before)
    return std::nullopt;
  return read_times{std::move(*rule), end, std::move(*zone)};
}

std::variant<read_schedule, response> read_schedule_body(const request& r,
                                                         const base::json::value& sent,
                                                         const zone_source& zones,
                                                         const schedule_reading& how, faults bad) {
  refuse_others(sent, {"body"},
                {"name", "kind", "queue", "lane", "payload", "priority", "max_attempts",
                 "timeout_s", "rule", "zone", "misfire", "overlap", "end", "user", "system",
                 "reason"},
                bad);
  object_reader in{sent, {"body"}, bad};
  read_schedule made;
  auto& s = made.what;
  if (auto name = in.text("name", {.min = 1, .max = 100, .trim = true})) s.name = std::move(*name);
  if (auto kind = read_kind_name(in, "kind", need::required)) s.kind = std::move(*kind);
  if (auto queue = read_kind_name(in, "queue", need::optional)) s.queue = std::move(*queue);
  s.lane = in.text("lane", {.max = 120, .presence = need::optional, .null = null_rule::absent});
  if (auto payload = read_payload(in, "payload")) s.payload = std::move(*payload);
  if (const auto n = read_whole(in, "priority", 0, 9)) s.priority = static_cast<std::int32_t>(*n);
  // Zero: as its kind has it.
  s.max_attempts = static_cast<std::int32_t>(read_whole(in, "max_attempts", 1, 100).value_or(0));
  s.timeout_s = static_cast<std::int32_t>(read_whole(in, "timeout_s", 1, 86'400).value_or(0));
  const auto misfire = read_policy<scheduler::misfire_policy>(in, "misfire", misfires);
  made.usual_misfire = !misfire;
  s.misfire = misfire.value_or(scheduler::misfire_policy::once);
  s.overlap = read_policy<scheduler::overlap_policy>(in, "overlap", overlaps)
                  .value_or(scheduler::overlap_policy::queue);
  if (auto user = in.id("user", may_be_null)) s.user = base::user_id{*user};
  scheduler::rule_faults wrong;
  const auto times = read_rule_members(in, sent, zones, how.usual_zone, bad, wrong);
  if (times) {
    if (!how.close_ticks) scheduler::refuse_close_ticks(times->rule, wrong);
    const auto first = scheduler::next_after(times->rule, how.now, *times->zone);
    if (!first || (times->end.at && *first > *times->end.at))
      wrong.push_back({"", "it never fires", "a rule with a tick in the future", {}});
    s.rule = base::json::write(scheduler::write_rule(times->rule));
    s.zone = times->zone->name();
    s.ends_at = times->end.at;
    s.ticks_left = times->end.count;
  }
  if (bad.empty() && wrong.empty()) return made;
  if (bad.empty()) return bad_rule(wrong, r);
  add_rule_faults(wrong, bad);
  return validation_problem(bad, r.request_id);
}

} // namespace http
