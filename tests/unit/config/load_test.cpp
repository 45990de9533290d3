#include "config/load.hpp"
#include "config/variables.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace config;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(load_)

namespace {

const std::string strong_key = "kT3vQ9w1Zr7uY2bN5mX8cL0pA4sD6fGh";

loaded good(const std::vector<std::string>& args, const environment_map& env = {},
            const load_options& options = {}) {
  auto result = load(args, env, options);
  if (const auto* s = std::get_if<stop>(&result)) BOOST_FAIL(s->out + s->err);
  return std::get<loaded>(std::move(result));
}
stop stopped(const std::vector<std::string>& args, const environment_map& env = {}) {
  auto result = load(args, env, {});
  BOOST_REQUIRE(std::holds_alternative<stop>(result));
  return std::get<stop>(std::move(result));
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
bool warned(const loaded& l, const std::string& part) {
  return std::any_of(l.warnings.begin(), l.warnings.end(),
                     [&](const std::string& w) { return has(w, part); });
}

struct config_file {
  std::string path;
  explicit config_file(const std::string& text)
      : path(fs::temp_directory_path() / ("vaidepix_load_test." + std::to_string(getpid()))) {
    std::ofstream{path} << text;
  }
  ~config_file() { fs::remove(path); }
};

} // namespace

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_settings) {
  const auto l = good({"serve"}, {}, {.host_name = "box"});
  settings expected;
  expected.node_id = "box";
  expected.auth.made_key_file = "vaidepix.db.key";
  BOOST_TEST((l.values == expected));
  BOOST_TEST((l.what == command{serve{}}));
  BOOST_TEST(l.zone.name() == "America/Sao_Paulo");
  BOOST_TEST(warned(l, "SECRET_KEY is not set"));
}

BOOST_AUTO_TEST_CASE(the_documented_defaults_are_the_real_ones) {
  settings s;
  for (const variable& v : variables())
    if (v.what == variable::kind::plain && !v.default_text.empty())
      BOOST_TEST(v.apply(v.default_text, s) == "", v.name);
  BOOST_TEST((s == settings{}));
}

BOOST_AUTO_TEST_CASE(command_line_wins_over_environment_over_file_over_default) {
  const config_file file{"PORT=1001\nHOST=file\nJOURNAL_BATCH_MAX=11\n"};
  const environment_map env{{"PORT", "1002"}, {"HOST", "env"}};
  auto l = good({"--config", file.path, "serve", "--port", "1003"}, env);
  BOOST_TEST(l.values.server.port == 1003);
  BOOST_TEST(l.values.server.host == "env");
  BOOST_TEST(l.values.journal.batch_max == 11u);
  BOOST_TEST(l.values.server.threads == 64u);
  l = good({"serve", "--config=" + file.path}, {{"PORT", ""}}); // empty is none
  BOOST_TEST(l.values.server.port == 1001);
  BOOST_TEST(l.values.server.host == "file");
}

BOOST_AUTO_TEST_CASE(all_faults_come_at_once_with_their_names) {
  const config_file file{"HTTP_THREADS=0\nPROT=9\nnonsense\n"};
  const auto s = stopped({"serve", "--port", "99999", "--config", file.path},
                         {{"LOG_LEVEL", "LOUD"},
                          {"DATABASE_URL", "mysql://u:hunter2@h/d"},
                          {"DOCS_ENABLED", "maybe"},
                          {"APP_TIMEZONE", "BRT"},
                          {"TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.0/33"},
                          {"SENTRY_TRACES_SAMPLE_RATE", "1.5"},
                          {"ALGORITHM", "none"},
                          {"CORS_ORIGINS", "example.com"},
                          {"NODE_ID", "a b"},
                          {"ENVIRONMENT", "prodution"}});
  BOOST_TEST(s.exit_code == 2);
  BOOST_TEST(s.out == "");
  for (const char* part :
       {"14 things", "--port \"99999\" is no whole number from 0 to 65535",
        "HTTP_THREADS (--config) \"0\"", "sets PROT, which is no setting",
        "line 3: is not NAME=value", "LOG_LEVEL \"LOUD\"", "DATABASE_URL begins with none of",
        "DOCS_ENABLED \"maybe\"", "APP_TIMEZONE \"BRT\"", "TRUSTED_PROXIES \"10.0.0.0/33\"",
        "SENTRY_TRACES_SAMPLE_RATE \"1.5\"", "ALGORITHM \"none\"", "CORS_ORIGINS \"example.com\"",
        "NODE_ID \"a b\"", "ENVIRONMENT \"prodution\""})
    BOOST_TEST(has(s.err, part), part << " not in " << s.err);
  BOOST_TEST(!has(s.err, "hunter2"));
}

