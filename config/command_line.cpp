#include "config/command_line.hpp"

#include "config/variables.hpp"

#include <tuple>

namespace config {

namespace {

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
  vaidepix jobs list --state dead --url http://...    what died, of a running server
  vaidepix jobs redrive ID --reason "..." --url ...   once more, its attempts anew
  vaidepix schedules list --system --url http://...   what runs when, of a running server
  vaidepix locks list --url http://...                who holds the locks of jobs
  vaidepix demo --seed 7                              a user with two years of a household's life

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

} // namespace

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
  add_jobs();
  add_schedules();
  add_locks();
  add_demo();
  CLI::App* users = app.add_subcommand("users", "administration of users");
  users->require_subcommand(1);
  granting = users->add_subcommand("grant-admin", "make a registered user an administrator");
  granting->add_option("email", grant.email, "the user's e-mail")->type_name("EMAIL")->required();
  for (CLI::App* sub : {serving, migrating, verifying, snapshotting, reconciling, exports, imports,
                        backfilling, syncing, examining, showing, users, granting}) {
    sub->fallthrough();
    sub->footer("Settings as in vaidepix --help.");
  }
  exports->footer(export_footer);
  imports->footer(import_footer);
}

void command_line::add_jobs() {
  CLI::App* of_jobs =
      app.add_subcommand("jobs", "look at jobs of a running server, and act on them");
  of_jobs->require_subcommand(1);
  using verb = jobs::verb;
  const std::vector<std::tuple<verb, const char*, const char*>> verbs{
      {verb::list, "list", "newest first"},
      {verb::get, "get", "all of one job"},
      {verb::explain, "explain", "why it does not run yet; status 1 when it waits for a person"},
      {verb::retry, "retry", "now instead of later: what waits, is parked or dead"},
      {verb::cancel, "cancel", "one that runs is told to stop"},
      {verb::redrive, "redrive", "a dead one once more, its attempts anew"},
      {verb::discard, "discard", "a dead or parked one is given up"}};
  for (const auto& [what, name, help] : verbs) {
    CLI::App* sub = of_jobs->add_subcommand(name, help);
    job_verbs[what] = sub;
    sub->add_option("--url", server.url, "of the server, with VAIDEPIX_TOKEN of whoever asks")
        ->type_name("URL");
    sub->add_flag("--json", job_wish.json, "print the answer as JSON");
    if (what == verb::list) {
      sub->add_option("--state", job_state, "ready, dead, succeeded, ...")->type_name("STATE");
      sub->add_option("--kind", job_kind, "of this kind")->type_name("KIND");
      sub->add_option("--queue", job_queue, "of this queue")->type_name("QUEUE");
      sub->add_option("--lane", job_lane, "of this lane")->type_name("LANE");
      sub->add_option("--tag", job_tag, "with this tag")->type_name("TAG");
      sub->add_option("--limit", job_wish.limit, "at most so many")->type_name("N");
      continue;
    }
    sub->add_option("id", job_wish.id, "id of the job")->type_name("ID")->required();
    if (what != verb::get && what != verb::explain)
      sub->add_option("--reason", job_wish.reason, "why (3 to 200 characters)")->type_name("TEXT");
  }
}

