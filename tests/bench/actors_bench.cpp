// Memory of account actors: a million of them idle, and 100,000 accounts under passivation.
//
//   actors_bench [--short] [--part idle|passivation]...
//
// The node is the real one; its store answers from memory and keeps 16 bytes per account.
#include "actors/account_actor.hpp"
#include "observability/log.hpp"
#include "tests/bench/bench_options.hpp"
#include "tests/bench/instant_store.hpp"
#include "tests/bench/ledger_bed.hpp"
#include "tests/bench/measure.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>
#include <jemalloc/jemalloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <thread>
#include <vector>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

/// Of all arenas; as Linux counts it, freed memory stays resident for some seconds otherwise.
void give_back_freed() {
  const auto name = fmt::format("arena.{}.purge", MALLCTL_ARENAS_ALL);
  ::mallctl(name.c_str(), nullptr, nullptr, nullptr, 0);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double seconds_since(clock::time_point began) {
  return std::chrono::duration<double>(clock::now() - began).count();
}

/// Account actors alone, spawned and never asked: with the account's record, without a book.
void spawn_alone(std::size_t count) {
  base::system_clock time;
  observability::metrics metrics;
  observability::log log({}, time, metrics);
  const auto store = make_instant_store(1, 1);
  actors::node_status status;
  base::id_source ids;
  actors::environment env{*store, time, log, metrics, {}, status, "bench", {}, ids, {}};
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(config);
  const auto record = household_at(0, 1, time.now()).accounts.at(1);
  std::vector<actors::account_actor> held;
  held.reserve(count);
  const double before = resident_bytes();
  const auto began = clock::now();
  for (std::size_t i = 0; i < count; ++i)
    held.push_back(system.spawn<actors::account>(env, record, actors::journal_actor{}));
  const double took = seconds_since(began);
  const double after = resident_bytes();
  print_row({"account actors alone", fmt::format("{}", count),
             fmt::format("{:.0f}", (after - before) / static_cast<double>(count)),
             fmt::format("{:.0f} k/s", static_cast<double>(count) / took / 1e3)});
  for (auto& one : held) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  held.clear();
}

/// The same in a node that has posted to each of them: book, account, heads of the journal.
void post_once_each(std::size_t accounts) {
  bed_settings settings;
  settings.pairs_per_user = 1000;
  settings.users = accounts / settings.pairs_per_user;
  ledger_bed bed(settings, make_instant_store(settings.users, settings.pairs_per_user));
  give_back_freed();
  const double before = resident_bytes();
  const auto began = clock::now();
  bed.touch_all();
  const double took = seconds_since(began);
  give_back_freed();
  const double after = resident_bytes();
  const auto active = bed.metrics().accounts_active.value();
  print_row({"in a node, each posted to once", fmt::format("{:.0f}", active),
             fmt::format("{:.0f}", (after - before) / active),
             fmt::format("{:.0f} k/s", active / took / 1e3)});
  const auto idle_from = clock::now();
  const double cpu_before = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::this_thread::sleep_for(std::chrono::seconds{2});
  const double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC - cpu_before;
  const double cores = cpu / seconds_since(idle_from);
  const auto stopped = bed.stop();
  fmt::print("\nIdle, they cost {:.3f} cores. The node stops in {} ms.\n", cores, stopped.count());
}

/// User after user, again and again: only the used ones may stay.
void passivate(std::size_t pairs, std::size_t sweeps) {
  bed_settings settings;
  settings.pairs_per_user = 50;
  settings.users = pairs / settings.pairs_per_user;
  settings.book_idle = std::chrono::milliseconds{300};
  ledger_bed bed(settings, make_instant_store(settings.users, settings.pairs_per_user));
  fmt::print("\n");
  print_head({"sweep over all accounts", "postings so far", "most account actors", "resident MB"});
  double first = 0, last = 0;
  for (std::size_t sweep = 1; sweep <= sweeps; ++sweep) {
    double most = 0;
    for (std::size_t u = 0; u < settings.users; ++u) {
      std::vector<std::size_t> all;
      for (std::size_t i = 0; i < settings.pairs_per_user; ++i)
        all.push_back(u * settings.pairs_per_user + i);
      bed.post_batch(all, 1);
      most = std::max(most, bed.metrics().accounts_active.value());
      if (u % 20 == 19)
        std::this_thread::sleep_for(std::chrono::milliseconds{40}); // not all at once
    }
    last = resident_bytes();
    if (sweep == 1) first = last;
    print_row({fmt::format("{}", sweep), fmt::format("{}", sweep * pairs),
               fmt::format("{:.0f}", most), fmt::format("{:.1f}", last / 1e6)});
  }
  fmt::print("\n");
  print_target(fmt::format("memory of sweep {} against sweep 1 ({} accounts, books idle for {} ms "
                           "are let go)",
                           sweeps, pairs, settings.book_idle.count()),
               last / first, 1.1, false);
}

int run(const options& o) {
  if (o.wants("idle")) {
    fmt::print("\n### Memory of account actors\n\n");
    print_head({"", "actors", "resident bytes per actor", "spawned"});
    const std::size_t million = o.brief ? 50'000 : 1'000'000;
    spawn_alone(million);
    post_once_each(million);
  }
  // In a process of its own: what another part has left behind would hide all growth.
  if (o.wants("passivation")) passivate(o.brief ? 10'000 : 100'000, o.brief ? 3 : 5);
  return 0;
}

} // namespace
} // namespace bench

int main(int count, char** words) {
  try {
    return bench::run(bench::parse_options(count, words));
  } catch (const std::exception& e) {
    fmt::print(stderr, "actors_bench: {}\n", e.what());
    return 1;
  }
}
