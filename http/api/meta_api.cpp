// What is around the resources: keys, health, the root and the metrics.
#include "base/sha256.hpp"
#include "http/api/handlers.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {

namespace {

constexpr std::string_view root_body =
    R"({"message":"VAI DE PIX API","version":"1.0.0","status":"running","docs":"/docs"})";

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  append_list(out, texts, [](std::string& o, const std::string& t) { append_text(o, t); });
}

void append_key_state(std::string& out, const key_state& k) {
  const bool done = k.what == key_state::state::completed;
  out += "{\"endpoint\":";
  append_text(out, k.endpoint);
  out += done ? ",\"state\":\"completed\"" : ",\"state\":\"in_flight\"";
  if (k.answer)
    out += fmt::format(",\"status\":{},\"body\":{}", k.answer->status, k.answer->body);
  else
    out += ",\"status\":null,\"body\":null";
  out += ",\"created_at\":";
  append_instant(out, k.created_at);
  out += ",\"expires_at\":";
  if (done)
    append_instant(out, k.expires_at);
  else
    out += "null"; // the time of life begins with the answer
  out += '}';
}

std::string_view state_of(const std::vector<key_state>& states) {
  if (states.empty()) return "absent";
  const bool running = std::any_of(states.begin(), states.end(), [](const key_state& k) {
    return k.what == key_state::state::in_flight;
  });
  return running ? "in_flight" : "completed";
}

} // namespace

response get_key(const service& s, const request& r, const ledger::user_record& user) {
  const auto& key = r.path_param("key");
  faults bad;
  if (!check_key(key, base::json::array{"path", "key"}, bad))
    return validation_problem(bad, r.request_id);
  const auto found = s.books.key_states(user.id, key);
  if (!found) return s.refused(found.error(), r, refusal_context::subject::user);
  response answer;
  auto& out = answer.body;
  out = "{\"key\":";
  append_text(out, key);
  out += fmt::format(",\"state\":\"{}\",\"results\":", state_of(*found));
  append_list(out, *found, append_key_state);
  out += '}';
  return answer;
}

response get_root(const service&, const request&) {
  response answer;
  answer.body = root_body;
  return answer;
}

response get_health(const service& s, const request&) {
  const auto h = s.books.health();
  response answer;
  auto& out = answer.body;
  out = "{\"status\":";
  append_text(out, h.status);
  out += ",\"timestamp\":";
  append_instant(out, s.clock.now());
  out += ",\"database\":";
  append_text(out, h.database);
  out += ",\"version\":";
  append_text(out, h.version);
  out += ",\"node\":";
  append_text(out, h.node);
  out += fmt::format(",\"schema\":{{\"current\":{},\"expected\":{}}}", h.schema_current,
                     h.schema_expected);
  // There are no jobs yet that could be late or dead.
  out += ",\"jobs\":{\"late\":0,\"dead\":0,\"backlog\":0}";
  out += fmt::format(",\"shards\":{{\"owned\":{},\"stopped\":{}}},\"reasons\":", h.shards_owned,
                     h.shards_stopped);
  append_texts(out, h.reasons);
  out += '}';
  return answer;
}

response get_live(const service&, const request&) {
  response answer;
  answer.body = R"({"status":"alive"})";
  return answer;
}

response get_ready(const service& s, const request&) {
  const auto h = s.books.health();
  response answer;
  answer.status = h.ready ? 200 : 503;
  answer.body = h.ready ? "{\"ready\":true,\"reasons\":" : "{\"ready\":false,\"reasons\":";
  append_texts(answer.body, h.ready ? std::vector<std::string>{} : h.reasons);
  answer.body += '}';
  if (!h.ready) answer.headers.push_back({"Retry-After", "1"});
  return answer;
}

response get_metrics(const service& s, const request& r) {
  if (!s.settings.metrics_token.empty()) {
    const auto sent = bearer_of(r);
    if (const auto* refused = std::get_if<response>(&sent)) return *refused;
    // Hashes are compared: the time tells nothing about the token.
    if (base::sha256(std::get<std::string>(sent)) != base::sha256(s.settings.metrics_token))
      return unauthorized(r.request_id);
  }
  response answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = s.metrics_text();
  return answer;
}

} // namespace http
