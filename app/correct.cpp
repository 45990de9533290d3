// `vaidepix backfill-ledger` and `vaidepix sync-balance`: through a running server (--url), or with
// a node of their own when none runs.
#include "app/commands.hpp"

#include "actors/system.hpp"
#include "app/console.hpp"
#include "app/server_call.hpp"
#include "base/json.hpp"
#include "http/api/correction.hpp"

#include <fmt/core.h>

#include <charconv>
#include <pwd.h>
#include <thread>
#include <unistd.h>

namespace app {
namespace {

namespace json = base::json;

constexpr std::int64_t step_us = 60'000'000; ///< of a run; then it reports and goes on
constexpr auto start_patience = std::chrono::seconds{30};
constexpr auto stop_patience = std::chrono::seconds{10};
constexpr int refused_status = 4;

std::string operator_name() {
  const auto* who = getpwuid(geteuid());
  return fmt::format("cli:{}", who != nullptr ? who->pw_name : "unknown");
}

json::value count_of(std::uint64_t n) { return static_cast<std::int64_t>(n); }

// -- without a server -----------------------------------------------------------------------------

/// A node over the configured database, which no server uses meanwhile.
class local_node {
public:
  explicit local_node(const config::loaded& loaded) : loaded_(loaded) {}
  ~local_node() {
    // In the order of serve(): a thread of the store may hold an actor after the answer.
    if (node_) node_->stop(stop_patience);
    if (store_) store_->stop();
    node_.reset();
  }
  local_node(const local_node&) = delete;
  local_node& operator=(const local_node&) = delete;

