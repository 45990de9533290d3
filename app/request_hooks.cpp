#include "app/request_hooks.hpp"

#include <algorithm>

namespace app {
namespace {

using observability::code;
using observability::opaque_id;

/// Of a database's words the SQLSTATE, or the statement's name that stands before them: the rest
/// may quote a value.
std::string_view first_word(std::string_view detail) {
  const auto word = detail.substr(0, detail.find_first_of(" :"));
  const bool named = word.size() < detail.size() && detail[word.size()] == ':' &&
                     std::all_of(word.begin(), word.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  const bool sqlstate = word.size() == 5 && std::all_of(word.begin(), word.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                        });
  return named || sqlstate ? word : std::string_view{};
}

void count_request(observability::metrics& metrics, const http::request_observation& o) {
  const auto method = observability::label_of(o.method, observability::http_method::other);
  metrics.http_requests(method, o.route, observability::class_of_status(o.status)).add();
  if (!o.group.empty())
    metrics
        .http_request_duration(observability::label_of(o.group, observability::route_group::health))
        .observe(o.duration);
  if (o.code == "VERSION_CONFLICT" || o.code == "TX_CONFLICT") metrics.http_version_conflicts.add();
}

observability::rejection label_of_rejection(std::string_view reason) {
  using observability::rejection;
  if (reason == "shutting_down") return rejection::shutting_down;
  if (reason == "body_too_large" || reason == "head_too_large") return rejection::too_large;
  if (reason == "malformed" || reason == "timeout") return rejection::malformed;
  return rejection::overload;
}

} // namespace

http::service_hooks service_hooks_of(observability::log& log, observability::metrics& metrics) {
  http::service_hooks hooks;
  hooks.on_auth = [&](auto operation, auto result) {
    metrics.auth_attempts(operation, result).add();
  };
  hooks.on_token_rejected = [&](auto reason) { metrics.auth_token_rejections(reason).add(); };
  hooks.on_key = [&](std::string_view route, auto result) {
    metrics.idempotency_requests(route, result).add();
  };
  hooks.on_internal_error = [&](const http::request& r, const base::failure& why) {
    log.error("vai_de_pix.http", "Erro interno",
              {{"event", "http.internal_error"},
               {"request_id", opaque_id{r.request_id}},
               {"endpoint", code{r.route}},
               {"error_code", why},
               {"cause", code{first_word(why.detail)}}});
  };
  hooks.on_rehash_failed = [&](const http::request& r, const ledger::user_id& user,
                               const base::failure& why) {
    log.warning("vai_de_pix.auth", "Hash de senha não atualizado",
                {{"event", "auth.rehash_failed"},
                 {"request_id", opaque_id{r.request_id}},
                 {"user_id", user},
                 {"error_code", why}});
  };
  hooks.on_token_reused = [&](const http::request& r, const ledger::user_id& user,
                              const ledger::session_id& id) {
    log.warning("vai_de_pix.auth", "Refresh token reutilizado: sessão encerrada",
                {{"event", "auth.refresh_reused"},
                 {"request_id", opaque_id{r.request_id}},
                 {"user_id", user},
                 {"session_id", id}});
  };
  hooks.on_insights = [&](std::chrono::nanoseconds took) {
    metrics.insights_cache_misses.add(); // there is no cache: each read is computed
    metrics.insights_compute_duration(observability::insights_source::api).observe(took);
  };
  hooks.on_insights_failed = [&](const http::request& r, const ledger::user_id& user,
                                 const base::failure& why) {
    metrics.insights_errors(observability::insights_caller::api).add();
    log.warning("vai_de_pix.insights", "Erro ao calcular insights do usuário",
                {{"event", "insights.failed"},
                 {"request_id", opaque_id{r.request_id}},
                 {"user_id", user},
                 {"error_code", why}});
  };
  return hooks;
}

http::server_hooks server_hooks_of(observability::log& log, observability::metrics& metrics,
                                   bool access_lines) {
  http::server_hooks hooks;
  hooks.on_request = [&, access_lines](const http::request_observation& o) {
    count_request(metrics, o);
    if (!access_lines) return;
    log.info("vai_de_pix.access", "request",
             {{"event", "http.request"},
              {"request_id", opaque_id{o.request_id}},
              {"user_id", opaque_id{o.user_id}},
              {"method", code{o.method}},
              {"endpoint", code{o.route}},
              {"status_code", o.status},
              {"code", code{o.code}},
              {"duration_ms", o.duration}});
  };
  hooks.on_rejected = [&](std::string_view reason) {
    metrics.http_rejected(label_of_rejection(reason)).add();
  };
  hooks.on_error = [&](const http::error_report& e) {
    metrics.http_unhandled_exceptions.add();
    log.error("vai_de_pix.http", "Exceção não tratada",
              {{"event", "http.unhandled"},
               {"request_id", opaque_id{e.request_id}},
               {"endpoint", code{e.route}},
               {"exception", code{e.cause}},
               {"broken_invariant", e.broken_invariant}});
  };
  return hooks;
}

} // namespace app
