#include "app/commands.hpp"

#include "actors/slot.hpp"
#include "app/console.hpp"
#include "http/api/text.hpp"
#include "storage/open.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>

namespace app {

storage::open_settings storage_settings_of(const config::settings& s) {
  storage::open_settings o;
  const auto& db = s.storage.database;
  o.database_url = db.what == config::database_settings::kind::sqlite
                       ? "sqlite:///" + db.sqlite_path
                       : db.postgres_uri.reveal();
  o.journals = s.journal.journals;
  o.read_connections = s.storage.read_connections;
  o.shards = s.journal.shards;
  return o;
}

int report(const base::failure& why) {
  fmt::print(stderr, "vaidepix: {}{}{}\n", why.code, why.detail.empty() ? "" : ": ", why.detail);
  return why.code == storage::code_text(storage::errc::unavailable) ||
                 why.code == storage::code_text(storage::errc::timed_out) ||
                 why.code == storage::code_text(storage::errc::in_use)
             ? 3
             : 4;
}

int migrate(const config::loaded& loaded, const config::migrate& command) {
  console c;
  const auto mode =
      command.dry_run ? storage::migrate_mode::dry_run : storage::migrate_mode::migrate;
  const auto done = storage::migrate(storage_settings_of(loaded.values), mode, c.clock, c.log);
  if (!done) return report(done.error());
  for (const auto& name : done->applied)
    fmt::print("{}: {}\n", command.dry_run ? "pending" : "applied", name);
  fmt::print("schema {} -> {}{}\n", done->from, done->to,
             done->applied.empty() ? " (nothing to do)"
             : command.dry_run     ? " (dry run, nothing was changed)"
                                   : "");
  return 0;
}

int grant_admin(const config::loaded& loaded, const config::grant_admin& command) {
  console c;
  const auto store = storage::open_store(storage_settings_of(loaded.values),
                                         storage::migrate_mode::refuse, c.clock, c.log, c.metrics);
  if (!store) return report(store.error());
  const auto waiting = std::make_shared<actors::slot<base::result<bool>>>();
  (*store)->set_admin(http::lower_ascii(command.email), true, c.clock.now(),
                      [waiting](base::result<bool> r) { waiting->put(std::move(r)); });
  const auto done = waiting->wait_for(std::chrono::seconds{30});
  (*store)->stop();
  if (!done) return report(base::fail(storage::errc::timed_out));
  if (!*done) return report(done->error());
  if (!**done) {
    fmt::print(stderr, "vaidepix: no user has this e-mail address\n");
    return 1;
  }
  fmt::print("granted: the user is an administrator now\n");
  return 0;
}

} // namespace app
