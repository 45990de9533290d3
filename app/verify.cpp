// `vaidepix verify`: one snapshot of the ledger, judged. A server may go on beside it.
#include "app/commands.hpp"

#include "app/check_report.hpp"
#include "app/console.hpp"
#include "app/progress.hpp"
#include "app/sound_heads.hpp"
#include "base/random.hpp"
#include "storage/open.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace app {
namespace {

void print(const audit::verification& found) {
  const auto& report = found.ledger;
  const auto& log = found.log;
  fmt::print("read: {}\n", text_of(found.read));
  for (std::size_t i = 0; i < ledger::invariant_count; ++i) {
    const auto& f = report.findings[i];
    fmt::print("{:<20} {:>12} checked  {}\n", ledger::to_text(static_cast<ledger::invariant>(i)),
               f.checked,
               f.checked == 0  ? "nothing to look at"
               : f.faults == 0 ? "ok"
                               : fmt::format("{} VIOLATED, first: {}", f.faults, f.first));
  }
  fmt::print("{:<20} {:>12} checked  {}\n", "AuditLog", log.checked(),
             log.faults() == 0 ? "ok"
                               : fmt::format("{} VIOLATED, first: {}", log.faults(), log.first()));
  fmt::print("{}\n", found.sound() ? "the ledger is sound" : "the ledger is NOT sound");
}

} // namespace

int verify(const config::loaded& loaded, const config::verify& command) {
  console c;
  const auto books = storage::open_bulk(storage_settings_of(loaded.values),
                                        storage::transaction_use::read, c.clock, c.log, c.metrics);
  if (!books) return report(books.error());

  progress told{"verify"};
  const auto tell = [&](const audit::verify_counts& n) {
    told.tick([&] { return text_of(n) + " so far"; });
    return true;
  };
  std::optional<std::vector<ledger::shard_head>> since;
  if (command.since) {
    auto read = read_sound_heads(*command.since, (*books)->installation());
    if (!read) return report(read.error());
    since = std::move(*read);
  }
  audit::verify_scope scope;
  if (command.user_id) scope.user = ledger::user_id{*command.user_id};
  if (command.account_id) scope.account = ledger::account_id{*command.account_id};
  const auto found =
      since ? audit::verify_since(**books, *since, tell)
            : audit::verify(**books, loaded.zone, scope, c.clock.now(), base::system_seed(), tell);
  if (!found) return report(found.error());
  if (command.json)
    fmt::print("{}\n", base::json::write(report_of(*found)));
  else
    print(*found);
  if (!found->sound()) return 1;
  if (command.since)
    if (auto s = write_sound_heads(*command.since, (*books)->installation(), found->heads); !s)
      return report(s.error());
  return 0;
}

} // namespace app
