#include "http/api/correction.hpp"

#include "http/perform.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace http {

namespace {

constexpr std::int64_t transactions_page = 1000;
constexpr std::int64_t accounts_page = 200;
constexpr std::size_t repair_ids_max = 100; ///< of one command, partners not counted

base::result<ledger::outcome> command_of(backend& books, const std::string& request_id,
                                         base::utc_us deadline, const ledger::user_id& owner,
                                         ledger::command what) {
  ledger::envelope command;
  command.user = owner;
  command.request_id = request_id;
  command.deadline = deadline;
  command.what = std::move(what);
  return perform(books, std::move(command));
}

ledger::audit_note note_of(const correction_wish& wish, std::string action, std::string target) {
  auto note = wish.note;
  note.action = std::move(action);
  note.target = std::move(target);
  return note;
}

using ids_of_owner = std::map<ledger::user_id, std::vector<ledger::transaction_id>>;

void count(backfill_report& into, std::uint64_t created,
           const std::vector<ledger::repair::lost>& beyond) {
  into.created += created;
  into.errors += beyond.size();
  for (const auto& l : beyond)
    if (into.samples.size() < errors_shown) into.samples.push_back(l);
}

/// The ids of one owner that look wrong, in commands of a bounded size.
base::status mend(backend& books, const correction_wish& wish, const ledger::user_id& owner,
                  const std::vector<ledger::transaction_id>& ids, backfill_report& into) {
  for (std::size_t first = 0; first < ids.size(); first += repair_ids_max) {
    const auto last = std::min(ids.size(), first + repair_ids_max);
    const std::vector<ledger::transaction_id> some(ids.begin() + static_cast<std::ptrdiff_t>(first),
                                                   ids.begin() + static_cast<std::ptrdiff_t>(last));
    if (wish.dry_run) {
      const auto states = books.states_of(owner, some);
      if (!states) return states.error();
      const auto found = ledger::missing_entries(*states);
      count(into, found.entries.size(), found.beyond);
      continue;
    }
    const auto made =
        command_of(books, wish.note.request_id, wish.deadline, owner,
                   ledger::repair_entries{some, note_of(wish, "ledger.backfill", owner.text())});
    if (!made) return made.error();
    const auto& done = std::get<ledger::repaired_entries>(*made);
    count(into, done.created, done.beyond);
  }
  return {};
}

} // namespace

base::status note_action(backend& books, const ledger::user_id& admin, ledger::audit_note note,
                         base::utc_us deadline) {
  note.actor = admin.text();
  const auto request_id = note.request_id;
  const auto done =
      command_of(books, request_id, deadline, admin, ledger::note_action{std::move(note)});
  if (!done) return done.error();
  return {};
}

void note_action(backend& books, const ledger::user_id& admin, ledger::audit_note note,
                 base::utc_us deadline, std::function<void(const base::status&)> done) {
  note.actor = admin.text();
  ledger::envelope command;
  command.user = admin;
  command.request_id = note.request_id;
  command.deadline = deadline;
  command.what = ledger::note_action{std::move(note)};
  books.execute(std::move(command), [done = std::move(done)](const ledger::reply& r) {
    done(r.result ? base::status{} : base::status{r.result.error()});
  });
}

void backfill_report::add(const backfill_report& more) {
  processed += more.processed;
  created += more.created;
  skipped += more.skipped;
  errors += more.errors;
  for (const auto& l : more.samples)
    if (samples.size() < errors_shown) samples.push_back(l);
  next = more.next;
}

void sync_report::add(const sync_report& more) {
  checked += more.checked;
  changed += more.changed;
  for (const auto& c : more.items)
    if (items.size() < errors_shown) items.push_back(c);
  next = more.next;
}

base::result<backfill_report> backfill(backend& books, base::clock& clock,
                                       const correction_wish& wish,
                                       const ledger::transaction_id& after) {
  backfill_report report;
  auto from = after;
  std::set<ledger::transaction_id> taken; // partners that went with their leg and are not reached
  for (;;) {
    const auto page = books.states_after(from, transactions_page);
    if (!page) return page.error();
    if (page->empty()) {
      report.next.reset();
      return report;
    }
    ids_of_owner wrong;
    for (const auto& s : *page) {
      if (taken.erase(s.row.id) > 0) continue;
      if (ledger::is_whole(s)) {
        ++report.skipped;
        continue;
      }
      wrong[s.row.owner].push_back(s.row.id);
      if (s.row.partner) taken.insert(*s.row.partner);
    }
    report.processed += page->size();
    for (const auto& [owner, ids] : wrong)
      if (auto done = mend(books, wish, owner, ids, report); !done) return done.error();
    from = page->back().row.id;
    report.next = from;
    if (clock.now() >= wish.deadline) return report;
  }
}

base::result<sync_report> sync_all(backend& books, base::clock& clock, const correction_wish& wish,
                                   const ledger::account_id& after) {
  sync_report report;
  auto from = after;
  for (;;) {
    const auto page = books.checks_after(from, accounts_page);
    if (!page) return page.error();
    if (page->empty()) {
      report.next.reset();
      return report;
    }
    for (const auto& c : *page) {
      if (c.same()) continue;
      ++report.changed;
      if (report.items.size() < errors_shown) report.items.push_back(c);
      if (wish.dry_run) continue;
      const auto done = sync_one(books, wish, c.account);
      if (!done) return done.error();
    }
    report.checked += page->size();
    from = page->back().account;
    report.next = from;
    if (clock.now() >= wish.deadline) return report;
  }
}

base::result<std::optional<balance_check>> sync_one(backend& books, const correction_wish& wish,
                                                    const ledger::account_id& id) {
  auto before = books.check_of(id);
  if (!before || !*before || wish.dry_run) return before;
  // Also when nothing differs: it lifts the stop of a shard whose row was mended by hand.
  const auto done =
      command_of(books, wish.note.request_id, wish.deadline, (**before).owner,
                 ledger::sync_balances{{id}, note_of(wish, "ledger.sync_balance", id.text())});
  if (!done) return done.error();
  return before;
}

} // namespace http
