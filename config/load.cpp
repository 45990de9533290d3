#include "config/load.hpp"

#include "config/env_file.hpp"
#include "config/secret_key.hpp"
#include "config/tz_source.hpp"
#include "config/variables.hpp"

#include "base/limits.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>

namespace config {

namespace {

// -- command line ---------------------------------------------------------------------------------

constexpr const char* footer_end = R"(
Examples
  vaidepix serve                                      SQLite in the working directory, port 8000
  vaidepix serve --database-url sqlite:////var/lib/vaidepix/vaidepix.db --port 9000
  DATABASE_URL=postgresql://app@db/vaidepix vaidepix migrate --dry-run
  vaidepix serve --config env.local                   lines NAME=value, see env.local.example
  vaidepix verify --json                              for machines
  vaidepix verify --since sound.json                  what is new since the last sound run
  vaidepix export --user ana@example.com --format hledger --output ana.journal
  vaidepix export --all --output all.jsonl            the whole database, on one of its snapshots
  vaidepix import --file all.jsonl                    into an empty database, all or nothing
  vaidepix doctor                                     what is wrong, and which command mends it
  vaidepix backfill-ledger --dry-run --reason "..."   after a partial restore; then without --dry-run
  vaidepix sync-balance --all --reason "..."          balances from the entries
  vaidepix users grant-admin ana@example.com          makes the first administrator

Exit status
  0 fine   1 problems found   2 wrong use or settings   3 database unreachable   4 refused
)";

constexpr const char* export_footer = R"(
Formats
  hledger  a journal for hledger and ledger: accounts with their types, one transaction for each
           posting (an edit or a deletion is a reversal), dates BOOKED=EFFECTIVE, tags, and the
           balances at the end as assertions. Needs a UTF-8 locale to be read
  csv      RFC 4180 with a header, one row for each transaction, newest first. amount is the signed
           effect on the account; rows with deleted_at have none. A text that a spreadsheet would
           take for a formula has an apostrophe before it
  jsonl    one JSON object on each line, a header first and a trailer with counts and SHA-256 last.
           --user leaves the password hash out; --all is everything that import needs, password
           hashes and stored answers included: keep it as you keep the database

What is guaranteed
  One snapshot: what was committed when it began, all of it and nothing later, however long it
  takes and whatever a server writes meanwhile. On PostgreSQL by one transaction (repeatable read,
  read only), on SQLite by one read transaction, which needs no lock: the server may run. While it
  lasts, PostgreSQL cannot vacuum what it sees, and SQLite's -wal file grows.
  A file appears under its name when it is whole, readable by its owner only.

Settings as in vaidepix --help.)";

constexpr const char* import_footer = R"(
Takes what `vaidepix export --all --format jsonl` wrote, from either database. Ids, entries, commit
records and the hash chain stay the same to the byte. The database must be empty (its schema is made
when it is missing) and no server may use it.

All or nothing: it is one transaction of the database, which ends only after the last line was read,
counts, hash chain and the hash over the file were found right, and the tables, read back, gave the
same file again. If it fails or is killed before that, the database holds no row.

It refuses a database that is not empty, a file that was cut off or altered, one of a newer version
and one of a single user. SHARDS is taken from the file.

Settings as in vaidepix --help.)";

std::string footer() {
  return "Settings\n"
         "  Each can stand in the environment, in the --config file, and on the command line as a "
         "flag\n"
         "  in lower case with dashes: PORT=9000 is --port 9000. The command line wins over the\n"
         "  environment, that over the file, that over the default in [brackets]. An empty value "
         "is\n"
         "  none. true, 1, yes and on are equal. All faults are reported at once.\n" +
         variables_help() + footer_end;
}

constexpr const char* settings_group = "Settings";

/// The settings have a section of their own in the footer, by group and with the names of the
/// environment.
struct help_formatter final : CLI::Formatter {
  std::string make_group(std::string group, bool positional,
                         std::vector<const CLI::Option*> options) const override {
    if (group == settings_group) return {};
    return CLI::Formatter::make_group(std::move(group), positional, std::move(options));
  }
};

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
  command chosen() const;
};

