// The journal's path against its rivals on one PostgreSQL, batches against a bare SQL writer, and
// the same node on SQLite. Every cell is several rounds in which the contestants take turns.
//
//   journal_bench --postgres 'postgresql:///{}?host=/socket&user=postgres' --folder DIR
//                 --vaidepix PATH [--short]
//                 [--part journal|batch|sqlite]... [--clients N]... [--alone]
#include "observability/log.hpp"
#include "storage/open.hpp"
#include "tests/bench/bench_options.hpp"
#include "tests/bench/ledger_bed.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/pg_client.hpp"
#include "tests/bench/rivals.hpp"
#include "tests/bench/run_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {
namespace {

using std::chrono::milliseconds;

// -- contestants of ours --------------------------------------------------------------------------

class our_node : public contestant {
public:
  explicit our_node(ledger_bed& bed) : bed_(bed) {}
  std::string name() const override { return "**Vai de Pix**, a waiting thread for each client"; }
  outcome perform(std::size_t, base::random& chance, std::size_t pairs) override {
    if (!bed_.post(chance.below(pairs), chance.between(1, 999))) return {0, 0, 1};
    return {1, 0, 0};
  }
  levels now() override {
    return {bed_.metrics().journal_commits(observability::commit_result::ok).value(),
            meter_ ? meter_->log_bytes() : 0};
  }
  double database_bytes() override { return meter_ ? meter_->database_bytes() : 0; }

  void measure_server(const std::string& url) { meter_ = std::make_unique<pg_meter>(url); }

protected:
  ledger_bed& bed_;

private:
  std::unique_ptr<pg_meter> meter_;
};

/// A client is a request in flight and no thread, as behind our HTTP front, where no thread waits
/// for a commit, and as in the prototypes behind the targets.
class our_requests final : public our_node {
public:
  using our_node::our_node;
  std::string name() const override { return "**Vai de Pix**, requests in flight"; }
  bool in_flight() const override { return true; }
  void begin(base::random& chance, std::size_t pairs, std::function<void(outcome)> done) override {
    bed_.begin_post(chance.below(pairs), chance.between(1, 999),
                    [done = std::move(done)](bool durable) {
                      done(durable ? outcome{1, 0, 0} : outcome{0, 0, 1});
                    });
  }
};

/// Posts once to pair after pair: a book and an account are read for the first time.
class first_touches final : public our_node {
public:
  using our_node::our_node;
  outcome perform(std::size_t, base::random&, std::size_t pairs) override {
    // One pair of each user, then the next of each: no two clients wait for the same book.
    const auto n = next_.fetch_add(1);
    if (n >= pairs) return {0, 0, 1}; // all are in memory
    const auto users = pairs / bed_.pairs_per_user();
    bed_.post(n % users * bed_.pairs_per_user() + n / users, 1);
    return {1, 0, 0};
  }

private:
  std::atomic<std::size_t> next_{0};
};

class our_batches final : public our_node {
public:
  our_batches(ledger_bed& bed, std::size_t items) : our_node(bed), items_(items) {}
  std::string name() const override { return fmt::format("**Vai de Pix**, batches of {}", items_); }
  outcome perform(std::size_t, base::random& chance, std::size_t pairs) override {
    const auto per_user = bed_.pairs_per_user();
    const auto first = chance.below(pairs / per_user) * per_user;
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < items_; ++i) wanted.push_back(first + chance.below(per_user));
    if (!bed_.post_batch(wanted, chance.between(1, 999))) return {0, 0, 1};
    return {items_, 0, 0};
  }

private:
  std::size_t items_;
};

// -- cells ----------------------------------------------------------------------------------------

struct entrant {
  contestant* who = nullptr;
  round_options how;
  std::string name; ///< in the table; default: the contestant's
};

struct result {
  std::vector<round> rounds;
  double database_bytes = 0;

  double rate() const {
    std::vector<double> all;
    for (const auto& r : rounds) all.push_back(r.rate());
    return spread_of(all).median;
  }
  std::uint64_t transfers() const {
    std::uint64_t n = 0;
    for (const auto& r : rounds) n += r.transfers;
    return n;
  }
};

