#include "http/server/dispatcher.hpp"

#include "base/assert.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <typeinfo>

namespace http {

namespace {

constexpr std::string_view common_lines =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "X-Permitted-Cross-Domain-Policies: none\r\n";
constexpr std::string_view api_policy =
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
constexpr std::string_view page_policy =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Embedder-Policy: require-corp\r\n";
constexpr std::string_view hsts =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n";
constexpr std::string_view exposed =
    "Access-Control-Expose-Headers: X-Request-ID, Idempotent-Replayed, Preference-Applied, "
    "Retry-After, ETag, X-Total-Count, X-Next-Cursor, Link\r\n";
constexpr std::string_view preflight_methods =
    "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS, PATCH\r\n"
    "Access-Control-Max-Age: 600\r\n";

constexpr std::size_t request_id_max = 128;

std::string new_uuid() {
  thread_local base::random chance{base::system_seed()};
  return base::uuid7(base::system_clock{}.now(), chance);
}

/// RFC 9110 §6.6.1; made once per second and thread.
std::string_view date_line() {
  thread_local std::time_t second = -1;
  thread_local std::array<char, 64> text{};
  thread_local std::size_t size = 0;
  if (const auto now = std::time(nullptr); now != second) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    second = now;
  }
  return {text.data(), size};
}

const std::string* header_of(const fields& all, std::string_view name) {
  for (const auto& f : all)
    if (equal_ignoring_case(f.name, name)) return &f.value;
  return nullptr;
}

std::string type_name(const std::exception& e) {
  const char* mangled = typeid(e).name();
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name{
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free};
  return status == 0 ? name.get() : mangled;
}

response plain_text(int status, std::string text) {
  response r;
  r.status = status;
  r.content_type = "text/plain; charset=utf-8";
  r.body = std::move(text);
  return r;
}

} // namespace

dispatcher::dispatcher(const server_settings& settings, route_table routes, server_hooks hooks)
    : cors_(settings.cors), routes_(std::move(routes)), hooks_(std::move(hooks)) {
  api_lines_.append(common_lines).append(api_policy);
  page_lines_.append(common_lines).append(page_policy);
  if (settings.production) {
    api_lines_ += hsts;
    page_lines_ += hsts;
  } else {
    for (const char* port : {"3000", "5000", "8080", "8081"})
      cors_.origins.push_back(std::string{"http://localhost:"} + port);
    for (const char* port : {"3000", "5000", "8000"})
      cors_.origins.push_back(std::string{"http://127.0.0.1:"} + port);
  }
  if (!hooks_.new_request_id) hooks_.new_request_id = new_uuid;
}

exchange dispatcher::begin(arrival a) const noexcept {
  exchange e;
  const auto parts = split_target(a.content.target);
  auto& r = e.asked;
  r.method = std::move(a.content.method);
  r.request_id = e.request_id = request_id_of(a.content);
  r.path = percent_decoded(parts.path);
  r.query = decoded_query(parts.query);
  r.headers = std::move(a.content.headers);
  r.body = std::move(a.content.body);
  r.peer = std::move(a.peer);
  r.peer_port = a.peer_port;
  e.at = a.at;
  e.cors = cors_lines(r);
  e.wants = wishes_of(r);
  decide(e, a, parts.path);
  return e;
}

void dispatcher::run(exchange& e) const noexcept {
  auto failed = guarded(*e.matched, e.request_id, [&] { e.content = e.matched->run(e.asked); });
  if (failed) e.content = std::move(*failed);
  e.decided = true;
}

void dispatcher::start(exchange& e, const reply& to) const noexcept {
  // The exchange is gone as soon as somebody has replied: keep what is needed after that.
  const auto& matched = *e.matched;
  const auto request_id = e.request_id;
  auto failed = guarded(matched, request_id, [&] { matched.start(std::move(e.asked), to); });
  if (failed) to(std::move(*failed));
}

void dispatcher::refuse(exchange& e, const refusal& why) const noexcept {
  if (hooks_.on_rejected) hooks_.on_rejected(why.reason);
  e.content = problem(why.status, why.code, why.detail, e.request_id);
  e.decided = true;
}

response dispatcher::lost(const exchange& e) const {
  if (hooks_.on_error)
    hooks_.on_error({e.request_id, e.matched->method, e.matched->path,
                     "the handler has lost its reply", false});
  return internal_error(internal_code(e.matched->path), e.request_id);
}

