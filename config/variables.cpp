#include "config/variables.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>

namespace config {

namespace {

// -- where a value goes ---------------------------------------------------------------------------

template <class Member> auto at(Member settings::*member) {
  return [=](settings& s) -> Member& { return s.*member; };
}
template <class Part, class Member> auto at(Part settings::*part, Member Part::*member) {
  return [=](settings& s) -> Member& { return s.*part.*member; };
}

// -- reading one value ----------------------------------------------------------------------------

using fault = std::string; // "" = none
using apply = std::function<fault(std::string_view, settings&)>;

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(',');
    std::string_view item = text.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) out.emplace_back(item);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

template <class Get> apply number(Get get, std::uint64_t low, std::uint64_t high) {
  return [=](std::string_view text, settings& s) -> fault {
    std::uint64_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (failed != std::errc{} || end != text.data() + text.size() || n < low || n > high)
      return fmt::format("\"{}\" is no whole number from {} to {}", text, low, high);
    auto& into = get(s);
    into = static_cast<std::remove_reference_t<decltype(into)>>(n);
    return {};
  };
}

template <class Get> apply truth(Get get) {
  return [=](std::string_view text, settings& s) -> fault {
    const std::string word = lower(text);
    const bool on = word == "true" || word == "1" || word == "yes" || word == "on";
    const bool off = word == "false" || word == "0" || word == "no" || word == "off";
    if (!on && !off) return fmt::format("\"{}\" is none of true/1/yes/on, false/0/no/off", text);
    get(s) = on;
    return {};
  };
}

template <class Get> apply text(Get get) {
  return [=](std::string_view value, settings& s) -> fault {
    get(s) = std::string{value};
    return {};
  };
}

template <class Get> apply hidden(Get get) {
  return [=](std::string_view value, settings& s) -> fault {
    get(s) = secret{std::string{value}};
    return {};
  };
}

bool is_origin(std::string_view url) {
  for (std::string_view scheme : {"http://", "https://"})
    if (url.starts_with(scheme)) {
      const std::string_view host = url.substr(scheme.size());
      return !host.empty() && host.find_first_of("/?# ") == std::string_view::npos;
    }
  return false;
}

template <class Get> apply origin(Get get) {
  return [=](std::string_view value, settings& s) -> fault {
    std::string_view url = value;
    if (url.ends_with('/')) url.remove_suffix(1);
    if (!is_origin(url)) return fmt::format("\"{}\" is no http(s)://host[:port]", value);
    get(s) = std::string{url};
    return {};
  };
}

// -- values with rules of their own ---------------------------------------------------------------

fault apply_environment(std::string_view value, settings& s) {
  constexpr std::array<std::string_view, 4> names{"development", "test", "staging", "production"};
  const auto at = std::find(names.begin(), names.end(), lower(value));
  // Free texts would let a typing error switch the rules of production off.
  if (at == names.end())
    return fmt::format("\"{}\" is none of development, test, staging, production", value);
  s.env = static_cast<environment>(at - names.begin());
  return {};
}

fault apply_database(std::string_view value, settings& s) {
  auto parsed = parse_database_url(value, s.production());
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return *wrong;
  s.storage.database = std::get<database_settings>(std::move(parsed));
  return {};
}

fault apply_previous_keys(std::string_view value, settings& s) {
  for (std::string& key : list_of(value)) s.auth.previous_keys.emplace_back(std::move(key));
  return {};
}

fault apply_algorithm(std::string_view value, settings&) {
  return value == "HS256" ? fault{} : fmt::format("\"{}\" is not HS256", value);
}

fault apply_log_level(std::string_view value, settings& s) {
  const auto& names = observability::label_values<observability::log_level>::values;
  const auto at = std::find(names.begin(), names.end(), lower(value));
  if (at == names.end())
    return fmt::format("\"{}\" is none of DEBUG, INFO, WARNING, ERROR, CRITICAL", value);
  s.observability.log_level = static_cast<observability::log_level>(at - names.begin());
  return {};
}

fault apply_structured_logs(std::string_view value, settings& s) {
  fault wrong = truth([](settings & x) -> auto& { return x.observability.access_lines; })(value, s);
  s.observability.json_lines = s.production() || s.observability.access_lines;
  return wrong;
}

fault apply_node_id(std::string_view value, settings& s) {
  const bool fine =
      value.size() <= 64 && std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
      });
  if (!fine) return fmt::format("\"{}\" is not 1..64 letters, digits, '.', '_', '-'", value);
  s.node_id = value;
  return {};
}

