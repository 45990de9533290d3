// Import files: each line is read and written as the same, and whatever a whole file gets past the
// reader is in order. A second pass mends chain, counts and hash of the input, so that the fuzzer
// is not kept out by them.
#include "exchange/dump_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace exchange;

struct sink final : dump_sink {
  ledger::row_counts got;
  std::uint32_t shards = 0;
  std::map<ledger::shard_id, ledger::shard_head> heads;

  base::status header(const dump_header& h) override {
    shards = h.shards;
    ENSURE(shards > 0 && shards <= shards_max, "shards out of bounds");
    ENSURE(h.version <= dump_version && h.scope == dump_scope::database,
           "a header of another kind");
    return {};
  }
  base::status user(ledger::user_record u) override {
    ENSURE(!u.id.empty() && got.accounts + got.commits + got.answers == 0, "a user out of order");
    ++got.users;
    return {};
  }
  base::status account(dump_account a) override {
    ENSURE(!a.record.id.empty() && got.commits + got.answers == 0, "an account out of order");
    ++got.accounts;
    return {};
  }
  base::status commit(dump_commit c) override {
    const auto& r = c.record;
    ENSURE(r.shard < shards && got.answers == 0, "a commit out of order");
    ENSURE(c.entries.size() == r.entries, "another number of entries");
    ENSURE(c.transactions.size() <= c.entries.size(), "more transactions than entries");
    std::vector<const ledger::entry*> entries;
    for (const auto& e : c.entries) {
      ENSURE(e.shard == r.shard && e.seq == r.seq && e.position == entries.size(),
             "an entry of another commit");
      ENSURE(e.version > 0, "a version that has none before it");
      entries.push_back(&e);
    }
    auto& head = heads[r.shard];
    ENSURE(r.seq == head.seq + 1 && r.prev_hash == head.hash, "a gap in the chain");
    ENSURE(ledger::hash_of(r, entries) == r.hash, "a wrong hash");
    head = r.head();
    ++got.commits;
    got.entries += static_cast<std::int64_t>(c.entries.size());
    got.transactions += static_cast<std::int64_t>(c.transactions.size());
    return {};
  }
  base::status row(ledger::user_row) override {
    ENSURE(got.answers == 0, "a row out of order");
    ++got.rows;
    return {};
  }
  base::status schedule(scheduler::schedule s) override {
    ENSURE(!s.id.empty() && s.shard < shards && got.answers == 0, "a schedule out of order");
    ++got.rows;
    return {};
  }
  base::status hold(ledger::hold_record h) override {
    ENSURE(!h.id.empty() && h.amount.minor > 0 && got.answers == 0, "a hold out of order");
    ++got.holds;
    return {};
  }
  base::status answer(ledger::idempotency_record) override {
    ++got.answers;
    return {};
  }
};

/// True when it was taken as a whole.
bool read_whole(const std::vector<std::string>& lines) {
  sink to;
  dump_reader reader(to);
  for (const auto& line : lines) {
    if (reader.take(line)) continue;
    ENSURE(!reader.take(line) && !reader.finish(), "it went on behind a refusal");
    return false;
  }
  const auto trailer = reader.finish();
  if (!trailer) return false;
  ENSURE(trailer->counts == to.got, "the counts are not what was handed on");
  return true;
}

struct counting {
  ledger::row_counts& n;
  void operator()(const dump_header&) const {}
  void operator()(const dump_trailer&) const {}
  void operator()(const ledger::user_record&) const { ++n.users; }
  void operator()(const dump_account&) const { ++n.accounts; }
  void operator()(const ledger::commit_record&) const { ++n.commits; }
  void operator()(const ledger::entry&) const { ++n.entries; }
  void operator()(const ledger::transaction_record&) const { ++n.transactions; }
  void operator()(const ledger::hold_record&) const { ++n.holds; }
  void operator()(const ledger::user_row&) const { ++n.rows; }
  void operator()(const scheduler::schedule&) const { ++n.rows; }
  void operator()(const ledger::idempotency_record&) const { ++n.answers; }
};

void mend(std::vector<dump_line>& lines) {
  ledger::row_counts n;
  std::map<ledger::shard_id, ledger::shard_head> heads;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::visit(counting{n}, lines[i]);
    auto* c = std::get_if<ledger::commit_record>(&lines[i]);
    if (c == nullptr) continue;
    std::vector<const ledger::entry*> entries;
    for (auto at = i + 1; at < lines.size(); ++at) {
      auto* e = std::get_if<ledger::entry>(&lines[at]);
      if (e == nullptr) break;
      e->shard = c->shard;
      e->seq = heads[c->shard].seq + 1;
      e->booked_at = c->booked_at;
      e->position = static_cast<std::uint32_t>(entries.size());
      entries.push_back(e);
    }
    auto& head = heads[c->shard];
    c->seq = head.seq + 1;
    c->prev_hash = head.hash;
    c->entries = static_cast<std::uint32_t>(entries.size());
    c->hash = ledger::hash_of(*c, entries);
    head = c->head();
  }
  if (auto* h = std::get_if<dump_header>(&lines.front())) h->counts = n;
  base::sha256_stream hash;
  for (auto& line : lines) {
    if (auto* t = std::get_if<dump_trailer>(&line)) *t = {n, hash.so_far()};
    hash.add(std::visit([](const auto& l) { return write_line(l); }, line));
  }
}

} // namespace

void fuzz::target(std::string_view input) {
  std::vector<std::string> lines;
  std::vector<dump_line> known;
  while (!input.empty()) {
    lines.emplace_back(before(input, '\n'));
    auto line = read_line(lines.back());
    if (!line) {
      ENSURE(!line.error().detail.empty(), "refused without a reason");
      continue;
    }
    // The export of one user leaves the password out; such a line is not written again as it was.
    auto text = std::visit([](const auto& l) { return write_line(l); }, *line);
    ENSURE(text.size() > 1 && text.back() == '\n', "a line without its end");
    text.pop_back();
    const auto again = read_line(text);
    ENSURE(again && *again == *line, "written and read again it is another line");
    known.push_back(std::move(*line));
  }
  read_whole(lines);
  if (known.empty()) return;
  mend(known);
  lines.clear();
  for (const auto& line : known) {
    lines.push_back(std::visit([](const auto& l) { return write_line(l); }, line));
    lines.back().pop_back();
  }
  read_whole(lines);
}