command_line::command_line(const std::string& version) {
  app.name("vaidepix");
  app.set_version_flag("--version", "vaidepix " + version, "print the version");
  app.get_help_ptr()->description("print this help");
  app.formatter(std::make_shared<help_formatter>());
  app.footer(footer());
  app.add_option("--config", config_file, "read settings from this file")->type_name("FILE");
  for (const variable& v : variables())
    if (v.has_flag())
      app.add_option(v.flag(), given[v.name])
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
          ->group(settings_group)
          ->type_name("VALUE");
  app.require_subcommand(1);
  app.fallthrough();

  serving = app.add_subcommand("serve", "run the server until SIGTERM; sets up an empty database");
  serving->add_option("--static", given["STATIC_DIR"], "serve the web app of this folder")
      ->type_name("DIR");
  migrating = app.add_subcommand("migrate", "bring the database's schema up to date, under a lock");
  migrating->add_flag("--dry-run", migration.dry_run, "only list what would be applied");
  verifying = app.add_subcommand(
      "verify", "check hash chain, sums, versions and balances; exit status 1 on a fault");
  verifying->add_option("--user", user_id, "only this user's accounts")->type_name("ID");
  verifying->add_option("--account", account_id, "only this account")->type_name("ID");
  verifying
      ->add_option("--since", since,
                   "only what was committed since the last sound run that wrote FILE, and write it "
                   "anew when that is sound; without a file the whole ledger")
      ->type_name("FILE");
  verifying->add_flag("--json", verification.json, "print the report as JSON");
  snapshotting = app.add_subcommand(
      "snapshots", "write what every account held at the end of a month; harmless to repeat");
  snapshotting->add_option("--month", month, "the last ended month by default")
      ->type_name("YYYY-MM");
  snapshotting->add_option("--account", snapshot_account, "only this account")->type_name("ID");
  snapshotting
      ->add_option("--reason", snapshot.reason, "with --url: why, for the audit log (3 to 200)")
      ->type_name("TEXT");
  snapshotting->add_flag("--json", snapshot.json, "print the result as JSON");
  reconciling = app.add_subcommand(
      "reconcile",
      "compare snapshots and balances with the entries; exit status 1 on a divergence");
  reconciling->add_option("--scope", reconciliation.scope, "snapshots, balances or all")
      ->check(CLI::IsMember({"snapshots", "balances", "all"}))
      ->type_name("SCOPE");
  reconciling->add_flag("--json", reconciliation.json, "print the result as JSON");
  exports = app.add_subcommand("export", "write a user's books, or the whole database, as text");
  exports->add_option("--user", export_user, "this user's books")->type_name("EMAIL|ID");
  exports->add_flag("--all", export_all, "the whole database, for vaidepix import");
  exports->add_option("--format", export_format_name, "hledger, csv or jsonl; --all: jsonl only")
      ->type_name("FORMAT");
  exports->add_option("--output", export_output, "this file; otherwise standard output")
      ->type_name("FILE");
  imports = app.add_subcommand("import", "read an export of the whole database into an empty one");
  imports->add_option("--file", importing.file, "the JSON lines; - is standard input")
      ->type_name("FILE")
      ->required();
  backfilling = app.add_subcommand(
      "backfill-ledger", "append the entries that transactions lack; status 1 when some still do");
  syncing = app.add_subcommand("sync-balance",
                               "make stored balances those of the entries, which it never touches");
  syncing->add_option("accounts", accounts, "ids of accounts")->type_name("ACCOUNT");
  syncing->add_flag("--all", all_accounts, "all accounts");
  for (CLI::App* sub : {backfilling, syncing}) {
    sub->add_flag("--dry-run", how.dry_run, "change nothing; status 1 when there is work to do");
    sub->add_option("--reason", how.reason, "why, for the audit log (3 to 200 characters)")
        ->type_name("TEXT");
    sub->add_flag("--json", how.json, "print the report as JSON");
  }
  for (CLI::App* sub : {backfilling, syncing, snapshotting, reconciling})
    sub->add_option("--url", server.url,
                    "go through this running server, with VAIDEPIX_TOKEN of an administrator")
        ->type_name("URL");
  examining = app.add_subcommand(
      "doctor", "says what is wrong and which command mends it; status 1 when something is");
  examining->add_flag("--json", examination.json, "print the report as JSON");
  CLI::App* users = app.add_subcommand("users", "administration of users");
  users->require_subcommand(1);
  granting = users->add_subcommand("grant-admin", "make a registered user an administrator");
  granting->add_option("email", grant.email, "the user's e-mail")->type_name("EMAIL")->required();
  for (CLI::App* sub : {serving, migrating, verifying, snapshotting, reconciling, exports, imports,
                        backfilling, syncing, examining, users, granting}) {
    sub->fallthrough();
    sub->footer("Settings as in vaidepix --help.");
  }
  exports->footer(export_footer);
  imports->footer(import_footer);
}

