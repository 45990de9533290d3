// What   settings: everything that an operator may choose, one struct per module.
// Why    Read once by load(), then never changed: parts are handed to their modules by value or
//        const reference.
// Bounds Each member's range is in config/variables.cpp, checked before anybody sees the value.
// Threads any (immutable).
// Source api-contract §18.
#pragma once

#include "config/database_url.hpp"
#include "config/kind_policies.hpp"
#include "config/push_targets.hpp"
#include "config/secret.hpp"
#include "config/worker_tokens.hpp"
#include "observability/labels.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace config {

enum class environment : std::uint8_t { development, test, staging, production };

struct server_settings {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8000; ///< 0 = any free one
  std::uint32_t threads = 64;
  std::uint32_t connections_max = 4096;
  std::int64_t request_deadline_ms = 9000;
  std::int64_t drain_seconds = 25;
  std::uint64_t body_bytes_max = 2'097'152;
  std::vector<std::string> trusted_proxies; ///< addresses and CIDR blocks
  bool legacy_status_500 = false;           ///< 500 where we say 503 DB_UNAVAILABLE
  bool operator==(const server_settings&) const = default;
};

struct web_settings {
  std::string frontend_url;
  std::string frontend_url_production;
  std::vector<std::string> cors_origins; ///< "*" allows all, without credentials
  std::string static_dir;
  bool docs_enabled = true;
  bool operator==(const web_settings&) const = default;
};

struct storage_settings {
  database_settings database;
  std::uint32_t read_connections = 4;
  bool operator==(const storage_settings&) const = default;
};

struct journal_settings {
  std::uint32_t journals = 1; ///< default 2 on PostgreSQL; always 1 on SQLite
  std::uint32_t shards = 16;  ///< fixed at the first start of a database
  std::uint32_t batch_max = 1000;
  std::uint32_t queue_max = 20'000; ///< postings waiting per journal
  bool operator==(const journal_settings&) const = default;
};

struct account_settings {
  std::int64_t idle_seconds = 600; ///< then an account actor is passivated
  bool operator==(const account_settings&) const = default;
};

struct auth_settings {
  secret key; ///< empty (never in production): the server makes one
  std::vector<secret> previous_keys;
  /// Where a key that the server made is kept (mode 0600); empty on PostgreSQL: it lives as long as
  /// the process.
  std::string made_key_file;
  std::int64_t access_token_minutes = 30;
  bool accept_email_subject = true;
  bool use_refresh_tokens = false;
  std::int64_t access_token_minutes_short = 10;
  std::int64_t refresh_token_days = 7;
  std::int64_t refresh_reuse_grace_seconds = 10;
  std::int64_t password_reset_minutes = 60;
  bool rate_limit_enabled = true;
  std::uint32_t login_failures_per_account_max = 10;
  std::uint32_t login_failures_per_ip_max = 50;
  std::int64_t login_window_seconds = 900;
  bool operator==(const auth_settings&) const = default;
};

struct idempotency_settings {
  std::int64_t ttl_hours = 24;
  std::int64_t wait_ms = 8000;
  bool operator==(const idempotency_settings&) const = default;
};

struct job_settings {
  std::uint32_t threads = 4; ///< of built-in kinds
  bool system_schedules = true;
  std::vector<worker_token> workers;
  push_settings push;
  std::vector<kind_policy> policies;
  bool operator==(const job_settings&) const = default;
};

struct insights_settings {
  bool enabled = true;
  std::int64_t notification_retention_days = 365;
  bool operator==(const insights_settings&) const = default;
};

struct observability_settings {
  observability::log_level log_level = observability::log_level::info;
  bool json_lines = false;   ///< default: in production
  bool access_lines = false; ///< one line per request; default: in production
  secret metrics_token;      ///< empty: /metrics is open
  secret sentry_dsn;
  double sentry_traces_sample_rate = 0.1;
  bool operator==(const observability_settings&) const = default;
};

struct outbound_settings {
  std::string smtp_host;
  std::uint16_t smtp_port = 587;
  std::string smtp_user;
  secret smtp_password;
  std::string smtp_from;
  secret webhook_secret;
  bool operator==(const outbound_settings&) const = default;
};

struct settings {
  environment env = environment::development;
  std::string node_id;                            ///< default: the host's name
  std::string app_timezone = "America/Sao_Paulo"; ///< exists in the system's data
  bool recovery_mode = false;
  server_settings server;
  web_settings web;
  storage_settings storage;
  journal_settings journal;
  account_settings accounts;
  auth_settings auth;
  idempotency_settings idempotency;
  job_settings jobs;
  insights_settings insights;
  observability_settings observability;
  outbound_settings outbound;

  bool production() const { return env == environment::production; }
  bool operator==(const settings&) const = default;
};

} // namespace config