BOOST_AUTO_TEST_CASE(numbers_are_whole_and_in_range) {
  for (const char* text :
       {"", " ", "-1", "+1", "1.0", "0x10", "1e3", "65536", "18446744073709551616", "1 ", "٣"}) {
    settings s;
    for (const variable& v : variables())
      if (v.name == "PORT") BOOST_TEST(v.apply(text, s) != "", text);
  }
}

BOOST_AUTO_TEST_CASE(truth_has_many_words) {
  for (const char* on : {"true", "1", "yes", "on", "TRUE", "Yes"})
    BOOST_TEST(good({"serve"}, {{"LEGACY_STATUS_500", on}}).values.server.legacy_status_500, on);
  for (const char* off : {"false", "0", "no", "off", "OFF"})
    BOOST_TEST(!good({"serve"}, {{"ACCEPT_EMAIL_SUBJECT", off}}).values.auth.accept_email_subject,
               off);
}

BOOST_AUTO_TEST_CASE(the_folder_of_the_web_app_has_a_short_flag) {
  BOOST_TEST(good({"serve"}, {}).values.web.static_dir == "");
  BOOST_TEST(good({"serve"}, {{"STATIC_DIR", "/srv/app"}}).values.web.static_dir == "/srv/app");
  const auto l = good({"serve", "--static", "dist"}, {{"STATIC_DIR", "/srv/app"}});
  BOOST_TEST(l.values.web.static_dir == "dist"); // the command line wins
  BOOST_TEST(!warned(l, "STATIC_DIR"));          // it works
  BOOST_TEST(good({"serve", "--static-dir", "dist"}, {}).values.web.static_dir == "dist");
}

BOOST_AUTO_TEST_CASE(the_documentation_can_be_switched_off) {
  BOOST_TEST(good({"serve"}, {}).values.web.docs_enabled);
  BOOST_TEST(!good({"serve"}, {{"DOCS_ENABLED", "0"}}).values.web.docs_enabled);
}

BOOST_AUTO_TEST_CASE(lists_are_split_and_trimmed) {
  const auto l = good({"serve"}, {{"CORS_ORIGINS", "https://a.example, http://b.example:3000/ ,*"},
                                  {"TRUSTED_PROXIES", "10.0.0.0/8,::1"},
                                  {"SECRET_KEY_PREVIOUS", "one,two"}});
  const std::vector<std::string> origins{"https://a.example", "http://b.example:3000", "*"};
  BOOST_TEST(l.values.web.cors_origins == origins, boost::test_tools::per_element());
  BOOST_TEST(l.values.server.trusted_proxies.size() == 2u);
  BOOST_REQUIRE(l.values.auth.previous_keys.size() == 2u);
  BOOST_TEST(l.values.auth.previous_keys[1].reveal() == "two");
}

BOOST_AUTO_TEST_CASE(production_demands_a_strong_key) {
  const auto in_production = [](const std::string& key) {
    return environment_map{{"ENVIRONMENT", "production"}, {"SECRET_KEY", key}};
  };
  BOOST_TEST(has(stopped({"serve"}, in_production("")).err, "SECRET_KEY is missing"));
  BOOST_TEST(has(stopped({"serve"}, in_production("hunter2")).err, "is shorter than 32 bytes"));
  BOOST_TEST(!has(stopped({"serve"}, in_production("hunter2")).err, "hunter2"));
  BOOST_TEST(has(stopped({"serve"}, in_production("your-secret-key-here-change-in-production")).err,
                 "is a known default"));
  auto env = in_production(strong_key);
  auto l = good({"serve"}, env);
  BOOST_TEST(l.values.auth.key.reveal() == strong_key);
  BOOST_TEST(l.values.auth.made_key_file == "");
  BOOST_TEST(l.values.observability.json_lines);
  BOOST_TEST(l.values.observability.access_lines);
  BOOST_TEST(l.warnings.empty());
  env["SECRET_KEY_PREVIOUS"] = "changeme";
  BOOST_TEST(has(stopped({"serve"}, env).err, "SECRET_KEY_PREVIOUS has a known default"));
  good({"migrate"}, in_production("")); // signs nothing
}