/// Rates of `a` over rates of `b`, round by round.
spread ratio(const result& a, const result& b) {
  std::vector<double> all;
  for (std::size_t i = 0; i < a.rounds.size(); ++i)
    all.push_back(a.rounds[i].rate() / b.rounds[i].rate());
  return spread_of(all);
}

std::vector<result> take_turns(const std::vector<entrant>& entrants, std::size_t rounds) {
  std::vector<result> results(entrants.size());
  for (const auto& e : entrants) { // caches, plans, actors
    auto warm = e.how;
    warm.time = milliseconds{200};
    run_round(*e.who, warm);
  }
  for (std::size_t i = 0; i < rounds; ++i) {
    for (std::size_t e = 0; e < entrants.size(); ++e) {
      const double before = entrants[e].who->database_bytes();
      results[e].rounds.push_back(run_round(*entrants[e].who, entrants[e].how));
      results[e].database_bytes += entrants[e].who->database_bytes() - before;
    }
  }
  return results;
}

void print_cell_head(const std::string& title) {
  fmt::print("\n### {}\n\n", title);
  print_head({"", "transfers/s", "first is … times as fast", "conflicts per transfer", "p50 ms",
              "p99 ms", "commits/s", "database B per transfer", "log B per transfer"});
}

std::string per_transfer_text(double bytes, double transfers) {
  return bytes > 0 ? fmt::format("{:.0f}", bytes / transfers) : "–";
}

void print_results(const std::vector<entrant>& entrants, const std::vector<result>& results) {
  for (std::size_t e = 0; e < entrants.size(); ++e) {
    std::vector<double> rates, commits;
    std::vector<float> latency;
    double log_bytes = 0;
    std::uint64_t conflicts = 0, refused = 0;
    for (const auto& r : results[e].rounds) {
      rates.push_back(r.rate());
      commits.push_back(r.commits / r.seconds);
      latency.insert(latency.end(), r.latency_ms.begin(), r.latency_ms.end());
      conflicts += r.conflicts;
      refused += r.refused;
      log_bytes += r.log_bytes;
    }
    const auto transfers = static_cast<double>(std::max<std::uint64_t>(1, results[e].transfers()));
    auto per_transfer = conflicts == 0 ? std::string{"0"}
                                       : short_number(static_cast<double>(conflicts) / transfers);
    if (refused > 0) per_transfer += fmt::format(" ({} calls refused: overloaded)", refused);
    print_row({entrants[e].name.empty() ? entrants[e].who->name() : entrants[e].name,
               text_of(spread_of(rates)), e == 0 ? "" : ratio_text(ratio(results[0], results[e])),
               per_transfer, short_number(quantile(latency, 0.5)),
               short_number(quantile(latency, 0.99)), short_number(spread_of(commits).median),
               per_transfer_text(results[e].database_bytes, transfers),
               per_transfer_text(log_bytes, transfers)});
  }
}

// -- databases ------------------------------------------------------------------------------------

std::string make_rival_database(const options& o, const std::string& name,
                                const rival_settings& shape) {
  create_database(o, name);
  base::system_clock clock;
  observability::metrics metrics;
  observability::log_options quiet;
  quiet.level = observability::log_level::warning;
  observability::log log(quiet, clock, metrics);
  storage::open_settings open;
  open.database_url = o.url(name);
  if (const auto done = storage::migrate(open, storage::migrate_mode::migrate, clock, log); !done)
    throw std::runtime_error("a rival's database: " + done.error().detail);
  auto mine = shape;
  mine.url = o.url(name);
  prepare_rival(mine);
  return mine.url;
}

rival_settings rival_at(const rival_settings& shape, const std::string& url) {
  auto s = shape;
  s.url = url;
  return s;
}

// -- where the time of a posting goes ------------------------------------------------------------

/// Sums since the start, in seconds, of what the node measures about itself.
struct stages {
  double commits = 0, items = 0, waited = 0, at_journal = 0, at_database = 0;
};

