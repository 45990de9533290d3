#include "app/dump.hpp"

#include "audit/commit_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace app {

namespace {

using audit::page;
using exchange::write_line;

class dumper {
public:
  dumper(storage::bulk& from, const take_bytes& to) : from_(from), to_(to) {}

  base::result<exchange::dump_trailer> run(const std::string& program) {
    const auto there = from_.counts();
    if (!there) return there.error();
    exchange::dump_header header;
    header.program = program;
    header.shards = from_.shards();
    header.counts = *there;
    auto done = put(write_line(header));
    if (done) done = users();
    if (done) done = accounts();
    for (ledger::shard_id shard = 0; done && shard < from_.shards(); ++shard) done = commits(shard);
    if (done) done = holds();
    using kind_of = ledger::dumped_row;
    for (const auto kind :
         {kind_of::goals, kind_of::envelopes, kind_of::movements, kind_of::automations,
          kind_of::notifications, kind_of::insight_preferences, kind_of::insight_feedback,
          kind_of::shared_expenses, kind_of::expense_shares, kind_of::share_events,
          kind_of::feed_items, kind_of::automation_runs, kind_of::alert_states, kind_of::round_ups})
      if (done) done = rows(kind);
    if (done) done = schedules();
    if (done) done = answers();
    if (done && written_ != header.counts) done = left_over(header.counts);
    if (!done) return done.error();
    exchange::dump_trailer trailer{written_, hash_.so_far()};
    done = to_(write_line(trailer));
    if (!done) return done.error();
    return trailer;
  }

private:
  base::status put(std::string_view line) {
    hash_.add(line);
    return to_(line);
  }

  base::failure left_over(const ledger::row_counts& there) const {
    return base::fail(
        storage::errc::broken,
        fmt::format("rows that belong to no commit of the {} shards cannot be exported: {} of {} "
                    "entries and {} of {} transactions were reached. vaidepix verify names them",
                    from_.shards(), written_.entries, there.entries, written_.transactions,
                    there.transactions));
  }

  base::status users() {
    ledger::user_id after;
    for (;;) {
      const auto rows = from_.users_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& u : *rows)
        if (auto s = put(write_line(u)); !s) return s;
      written_.users += std::ssize(*rows);
      after = rows->back().id;
    }
  }

  base::status accounts() {
    ledger::account_id after;
    for (;;) {
      const auto rows = from_.accounts_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& a : *rows)
        if (auto s = put(write_line(exchange::dump_account{a.record, a.balance, a.version})); !s)
          return s;
      written_.accounts += std::ssize(*rows);
      after = rows->back().record.id;
    }
  }

  base::status commits(ledger::shard_id shard) {
    return audit::walk_commits(
        [&](std::uint64_t after, std::int64_t limit) { return from_.commits(shard, after, limit); },
        [&](std::span<const ledger::commit_record> records) { return some(records); });
  }

  /// Commits of one shard with what belongs to them.
  base::status some(std::span<const ledger::commit_record> records) {
    const auto shard = records.front().shard;
    const auto first = records.front().seq;
    const auto last = records.back().seq;
    const auto entries = from_.entries_of_commits(shard, first, last);
    if (!entries) return entries.error();
    auto born = from_.transactions_of_commits(shard, first, last);
    if (!born) return born.error();
    std::unordered_map<ledger::transaction_id, std::uint64_t> first_seq;
    for (const auto& e : *entries) first_seq.try_emplace(e.draft.transaction, e.seq);
    std::stable_sort(born->begin(), born->end(), [&](const auto& a, const auto& b) {
      return first_seq[a.id] < first_seq[b.id];
    });
    auto e = entries->begin();
    auto t = born->begin();
    for (const auto& record : records) {
      if (auto s = put(write_line(record)); !s) return s;
      ++written_.commits;
      for (; e != entries->end() && e->seq == record.seq; ++e, ++written_.entries)
        if (auto s = put(write_line(*e)); !s) return s;
      for (; t != born->end() && first_seq[t->id] == record.seq; ++t, ++written_.transactions)
        if (auto s = put(write_line(*t)); !s) return s;
    }
    return {};
  }

  base::status holds() {
    ledger::hold_id after;
    for (;;) {
      const auto rows = from_.holds_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& h : *rows)
        if (auto s = put(write_line(h)); !s) return s;
      written_.holds += std::ssize(*rows);
      after = rows->back().id;
    }
  }

  base::status rows(ledger::dumped_row kind) {
    ledger::rows_after asked;
    asked.kind = kind;
    asked.limit = page;
    for (;;) {
      const auto rows = from_.user_rows(asked);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& r : *rows)
        if (auto s = put(write_line(r)); !s) return s;
      written_.rows += std::ssize(*rows);
      go_behind(rows->back(), asked);
    }
  }

  static void go_behind(const ledger::user_row& last, ledger::rows_after& asked) {
    if (const auto* m = std::get_if<ledger::earmark_movement>(&last)) {
      asked.earmarks = m->kind;
      asked.key = m->earmark;
      asked.version = m->version;
    } else if (const auto* f = std::get_if<ledger::insight_feedback>(&last)) {
      asked.key = key_of(f->user);
      asked.hash = f->hash;
    } else if (const auto* o = std::get_if<ledger::automation_run>(&last)) {
      asked.key = key_of(o->automation);
      asked.version = static_cast<std::uint64_t>(std::int64_t{o->day.count});
    } else if (const auto* u = std::get_if<ledger::round_up>(&last)) {
      asked.key = key_of(u->transaction);
      asked.version = static_cast<std::uint64_t>(key_of(u->rule));
    } else if (const auto* s = std::get_if<ledger::alert_state>(&last)) {
      asked.key = key_of(s->user);
      asked.hash = s->rule;
      asked.subject = s->subject;
    } else if (const auto* p = std::get_if<ledger::insight_preferences>(&last)) {
      asked.key = key_of(p->user);
    } else {
      std::visit(
          [&](const auto& r) {
            if constexpr (requires { r.id; }) asked.key = key_of(r.id);
          },
          last);
    }
  }

  base::status schedules() {
    scheduler::schedule_id after;
    for (;;) {
      const auto rows = from_.schedules_after(after, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& r : *rows)
        if (auto s = put(write_line(r)); !s) return s;
      written_.rows += std::ssize(*rows);
      after = rows->back().id;
    }
  }

  base::status answers() {
    ledger::user_id user;
    ledger::key_scope scope;
    for (;;) {
      const auto rows = from_.answers_after(user, scope, page);
      if (!rows) return rows.error();
      if (rows->empty()) return {};
      for (const auto& i : *rows)
        if (auto s = put(write_line(i)); !s) return s;
      written_.answers += std::ssize(*rows);
      user = rows->back().user;
      scope = rows->back().scope;
    }
  }

  storage::bulk& from_;
  const take_bytes& to_;
  base::sha256_stream hash_;
  ledger::row_counts written_;
};

} // namespace

base::result<exchange::dump_trailer> dump(storage::bulk& from, const std::string& program,
                                          const take_bytes& to) {
  return dumper{from, to}.run(program);
}

} // namespace app