BOOST_AUTO_TEST_CASE(elsewhere_a_weak_or_missing_key_is_a_warning) {
  auto l = good({"serve"}, {{"SECRET_KEY", "short"}});
  BOOST_TEST(warned(l, "SECRET_KEY is shorter than 32 bytes"));
  BOOST_TEST(l.values.auth.made_key_file == "");
  l = good({"serve"}, {{"DATABASE_URL", "sqlite:////var/lib/v.db"}});
  BOOST_TEST(l.values.auth.made_key_file == "/var/lib/v.db.key");
  l = good({"serve"}, {{"DATABASE_URL", "postgresql://localhost/d"}});
  BOOST_TEST(l.values.auth.made_key_file == "");
  BOOST_TEST(warned(l, "all tokens end with this process"));
}

BOOST_AUTO_TEST_CASE(journals_follow_the_database) {
  const environment_map postgres{{"DATABASE_URL", "postgresql://localhost/d"}};
  BOOST_TEST(good({"serve"}).values.journal.journals == 1u);
  BOOST_TEST(good({"serve"}, postgres).values.journal.journals == 2u);
  BOOST_TEST(good({"serve", "--journals", "4"}, postgres).values.journal.journals == 4u);
  BOOST_TEST(good({"serve", "--shards", "1"}, postgres).values.journal.journals == 1u);
  BOOST_TEST(has(stopped({"serve", "--journals", "2"}).err, "JOURNALS must be 1 on SQLite"));
  BOOST_TEST(has(stopped({"serve", "--journals", "3", "--shards", "2"}, postgres).err,
                 "JOURNALS is larger than SHARDS"));
}

BOOST_AUTO_TEST_CASE(a_database_in_memory_is_for_tests) {
  const environment_map env{{"DATABASE_URL", "sqlite:///:memory:"}};
  BOOST_TEST(has(stopped({"serve"}, env).err, "names a database in memory"));
  const auto l = good({"serve"}, env, {.memory_database_allowed = true});
  BOOST_TEST(l.values.storage.database.in_memory());
  BOOST_TEST(l.values.auth.made_key_file == "");
}

BOOST_AUTO_TEST_CASE(the_inner_wait_ends_before_the_outer) {
  BOOST_TEST(has(stopped({"serve", "--request-deadline-ms", "8000"}).err,
                 "IDEMPOTENCY_WAIT_MS must be below REQUEST_DEADLINE_MS"));
}

BOOST_AUTO_TEST_CASE(a_mail_server_needs_a_sender_and_a_place_for_links) {
  const auto out = stopped({"serve"}, {{"SMTP_HOST", "mail.example"}}).err;
  BOOST_TEST(has(out, "SMTP_FROM is needed with SMTP_HOST"));
  BOOST_TEST(has(out, "FRONTEND_URL is needed with SMTP_HOST"));
  good({"serve"}, {{"SMTP_HOST", "mail.example"},
                   {"SMTP_FROM", "conta@vaidepix.example"},
                   {"FRONTEND_URL", "https://app.example"}});
}

BOOST_AUTO_TEST_CASE(a_secret_of_webhooks_is_no_short_word) {
  BOOST_TEST(has(stopped({"serve"}, {{"WEBHOOK_SECRET", "short"}}).err,
                 "WEBHOOK_SECRET is shorter than 16 bytes"));
  const auto l = good({"serve"}, {{"WEBHOOK_SECRET", "sixteen bytes..."}});
  BOOST_TEST(l.values.outbound.webhook_secret.reveal() == "sixteen bytes...");
}

BOOST_AUTO_TEST_CASE(the_short_token_is_held_in_its_range_and_parts_to_come_are_named) {
  const auto l = good({"serve"}, {{"ACCESS_TOKEN_EXPIRE_MINUTES_SHORT", "60"},
                                  {"SENTRY_TRACES_SAMPLE_RATE", "0.5"}});
  BOOST_TEST(l.values.auth.access_token_minutes_short == 15);
  BOOST_TEST(warned(l, "is held at 15"));
  BOOST_TEST(warned(l, "SENTRY_TRACES_SAMPLE_RATE is checked but has no effect yet"));
}

BOOST_AUTO_TEST_CASE(insights_are_on_unless_they_are_turned_off) {
  BOOST_TEST(good({"serve"}).values.insights.enabled);
  const auto off = good({"serve"}, {{"ENABLE_INSIGHTS", "0"}});
  BOOST_TEST(!off.values.insights.enabled);
  BOOST_TEST(!warned(off, "ENABLE_INSIGHTS"));
  BOOST_TEST(has(stopped({"serve"}, {{"ENABLE_INSIGHTS", "2"}}).err, "ENABLE_INSIGHTS \"2\""));
}