  /// 0, or the exit status after it was said why.
  int open() {
    auto settings = storage_settings_of(loaded_.values);
    settings.as = storage::presence::alone;
    settings.commit_deadline_ms = 60'000; // a correction sums whole accounts
    settings.read_deadline_ms = 600'000;
    auto opened =
        storage::open_store(settings, storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
    if (!opened && opened.error().code == code_text(storage::errc::in_use)) {
      fmt::print(stderr,
                 "vaidepix: {}\n          A server is running: go through it with --url "
                 "http://HOST:PORT and VAIDEPIX_TOKEN of an administrator, or stop it first.\n",
                 opened.error().detail);
      return refused_status;
    }
    if (!opened) return report(opened.error());
    store_ = std::move(*opened);
    actors::node_settings n;
    n.node_id = loaded_.values.node_id;
    n.version = version;
    n.read_deadline = std::chrono::milliseconds{600'000};
    n.local_day = [&zone = loaded_.zone](base::utc_us t) { return zone.day_of(t); };
    node_ = std::make_unique<actors::node>(n, *store_, c.clock, c.log, c.metrics, ids_);
    const auto late = std::chrono::steady_clock::now() + start_patience;
    while (!node_->backend().health().ready) {
      if (std::chrono::steady_clock::now() > late)
        return report(base::fail(storage::errc::unavailable, "the shards could not be taken over"));
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return 0;
  }

  http::backend& books() { return node_->backend(); }
  http::correction_wish wish(const config::correction& how) {
    http::correction_wish w;
    w.dry_run = how.dry_run;
    w.note.actor = operator_name();
    w.note.reason = how.reason;
    w.note.request_id = "cli";
    w.deadline = base::utc_us{c.clock.now().count + step_us};
    return w;
  }

  console c;

private:
  const config::loaded& loaded_;
  base::id_source ids_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<actors::node> node_;
};

int say(const config::correction& how, const http::backfill_report& r) {
  if (how.json) {
    json::array samples;
    for (const auto& l : r.samples)
      samples.emplace_back(
          json::object{{"transaction_id", l.transaction.text()}, {"why", ledger::to_text(l.why)}});
    fmt::print("{}\n", json::write(json::object{{"processed", count_of(r.processed)},
                                                {"created", count_of(r.created)},
                                                {"skipped", count_of(r.skipped)},
                                                {"errors", count_of(r.errors)},
                                                {"dry_run", how.dry_run},
                                                {"samples", std::move(samples)}}));
  } else {
    fmt::print("{} transactions: {} entries {}, {} lacked nothing, {} cannot be mended\n",
               r.processed, r.created, how.dry_run ? "would be created" : "created", r.skipped,
               r.errors);
    for (const auto& l : r.samples)
      fmt::print("  {}: {}\n", l.transaction.text(), ledger::to_text(l.why));
  }
  return r.errors > 0 || (how.dry_run && r.created > 0) ? 1 : 0;
}

int backfill_here(const config::loaded& loaded, const config::correction& how) {
  local_node here{loaded};
  if (const int failed = here.open(); failed != 0) return failed;
  http::backfill_report all;
  ledger::transaction_id after;
  for (;;) {
    const auto step = http::backfill(here.books(), here.c.clock, here.wish(how), after);
    if (!step) return report(step.error());
    all.add(*step);
    if (!all.next) return say(how, all);
    after = *all.next;
    fmt::print(stderr, "{} transactions, {} entries, up to {}\n", all.processed, all.created,
               after.text());
  }
}

int say(const config::correction& how, const http::sync_report& r) {
  if (how.json) {
    json::array items;
    for (const auto& c : r.items)
      items.emplace_back(
          json::object{{"account_id", c.account.text()},
                       {"stored_version", c.stored ? count_of(c.stored->version) : json::value{}},
                       {"ledger_version", count_of(c.from_ledger.version)}});
    fmt::print("{}\n", json::write(json::object{{"checked", count_of(r.checked)},
                                                {"changed", count_of(r.changed)},
                                                {"dry_run", how.dry_run},
                                                {"items", std::move(items)}}));
  } else {
    fmt::print("{} accounts: {} {}\n", r.checked, r.changed,
               how.dry_run ? "would change" : "changed");
    for (const auto& c : r.items)
      fmt::print("  {}: {} entries, the row knew {}\n", c.account.text(), c.from_ledger.version,
                 c.stored ? std::to_string(c.stored->version) : "none");
  }
  return how.dry_run && r.changed > 0 ? 1 : 0;
}

int sync_here(const config::loaded& loaded, const config::sync_balance& command) {
  local_node here{loaded};
  if (const int failed = here.open(); failed != 0) return failed;
  http::sync_report all;
  for (const auto& id : command.accounts) {
    const auto one = http::sync_one(here.books(), here.wish(command.how), ledger::account_id{id});
    if (!one) return report(one.error());
    if (!*one) {
      fmt::print(stderr, "vaidepix: no account {}\n", id);
      return refused_status;
    }
    ++all.checked;
    if ((**one).same()) continue;
    ++all.changed;
    all.items.push_back(**one);
  }
  for (ledger::account_id after; command.accounts.empty();) {
    const auto step = http::sync_all(here.books(), here.c.clock, here.wish(command.how), after);
    if (!step) return report(step.error());
    all.add(*step);
    if (!all.next) break;
    after = *all.next;
    fmt::print(stderr, "{} accounts, {} differ\n", all.checked, all.changed);
  }
  return say(command.how, all);
}

// -- through a server -----------------------------------------------------------------------------

std::variant<json::value, int> call(const config::correction& how, const std::string& path,
                                    const std::string& cursor) {
  json::object body{{"dry_run", how.dry_run}, {"reason", how.reason}};
  if (!cursor.empty()) body.emplace_back("cursor", cursor);
  return call_server(how.server, path, body);
}

std::int64_t number_in(const json::value& of, std::string_view name) {
  const auto* v = of.find(name);
  const auto* n = v != nullptr ? v->if_number() : nullptr;
  std::int64_t found = 0;
  if (n != nullptr) std::from_chars(n->text.data(), n->text.data() + n->text.size(), found);
  return found;
}

/// Calls until the server says that it is at the end; prints each answer as it comes.
int repeat(const config::correction& how, const std::string& path, std::string_view work,
           std::string_view fault) {
  std::string cursor;
  std::int64_t found = 0, faults = 0;
  for (;;) {
    auto answer = call(how, path, cursor);
    if (const auto* failed = std::get_if<int>(&answer)) return *failed;
    const auto& value = std::get<json::value>(answer);
    fmt::print("{}\n", json::write(value));
    found += number_in(value, work);
    faults += number_in(value, fault);
    const auto* next = value.find("next_cursor");
    if (next == nullptr || next->if_string() == nullptr) break;
    cursor = *next->if_string();
  }
  return faults > 0 || (how.dry_run && found > 0) ? 1 : 0;
}

} // namespace

int backfill_ledger(const config::loaded& loaded, const config::backfill_ledger& command) {
  if (command.how.server.url.empty()) return backfill_here(loaded, command.how);
  return repeat(command.how, "/api/admin/ledger/backfill", "created", "errors");
}

int sync_balance(const config::loaded& loaded, const config::sync_balance& command) {
  if (command.how.server.url.empty()) return sync_here(loaded, command);
  if (command.accounts.empty()) return repeat(command.how, "/api/admin/ledger/sync", "changed", "");
  int worst = 0;
  for (const auto& id : command.accounts) {
    auto answer = call(command.how, "/api/admin/ledger/accounts/" + id + "/sync", {});
    if (const auto* failed = std::get_if<int>(&answer)) return *failed;
    const auto& value = std::get<json::value>(answer);
    fmt::print("{}\n", json::write(value));
    const auto* changed = value.find("changed");
    if (command.how.dry_run && changed != nullptr && changed->if_bool() != nullptr &&
        *changed->if_bool())
      worst = 1;
  }
  return worst;
}

} // namespace app
