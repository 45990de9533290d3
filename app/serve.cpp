// `vaidepix serve`: reads top to bottom: store, actors, HTTP, wait, drain.
#include "app/check_runner.hpp"
#include "app/commands.hpp"
#include "app/deliver_job.hpp"
#include "app/job_handlers.hpp"
#include "app/last_success.hpp"
#include "app/made_key.hpp"
#include "app/password_mail.hpp"
#include "app/recurring_job.hpp"
#include "app/remembered_heads.hpp"
#include "app/request_hooks.hpp"
#include "app/system_schedules.hpp"

#include "actors/system.hpp"
#include "audit/lost_commits.hpp"
#include "base/id.hpp"
#include "base/sha256.hpp"
#include "config/zone_cache.hpp"
#include "http/api/service.hpp"
#include "http/job_service.hpp"
#include "http/openapi/docs_routes.hpp"
#include "http/routes.hpp"
#include "http/server/event_streams.hpp"
#include "http/server/server.hpp"
#include "observability/job_metrics.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "storage/crash_recorder.hpp"
#include "storage/head_memory.hpp"

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

namespace app {
namespace {

using namespace std::chrono_literals;

/// Before any thread starts, so that all inherit it and only wait_for_stop() sees the signals.
sigset_t block_stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

actors::node_settings node_settings_of(const config::loaded& loaded) {
  const auto& s = loaded.values;
  actors::node_settings n;
  n.bounds.journal_batch_items = s.journal.batch_max;
  n.bounds.journal_queue_rows =
      std::size_t{s.journal.queue_max} * 5; // a plain posting has five rows
  n.bounds.book_idle = std::chrono::seconds{s.accounts.idle_seconds};
  n.bounds.idempotency_wait = std::chrono::milliseconds{s.idempotency.wait_ms};
  n.bounds.idempotency_ttl = std::chrono::hours{s.idempotency.ttl_hours};
  n.node_id = s.node_id;
  n.version = version;
  n.local_day = [zone = loaded.zone](base::utc_us t) { return zone.day_of(t); };
  return n;
}

/// Nothing when the file cannot be used: the server does without, and says so.
std::unique_ptr<storage::head_memory> memory_of(const config::settings& s, storage::store& store,
                                                observability::log& log) {
  const auto path = heads_file(s, store.installation());
  if (path.empty()) return nullptr;
  auto opened = storage::head_memory::open(path, store.installation(), store.shards());
  if (opened) return std::move(*opened);
  log.warning("vai_de_pix.recovery", "Perda de commits não será percebida",
              {{"event", "recovery.no_memory"}, {"error_code", opened.error()}});
  return nullptr;
}

/// As memory_of().
std::unique_ptr<storage::crash_recorder>
recorder_of(const config::settings& s, storage::store& store, observability::log& log) {
  const auto path = running_file(s, store.installation());
  if (path.empty()) return nullptr;
  auto opened = storage::crash_recorder::open(path, store.installation());
  if (opened) return std::move(*opened);
  log.warning("vai_de_pix.jobs", "Jobs em execução não serão lembrados após uma queda",
              {{"event", "jobs.no_recorder"}, {"error_code", opened.error()}});
  return nullptr;
}

void say_lost(const std::vector<ledger::lost_commits>& lost, observability::log& log) {
  for (const auto& l : lost)
    log.critical("vai_de_pix.recovery", "Banco mais antigo do que o confirmado",
                 {{"event", "recovery.commits_lost"},
                  {"shard", l.shard},
                  {"remembered_seq", l.remembered},
                  {"found_seq", l.found},
                  {"other_history", l.other}});
}

http::server_settings server_settings_of(const config::settings& s) {
  http::server_settings h;
  h.host = s.server.host;
  h.port = s.server.port;
  h.threads = s.server.threads;
  h.connections = s.server.connections_max;
  h.body_bytes = s.server.body_bytes_max;
  h.production = s.production();
  for (const auto& origin : {s.web.frontend_url, s.web.frontend_url_production}) {
    if (!origin.empty()) h.cors.origins.push_back(origin);
  }
  for (const auto& origin : s.web.cors_origins) {
    if (origin == "*") {
      h.cors.any_origin = true;
    } else {
      h.cors.origins.push_back(origin);
    }
  }
  return h;
}

/// Nothing when there is none to serve.
base::result<std::unique_ptr<http::static_files>> site_of(const config::web_settings& web) {
  if (web.static_dir.empty()) return std::unique_ptr<http::static_files>{};
  return http::static_files::open(web.static_dir);
}

/// Every token is compared, and as a hash: how long it takes says nothing about any of them.
std::optional<http::worker_permission> permission_of(const std::vector<config::worker_token>& all,
                                                     std::string_view token,
                                                     const std::string& secret) {
  std::optional<http::worker_permission> found;
  const auto sent = base::sha256(token);
  for (const auto& w : all)
    if (base::sha256(w.token.reveal()) == sent)
      found = http::worker_permission{w.kinds, w.effects,
                                      base::hex(base::sha256(secret + '\n' + w.token.reveal()))};
  return found;
}

void mirror(const http::server_levels& levels, observability::metrics& metrics) {
  metrics.http_connections(observability::listener::public_)
      .set(static_cast<double>(levels.connections));
  metrics.http_requests_in_flight.set(static_cast<double>(levels.in_flight));
}

} // namespace

int serve(const config::loaded& loaded) {
  const auto& s = loaded.values;
  const auto stop_signals = block_stop_signals();

  base::system_clock clock;
  observability::build_identity build;
  build.version = version;
  build.compiler = "g++ " __VERSION__;
  build.storage =
      s.storage.database.what == config::database_settings::kind::sqlite ? "sqlite" : "postgres";
  observability::metrics metrics(build);
  observability::log_options log_options;
  log_options.level = s.observability.log_level;
  log_options.json = s.observability.json_lines;
  log_options.node = s.node_id;
  observability::log log(log_options, clock, metrics);
  for (const auto& warning : loaded.warnings) {
    log.warning("vai_de_pix.config", "Aviso de configuração",
                {{"event", "config.warning"}, {"note", observability::setting_text{warning}}});
  }

  const auto key = signing_key(s.auth);
  if (!key) return report(key.error());
  const auto site = site_of(s.web);
  if (!site) return report(site.error());

  auto open = storage_settings_of(s);
  open.as = storage::presence::serves;
  auto store = storage::open_store(open, storage::migrate_mode::serve, clock, log, metrics);
  if (!store) return report(store.error());

  const auto heads = memory_of(s, **store, log);
  auto node_settings = node_settings_of(loaded);
  if (heads != nullptr) {
    auto lost = audit::find_lost_commits(**store, *heads);
    if (!lost) return report(lost.error());
    say_lost(*lost, log);
    node_settings.lost = std::move(*lost);
  }
  node_settings.heads = heads.get();
  const auto recorder = recorder_of(s, **store, log);
  node_settings.recorder = recorder.get();
  config::zone_cache zones;
  const auto zone_of = [&zones](std::string_view name) { return zones.find(name); };
  node_settings.zones = zone_of;
  base::id_source ids;
  // Users belong to no shard yet: their lane is a number that two nodes hardly share.
  const auto lane = static_cast<std::uint8_t>(base::system_seed());
  const auto new_id = [&] { return base::id_of(ids.next(clock.now(), lane)); };
  const auto reach = std::make_shared<late_node>();
  node_settings.kinds =
      kinds_of({reach, **store, loaded.zone, clock, log, metrics, new_id, s}, s.jobs.workers);
  const auto kinds = node_settings.kinds;
  node_settings.on_deliveries = deliver_soon(reach, clock, log);
  node_settings.job_threads = s.jobs.threads;
  node_settings.lease_secret =
      key->empty() ? std::string{} : base::hex(base::sha256("lease " + *key));
  node_settings.recovery = s.recovery_mode;

  check_runner checks({storage_settings_of(s), **store, loaded.zone, clock, log, metrics, new_id});
  reach->checks = &checks;
  actors::node node(std::move(node_settings), **store, clock, log, metrics, ids);
  auto& books = node.backend();
  reach->books = &books;
  reach->jobs = &node.jobs();
  reach->schedules = &node.schedules();

  http::token_settings token_settings;
  token_settings.key = *key;
  for (const auto& previous : s.auth.previous_keys)
    token_settings.previous.push_back(previous.reveal());
  token_settings.lifetime = std::chrono::minutes{
      s.auth.use_refresh_tokens ? s.auth.access_token_minutes_short : s.auth.access_token_minutes};
  const http::access_tokens tokens(token_settings);
  http::password_pool_settings hashing;
  // Those who wait for a hash hold a request thread each: a wave of logins may take half of them.
  hashing.queue = std::max<std::size_t>(1, s.server.threads / 2);
  http::password_pool passwords(hashing);
  std::atomic<const http::server*> front{nullptr}; // scraped while it serves
  http::service service{books, clock, tokens, passwords, loaded.zone, new_id, [&] {
                          books.health(); // sets the gauges that mirror it
                          if (const auto* serving = front.load())
                            mirror(serving->levels(), metrics);
                          return metrics.render();
                        }};
  http::throttle_settings throttling;
  throttling.enabled = s.auth.rate_limit_enabled;
  throttling.per_account = s.auth.login_failures_per_account_max;
  throttling.per_ip = s.auth.login_failures_per_ip_max;
  throttling.registrations_per_ip = s.auth.login_failures_per_ip_max;
  throttling.resets_per_ip = s.auth.login_failures_per_ip_max;
  throttling.window = std::chrono::seconds{s.auth.login_window_seconds};
  http::attempt_throttle throttle(throttling);
  service.throttle = &throttle;
  service.settings.proxies = http::trusted_proxies{s.server.trusted_proxies};
  service.checks = &checks;
  auto resets = password_mail(s, books, clock, log, new_id);
  service.resets = resets.get();
  http::job_service jobs{
      node.jobs(), node.workers(), node.schedules(), zone_of,
      [&workers = s.jobs.workers, secret = base::hex(base::sha256("worker " + *key))](
          std::string_view token) { return permission_of(workers, token, secret); }};
  jobs.events = &node.job_events();
  jobs.locks = &node.locks();
  service.jobs = &jobs;
  http::event_streams streams;
  service.streams = &streams;
  service.settings.deadline = std::chrono::milliseconds{s.server.request_deadline_ms};
  service.settings.legacy_status_500 = s.server.legacy_status_500;
  service.settings.accept_email_subject = s.auth.accept_email_subject;
  service.settings.insights = s.insights.enabled;
  auto& sessions = service.settings.sessions;
  sessions.refresh = s.auth.use_refresh_tokens;
  sessions.cookie.lifetime = std::chrono::hours{24 * s.auth.refresh_token_days};
  sessions.cookie.secure = s.production();
  sessions.reuse_grace = std::chrono::seconds{s.auth.refresh_reuse_grace_seconds};
  service.settings.metrics_token = s.observability.metrics_token.reveal();
  service.hooks = service_hooks_of(log, metrics);
  service.hooks.on_rule_changed = [reach, &clock](const ledger::user_id& user,
                                                  const ledger::automation_id& rule) {
    follow_soon(*reach, clock, user, rule);
  };
  auto hooks = server_hooks_of(log, metrics, s.observability.access_lines);

  auto routes = http::make_routes(service, site->get());
  if (s.web.docs_enabled) http::add_docs_routes(routes);
  for (const auto& route : routes.all()) {
    metrics.add_route(observability::label_of(route.method, observability::http_method::other),
                      route.path, route.flags.takes_key);
  }
  http::server server(server_settings_of(s), std::move(routes), std::move(hooks));
  if (const auto started = server.start(); !started) return report(started.error());
  front = &server;
  fmt::print("Vai de Pix {} on http://{}:{} (database {})\n", version,
             s.server.host == "0.0.0.0" ? "127.0.0.1" : s.server.host, server.port(),
             s.storage.database.shown);
  std::fflush(stdout);
  std::optional<schedule_keeper> keeper;
  if (s.jobs.system_schedules)
    keeper.emplace(node.schedules(), kinds, loaded.zone.name(), clock, log,
                   [&](const scheduler::schedule& made) {
                     show_last_success(metrics.jobs().last_success(made.kind),
                                       last_success_of(made, node.schedules(), node.jobs()));
                   });
  log.info("vai_de_pix.app", "Servidor no ar",
           {{"event", "server.started"}, {"port", server.port()}});

  int signal = 0;
  sigwait(&stop_signals, &signal);
  log.info("vai_de_pix.app", "Encerrando", {{"event", "server.stopping"}, {"signal", signal}});
  checks.begin_stop();
  keeper.reset();
  streams.stop();
  node.drain();
  server.drain(std::chrono::seconds{s.server.drain_seconds});
  server.stop();
  passwords.stop();
  resets.reset(); // no request is left that could ask
  node.stop(5s);
  (*store)->stop();
  checks.stop();
  log.info("vai_de_pix.app", "Servidor parado", {{"event", "server.stopped"}});
  return 0;
}

} // namespace app
