#include "exchange/dump_reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace exchange {

base::failure dump_reader::damaged(std::string why) const {
  return base::fail(errc::damaged, fmt::format("line {}: {}", lines_, why));
}

base::status dump_reader::take(std::string_view line) {
  if (failed_) return damaged("the file was refused before");
  ++lines_;
  const auto refuse = [this](base::failure why) {
    failed_ = true;
    return why;
  };
  if (at_ == part::trailer) return refuse(damaged("something follows behind the trailer"));
  auto read = read_line(line);
  if (!read) {
    if (read.error().code == code_text(errc::newer)) return refuse(read.error());
    return refuse(damaged(read.error().detail));
  }
  if (!header_ && !std::holds_alternative<dump_header>(*read))
    return refuse(damaged("the file does not begin with a header of vaidepix export"));
  auto done = std::visit([this](auto&& what) { return on(std::move(what)); }, std::move(*read));
  if (!done) return refuse(done.error());
  hash_.add(line); // the trailer speaks of what stands before it: on() has looked already
  hash_.add("\n");
  return {};
}

base::result<dump_trailer> dump_reader::finish() {
  if (failed_) return damaged("the file was refused before");
  if (lines_ == 0) return base::fail(errc::damaged, "the file is empty");
  if (!trailer_)
    return base::fail(
        errc::damaged,
        fmt::format("the file ends after line {} without its trailer: it was cut off", lines_));
  return *trailer_;
}

/// Parts only follow one another; a new one ends the commit that is open.
base::status dump_reader::enter(part p) {
  if (p < at_) return damaged("the parts are out of order");
  if (auto s = close_commit(); !s) return s;
  at_ = p;
  return {};
}

base::status dump_reader::close_commit() {
  if (!open_) return {};
  auto done = std::move(*open_);
  open_.reset();
  const auto name = fmt::format("commit {}:{}", done.record.shard, done.record.seq);
  if (done.entries.size() != done.record.entries)
    return damaged(fmt::format("{} says {} entries and has {}", name, done.record.entries,
                               done.entries.size()));
  std::vector<const ledger::entry*> entries;
  entries.reserve(done.entries.size());
  for (const auto& e : done.entries) entries.push_back(&e);
  if (ledger::hash_of(done.record, entries) != done.record.hash)
    return damaged(fmt::format("the hash of {} does not match it and its entries", name));
  return to_.commit(std::move(done));
}

base::status dump_reader::on(dump_header h) {
  if (header_) return damaged("a second header");
  if (h.scope != dump_scope::database)
    return base::fail(errc::partial, "it is the export of one user; import takes that of the whole "
                                     "database (vaidepix export --all --format jsonl)");
  if (h.shards == 0 || h.shards > shards_max) return damaged("the number of shards is none");
  header_ = h;
  return to_.header(h);
}

base::status dump_reader::on(ledger::user_record u) {
  if (auto s = enter(part::users); !s) return s;
  ++seen_.users;
  return to_.user(std::move(u));
}

base::status dump_reader::on(dump_account a) {
  if (auto s = enter(part::accounts); !s) return s;
  ++seen_.accounts;
  return to_.account(std::move(a));
}

base::status dump_reader::on(ledger::commit_record c) {
  if (auto s = enter(part::commits); !s) return s;
  if (c.shard >= header_->shards) return damaged("a commit of a shard that is none");
  if (c.entries > commit_entries_max) return damaged("a commit of too many entries");
  auto& head = heads_[c.shard];
  if (c.seq != head.seq + 1 || c.prev_hash != head.hash)
    return damaged(fmt::format("commit {}:{} does not follow the one before", c.shard, c.seq));
  head = c.head();
  ++seen_.commits;
  open_ = dump_commit{std::move(c), {}, {}};
  return {};
}

base::status dump_reader::on(ledger::entry e) {
  if (!open_) return damaged("an entry without its commit");
  const auto& record = open_->record;
  if (e.shard != record.shard || e.seq != record.seq || e.booked_at != record.booked_at ||
      e.position != open_->entries.size() || e.position >= record.entries ||
      !open_->transactions.empty())
    return damaged("an entry that is not of its commit, or out of order");
  ++seen_.entries;
  open_->entries.push_back(std::move(e));
  return {};
}

base::status dump_reader::on(ledger::transaction_record t) {
  if (!open_) return damaged("a transaction without its commit");
  if (open_->transactions.size() >= open_->entries.size())
    return damaged("more transactions than entries");
  ++seen_.transactions;
  open_->transactions.push_back(std::move(t));
  return {};
}

base::status dump_reader::on(ledger::hold_record h) {
  if (auto s = enter(part::holds); !s) return s;
  ++seen_.holds;
  return to_.hold(std::move(h));
}

base::status dump_reader::on(ledger::user_row r) {
  if (auto s = enter(part::rows); !s) return s;
  ++seen_.rows;
  return to_.row(std::move(r));
}

base::status dump_reader::on(scheduler::schedule s) {
  if (auto entered = enter(part::rows); !entered) return entered;
  if (s.shard >= header_->shards) return damaged("a schedule of a shard that is none");
  ++seen_.rows;
  return to_.schedule(std::move(s));
}

base::status dump_reader::on(ledger::idempotency_record i) {
  if (auto s = enter(part::answers); !s) return s;
  ++seen_.answers;
  return to_.answer(std::move(i));
}

base::status dump_reader::on(dump_trailer t) {
  if (auto s = enter(part::trailer); !s) return s;
  if (t.counts != seen_ || t.counts != header_->counts)
    return damaged("the counts are not those of the lines: lines are missing or were added");
  if (t.hash != hash_.so_far())
    return damaged("the hash of the file does not match: it was altered");
  trailer_ = t;
  return {};
}

} // namespace exchange