BOOST_AUTO_TEST_CASE(variables_of_the_former_deployment_are_taken) {
  const auto l =
      good({"serve"}, {{"GUNICORN_WORKERS", "x"}, {"VERCEL", "1"}, {"RAILWAY_ENVIRONMENT", "p"}});
  BOOST_TEST(l.values.server.port == 8000);
}

correction how(std::string reason, bool dry_run, bool json) {
  correction c;
  c.reason = std::move(reason);
  c.dry_run = dry_run;
  c.json = json;
  return c;
}

BOOST_AUTO_TEST_CASE(commands) {
  BOOST_TEST((good({"migrate"}).what == command{migrate{}}));
  BOOST_TEST((good({"migrate", "--dry-run"}).what == command{migrate{true}}));
  BOOST_TEST((good({"backfill-ledger", "--dry-run", "--reason", "restore"}).what ==
              command{backfill_ledger{how("restore", true, false)}}));
  BOOST_TEST((good({"sync-balance", "a1", "a2", "--reason", "não é", "--json"}).what ==
              command{sync_balance{how("não é", false, true), {"a1", "a2"}}}));
  BOOST_TEST((good({"sync-balance", "--all", "--reason", "restore"}).what ==
              command{sync_balance{how("restore", false, false), {}}}));
  BOOST_TEST((good({"doctor", "--json"}).what == command{doctor{true}}));
  BOOST_TEST((good({"verify"}).what == command{verify{}}));
  BOOST_TEST((good({"verify", "--json", "--user", "u1", "--account", "a1", "--port", "1"}).what ==
              command{verify{"u1", "a1", {}, true}}));
  BOOST_TEST((good({"verify", "--since", "f"}).what == command{verify{{}, {}, "f", false}}));
  BOOST_TEST((good({"export", "--all"}).what == command{export_books{}}));
  BOOST_TEST((good({"export", "--all", "--format", "jsonl", "--output", "x"}).what ==
              command{export_books{{}, export_format::jsonl, "x"}}));
  BOOST_TEST((good({"export", "--user", "a@b.c", "--format", "hledger"}).what ==
              command{export_books{"a@b.c", export_format::hledger, {}}}));
  BOOST_TEST((good({"export", "--user", "u1", "--format", "csv"}).what ==
              command{export_books{"u1", export_format::csv, {}}}));
  BOOST_TEST((good({"import", "--file", "-"}).what == command{import_books{"-"}}));
  BOOST_TEST((good({"users", "grant-admin", "ana@example.com"}).what ==
              command{grant_admin{"ana@example.com"}}));
}