fault apply_host(std::string_view value, settings& s) {
  if (value.find_first_of(" /:") != std::string_view::npos &&
      value.find("::") == std::string_view::npos)
    return fmt::format("\"{}\" is no host name and no address", value);
  s.server.host = value;
  return {};
}

bool is_network(const std::string& item) {
  const auto slash = item.find('/');
  const std::string address = item.substr(0, slash);
  std::array<unsigned char, 16> bytes{};
  const bool v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  if (slash == std::string::npos) return true;
  unsigned bits = 0;
  const char* end = item.data() + item.size();
  const auto read = std::from_chars(item.data() + slash + 1, end, bits);
  return read.ec == std::errc{} && read.ptr == end && bits <= (v4 ? 32u : 128u);
}

template <class Get> apply networks(Get get) {
  return [=](std::string_view value, settings& s) -> fault {
    for (std::string& item : list_of(value)) {
      if (!is_network(item)) return fmt::format("\"{}\" is no address and no CIDR block", item);
      get(s).push_back(std::move(item));
    }
    return {};
  };
}

fault apply_cors(std::string_view value, settings& s) {
  for (std::string& item : list_of(value)) {
    if (item.ends_with('/')) item.pop_back();
    if (item != "*" && !is_origin(item))
      return fmt::format("\"{}\" is no http(s)://host[:port] and not *", item);
    s.web.cors_origins.push_back(std::move(item));
  }
  return {};
}

fault apply_sentry_dsn(std::string_view value, settings& s) {
  const bool http = value.starts_with("https://") || value.starts_with("http://");
  if (!http || value.find('@') == std::string_view::npos)
    return "is not of the form https://<key>@<host>/<project>";
  s.observability.sentry_dsn = secret{std::string{value}};
  return {};
}

fault apply_sample_rate(std::string_view value, settings& s) {
  double rate = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), rate);
  if (failed != std::errc{} || end != value.data() + value.size() || !(rate >= 0 && rate <= 1))
    return fmt::format("\"{}\" is no number from 0 to 1", value);
  s.observability.sentry_traces_sample_rate = rate;
  return {};
}

fault apply_workers(std::string_view value, settings& s) {
  return read_worker_tokens(value, s.jobs.workers);
}

fault apply_push_targets(std::string_view value, settings& s) {
  return read_push_targets(value, s.jobs.push.targets);
}

fault apply_kind_policies(std::string_view value, settings& s) {
  return read_kind_policies(value, s.jobs.policies);
}

fault apply_push_secrets(std::string_view value, settings& s) {
  return read_push_secrets(value, s.jobs.push.secrets);
}

fault apply_nothing(std::string_view, settings&) { return {}; }

// -- the table ------------------------------------------------------------------------------------

