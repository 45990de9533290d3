// What   load: command line, environment and file into settings and a command; or the text to print
//        instead.
// Why    All faults at once, each with the name that the operator typed. The environment is an
//        argument, so tests need no process.
// Errors stop{exit_code, out, err}: 0 for --help and --version, 2 for faults.
// Threads any; reads the --config file and the system's time zones.
// Source api-contract §17, §18.
#pragma once

#include "config/settings.hpp"
#include "scheduler/zone_rules.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace config {

struct serve {
  bool operator==(const serve&) const = default;
};
struct migrate {
  bool dry_run = false;
  bool operator==(const migrate&) const = default;
};
/// A running server to go through; url empty: none runs, the database is opened here.
struct server_access {
  std::string url;
  std::string token; ///< VAIDEPIX_TOKEN, of an administrator
  bool operator==(const server_access&) const = default;
};
struct verify {
  std::optional<std::string> user_id;
  std::optional<std::string> account_id;
  std::optional<std::string> since; ///< file with the commits up to which it was sound
  bool json = false;
  bool operator==(const verify&) const = default;
};
struct snapshots {
  std::optional<std::string> month; ///< "2026-11"; absent: the one before the current
  std::optional<std::string> account_id;
  bool json = false;
  server_access server = {};
  std::string reason; ///< for the audit log of the server; 3..200
  bool operator==(const snapshots&) const = default;
};
struct reconcile {
  std::string scope = "all"; ///< snapshots, balances, all
  bool json = false;
  server_access server = {};
  bool operator==(const reconcile&) const = default;
};
enum class export_format : std::uint8_t { hledger, csv, jsonl };
struct export_books {
  std::optional<std::string> user; ///< e-mail or id; none: the whole database
  export_format format = export_format::jsonl;
  std::optional<std::string> output; ///< none: standard output
  bool operator==(const export_books&) const = default;
};
struct import_books {
  std::string file; ///< "-": standard input
  bool operator==(const import_books&) const = default;
};
struct grant_admin {
  std::string email;
  bool operator==(const grant_admin&) const = default;
};
/// What all commands that correct the ledger have in common.
struct correction {
  std::string reason; ///< 3..200
  bool dry_run = false;
  bool json = false;
  server_access server = {};
  bool operator==(const correction&) const = default;
};
struct backfill_ledger {
  correction how;
  bool operator==(const backfill_ledger&) const = default;
};
struct sync_balance {
  correction how;
  std::vector<std::string> accounts; ///< empty: all
  bool operator==(const sync_balance&) const = default;
};
struct doctor {
  bool json = false;
  bool operator==(const doctor&) const = default;
};
/// Jobs of a running server, looked at or acted on.
struct jobs {
  enum class verb : std::uint8_t { list, get, explain, retry, cancel, redrive, discard };
  verb what = verb::list;
  std::string id; ///< of all but list
  std::optional<std::string> state, kind, queue, lane, tag;
  std::int64_t limit = 20;
  std::string reason; ///< of what changes something; 3..200
  bool json = false;
  server_access server = {};
  bool operator==(const jobs&) const = default;
};
/// Schedules of a running server, looked at or acted on.
struct schedules {
  enum class verb : std::uint8_t { list, get, preview, ticks, pause, resume, run_now };
  verb what = verb::list;
  std::string id;      ///< of all but list
  bool system = false; ///< list: those of the system
  std::int64_t limit = 20;
  std::string until;        ///< pause: an instant; empty: until it is resumed
  bool skip_missed = false; ///< resume: what fell into the pause is not made up for
  std::string reason;       ///< of what changes something; 3..200
  bool json = false;
  server_access server = {};
  bool operator==(const schedules&) const = default;
};
/// The locks of jobs of a running server.
struct locks {
  bool release = false; ///< else they are listed
  std::string name;
  std::int64_t pid = 0; ///< of the holder, as the list shows it
  bool force = false;   ///< also when the holder works
  std::string reason;   ///< 3..200
  bool json = false;
  server_access server = {};
  bool operator==(const locks&) const = default;
};
/// A user of a running server, filled with a household of the seed.
struct demo {
  std::string url; ///< empty: the port of the settings, on this machine
  std::string name = "Família Exemplo";
  std::string email = "demo@example.com";
  std::string password; ///< empty: one is made and printed
  std::uint64_t seed = 1;
  std::optional<base::civil_day> until; ///< its last day; absent: today
  bool operator==(const demo&) const = default;
};
using command =
    std::variant<serve, migrate, verify, snapshots, reconcile, export_books, import_books,
                 grant_admin, backfill_ledger, sync_balance, doctor, jobs, schedules, locks, demo>;

using environment_map = std::map<std::string, std::string, std::less<>>;

struct load_options {
  std::string host_name = "localhost"; ///< default of NODE_ID
  std::string version = "1.0.0";
  bool memory_database_allowed = false;        ///< tests only: it dies with the process
  std::vector<std::string> builtin_kinds = {}; ///< of jobs; nothing else may bear their names
};

struct loaded {
  settings values;
  scheduler::zone_rules zone; ///< of values.app_timezone
  command what;
  std::vector<std::string> warnings; ///< for the log, one sentence each, no secrets
};

/// Nothing to run: print and leave.
struct stop {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// `arguments` without the program's name.
std::variant<loaded, stop> load(const std::vector<std::string>& arguments,
                                const environment_map& environment, const load_options& options);

} // namespace config