stages stages_of(ledger_bed& bed) {
  const auto& m = bed.metrics();
  return {static_cast<double>(m.journal_commit.count()), m.journal_batch_size.sum(),
          m.journal_wait.sum(), m.journal_commit.sum(),
          m.storage_statement(observability::statement_class::commit).sum()};
}

void print_stages(const stages& from, const stages& to) {
  const auto commits = to.commits - from.commits;
  const auto items = to.items - from.items;
  fmt::print(
      "\nA commit of ours carried {:.1f} postings and took {:.2f} ms from the journal to its "
      "answer, {:.2f} ms of it at the database; a posting waited {:.2f} ms for its turn.\n\n",
      items / commits, 1e3 * (to.at_journal - from.at_journal) / commits,
      1e3 * (to.at_database - from.at_database) / commits, 1e3 * (to.waited - from.waited) / items);
}

// -- parts ----------------------------------------------------------------------------------------

void journal_part(const options& o) {
  create_database(o, "ours");
  bed_settings settings;
  settings.url = o.url("ours");
  ledger_bed bed(settings);
  bed.register_all();
  our_node ours(bed);
  ours.measure_server(settings.url);
  our_requests flying(bed);
  flying.measure_server(settings.url);
  first_touches fresh(bed);
  const auto first = run_round(fresh, {64, bed.pairs(), o.time() / 4});
  bed.touch_all();

  rival_settings shape;
  shape.pairs = bed.pairs();
  shape.pairs_per_user = bed.pairs_per_user();
  const auto version_url = make_rival_database(o, "row_version", shape);
  const auto lock_url = make_rival_database(o, "for_update", shape);
  const auto function_url = make_rival_database(o, "stored_function", shape);
  const auto versions = make_row_version(rival_at(shape, version_url));
  const auto locks = make_for_update(rival_at(shape, lock_url));
  const auto function = make_function(rival_at(shape, function_url));

  for (const bool hot : {true, false}) {
    for (const std::size_t clients : {1U, 16U, 64U}) {
      if (!o.wants_clients(clients)) continue;
      const round_options how{clients, hot ? 1 : bed.pairs(), o.time()};
      std::vector<entrant> entrants{{&flying, how, ""}};
      if (!o.alone)
        for (auto* rival : {versions.get(), locks.get(), function.get()})
          entrants.push_back({rival, how, ""});
      entrants.push_back({&ours, how, ""});
      const auto before = stages_of(bed);
      const auto results = take_turns(entrants, o.rounds());
      const auto after = stages_of(bed);
      print_cell_head(fmt::format("PostgreSQL, {}, {} client{}",
                                  hot ? "one hot account" : "10,000 accounts", clients,
                                  clients == 1 ? "" : "s"));
      print_results(entrants, results);
      print_stages(before, after);
      if (o.alone) continue;
      if (hot && clients == 64) {
        print_target("hot account, 64 clients, against row_version",
                     ratio(results[0], results[1]).median, 50);
        print_target("hot account, 64 clients, against select for update",
                     ratio(results[0], results[2]).median, 20);
        print_target("hot account, 64 clients, against one stored function",
                     ratio(results[0], results[3]).median, 10);
      }
      if (clients == 1) {
        print_target(fmt::format("one client, {}, against one stored function",
                                 hot ? "hot account" : "10,000 accounts"),
                     ratio(results[0], results[3]).median, 0.9);
      }
    }
  }
  if (o.alone || !o.clients.empty()) return;
  // Hot against cold needs its own turns: the cells above ran minutes apart.
  const std::vector<entrant> both{{&flying, {64, 1, o.time()}, "one hot account"},
                                  {&flying, {64, bed.pairs(), o.time()}, "10,000 accounts"}};
  const auto results = take_turns(both, o.rounds());
  print_cell_head("PostgreSQL, Vai de Pix, 64 clients, hot against cold");
  print_results(both, results);
  fmt::print("\n");
  print_target("hot against cold", ratio(results[0], results[1]).median, 0.9);
  fmt::print(
      "\nThe accounts above were in memory. Posting to {} for the first time, where book and "
      "balances are read, 64 clients: {} transfers/s.\n",
      first.transfers, short_number(first.rate()));
  const auto took = bed.stop();
  fmt::print("\nStop of the node: {} ms.", took.count());
  for (const auto& url : {version_url, lock_url, function_url}) check_rival(url);
  fmt::print(" The rivals' entries sum to zero and to their balances.\n");
  verify(o, settings.url);
}