std::vector<variable> make_variables() {
  using enum variable::kind;
  constexpr bool not_yet = false;
  constexpr std::uint64_t day_s = 86'400;
  const std::string general = "General";
  const std::string database = "Database and ledger";
  const std::string server = "Server";
  const std::string web = "Web";
  const std::string keys = "Keys and sessions";
  const std::string throttling = "Throttling";
  const std::string idempotency = "Idempotency";
  const std::string telemetry = "Logs, metrics, reports";
  const std::string mail = "Mail and webhooks";
  const std::string job_platform = "Jobs";
  const std::string jobs = "Insights and notifications";
  const std::string former = "Of the former deployment";
  return {
      {"ENVIRONMENT", general, "development",
       "development, test, staging or production; production demands a strong SECRET_KEY, sets "
       "Secure "
       "cookies and HSTS, and writes JSON logs",
       apply_environment},
      {"APP_TIMEZONE", general, "America/Sao_Paulo",
       "IANA zone that rules days and months; choose it before the first posting",
       text(at(&settings::app_timezone))},
      {"NODE_ID", general, "the host's name", "name of this process in logs and /health",
       apply_node_id, derived},
      {"RECOVERY_MODE", general, "0", "start read-only after a restored backup",
       truth(at(&settings::recovery_mode)), plain},

      {"DATABASE_URL", database, "sqlite:///vaidepix.db",
       "sqlite:///relative/path, sqlite:////absolute/path, postgresql://user:password@host/name "
       "(also "
       "postgres:// and postgresql+psycopg2://); sslmode is require in production for hosts that "
       "are "
       "not local, unless the URL says otherwise",
       apply_database},
      {"READ_CONNECTIONS", database, "4", "connections for reads",
       number(at(&settings::storage, &storage_settings::read_connections), 1, 64)},
      {"SHARDS", database, "16", "groups of users; fixed at the first start of a database",
       number(at(&settings::journal, &journal_settings::shards), 1, 1024)},
      {"JOURNALS", database, "2 on PostgreSQL, 1 on SQLite",
       "writers, each with a connection and shards of its own",
       number(at(&settings::journal, &journal_settings::journals), 1, 64), derived},
      {"JOURNAL_BATCH_MAX", database, "1000", "most postings in one commit",
       number(at(&settings::journal, &journal_settings::batch_max), 1, 10'000)},
      {"JOURNAL_QUEUE_MAX", database, "20000",
       "most postings waiting per journal; beyond it answers are 503 OVERLOADED",
       number(at(&settings::journal, &journal_settings::queue_max), 1, 1'000'000)},
      {"ACCOUNTS_IDLE_SECONDS", database, "600", "idle accounts leave the memory after this time",
       number(at(&settings::accounts, &account_settings::idle_seconds), 1, day_s)},

      {"HOST", server, "0.0.0.0", "address to listen on", apply_host},
      {"PORT", server, "8000", "port to listen on; 0 takes any free one",
       number(at(&settings::server, &server_settings::port), 0, 65'535)},
      {"HTTP_THREADS", server, "64",
       "requests worked on at the same time; waiting for a commit holds none",
       number(at(&settings::server, &server_settings::threads), 1, 1024)},
      {"MAX_CONNECTIONS", server, "4096", "open connections; idle ones hold no thread",
       number(at(&settings::server, &server_settings::connections_max), 1, 1'000'000)},
      {"REQUEST_DEADLINE_MS", server, "9000", "time until every request is answered",
       number(at(&settings::server, &server_settings::request_deadline_ms), 100, 600'000)},
      {"DRAIN_SECONDS", server, "25", "time to end open requests after SIGTERM",
       number(at(&settings::server, &server_settings::drain_seconds), 0, 600)},
      {"MAX_BODY_BYTES", server, "2097152", "largest request body; beyond it the answer is 413",
       number(at(&settings::server, &server_settings::body_bytes_max), 1024, 67'108'864)},
      {"TRUSTED_PROXIES", server, "",
       "addresses and CIDR blocks, comma separated, whose X-Forwarded-For is believed",
       networks(at(&settings::server, &server_settings::trusted_proxies))},
      {"LEGACY_STATUS_500", server, "0", "answer 500 instead of 503 when the database is away",
       truth(at(&settings::server, &server_settings::legacy_status_500))},

      {"FRONTEND_URL", web, "", "origin of the web app, allowed by CORS",
       origin(at(&settings::web, &web_settings::frontend_url))},
      {"FRONTEND_URL_PRODUCTION", web, "", "a second one",
       origin(at(&settings::web, &web_settings::frontend_url_production))},
      {"CORS_ORIGINS", web, "", "more origins, comma separated; * allows all, without credentials",
       apply_cors},
      {"STATIC_DIR", web, "",
       "folder of the built web app, served from the same origin as the API: its files, and its "
       "index.html for every other page",
       text(at(&settings::web, &web_settings::static_dir))},
      {"DOCS_ENABLED", web, "1", "serve /docs, /redoc and /openapi.json",
       truth(at(&settings::web, &web_settings::docs_enabled))},

      {"SECRET_KEY", keys, "",
       "signs access tokens; at least 32 bytes (openssl rand -base64 48), demanded in production. "
       "Elsewhere, without it, the server makes a random one and keeps it, mode 0600, in "
       "<SQLite file>.key; on PostgreSQL it lives as long as the process",
       hidden(at(&settings::auth, &auth_settings::key)), secret},
      {"SECRET_KEY_PREVIOUS", keys, "", "comma separated keys that still verify, for a rotation",
       apply_previous_keys, secret},
      {"ALGORITHM", keys, "HS256", "only HS256 is taken", apply_algorithm},
      {"ACCESS_TOKEN_EXPIRE_MINUTES", keys, "30", "life of an access token",
       number(at(&settings::auth, &auth_settings::access_token_minutes), 1, 1440)},
      {"ACCEPT_EMAIL_SUBJECT", keys, "1",
       "take tokens of the former backend, whose sub is an e-mail",
       truth(at(&settings::auth, &auth_settings::accept_email_subject))},
      {"USE_REFRESH_TOKENS", keys, "0", "short access tokens with a refresh cookie",
       truth(at(&settings::auth, &auth_settings::use_refresh_tokens))},
      {"ACCESS_TOKEN_EXPIRE_MINUTES_SHORT", keys, "10",
       "life of an access token with refresh; held within 5..15",
       number(at(&settings::auth, &auth_settings::access_token_minutes_short), 1, 1440)},
      {"REFRESH_TOKEN_EXPIRE_DAYS", keys, "7", "life of a refresh token",
       number(at(&settings::auth, &auth_settings::refresh_token_days), 1, 365)},
      {"REFRESH_REUSE_GRACE_SECONDS", keys, "10",
       "a rotated token still helps a second browser tab",
       number(at(&settings::auth, &auth_settings::refresh_reuse_grace_seconds), 0, 300)},
      {"PASSWORD_RESET_EXPIRE_MINUTES", keys, "60", "life of a password reset link",
       number(at(&settings::auth, &auth_settings::password_reset_minutes), 1, 1440)},

      {"RATE_LIMIT_ENABLED", throttling, "1", "slow down guessing of passwords",
       truth(at(&settings::auth, &auth_settings::rate_limit_enabled))},
      {"LOGIN_MAX_FAILURES_PER_ACCOUNT", throttling, "10", "failed logins per account and window",
       number(at(&settings::auth, &auth_settings::login_failures_per_account_max), 1, 100'000)},
      {"LOGIN_MAX_FAILURES_PER_IP", throttling, "50",
       "failed logins per address and window; also registrations",
       number(at(&settings::auth, &auth_settings::login_failures_per_ip_max), 1, 1'000'000)},
      {"LOGIN_WINDOW_SECONDS", throttling, "900", "the window",
       number(at(&settings::auth, &auth_settings::login_window_seconds), 1, day_s)},

      {"IDEMPOTENCY_TTL_HOURS", idempotency, "24", "how long an Idempotency-Key is remembered",
       number(at(&settings::idempotency, &idempotency_settings::ttl_hours), 1, 8760)},
      {"IDEMPOTENCY_WAIT_MS", idempotency, "8000",
       "how long a duplicate waits for the first; below REQUEST_DEADLINE_MS",
       number(at(&settings::idempotency, &idempotency_settings::wait_ms), 0, 600'000)},

      {"LOG_LEVEL", telemetry, "INFO", "DEBUG, INFO, WARNING, ERROR or CRITICAL", apply_log_level},
      {"ENABLE_STRUCTURED_LOGS", telemetry, "1 in production, else 0",
       "JSON lines, and one line per request (production always writes JSON)",
       apply_structured_logs, derived},
      {"METRICS_TOKEN", telemetry, "", "bearer token that /metrics asks for; without it it is open",
       hidden(at(&settings::observability, &observability_settings::metrics_token)), secret},
      {"SENTRY_DSN", telemetry, "", "where error reports go; without it none are sent",
       apply_sentry_dsn, secret, not_yet},
      {"SENTRY_TRACES_SAMPLE_RATE", telemetry, "0.1", "share of requests that are traced, 0 to 1",
       apply_sample_rate, plain, not_yet},

      {"SMTP_HOST", mail, "", "mail server",
       text(at(&settings::outbound, &outbound_settings::smtp_host))},
      {"SMTP_PORT", mail, "587", "its port",
       number(at(&settings::outbound, &outbound_settings::smtp_port), 1, 65'535)},
      {"SMTP_USER", mail, "", "its user",
       text(at(&settings::outbound, &outbound_settings::smtp_user))},
      {"SMTP_PASSWORD", mail, "", "its password",
       hidden(at(&settings::outbound, &outbound_settings::smtp_password)), secret},
      {"SMTP_FROM", mail, "", "sender of our mail",
       text(at(&settings::outbound, &outbound_settings::smtp_from))},
      {"WEBHOOK_SECRET", mail, "",
       "signs the webhooks of automations, 16 bytes or more; without it none are called",
       hidden(at(&settings::outbound, &outbound_settings::webhook_secret)), secret},

      {"JOB_THREADS", job_platform, "4", "jobs of built-in kinds that run at the same time",
       number(at(&settings::jobs, &job_settings::threads), 1, 256)},
      {"SYSTEM_SCHEDULES", job_platform, "1",
       "make the schedules of the system at a start; 0 while another program does their work",
       truth(at(&settings::jobs, &job_settings::system_schedules))},
      {"WORKER_TOKENS", job_platform, "",
       "who may pull jobs over HTTP, comma separated: <token>:<kind>+<kind>[:effects]; tokens of "
       "16 "
       "bytes or more",
       apply_workers, secret},
      {"KIND_POLICIES", job_platform, "",
       "attempts of jobs that do not say it, comma separated: <kind>+<kind>=<member>:<value>"
       "[+<member>:<value>]; max_attempts, timeout_s, curve (exponential, linear, fixed), base_s, "
       "factor, cap_s, jitter (full, equal, none)",
       apply_kind_policies},
      {"PUSH_TARGETS", job_platform, "",
       "where jobs are pushed to, comma separated: <kind>+<kind>=<https URL>[;effects]",
       apply_push_targets},
      {"PUSH_SECRET", job_platform, "",
       "signs what is pushed, 16 bytes or more; for a rotation <new>,<old>: each signs",
       apply_push_secrets, secret},
      {"PUSH_ALLOW", job_platform, "",
       "addresses and CIDR blocks, comma separated, that are pushed to though they are not public; "
       "only these also by http://",
       networks([](settings & s) -> auto& { return s.jobs.push.allow; })},

      {"ENABLE_INSIGHTS", jobs, "1", "compute and serve insights",
       truth(at(&settings::insights, &insights_settings::enabled))},
      {"NOTIFICATION_RETENTION_DAYS", jobs, "365", "age at which notifications are removed",
       number(at(&settings::insights, &insights_settings::notification_retention_days), 1, 36'500)},

      {"GUNICORN_WORKERS", former, "", "accepted, no effect", apply_nothing, ignored},
      {"VERCEL", former, "", "accepted, no effect", apply_nothing, ignored},
      {"RAILWAY_ENVIRONMENT", former, "", "accepted, no effect", apply_nothing, ignored},
  };
}

} // namespace

std::string variable::flag() const {
  std::string out = "--" + lower(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

const std::vector<variable>& variables() {
  static const std::vector<variable> all = make_variables();
  return all;
}

} // namespace config
