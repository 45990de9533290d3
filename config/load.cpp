#include "config/load.hpp"

#include "config/command_line.hpp"
#include "config/env_file.hpp"
#include "config/secret_key.hpp"
#include "config/tz_source.hpp"
#include "config/variables.hpp"

#include "base/limits.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <set>

namespace config {

namespace {

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

/// A worker or receiver that took the name of a kind of ours would run its jobs instead of us.
void check_kinds(merge& m, std::string_view variable, const std::vector<std::string>& kinds,
                 const std::vector<std::string>& builtin) {
  for (const auto& kind : kinds)
    if (std::find(builtin.begin(), builtin.end(), kind) != builtin.end())
      m.fault(variable, fmt::format("has \"{}\", which is a built-in kind", kind));
}

bool names_kind(const job_settings& jobs, const std::vector<std::string>& builtin,
                const std::string& kind) {
  const auto in = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), kind) != names.end();
  };
  const auto has = [&](const auto& one) { return in(one.kinds); };
  return in(builtin) || std::any_of(jobs.workers.begin(), jobs.workers.end(), has) ||
         std::any_of(jobs.push.targets.begin(), jobs.push.targets.end(), has);
}

void check_job_kinds(merge& m, const load_options& options) {
  const auto& s = m.values.jobs;
  for (const auto& w : s.workers) check_kinds(m, "WORKER_TOKENS", w.kinds, options.builtin_kinds);
  if (!s.push.targets.empty() && s.push.secrets.empty())
    m.fault("PUSH_SECRET", "is needed with PUSH_TARGETS: calls are signed");
  for (const auto& target : s.push.targets) {
    if (target.plain() && s.push.allow.empty())
      m.fault("PUSH_TARGETS",
              fmt::format("has http:// for \"{}\", and PUSH_ALLOW allows no address",
                          target.kinds.front()));
    check_kinds(m, "PUSH_TARGETS", target.kinds, options.builtin_kinds);
    for (const auto& kind : target.kinds)
      for (const auto& w : s.workers)
        if (std::find(w.kinds.begin(), w.kinds.end(), kind) != w.kinds.end())
          m.fault("PUSH_TARGETS", fmt::format("has \"{}\", which WORKER_TOKENS has too", kind));
  }
  for (const auto& policy : s.policies)
    if (!names_kind(s, options.builtin_kinds, policy.kind))
      m.fault("KIND_POLICIES", fmt::format("has \"{}\", which is no kind here", policy.kind));
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
  if (const auto& key = s.outbound.webhook_secret.reveal(); !key.empty() && key.size() < 16)
    m.fault("WEBHOOK_SECRET", "is shorter than 16 bytes");
  check_job_kinds(m, options);
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

void check_jobs(merge& m, const jobs& j) {
  if (j.server.url.empty()) m.fault("--url", "is needed: jobs are those of a running server");
  check_server(m, j.server);
  const bool looks =
      j.what == jobs::verb::list || j.what == jobs::verb::get || j.what == jobs::verb::explain;
  if (!looks) check_reason(m, j.reason);
  if (j.what != jobs::verb::list && (j.id.empty() || j.id.size() > base::limits::id_bytes_max))
    m.fault("jobs", "takes the id of a job, of 1 to 64 bytes");
  if (j.limit < 1 || j.limit > 100) m.fault("--limit", "is from 1 to 100");
}

void check_schedules(merge& m, const schedules& s) {
  if (s.server.url.empty()) m.fault("--url", "is needed: schedules are those of a running server");
  check_server(m, s.server);
  if (s.what >= schedules::verb::pause) check_reason(m, s.reason);
  if (s.what != schedules::verb::list && (s.id.empty() || s.id.size() > base::limits::id_bytes_max))
    m.fault("schedules", "takes the id of a schedule, of 1 to 64 bytes");
  if (s.limit < 1 || s.limit > 100) m.fault("--limit", "is from 1 to 100");
}

void check_locks(merge& m, const locks& l) {
  if (l.server.url.empty()) m.fault("--url", "is needed: locks are those of a running server");
  check_server(m, l.server);
  if (!l.release) return;
  check_reason(m, l.reason);
  if (l.name.empty() || l.name.size() > 64 ||
      l.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") != std::string::npos)
    m.fault("locks release", "takes the name of a lock, as locks list shows it");
  if (l.pid < 1) m.fault("--pid", "is the number that locks list shows");
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
  if (const auto* j = std::get_if<jobs>(&what)) check_jobs(m, *j);
  if (const auto* s = std::get_if<schedules>(&what)) check_schedules(m, *s);
  if (const auto* l = std::get_if<locks>(&what)) check_locks(m, *l);
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

void check_demo(merge& m, const command& what, const command_line& line) {
  const auto* d = std::get_if<demo>(&what);
  if (d == nullptr) return;
  if (!d->url.empty() && !d->url.starts_with("http://") && !d->url.starts_with("https://"))
    m.fault("--url", "begins with http:// or https://");
  if (!line.household_until.empty() && !d->until)
    m.fault("--until", fmt::format("\"{}\" is no date YYYY-MM-DD", line.household_until));
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
    check_demo(m, what, line);
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