answer dispatcher::finish(exchange& e, bool hurried) const noexcept {
  const auto* matched = e.matched;
  represent(e.content, e.wants, matched != nullptr ? matched->flags : route_flags{}, !hurried);
  answer out;
  out.head_lines.reserve(1024);
  out.head_lines.append(date_line()).append("X-Request-ID: ").append(e.request_id).append("\r\n");
  out.head_lines += matched != nullptr && matched->flags.page ? page_lines_ : api_lines_;
  out.head_lines += e.cors;
  // Almost every answer holds somebody's data; what may be cached says so itself.
  if (header_of(e.content.headers, "Cache-Control") == nullptr)
    out.head_lines += "Cache-Control: no-store\r\n";

  if (hooks_.on_request) {
    request_observation seen;
    if (matched != nullptr) {
      seen.method = matched->method;
      seen.route = matched->path;
      seen.group = matched->group;
    }
    seen.status = e.content.status;
    seen.code = e.content.code;
    seen.duration = std::chrono::steady_clock::now() - e.at;
    seen.request_id = e.request_id;
    seen.user_id = e.content.user_id;
    hooks_.on_request(seen);
  }
  out.content = std::move(e.content);
  return out;
}

std::string dispatcher::request_id_of(const message& m) const {
  // The reader has trimmed the value.
  if (const auto* sent = header_of(m.headers, "X-Request-ID")) {
    const bool printable =
        std::all_of(sent->begin(), sent->end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!sent->empty() && sent->size() <= request_id_max && printable) return *sent;
  }
  return hooks_.new_request_id();
}

// -- what to answer -----------------------------------------------------------------------------

void dispatcher::decide(exchange& e, const arrival& a, std::string_view path) const {
  auto& r = e.asked;
  const auto answer_now = [&](response content) {
    e.content = std::move(content);
    e.decided = true;
  };
  if (a.refused && !a.may_serve_vital) return refuse(e, *a.refused);
  if (r.method == "OPTIONS") {
    const auto* origin = r.header("Origin");
    if (origin && r.header("Access-Control-Request-Method")) return preflight(e, *origin);
  }
  auto match = routes_.find(r.method, path);
  if (match.found == nullptr && match.allow.empty())
    return answer_now(problem(404, "NOT_FOUND", "Not Found", r.request_id));
  if (match.found == nullptr) {
    response content;
    if (r.method == "OPTIONS")
      content.status = 204;
    else
      content = problem(405, "METHOD_NOT_ALLOWED", "Method Not Allowed", r.request_id);
    content.headers.push_back({"Allow", std::move(match.allow)});
    return answer_now(std::move(content));
  }
  if (a.refused && !match.found->flags.vital) return refuse(e, *a.refused);
  e.matched = match.found;
  r.route = match.found->path;
  r.path_params = std::move(match.params);
}

template <class F>
std::optional<response> dispatcher::guarded(const route& matched, const std::string& request_id,
                                            F f) const {
  std::string cause;
  bool broken = false;
  try {
    f();
    return std::nullopt;
  } catch (const base::broken_invariant& e) {
    broken = true;
    const std::string_view file{e.file};
    cause = std::string{e.what} + " (" + std::string{file.substr(file.rfind('/') + 1)} + ":" +
            std::to_string(e.line) + ")";
  } catch (const std::exception& e) {
    cause = type_name(e);
  } catch (...) {
    cause = "an exception of an unknown type";
  }
  if (hooks_.on_error) hooks_.on_error({request_id, matched.method, matched.path, cause, broken});
  return internal_error(internal_code(matched.path), request_id);
}

// -- CORS ---------------------------------------------------------------------------------------

bool dispatcher::origin_allowed(std::string_view origin) const {
  return std::find(cors_.origins.begin(), cors_.origins.end(), origin) != cors_.origins.end();
}

std::string dispatcher::cors_lines(const request& r) const {
  const auto* origin = r.header("Origin");
  if (origin == nullptr) return {};
  if (cors_.any_origin) return std::string{"Access-Control-Allow-Origin: *\r\n"}.append(exposed);
  if (!origin_allowed(*origin)) return {};
  return ("Access-Control-Allow-Origin: " + *origin)
      .append("\r\nAccess-Control-Allow-Credentials: true\r\nVary: Origin\r\n")
      .append(exposed);
}

void dispatcher::preflight(exchange& e, const std::string& origin) const {
  e.decided = true;
  if (!cors_.any_origin && !origin_allowed(origin)) {
    e.content = plain_text(400, "Disallowed CORS origin");
    e.cors = "Vary: Origin\r\n";
    return;
  }
  e.content = plain_text(200, "OK");
  if (cors_.any_origin) {
    e.cors = "Access-Control-Allow-Origin: *\r\n";
  } else {
    e.cors = "Access-Control-Allow-Origin: " + origin + "\r\n";
    e.cors += "Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n";
  }
  e.cors += preflight_methods;
  // Safe to send back: the reader refuses control characters in values.
  if (const auto* wanted = e.asked.header("Access-Control-Request-Headers"))
    e.cors += "Access-Control-Allow-Headers: " + *wanted + "\r\n";
}

} // namespace http
