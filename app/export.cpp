// `vaidepix export`: one user's books as journal, CSV or JSON lines, or the whole database.
#include "app/commands.hpp"

#include "app/console.hpp"
#include "app/dump.hpp"
#include "app/output.hpp"
#include "app/user_books.hpp"
#include "exchange/csv_row.hpp"
#include "storage/open.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace app {
namespace {

base::status write_journal(user_books& books, storage::bulk& from,
                           const scheduler::zone_rules& zone, output& to) {
  const auto used = from.tags(books.user().id);
  if (!used) return used.error();
  std::vector<std::string> tags;
  for (const auto& t : *used) tags.push_back(t.name);
  std::vector<std::string> currencies;
  for (const auto& a : books.accounts()) currencies.push_back(a.record.currency);
  std::sort(currencies.begin(), currencies.end());
  currencies.erase(std::unique(currencies.begin(), currencies.end()), currencies.end());

  exchange::journal journal;
  auto done = to.write(exchange::journal::head(books.user().name, tags, currencies));
  for (const auto& a : books.accounts())
    if (done) done = to.write(journal.declare(a.record));
  base::civil_day last{std::numeric_limits<std::int32_t>::min()};
  if (done)
    done = books.each_posting(zone, [&](const exchange::journal_posting& p) {
      last = std::max(last, p.booked);
      return to.write(journal.posting(p));
    });
  std::vector<exchange::journal::balance> balances;
  for (const auto& a : books.accounts())
    if (a.version > 0) balances.push_back({a.record.id, a.balance});
  if (done) done = to.write(journal.assertions(last, balances));
  return done;
}

base::status write_csv(user_books& books, output& to) {
  std::unordered_map<ledger::account_id, std::string> names;
  for (const auto& a : books.accounts()) names.emplace(a.record.id, a.record.name);
  auto done = to.write(exchange::csv_head());
  if (!done) return done;
  return books.each_transaction([&](const ledger::transaction_record& t) {
    return to.write(exchange::csv_row(t, {names[t.account], names[t.category]}));
  });
}

base::status write_user_lines(user_books& books, std::uint32_t shards, output& to) {
  using exchange::write_line;
  ledger::row_counts written;
  base::sha256_stream hash;
  const auto put = [&](const std::string& line) {
    hash.add(line);
    return to.write(line);
  };
  exchange::dump_header header;
  header.scope = exchange::dump_scope::user;
  header.program = version;
  header.shards = shards;
  auto done = put(write_line(header));
  if (done) done = put(exchange::write_line_without_secret(books.user()));
  written.users = 1;
  for (const auto& a : books.accounts()) {
    if (done) done = put(write_line(exchange::dump_account{a.record, a.balance, a.version}));
    ++written.accounts;
  }
  if (done)
    done = books.each_transaction([&](const ledger::transaction_record& t) {
      ++written.transactions;
      return put(write_line(t));
    });
  if (done)
    done = books.each_entry([&](const ledger::entry& e) {
      ++written.entries;
      return put(write_line(e));
    });
  if (done) done = to.write(write_line(exchange::dump_trailer{written, hash.so_far()}));
  return done;
}

} // namespace

int export_books(const config::loaded& loaded, const config::export_books& command) {
  console c;
  const auto from = storage::open_bulk(storage_settings_of(loaded.values),
                                       storage::transaction_use::read, c.clock, c.log, c.metrics);
  if (!from) return report(from.error());
  output to(command.output);
  base::status done;
  if (command.user) {
    auto books = user_books::find(**from, *command.user);
    if (!books) return report(books.error());
    if (!*books) {
      fmt::print(stderr, "vaidepix: no user has this e-mail address or id\n");
      return 1;
    }
    done = to.open();
    if (!done) return report(done.error());
    switch (command.format) {
    case config::export_format::hledger:
      done = write_journal(**books, **from, loaded.zone, to);
      break;
    case config::export_format::csv: done = write_csv(**books, to); break;
    case config::export_format::jsonl:
      done = write_user_lines(**books, (*from)->shards(), to);
      break;
    }
  } else {
    done = to.open();
    if (!done) return report(done.error());
    const auto whole =
        dump(**from, std::string{version}, [&](std::string_view bytes) { return to.write(bytes); });
    if (!whole) done = whole.error();
  }
  if (done) done = to.finish();
  return done ? 0 : report(done.error());
}

} // namespace app