command command_line::chosen() const {
  if (migrating->parsed()) return migration;
  if (granting->parsed()) return grant;
  if (reconciling->parsed()) {
    reconcile out = reconciliation;
    out.server = server;
    return out;
  }
  if (snapshotting->parsed()) {
    snapshots out = snapshot;
    if (!month.empty()) out.month = month;
    if (!snapshot_account.empty()) out.account_id = snapshot_account;
    out.server = server;
    return out;
  }
  if (imports->parsed()) return importing;
  if (exports->parsed()) {
    export_books out;
    if (!export_user.empty()) out.user = export_user;
    if (export_format_name == "hledger") out.format = export_format::hledger;
    if (export_format_name == "csv") out.format = export_format::csv;
    if (!export_output.empty()) out.output = export_output;
    return out;
  }
  correction wish = how;
  wish.server = server;
  if (backfilling->parsed()) return backfill_ledger{wish};
  if (syncing->parsed()) return sync_balance{wish, accounts};
  if (examining->parsed()) return examination;
  if (!verifying->parsed()) return serve{};
  verify out = verification;
  if (!user_id.empty()) out.user_id = user_id;
  if (!account_id.empty()) out.account_id = account_id;
  if (!since.empty()) out.since = since;
  return out;
}

// -- merging --------------------------------------------------------------------------------------

struct merge {
  settings values;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
  std::set<std::string> given;

  void fault(std::string_view name, std::string_view what) {
    faults.push_back(fmt::format("{} {}", name, what));
  }
  bool has(const char* name) const { return given.contains(name); }
};

environment_map read_config_file(const std::string& path, merge& m) {
  std::ifstream in{path};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad()) {
    m.fault("--config", fmt::format("\"{}\" cannot be read", path));
    return {};
  }
  env_file file = read_env_file(text);
  for (const std::string& f : file.faults) m.fault(path, f);
  for (const auto& [name, value] : file.values)
    if (std::none_of(variables().begin(), variables().end(),
                     [&known = name](const variable& v) { return v.name == known; }))
      m.fault(path, fmt::format("sets {}, which is no setting", name));
  return std::move(file.values);
}

void apply_all(merge& m, const std::map<std::string, std::string>& flags,
               const environment_map& environment, const environment_map& file) {
  const auto value_in = [](const auto& map, const std::string& name) -> const std::string* {
    const auto at = map.find(name);
    return at == map.end() || at->second.empty() ? nullptr : &at->second;
  };
  for (const variable& v : variables()) {
    std::string shown = v.flag();
    const std::string* value = value_in(flags, v.name);
    if (value == nullptr) {
      shown = v.name;
      value = value_in(environment, v.name);
    }
    if (value == nullptr) {
      shown = v.name + " (--config)";
      value = value_in(file, v.name);
    }
    if (value == nullptr) continue;
    m.given.insert(v.name);
    if (const std::string wrong = v.apply(*value, m.values); !wrong.empty()) m.fault(shown, wrong);
    if (!v.works_yet) m.warnings.push_back(v.name + " is checked but has no effect yet");
  }
}

