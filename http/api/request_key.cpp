#include "http/api/request_key.hpp"

#include "base/limits.hpp"
#include "http/api/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

namespace json = base::json;

/// A name may come several times: its values in their order.
json::object grouped(const fields& list) {
  json::object groups;
  for (const auto& f : list) {
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const auto& member) { return member.first == f.name; });
    if (same == groups.end())
      groups.emplace_back(f.name, json::array{json::value{f.value}});
    else
      same->second.if_array()->emplace_back(f.value);
  }
  return groups;
}

base::digest digest_of(json::object path, json::object query, json::object body) {
  return base::sha256(json::write_canonical(json::object{
      {"path", std::move(path)}, {"query", std::move(query)}, {"body", std::move(body)}}));
}

} // namespace

bool check_key(std::string_view key, json::array loc, faults& out) {
  const auto refuse = [&](std::string type, std::string msg, json::object ctx) {
    // Not quoted: a whole key stands in no log, and error bodies end up in those of clients.
    out.push_back({std::move(type), std::move(loc), std::move(msg), nullptr, std::move(ctx)});
    return false;
  };
  constexpr auto max = base::limits::idempotency_key_max;
  if (key.empty())
    return refuse("string_too_short", "String should have at least 1 character",
                  json::object{{"min_length", 1}});
  const bool printable =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (!printable)
    return refuse("string_pattern_mismatch", "String should match pattern '^[ -~]{1,64}$'",
                  json::object{{"pattern", "^[ -~]{1,64}$"}});
  if (key.size() > max)
    return refuse("string_too_long", fmt::format("String should have at most {} characters", max),
                  json::object{{"max_length", static_cast<std::int64_t>(max)}});
  return true;
}

std::optional<std::string> idempotency_key(const request& r, faults& out) {
  const auto* sent = r.header("Idempotency-Key");
  if (sent == nullptr || is_blank(*sent)) return std::nullopt;
  std::string key{trimmed(*sent)};
  if (!check_key(key, json::array{"header", "Idempotency-Key"}, out)) return std::nullopt;
  return key;
}

std::string endpoint_of(const request& r) { return fmt::format("{} {}", r.method, r.route); }

base::digest fingerprint_of(const request& r, json::object body) {
  return digest_of(grouped(r.path_params), grouped(r.query), std::move(body));
}

base::digest fingerprint_of_item(json::object body) { return digest_of({}, {}, std::move(body)); }

} // namespace http