void command_line::add_schedules() {
  CLI::App* of_schedules =
      app.add_subcommand("schedules", "look at schedules of a running server, and act on them");
  of_schedules->require_subcommand(1);
  using verb = schedules::verb;
  const std::vector<std::tuple<verb, const char*, const char*>> verbs{
      {verb::list, "list", "newest first"},
      {verb::get, "get", "all of one schedule"},
      {verb::preview, "preview", "its next ticks"},
      {verb::ticks, "ticks", "what became of its ticks, newest first"},
      {verb::pause, "pause", "it makes no jobs"},
      {verb::resume, "resume", "it makes jobs again"},
      {verb::run_now, "run-now", "one job now, which is no tick of the rule"}};
  for (const auto& [what, name, help] : verbs) {
    CLI::App* sub = of_schedules->add_subcommand(name, help);
    schedule_verbs[what] = sub;
    sub->add_option("--url", server.url, "of the server, with VAIDEPIX_TOKEN of whoever asks")
        ->type_name("URL");
    sub->add_flag("--json", schedule_wish.json, "print the answer as JSON");
    if (what == verb::list)
      sub->add_flag("--system", schedule_wish.system, "those of the system, for administrators");
    else
      sub->add_option("id", schedule_wish.id, "id of the schedule")->type_name("ID")->required();
    if (what == verb::list || what == verb::ticks || what == verb::preview)
      sub->add_option("--limit", schedule_wish.limit, "at most so many")->type_name("N");
    if (what == verb::pause)
      sub->add_option("--until", schedule_wish.until, "then it goes on by itself")
          ->type_name("INSTANT");
    if (what == verb::resume)
      sub->add_flag("--skip-missed", schedule_wish.skip_missed,
                    "what fell into the pause is not made up for");
    if (what >= verb::pause)
      sub->add_option("--reason", schedule_wish.reason, "why (3 to 200 characters)")
          ->type_name("TEXT");
  }
}

void command_line::add_locks() {
  CLI::App* of_locks =
      app.add_subcommand("locks", "who holds the locks of jobs of a running server");
  of_locks->require_subcommand(1);
  locks_listed = of_locks->add_subcommand("list", "all of them, with their holders");
  lock_released = of_locks->add_subcommand("release", "stops the holder, or ends its session");
  lock_released->add_option("name", lock_wish.name, "of the lock")->type_name("NAME")->required();
  lock_released->add_option("--pid", lock_wish.pid, "of the holder, as the list shows it")
      ->type_name("PID")
      ->required();
  lock_released->add_flag("--force", lock_wish.force, "also while the holder works");
  lock_released->add_option("--reason", lock_wish.reason, "why (3 to 200 characters)")
      ->type_name("TEXT");
  for (CLI::App* sub : {locks_listed, lock_released}) {
    sub->add_option("--url", server.url, "of the server, with VAIDEPIX_TOKEN of an administrator")
        ->type_name("URL");
    sub->add_flag("--json", lock_wish.json, "print the answer as JSON");
  }
}

void command_line::add_demo() {
  showing = app.add_subcommand(
      "demo", "a new user of a running server with two years of a household's life");
  showing->add_option("--url", household.url, "of the server; PORT on this machine by default")
      ->type_name("URL");
  showing->add_option("--name", household.name, "of the user")
      ->capture_default_str()
      ->type_name("TEXT");
  showing->add_option("--email", household.email, "of the user; no other may have it")
      ->capture_default_str()
      ->type_name("EMAIL");
  showing->add_option("--password", household.password, "one is made and printed by default")
      ->type_name("TEXT");
  showing->add_option("--seed", household.seed, "the same seed makes the same household")
      ->capture_default_str()
      ->type_name("N");
  showing->add_option("--until", household_until, "its last day, today by default")
      ->type_name("DATE");
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
  for (const auto& [verb, sub] : job_verbs) {
    if (!sub->parsed()) continue;
    auto out = job_wish;
    out.what = verb;
    out.server = server;
    const auto given = [](const std::string& text) {
      return text.empty() ? std::nullopt : std::optional{text};
    };
    out.state = given(job_state);
    out.kind = given(job_kind);
    out.queue = given(job_queue);
    out.lane = given(job_lane);
    out.tag = given(job_tag);
    return out;
  }
  for (const auto& [verb, sub] : schedule_verbs) {
    if (!sub->parsed()) continue;
    auto out = schedule_wish;
    out.what = verb;
    out.server = server;
    return out;
  }
  if (locks_listed->parsed() || lock_released->parsed()) {
    auto out = lock_wish;
    out.release = lock_released->parsed();
    out.server = server;
    return out;
  }
  if (showing->parsed()) {
    demo out = household;
    out.until = base::parse_day(household_until);
    return out;
  }
  if (!verifying->parsed()) return serve{};
  verify out = verification;
  if (!user_id.empty()) out.user_id = user_id;
  if (!account_id.empty()) out.account_id = account_id;
  if (!since.empty()) out.since = since;
  return out;
}

} // namespace config
