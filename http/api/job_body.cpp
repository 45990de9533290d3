#include "http/api/job_body.hpp"

#include "base/strict_json.hpp"
#include "http/api/text.hpp"
#include "scheduler/kind_name.hpp"
#include "scheduler/retry_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace http {
namespace {

namespace json = base::json;

constexpr std::size_t payload_bytes_max = 65'536;
constexpr std::size_t payload_depth_max = 16;
constexpr std::size_t job_tags_max = 8;
constexpr std::int64_t far_us = std::int64_t{5} * 366 * 86'400 * base::us_per_second;
constexpr std::string_view kind_rule = "Input should match [a-z][a-z0-9_.]{0,63}";

std::size_t depth_of(const json::value& v) {
  std::size_t deepest = 0;
  if (const auto* a = v.if_array())
    for (const auto& one : *a) deepest = std::max(deepest, depth_of(one));
  else if (const auto* o = v.if_object())
    for (const auto& [name, one] : *o) deepest = std::max(deepest, depth_of(one));
  else
    return 0;
  return deepest + 1;
}

json::array inside(json::array loc, std::string_view key) {
  loc.emplace_back(key);
  return loc;
}

void read_backoff(const json::value& sent, const json::array& loc, faults& bad,
                  scheduler::backoff& out) {
  const auto& curves = scheduler::backoff_curve_names;
  const auto& jitters = scheduler::jitter_names;
  refuse_others(sent, loc, {"curve", "base_s", "factor", "cap_s", "jitter", "list_s"}, bad);
  object_reader in{sent, loc, bad};
  if (const auto c = in.one_of("curve", curves, may_be_left_out))
    out.curve = static_cast<scheduler::backoff_curve>(
        std::find(std::begin(curves), std::end(curves), *c) - std::begin(curves));
  if (const auto b = read_whole(in, "base_s", 0, 86'400)) out.base_us = *b * base::us_per_second;
  if (const auto f = read_whole(in, "factor", 1, 10)) out.factor = *f;
  if (const auto c = read_whole(in, "cap_s", 1, 86'400)) out.cap_us = *c * base::us_per_second;
  if (const auto j = in.one_of("jitter", jitters, may_be_left_out))
    out.spread = static_cast<scheduler::jitter>(
        std::find(std::begin(jitters), std::end(jitters), *j) - std::begin(jitters));
  if (!in.has("list_s")) return;
  if (const auto* list = in.list("list_s", {1, 32}))
    for (const auto& one : *list) {
      const auto s = one.as_int64();
      if (!s || *s < 0 || *s > 86'400) {
        in.add("list_s", "value_error", "Value error, whole seconds from 0 to 86400", one);
        return;
      }
      out.list_us.push_back(*s * base::us_per_second);
    }
}

/// "kind" and "payload.<member>": what makes the key.
std::optional<std::string> key_of_members(object_reader& in, const json::array& by,
                                          const scheduler::job& j) {
  const auto read = json::read(j.payload);
  const auto* payload = std::get_if<json::value>(&read);
  std::string key;
  for (const auto& one : by) {
    const auto* name = one.if_string();
    const bool member = name != nullptr && name->starts_with("payload.");
    if (name == nullptr || (*name != "kind" && !member)) {
      in.add("by", "value_error", "Value error, \"kind\" or \"payload.<member>\"", one);
      return std::nullopt;
    }
    key += *name == "kind" ? j.kind : "";
    if (const auto* v = member && payload != nullptr ? payload->find(name->substr(8)) : nullptr)
      key += json::write_canonical(*v);
    key += '\n';
  }
  return key;
}

void read_unique(const json::value& sent, const json::array& loc, faults& bad, scheduler::job& j) {
  static constexpr std::string_view conflicts[] = {"return", "refuse", "replace", "debounce"};
  refuse_others(sent, loc, {"key", "by", "period", "on_conflict", "delay_s", "max_wait_s"}, bad);
  object_reader in{sent, loc, bad};
  scheduler::unique_rule u;
  const auto key = in.text("key", {.max = 200, .presence = need::optional});
  if (key) u.key = *key;
  if (!key && !in.has("by")) in.add_whole("value_error", "Value error, key or by");
  if (in.has("by"))
    if (const auto* by = in.list("by", {1, 8}))
      if (auto made = key_of_members(in, *by, j)) u.key += *made;
  const auto* period = in.find("period");
  if (period != nullptr && period->if_object() != nullptr) {
    object_reader window{*period, inside(loc, "period"), bad};
    refuse_others(*period, inside(loc, "period"), {"window_s"}, bad);
    u.until = scheduler::unique_rule::period::window;
    if (const auto s = read_whole(window, "window_s", 1, 30 * 86'400, {}))
      u.window_us = *s * base::us_per_second;
  } else if (period != nullptr) {
    static constexpr std::string_view periods[] = {"until_started", "until_finished"};
    const auto p = in.one_of("period", periods, {});
    if (p && *p == "until_started") u.until = scheduler::unique_rule::period::until_started;
  }
  if (const auto c = in.one_of("on_conflict", conflicts, may_be_left_out))
    u.on_conflict = static_cast<scheduler::unique_rule::conflict>(
        std::find(std::begin(conflicts), std::end(conflicts), *c) - std::begin(conflicts));
  if (const auto s = read_whole(in, "delay_s", 0, 86'400)) u.delay_us = *s * base::us_per_second;
  if (const auto s = read_whole(in, "max_wait_s", 0, 86'400))
    u.max_wait_us = *s * base::us_per_second;
  j.unique = std::move(u);
}

/// Beyond it a double, which most clients have, is not the number that was sent.
void refuse_large_numbers(const json::value& v, const json::array& loc, faults& bad) {
  if (const auto* n = v.if_number()) {
    constexpr std::int64_t most = 9'007'199'254'740'992;
    const auto exact = v.as_int64();
    const bool large =
        exact ? *exact > most || *exact < -most
              : std::abs(std::strtod(n->text.c_str(), nullptr)) > static_cast<double>(most);
    if (bad.size() < 100 && large)
      bad.push_back({"value_error", loc, "Value error, a number beyond 2^53", v, std::nullopt});
  } else if (const auto* list = v.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto at = loc;
      at.emplace_back(static_cast<std::int64_t>(i));
      refuse_large_numbers((*list)[i], at, bad);
    }
  } else if (const auto* members = v.if_object()) {
    for (const auto& [name, one] : *members) refuse_large_numbers(one, inside(loc, name), bad);
  }
}

} // namespace

std::variant<json::value, response> read_job_body(const request& r, body_rule rule) {
  if (trimmed(r.body).empty()) {
    if (rule == body_rule::may_be_empty) return json::value{json::object{}};
    return read_body(r);
  }
  auto read = json::read_strict(r.body);
  if (const auto* bad = std::get_if<json::fault>(&read)) return json_problem(*bad, r.request_id);
  auto& sent = std::get<json::value>(read);
  if (sent.if_object() == nullptr) return read_body(r); // which refuses it
  faults bad;
  refuse_large_numbers(sent, {"body"}, bad);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return std::move(sent);
}

std::optional<base::utc_us> read_near_instant(object_reader& in, std::string_view key,
                                              base::utc_us now, const scheduler::zone_rules& zone) {
  const auto date = in.date(key, zone, may_be_null);
  if (!date) return std::nullopt;
  if (date->at.count > now.count + far_us || date->at.count < now.count - far_us) {
    in.add(key, "value_error", "Value error, more than five years away", *in.find(key));
    return std::nullopt;
  }
  return date->at;
}

const json::value* object_member(object_reader& in, std::string_view key) {
  const auto* v = in.find(key);
  if (v == nullptr || v->is_null()) return nullptr;
  if (v->if_object() == nullptr) {
    in.add(key, "dict_type", "Input should be a valid dictionary", *v);
    return nullptr;
  }
  return v;
}

std::optional<std::string> read_kind_name(object_reader& in, std::string_view key, need presence) {
  auto name = in.text(key, {.max = 64, .presence = presence, .null = null_rule::absent});
  if (name && !scheduler::is_kind_name(*name)) {
    in.add(key, "string_pattern_mismatch", std::string{kind_rule}, json::value{*name});
    return std::nullopt;
  }
  return name;
}

void refuse_others(const json::value& object, const json::array& loc,
                   std::initializer_list<std::string_view> known, faults& bad) {
  const auto* members = object.if_object();
  if (members == nullptr) return;
  for (const auto& [name, value] : *members) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto at = loc;
    at.emplace_back(name.size() <= 100 ? name : name.substr(0, 100));
    bad.push_back({"extra_forbidden", std::move(at), "Extra inputs are not permitted", nullptr,
                   std::nullopt});
  }
}

std::optional<std::int64_t> read_whole(object_reader& in, std::string_view key, std::int64_t least,
                                       std::int64_t most, presence_rule rule) {
  const auto* v = in.find(key);
  if (v == nullptr) {
    if (rule.presence == need::required)
      in.add(key, "missing", "Field required", json::value{nullptr});
    return std::nullopt;
  }
  const auto n = v->as_int64();
  if (!n) {
    in.add(key, "int_type", "Input should be a valid integer", *v);
    return std::nullopt;
  }
  if (*n < least || *n > most) {
    in.add(key, *n < least ? "greater_than_equal" : "less_than_equal",
           *n < least ? fmt::format("Input should be greater than or equal to {}", least)
                      : fmt::format("Input should be less than or equal to {}", most),
           *v);
    return std::nullopt;
  }
  return n;
}

std::optional<std::string> read_payload(object_reader& in, std::string_view key) {
  const auto* v = object_member(in, key);
  if (v == nullptr) return std::nullopt;
  if (depth_of(*v) > payload_depth_max) {
    in.add(key, "value_error", "Value error, deeper than 16", json::value{nullptr});
    return std::nullopt;
  }
  auto text = json::write(*v);
  if (text.size() <= payload_bytes_max) return text;
  in.add(key, "value_error", "Value error, larger than 65536 bytes", json::value{nullptr});
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_job_tags(object_reader& in) {
  if (!in.has("tags") || in.is_null("tags")) return std::nullopt;
  const auto* list = in.list("tags", {0, job_tags_max});
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> tags;
  for (const auto& one : *list) {
    const auto* text = one.if_string();
    if (text == nullptr || text->empty() || code_points(*text) > 40) {
      in.add("tags", "value_error", "Value error, 1 to 40 characters each", one);
      return std::nullopt;
    }
    tags.push_back(*text);
  }
  return tags;
}

std::optional<scheduler::job> read_job(const json::value& sent, json::array loc, base::utc_us now,
                                       const scheduler::zone_rules& zone, faults& bad) {
  static constexpr std::string_view policies[] = {"block", "park_head", "park_lane"};
  const auto faults_before = bad.size();
  if (sent.if_object() == nullptr) {
    bad.push_back({"model_attributes_type", std::move(loc),
                   "Input should be a valid dictionary or object to extract fields from", nullptr,
                   std::nullopt});
    return std::nullopt;
  }
  refuse_others(sent, loc,
                {"kind", "queue", "lane", "payload", "payload_version", "priority", "run_at",
                 "expires_at", "max_attempts", "retry_until", "timeout_s", "backoff", "lane_policy",
                 "unique", "tags", "user"},
                bad);
  object_reader in{sent, loc, bad};
  auto j = scheduler::wish_for(read_kind_name(in, "kind", need::required).value_or(std::string{}));
  if (auto queue = read_kind_name(in, "queue", need::optional)) j.queue = std::move(*queue);
  j.lane = in.text("lane",
                   {.min = 1, .max = 120, .presence = need::optional, .null = null_rule::absent});
  if (auto payload = read_payload(in, "payload")) j.payload = std::move(*payload);
  if (const auto n = read_whole(in, "payload_version", 1, 1'000'000))
    j.payload_version = static_cast<std::int32_t>(*n);
  if (const auto n = read_whole(in, "priority", 0, 9)) j.priority = static_cast<std::int32_t>(*n);
  if (const auto at = read_near_instant(in, "run_at", now, zone)) j.run_at = *at;
  j.expires_at = read_near_instant(in, "expires_at", now, zone);
  if (const auto n = read_whole(in, "max_attempts", 1, 100))
    j.max_attempts = static_cast<std::int32_t>(*n);
  j.retry_until = read_near_instant(in, "retry_until", now, zone);
  if (const auto n = read_whole(in, "timeout_s", 1, 86'400))
    j.timeout_s = static_cast<std::int32_t>(*n);
  if (const auto* b = object_member(in, "backoff")) {
    j.retry = {};
    read_backoff(*b, inside(loc, "backoff"), bad, j.retry);
  }
  if (const auto p = in.one_of("lane_policy", policies, may_be_left_out))
    j.on_failure = static_cast<scheduler::lane_policy>(
        std::find(std::begin(policies), std::end(policies), *p) - std::begin(policies));
  if (const auto* u = object_member(in, "unique")) read_unique(*u, inside(loc, "unique"), bad, j);
  if (auto tags = read_job_tags(in)) j.tags = std::move(*tags);
  if (auto user = in.id("user", may_be_null)) j.user = base::user_id{*user};
  if (bad.size() != faults_before) return std::nullopt;
  return j;
}

} // namespace http