// -- what depends on several values ---------------------------------------------------------------

void check_keys(merge& m, bool serving) {
  settings& s = m.values;
  const auto weakness = weakness_of(s.auth.key.reveal());
  if (weakness && s.production()) {
    if (serving)
      m.fault("SECRET_KEY", fmt::format("{}; production needs at least 32 random bytes "
                                        "(openssl rand -base64 48)",
                                        *weakness));
  } else if (!s.auth.key.empty() && weakness) {
    m.warnings.push_back("SECRET_KEY " + *weakness + "; production would refuse it");
  } else if (s.auth.key.empty()) {
    const database_settings& db = s.storage.database;
    if (db.what == database_settings::kind::sqlite && !db.in_memory())
      s.auth.made_key_file = db.sqlite_path + ".key";
    m.warnings.push_back(
        s.auth.made_key_file.empty()
            ? "SECRET_KEY is not set: a random key is used, and all tokens end with this process"
            : "SECRET_KEY is not set: a random key is kept beside the database file");
  }
  for (const secret& key : s.auth.previous_keys)
    if (is_known_default(key.reveal())) {
      if (s.production() && serving)
        m.fault("SECRET_KEY_PREVIOUS", "has a known default, with which anybody can sign");
      else
        m.warnings.push_back("SECRET_KEY_PREVIOUS has a known default");
    }
}

void check_together(merge& m, const load_options& options, bool serving) {
  settings& s = m.values;
  const bool sqlite = s.storage.database.what == database_settings::kind::sqlite;
  if (!m.has("NODE_ID")) s.node_id = options.host_name;
  if (!m.has("ENABLE_STRUCTURED_LOGS"))
    s.observability.json_lines = s.observability.access_lines = s.production();
  if (!m.has("JOURNALS")) s.journal.journals = sqlite ? 1 : std::min(2u, s.journal.shards);
  if (sqlite && s.journal.journals > 1)
    m.fault("JOURNALS", "must be 1 on SQLite, which has one writer");
  if (s.journal.journals > s.journal.shards) m.fault("JOURNALS", "is larger than SHARDS");
  if (s.storage.database.in_memory() && !options.memory_database_allowed)
    m.fault("DATABASE_URL", "names a database in memory, which would lose what was acknowledged");
  if (s.idempotency.wait_ms >= s.server.request_deadline_ms)
    m.fault("IDEMPOTENCY_WAIT_MS", "must be below REQUEST_DEADLINE_MS");
  auto& minutes = s.auth.access_token_minutes_short;
  if (minutes < 5 || minutes > 15) {
    minutes = std::clamp<std::int64_t>(minutes, 5, 15);
    m.warnings.push_back(fmt::format("ACCESS_TOKEN_EXPIRE_MINUTES_SHORT is held at {}", minutes));
  }
  if (!s.outbound.smtp_host.empty()) {
    if (s.outbound.smtp_from.empty()) m.fault("SMTP_FROM", "is needed with SMTP_HOST");
    if (s.web.frontend_url.empty())
      m.fault("FRONTEND_URL", "is needed with SMTP_HOST: links in mails lead there");
  }
  check_keys(m, serving);
}

/// Characters and not bytes: the reason is Portuguese.
std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

void check_reason(merge& m, const std::string& reason) {
  const auto length = code_points(reason);
  if (length < 3 || length > 200) m.fault("--reason", "has to say why in 3 to 200 characters");
}

void check_server(merge& m, const server_access& server) {
  if (server.url.empty()) return;
  if (!server.url.starts_with("http://") && !server.url.starts_with("https://"))
    m.fault("--url", "begins with http:// or https://");
  if (server.token.empty())
    m.fault("VAIDEPIX_TOKEN", "is needed with --url: an administrator's token");
}

void check_correction(merge& m, const correction& how) {
  check_reason(m, how.reason);
  check_server(m, how.server);
}

