// read_rule, write_rule, read_end, write_end: rules as JSON.
#include "scheduler/schedule_rule.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <initializer_list>

namespace scheduler {

namespace {

namespace json = base::json;

constexpr std::int64_t interval_max = 1000; // as of all recurrences
constexpr std::int64_t every_s_max = (8 * 365 + 2) * std::int64_t{86'400};
constexpr std::int64_t end_count_max = 1'000'000;

constexpr std::array<std::string_view, 4> freq_texts{"daily", "weekly", "monthly", "yearly"};
constexpr std::array<std::string_view, 7> day_texts{"SUN", "MON", "TUE", "WED",
                                                    "THU", "FRI", "SAT"};
constexpr std::array<std::string_view, 2> month_end_texts{"clamp", "skip"};

template <std::size_t Count>
std::optional<std::size_t> index_of(const std::array<std::string_view, Count>& texts,
                                    const json::value& v) {
  const auto* text = v.if_string();
  const auto at = text == nullptr ? texts.end() : std::find(texts.begin(), texts.end(), *text);
  if (at == texts.end()) return std::nullopt;
  return static_cast<std::size_t>(at - texts.begin());
}

/// The members of one object; its faults carry their path.
class rule_object {
public:
  rule_object(const json::value& v, std::string prefix, rule_faults& bad)
      : value_(v), prefix_(std::move(prefix)), bad_(bad) {}

  void add(std::string_view key, std::string message, std::string hint = {}) {
    bad_.push_back({prefix_ + std::string{key}, std::move(message), std::move(hint), {}});
  }
  void refuse_others(std::initializer_list<std::string_view> known) {
    for (const auto& [key, v] : *value_.if_object())
      if (std::find(known.begin(), known.end(), key) == known.end()) add(key, "unknown member");
  }
  const json::value* wanted(std::string_view key) {
    const auto* v = value_.find(key);
    if (v == nullptr) add(key, "missing");
    return v;
  }
  std::optional<std::int64_t> whole(std::string_view key, std::int64_t most) {
    const auto* v = wanted(key);
    if (v == nullptr) return std::nullopt;
    const auto n = v->as_int64();
    if (n && *n >= 1 && *n <= most) return n;
    add(key, n ? "out of range" : "no whole number", fmt::format("1 to {}", most));
    return std::nullopt;
  }
  /// With its offset, in whole seconds.
  std::optional<base::utc_us> instant(std::string_view key) {
    const auto* v = wanted(key);
    if (v == nullptr) return std::nullopt;
    const auto t = time(*v);
    if (t && t->has_offset && !t->date_only) return t->at;
    add(key, "no instant", "2026-01-31T09:00:00-03:00 or …Z, in whole seconds");
    return std::nullopt;
  }
  std::optional<local_us> local_time(std::string_view key) {
    const auto* v = wanted(key);
    if (v == nullptr) return std::nullopt;
    const auto t = time(*v);
    if (t && !t->has_offset && !t->date_only) return local_us{t->at.count};
    add(key, "no local date and time", "2026-01-31T09:00, without an offset, in whole seconds");
    return std::nullopt;
  }

private:
  static std::optional<base::parsed_instant> time(const json::value& v) {
    const auto* text = v.if_string();
    const auto t = text == nullptr ? std::nullopt : base::parse_instant(*text);
    if (!t || t->at.count % base::us_per_second != 0) return std::nullopt;
    return t;
  }

  const json::value& value_;
  std::string prefix_;
  rule_faults& bad_;
};

std::uint32_t read_days(const json::value& sent, calendar_freq freq, rule_object& in) {
  const auto* list = sent.if_array();
  if (freq != calendar_freq::weekly && freq != calendar_freq::monthly) {
    in.add("days", "only of weekly and monthly rules", "leave it out");
    return 0;
  }
  const bool weekly = freq == calendar_freq::weekly;
  const auto* hint = weekly ? R"(a list of "MON" … "SUN")" : "a list of numbers from 1 to 31";
  if (list == nullptr || list->empty() || list->size() > 31) {
    in.add("days", list == nullptr ? "no list" : "none or too many", hint);
    return 0;
  }
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& each = (*list)[i];
    const auto name = weekly ? index_of(day_texts, each) : std::nullopt;
    const auto day = weekly ? std::nullopt : each.as_int64();
    if (name)
      bits |= 1u << *name;
    else if (day && *day >= 1 && *day <= 31)
      bits |= 1u << static_cast<unsigned>(*day);
    else
      in.add(fmt::format("days.{}", i), weekly ? "no weekday" : "no day of a month", hint);
  }
  return bits;
}

/// Whether it ever fires does not depend on the zone.
bool ever_fires(const calendar_rule& r) {
  static const zone_rules utc{"UTC", 0, {}};
  return r.next_tick({r.start.count - 1}, utc).has_value();
}

std::optional<schedule_rule> read_calendar(const json::value& sent, rule_faults& bad) {
  if (sent.if_object() == nullptr) {
    bad.push_back({"calendar", "no object", "freq, interval, start, days, month_end", {}});
    return std::nullopt;
  }
  const auto before = bad.size();
  rule_object in{sent, "calendar.", bad};
  in.refuse_others({"freq", "interval", "start", "days", "month_end"});
  calendar_rule r;
  std::optional<std::size_t> freq;
  if (const auto* v = in.wanted("freq")) {
    freq = index_of(freq_texts, *v);
    if (!freq) in.add("freq", "no frequency", "daily, weekly, monthly or yearly");
  }
  if (freq) r.freq = static_cast<calendar_freq>(*freq);
  if (sent.find("interval") != nullptr)
    r.interval = static_cast<std::int32_t>(in.whole("interval", interval_max).value_or(1));
  r.start = in.local_time("start").value_or(local_us{});
  if (const auto* v = sent.find("days"); v != nullptr && !v->is_null() && freq)
    r.days = read_days(*v, r.freq, in);
  if (const auto* v = sent.find("month_end")) {
    const auto what = index_of(month_end_texts, *v);
    if (!what) in.add("month_end", "no such rule", "clamp or skip");
    r.at_month_end = static_cast<month_end>(what.value_or(0));
  }
  if (bad.size() == before && !ever_fires(r))
    in.add("days", "never fires", "name a day that one of the months has");
  if (bad.size() != before) return std::nullopt;
  return r;
}

std::string start_text(local_us t) {
  auto text = base::to_text(base::utc_us{t.count});
  text.pop_back(); // Z
  return text;
}

json::value written(const cron& c) { return json::object{{"cron", c.text}}; }

json::value written(const calendar_rule& r) {
  json::object o{{"freq", freq_texts[static_cast<std::size_t>(r.freq)]},
                 {"interval", r.interval},
                 {"start", start_text(r.start)}};
  const bool of_months = r.freq == calendar_freq::monthly || r.freq == calendar_freq::yearly;
  if (r.days != 0) {
    json::array days;
    for (unsigned d = 0; d < 32; ++d) {
      if ((r.days >> d & 1u) == 0) continue;
      days.push_back(of_months ? json::value{static_cast<int>(d)} : json::value{day_texts[d]});
    }
    o.emplace_back("days", std::move(days));
  }
  if (of_months)
    o.emplace_back("month_end", month_end_texts[static_cast<std::size_t>(r.at_month_end)]);
  return json::object{{"calendar", std::move(o)}};
}

json::value written(const interval_rule& r) {
  return json::object{{"every_s", r.every_s}, {"anchor", base::to_text(r.anchor)}};
}

} // namespace

std::optional<schedule_rule> read_rule(const json::value& sent, rule_faults& bad) {
  constexpr auto hint = R"({"cron": …}, {"calendar": …} or {"every_s": …, "anchor": …})";
  if (sent.if_object() == nullptr) {
    bad.push_back({"", "no object", hint, {}});
    return std::nullopt;
  }
  const auto before = bad.size();
  rule_object in{sent, "", bad};
  in.refuse_others({"cron", "calendar", "every_s", "anchor"});
  const auto* expression = sent.find("cron");
  const auto* calendar = sent.find("calendar");
  const bool interval = sent.find("every_s") != nullptr || sent.find("anchor") != nullptr;
  if ((expression != nullptr) + (calendar != nullptr) + interval != 1)
    in.add("", "one rule, please", hint);
  std::optional<schedule_rule> rule;
  if (expression != nullptr) {
    if (const auto* text = expression->if_string()) {
      auto c = read_cron(*text);
      if (const auto* f = std::get_if<cron_fault>(&c))
        bad.push_back({"cron", f->reason, f->hint, f->position});
      else
        rule = std::get<cron>(std::move(c));
    } else {
      in.add("cron", "no text", "0 6 * * * is each day at 06:00");
    }
  }
  if (calendar != nullptr) rule = read_calendar(*calendar, bad);
  if (interval) {
    const auto every_s = in.whole("every_s", every_s_max);
    const auto anchor = in.instant("anchor");
    if (every_s && anchor) rule = interval_rule{*every_s, *anchor};
  }
  if (bad.size() != before) return std::nullopt;
  return rule;
}

json::value write_rule(const schedule_rule& rule) {
  return std::visit([](const auto& r) { return written(r); }, rule);
}

std::optional<rule_end> read_end(const json::value& sent, rule_faults& bad) {
  if (sent.is_null()) return rule_end{};
  const auto before = bad.size();
  if (sent.if_object() == nullptr) {
    bad.push_back({"", "no object", R"({"at": …} or {"count": …})", {}});
    return std::nullopt;
  }
  rule_object in{sent, "", bad};
  in.refuse_others({"at", "count"});
  rule_end end;
  const bool at = sent.find("at") != nullptr, count = sent.find("count") != nullptr;
  if (at && count) in.add("", "either at or count");
  if (at) end.at = in.instant("at");
  if (count) end.count = in.whole("count", end_count_max);
  if (bad.size() != before) return std::nullopt;
  return end;
}

json::value write_end(const rule_end& end) {
  if (end.at) return json::object{{"at", base::to_text(*end.at)}};
  if (end.count) return json::object{{"count", *end.count}};
  return nullptr;
}

} // namespace scheduler