void batch_part(const options& o) {
  create_database(o, "ours_batch");
  bed_settings settings;
  settings.url = o.url("ours_batch");
  ledger_bed bed(settings);
  bed.register_all();
  bed.touch_all();
  our_node ours(bed);
  our_batches batches(bed, 1000);
  ours.measure_server(settings.url);
  batches.measure_server(settings.url);

  rival_settings shape;
  shape.pairs = bed.pairs();
  shape.pairs_per_user = bed.pairs_per_user();
  shape.connections = settings.journals;
  const auto url = make_rival_database(o, "bare_writer", shape);
  const auto bare = make_bare_writer(rival_at(shape, url), 1000);

  const auto time = o.time() * 2;
  const std::vector<entrant> entrants{{&batches, {64, bed.pairs(), time}, ""},
                                      {bare.get(), {settings.journals, bed.pairs(), time}, ""},
                                      {&ours, {64, bed.pairs(), time}, ""}};
  const auto results = take_turns(entrants, o.rounds());
  print_cell_head("PostgreSQL, 10,000 accounts, 64 clients with batches of 1,000");
  print_results(entrants, results);
  fmt::print("\n");
  print_target("batches of 1,000 against one by one, 64 clients",
               ratio(results[0], results[2]).median, 3);
  print_target("batches of 1,000 against the bare SQL writer", ratio(results[0], results[1]).median,
               0.7);
  bed.stop();
  check_rival(url);
  verify(o, settings.url);
}

void sqlite_part(const options& o) {
  bed_settings settings;
  const auto file = o.folder + "/journal.db";
  settings.url = "sqlite:///" + file;
  settings.journals = 1;
  ledger_bed bed(settings);
  bed.register_all();
  bed.touch_all();
  our_node ours(bed);
  our_batches batches(bed, 1000);
  const auto bytes = [&] { return static_cast<double>(std::filesystem::file_size(file)); };
  const double before = bytes();
  const std::vector<entrant> entrants{
      {&ours, {64, 1, o.time()}, "one by one, hot account, 64 clients"},
      {&ours, {64, bed.pairs(), o.time()}, "one by one, 10,000 accounts, 64 clients"},
      {&ours, {16, bed.pairs(), o.time()}, "one by one, 10,000 accounts, 16 clients"},
      {&ours, {1, bed.pairs(), o.time()}, "one by one, 10,000 accounts, 1 client"},
      {&batches, {64, bed.pairs(), o.time() * 2}, "batches of 1,000, 64 clients"},
      {&batches, {1, bed.pairs(), o.time() * 2}, "batches of 1,000, 1 client"}};
  const auto results = take_turns(entrants, o.rounds());
  print_cell_head("SQLite, Vai de Pix");
  print_results(entrants, results);
  fmt::print("\n");
  bed.stop(); // writes its log into the file
  std::uint64_t transfers = 0;
  for (const auto& r : results) transfers += r.transfers();
  fmt::print("The file grew by {:.0f} bytes per transfer.\n",
             (bytes() - before) / static_cast<double>(transfers));
  verify(o, settings.url);
}

int run(int count, char** words) {
  const auto o = parse_options(count, words);
  if (o.wants("journal")) journal_part(o);
  if (o.wants("batch")) batch_part(o);
  if (o.wants("sqlite")) sqlite_part(o);
  return 0;
}

} // namespace
} // namespace bench

int main(int count, char** words) {
  try {
    return bench::run(count, words);
  } catch (const std::exception& e) {
    fmt::print(stderr, "journal_bench: {}\n", e.what());
    return 1;
  }
}