BOOST_AUTO_TEST_CASE(jobs_are_those_of_a_running_server) {
  const environment_map with_token{{"VAIDEPIX_TOKEN", "abc"}};
  const std::string url = "http://localhost:8000";
  jobs expected;
  expected.server = {url, "abc"};
  expected.state = "dead";
  expected.limit = 5;
  expected.json = true;
  BOOST_TEST(
      (good({"jobs", "list", "--state", "dead", "--limit", "5", "--json", "--url", url}, with_token)
           .what == command{expected}));
  jobs act;
  act.server = {url, "abc"};
  act.what = jobs::verb::redrive;
  act.id = "j1";
  act.reason = "não é";
  BOOST_TEST((good({"jobs", "redrive", "j1", "--reason", "não é", "--url", url}, with_token).what ==
              command{act}));
  BOOST_TEST(has(stopped({"jobs", "list"}, with_token).err, "--url"));
  BOOST_TEST(has(stopped({"jobs", "get", "j1", "--url", url}).err, "VAIDEPIX_TOKEN"));
  BOOST_TEST(has(stopped({"jobs", "cancel", "j1", "--url", url}, with_token).err, "--reason"));
  BOOST_TEST(
      has(stopped({"jobs", "list", "--limit", "101", "--url", url}, with_token).err, "--limit"));
  BOOST_TEST(stopped({"jobs", "explain", "--url", url}, with_token).exit_code == 2);
  BOOST_TEST(stopped({"jobs"}, with_token).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(schedules_are_those_of_a_running_server) {
  const environment_map with_token{{"VAIDEPIX_TOKEN", "abc"}};
  const std::string url = "http://localhost:8000";
  schedules expected;
  expected.server = {url, "abc"};
  expected.system = true;
  BOOST_TEST((good({"schedules", "list", "--system", "--url", url}, with_token).what ==
              command{expected}));
  schedules act;
  act.server = {url, "abc"};
  act.what = schedules::verb::pause;
  act.id = "s1";
  act.until = "2027-01-01T00:00:00Z";
  act.reason = "deploy";
  BOOST_TEST((good({"schedules", "pause", "s1", "--until", "2027-01-01T00:00:00Z", "--reason",
                    "deploy", "--url", url},
                   with_token)
                  .what == command{act}));
  BOOST_TEST(has(stopped({"schedules", "list"}, with_token).err, "--url"));
  BOOST_TEST(
      has(stopped({"schedules", "run-now", "s1", "--url", url}, with_token).err, "--reason"));
  BOOST_TEST(stopped({"schedules", "get", "--url", url}, with_token).exit_code == 2);
  BOOST_TEST(
      has(stopped({"schedules", "ticks", "s1", "--limit", "0", "--url", url}, with_token).err,
          "--limit"));
}

BOOST_AUTO_TEST_CASE(locks_are_those_of_a_running_server) {
  const environment_map with_token{{"VAIDEPIX_TOKEN", "abc"}};
  const std::string url = "http://localhost:8000";
  locks expected;
  expected.server = {url, "abc"};
  expected.json = true;
  BOOST_TEST(
      (good({"locks", "list", "--json", "--url", url}, with_token).what == command{expected}));
  expected = {true, "insights_job", 4711, true, "está preso", false, {url, "abc"}};
  BOOST_TEST((good({"locks", "release", "insights_job", "--pid", "4711", "--force", "--reason",
                    "está preso", "--url", url},
                   with_token)
                  .what == command{expected}));
  const auto wrong = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--url", url});
    return stopped(args, with_token).err;
  };
  BOOST_TEST(has(stopped({"locks", "list"}, with_token).err, "--url"));
  BOOST_TEST(has(stopped({"locks", "list", "--url", url}).err, "VAIDEPIX_TOKEN"));
  BOOST_TEST(has(wrong({"locks", "release", "a", "--reason", "preso"}), "--pid"));
  BOOST_TEST(has(wrong({"locks", "release", "a", "--pid", "0", "--reason", "preso"}), "--pid"));
  BOOST_TEST(has(wrong({"locks", "release", "a", "--pid", "1"}), "--reason"));
  BOOST_TEST(has(wrong({"locks", "release", "../a", "--pid", "1", "--reason", "preso"}), "name"));
}

BOOST_AUTO_TEST_CASE(a_server_is_reached_with_the_token_of_the_environment) {
  const server_access expected{"http://localhost:8000", "abc"};
  const auto through = [](std::vector<std::string> args, const std::string& url) {
    args.insert(args.end(), {"--url", url});
    return args;
  };
  const std::vector<std::string> all[]{{"backfill-ledger", "--reason", "restore"},
                                       {"snapshots", "--reason", "restore"},
                                       {"reconcile", "--scope", "balances"}};
  for (const auto& args : all) {
    const auto l = good(through(args, expected.url), {{"VAIDEPIX_TOKEN", "abc"}});
    if (const auto* b = std::get_if<backfill_ledger>(&l.what))
      BOOST_TEST((b->how.server == expected));
    else if (const auto* s = std::get_if<snapshots>(&l.what))
      BOOST_TEST((s->server == expected));
    else
      BOOST_TEST((std::get<reconcile>(l.what).server == expected));
    BOOST_TEST(
        has(stopped(through(args, "localhost:8000"), {{"VAIDEPIX_TOKEN", "abc"}}).err, "--url"));
    BOOST_TEST(has(stopped(through(args, expected.url)).err, "VAIDEPIX_TOKEN"));
  }
  BOOST_TEST((good({"snapshots", "--month", "2026-10"}).what ==
              command{snapshots{"2026-10", {}, false, {}, {}}}));
}

BOOST_AUTO_TEST_CASE(a_demo_has_a_user_a_seed_and_a_last_day) {
  BOOST_TEST((good({"demo"}).what == command{demo{}}));
  demo wish{"http://localhost:8000", "Ana", "ana@example.com", "segredo", 7, {}};
  wish.until = base::make_day(2026, 11, 24);
  BOOST_TEST((good({"demo", "--url", wish.url, "--name", "Ana", "--email", "ana@example.com",
                    "--password", "segredo", "--seed", "7", "--until", "2026-11-24"})
                  .what == command{wish}));
  BOOST_TEST(has(stopped({"demo", "--url", "localhost:8000"}).err, "--url"));
  BOOST_TEST(has(stopped({"demo", "--until", "24/11/2026"}).err, "24/11/2026"));
  BOOST_TEST(stopped({"demo", "--seed", "x"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(wrong_use_ends_with_two) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{},
        {"srve"},
        {"users"},
        {"users", "grant-admin"},
        {"users", "grant-admin", "ana"},
        {"users", "grant-admin", "@x"},
        {"serve", "--bogus"},
        {"serve", "--port"},
        {"serve", "migrate"},
        {"serve", "--secret-key", strong_key},
        {"serve", "--config", "/nowhere/env"},
        {"verify", "--user", std::string(65, 'x')},
        {"verify", "--user", "u1", "--since", "f"},
        {"snapshots", "--url", "http://localhost"}, // and no reason, no token
        {"backfill-ledger"},
        {"backfill-ledger", "--reason", "éé"},
        {"backfill-ledger", "--reason", std::string(201, 'x')},
        {"backfill-ledger", "--reason", "restore", "--url", "http://localhost"}, // and no token
        {"sync-balance", "--reason", "restore"},
        {"sync-balance", "a1", "--all", "--reason", "restore"}}) {
    const auto s = stopped(args);
    BOOST_TEST(s.exit_code == 2);
    BOOST_TEST(has(s.err, "See vaidepix --help."));
    BOOST_TEST(s.out == "");
  }
}

BOOST_AUTO_TEST_CASE(a_flag_that_is_not_understood_hides_no_other_fault) {
  const auto s = stopped({"serve", "--bogus"}, {{"PORT", "x"}});
  BOOST_TEST(has(s.err, "--bogus"));
  BOOST_TEST(has(s.err, "PORT \"x\""));
}

BOOST_AUTO_TEST_CASE(help_names_every_variable_with_its_default) {
  const auto s = stopped({"--help"});
  BOOST_TEST(s.exit_code == 0);
  BOOST_TEST(s.err == "");
  for (const variable& v : variables()) {
    BOOST_TEST(has(s.out, "\n  " + v.name + " "), v.name);
    BOOST_TEST(has(s.out, "\n" + v.group + "\n"), v.group);
  }
  for (const char* part : {"[8000]", "[sqlite:///vaidepix.db]", "Exit status", "Examples", "serve",
                           "grant-admin", "--config FILE", "openssl rand"})
    BOOST_TEST(has(s.out, part), part);
  BOOST_TEST(stopped({"serve", "--help"}).exit_code == 0);
  BOOST_TEST(stopped({"--version"}).out == "vaidepix 1.0.0\n");
}

BOOST_AUTO_TEST_CASE(secrets_have_no_flag) {
  for (const variable& v : variables())
    if (has(v.name, "SECRET") || has(v.name, "PASSWORD_") || has(v.name, "SMTP_PASSWORD") ||
        has(v.name, "METRICS_TOKEN") || has(v.name, "SENTRY_DSN"))
      BOOST_TEST((v.what == variable::kind::secret || v.name == "PASSWORD_RESET_EXPIRE_MINUTES"),
                 v.name);
}

BOOST_AUTO_TEST_CASE(the_example_in_the_tree_is_the_one_of_the_table) {
  fs::path at = fs::current_path();
  while (!fs::exists(at / "env.local.example") && at != at.root_path()) at = at.parent_path();
  std::ifstream in{at / "env.local.example"};
  BOOST_REQUIRE_MESSAGE(in.is_open(), "run me somewhere inside the source tree");
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  BOOST_TEST(text == example_file());
}

BOOST_AUTO_TEST_CASE(the_example_works_when_every_line_is_switched_on) {
  std::string text = example_file();
  for (std::size_t i = text.find("\n#"); i != std::string::npos; i = text.find("\n#", i + 1))
    if (text[i + 2] >= 'A' && text[i + 2] <= 'Z') text.erase(i + 1, 1);
  const config_file file{text};
  const auto l = good({"serve", "--config", file.path}, {}, {.host_name = "box"});
  settings expected;
  expected.node_id = "box";
  expected.auth.made_key_file = "vaidepix.db.key";
  BOOST_TEST((l.values == expected));
}

BOOST_AUTO_TEST_SUITE_END()
