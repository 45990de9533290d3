// What   command_line: the arguments of the program, read by CLI11: flags of settings, and one
//        command.
// Why    The one place that knows how a command is typed; load.cpp merges and checks what was
//        given.
// Errors CLI::ParseError of app.parse().
// Threads one.
// Source api-contract §17.
#pragma once

#include "config/load.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>
#include <vector>

namespace config {

struct command_line {
  CLI::App app{"Vai de Pix: a double-entry ledger server. Every acknowledged transaction is kept "
               "exactly once."};
  std::map<std::string, std::string> given; ///< by name of the variable
  std::string config_file;
  migrate migration;
  verify verification;
  std::string user_id;
  std::string account_id;
  std::string since;
  snapshots snapshot;
  std::string month;
  std::string snapshot_account;
  reconcile reconciliation;
  export_books exporting;
  std::string export_user;
  bool export_all = false;
  std::string export_format_name;
  std::string export_output;
  import_books importing;
  grant_admin grant;
  correction how;
  server_access server;
  std::vector<std::string> accounts;
  bool all_accounts = false;
  doctor examination;
  jobs job_wish;
  std::string job_state, job_kind, job_queue, job_lane, job_tag;
  std::map<jobs::verb, CLI::App*> job_verbs;
  schedules schedule_wish;
  std::map<schedules::verb, CLI::App*> schedule_verbs;
  locks lock_wish;
  demo household;
  std::string household_until;
  CLI::App* showing = nullptr;
  CLI::App* locks_listed = nullptr;
  CLI::App* lock_released = nullptr;
  CLI::App* backfilling = nullptr;
  CLI::App* syncing = nullptr;
  CLI::App* examining = nullptr;
  CLI::App* serving = nullptr;
  CLI::App* migrating = nullptr;
  CLI::App* verifying = nullptr;
  CLI::App* snapshotting = nullptr;
  CLI::App* reconciling = nullptr;
  CLI::App* exports = nullptr;
  CLI::App* imports = nullptr;
  CLI::App* granting = nullptr;

  explicit command_line(const std::string& version);
  void add_jobs();
  void add_schedules();
  void add_locks();
  void add_demo();
  command chosen() const;
};

} // namespace config