void check_command(merge& m, const command& what) {
  if (const auto* r = std::get_if<reconcile>(&what)) check_server(m, r->server);
  if (const auto* s = std::get_if<snapshots>(&what); s != nullptr && !s->server.url.empty()) {
    check_reason(m, s->reason);
    check_server(m, s->server);
  }
  if (const auto* b = std::get_if<backfill_ledger>(&what)) check_correction(m, b->how);
  if (const auto* b = std::get_if<sync_balance>(&what)) {
    check_correction(m, b->how);
    for (const auto& id : b->accounts)
      if (id.empty() || id.size() > base::limits::id_bytes_max)
        m.fault("sync-balance", "takes ids of 1 to 64 bytes");
  }
  if (const auto* g = std::get_if<grant_admin>(&what)) {
    const auto at = g->email.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == g->email.size())
      m.fault("users grant-admin", fmt::format("\"{}\" is no e-mail", g->email));
  }
  if (const auto* v = std::get_if<verify>(&what)) {
    if (v->since && (v->user_id || v->account_id))
      m.fault("verify", "takes either --since or --user and --account");
    for (const auto& [name, id] : {std::pair{"--user", v->user_id}, {"--account", v->account_id}})
      if (id && id->size() > base::limits::id_bytes_max) m.fault(name, "is longer than 64 bytes");
  }
}

void check_export(merge& m, const command_line& line) {
  if (!line.exports->parsed()) return;
  const auto& format = line.export_format_name;
  if (line.export_all == !line.export_user.empty())
    m.fault("export", "takes either --user or --all");
  if (!format.empty() && format != "hledger" && format != "csv" && format != "jsonl")
    m.fault("--format", fmt::format("\"{}\" is none of hledger, csv, jsonl", format));
  if (line.export_all && !format.empty() && format != "jsonl")
    m.fault("--format", "must be jsonl for --all");
  if (!line.export_all && format.empty()) m.fault("export --user", "needs a --format");
}

std::string fault_report(const std::vector<std::string>& faults) {
  std::string out = fmt::format("vaidepix: {} to put right\n",
                                faults.size() == 1 ? std::string{"1 thing"}
                                                   : fmt::format("{} things", faults.size()));
  for (const std::string& f : faults) out += "  " + f + "\n";
  return out + "See vaidepix --help.\n";
}

} // namespace

std::variant<loaded, stop> load(const std::vector<std::string>& arguments,
                                const environment_map& environment, const load_options& options) {
  command_line line{options.version};
  merge m;
  try {
    std::vector<std::string> reversed{arguments.rbegin(),
                                      arguments.rend()}; // CLI11 takes from the back
    line.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return stop{0, line.app.help(), {}};
  } catch (const CLI::CallForVersion& version) {
    return stop{0, std::string{version.what()} + "\n", {}};
  } catch (const CLI::ParseError& e) {
    // What was meant is unknown, so only the values themselves are checked below.
    m.faults.emplace_back(e.what());
  }
  const bool understood = m.faults.empty();

  if (const auto token = environment.find("VAIDEPIX_TOKEN"); token != environment.end())
    line.server.token = token->second;
  if (understood && line.syncing->parsed() && line.accounts.empty() != line.all_accounts)
    m.faults.emplace_back("sync-balance takes ids of accounts, or else --all");
  const command what = line.chosen();
  const bool serving = std::holds_alternative<serve>(what);
  environment_map file;
  if (!line.config_file.empty()) file = read_config_file(line.config_file, m);
  apply_all(m, line.given, environment, file);
  if (understood) {
    check_together(m, options, serving);
    check_command(m, what);
    check_export(m, line);
  }
  auto zone = load_zone(m.values.app_timezone);
  if (!zone)
    m.fault("APP_TIMEZONE",
            zone.error().code == "ZONE_UNKNOWN"
                ? fmt::format("\"{}\" is no IANA time zone of this system", m.values.app_timezone)
                : std::string{"cannot be read from the system (Debian package tzdata)"});
  if (!m.faults.empty()) return stop{2, {}, fault_report(m.faults)};
  return loaded{std::move(m.values), std::move(*zone), what, std::move(m.warnings)};
}

} // namespace config
