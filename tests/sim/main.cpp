// simulate: runs seeds, reports what was reached, shrinks what fails (docs/FAILURE-SIMULATION.md).
#include "tests/sim/marks.hpp"
#include "tests/sim/shrink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

struct wishes {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1;
  std::uint64_t fresh = 0; ///< seeds of chance behind them
  std::size_t operations = 200;
  std::int64_t seconds = 0; ///< no new seed after that; 0: no limit
  bool trace = false;
  bool require_marks = false;
  bool show_marks = true;
  bool shrink = true;
  bool twice = false;
  bool all_planted = false;
  bool manners = false;
  std::string planted;
};

[[noreturn]] void usage(std::string_view fault) {
  std::fprintf(stderr, "simulate: %.*s\n", static_cast<int>(fault.size()), fault.data());
  std::fputs("  --seeds N --from S     seeds S..S+N-1 (1)\n"
             "  --seed S               that one\n"
             "  --fresh N              and N more that nobody has seen\n"
             "  --operations K         of each seed (200)\n"
             "  --seconds T            begin no seed after T seconds\n"
             "  --trace                every event\n"
             "  --twice                each seed twice: the same, byte for byte?\n"
             "  --require-marks        fail when a rare situation was never reached\n"
             "  --no-marks --no-shrink print less\n"
             "  --planted NAME         with that bug planted; fails when it is found\n"
             "  --manners              the same requests in other manners: the same books?\n"
             "  --all-planted          each planted bug has to be found within N seeds\n",
             stderr);
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) usage("a number was expected");
  return value;
}

wishes parse(const std::vector<std::string_view>& args) {
  wishes w;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto value = [&] {
      if (++i == args.size()) usage("a value is missing");
      return args[i];
    };
    if (args[i] == "--seeds")
      w.seeds = number(value());
    else if (args[i] == "--from")
      w.from = number(value());
    else if (args[i] == "--seed")
      w.from = number(value());
    else if (args[i] == "--fresh")
      w.fresh = number(value());
    else if (args[i] == "--operations")
      w.operations = number(value());
    else if (args[i] == "--seconds")
      w.seconds = static_cast<std::int64_t>(number(value()));
    else if (args[i] == "--trace")
      w.trace = true;
    else if (args[i] == "--twice")
      w.twice = true;
    else if (args[i] == "--require-marks")
      w.require_marks = true;
    else if (args[i] == "--no-marks")
      w.show_marks = false;
    else if (args[i] == "--no-shrink")
      w.shrink = false;
    else if (args[i] == "--planted")
      w.planted = value();
    else if (args[i] == "--manners")
      w.manners = true;
    else if (args[i] == "--all-planted")
      w.all_planted = true;
    else
      usage(args[i]);
  }
  return w;
}

using clock_type = std::chrono::steady_clock;

constexpr std::size_t failures_max = 5; ///< of one run; more of them tell nothing new

void print_failure(const wishes& w, const sim::run_options& options, const sim::violation& found) {
  std::printf("FAILED seed %lu: %s: %s\n", options.seed, found.invariant.c_str(),
              found.text.c_str());
  if (!w.shrink) return;
  const auto small = sim::shrink(options, found, 120);
  std::printf("shrunk in %zu runs to %zu operations:\n", small.runs,
              small.options.operations - small.options.left_out.size());
  auto again = small.options;
  again.trace = stdout;
  sim::run(again);
  std::printf("again: simulate --seed %lu --operations %zu --trace\n", options.seed,
              options.operations);
}

/// Each bug alone, until a seed shows it.
int hunt(const wishes& w) {
  int missed = 0;
  std::printf("| planted bug | seed | rule | what was seen |\n|---|---|---|---|\n");
  for (const auto& bug : sim::planted_bugs) {
    sim::plant(bug.name);
    bool found = false;
    std::vector<std::uint64_t> seeds{bug.seed};
    for (std::uint64_t s = w.from; s < w.from + w.seeds; ++s) seeds.push_back(s);
    for (std::size_t i = 0; i < seeds.size() && !found; ++i) {
      const auto seed = seeds[i];
      sim::run_options options;
      options.seed = seed;
      options.operations = w.operations;
      const auto report = sim::run(options);
      if (!report.broken) continue;
      found = true;
      std::printf("| `%s` | %lu | %s | %s |\n", bug.name, seed, report.broken->invariant.c_str(),
                  report.broken->text.c_str());
    }
    if (!found) {
      ++missed;
      std::printf("| `%s` | NOT FOUND | | %s |\n", bug.name, bug.what);
    }
    std::fflush(stdout);
  }
  sim::plant({});
  return missed == 0 ? 0 : 1;
}

/// Metamorphic: each manner against the plain one.
int compare_manners(const wishes& w) {
  const sim::manner plain{}, bursts{"bursts", true};
  const std::vector<std::pair<sim::manner, std::vector<sim::manner>>> families{
      {plain,
       {{"batches of one", false, false, false, 1, 1, 1},
        {"a restart between any two requests", false, true},
        {"each request twice", false, false, true},
        {"four shards, two journals", false, false, false, 4, 2}}},
      {bursts,
       {{"bursts in batches of one", true, false, false, 1, 1, 1},
        {"bursts on four shards, two journals", true, false, false, 4, 2}}}};
  int failed = 0;
  std::size_t bytes = 0;
  const auto books_of = [&](std::uint64_t seed, const sim::manner& how) {
    sim::run_options options;
    options.seed = seed;
    options.operations = w.operations;
    options.how = how;
    auto report = sim::run(options);
    if (!report.broken) return report.books;
    ++failed;
    std::printf("FAILED seed %lu, %s: %s: %s\n", seed, how.name, report.broken->invariant.c_str(),
                report.broken->text.c_str());
    return std::string{};
  };
  for (auto seed = w.from; seed < w.from + w.seeds; ++seed)
    for (const auto& [base, others] : families) {
      const auto expected = books_of(seed, base);
      bytes += expected.size();
      for (const auto& other : others) {
        const auto books = books_of(seed, other);
        if (books == expected && !books.empty()) continue;
        ++failed;
        const auto at = static_cast<std::size_t>(
            std::mismatch(books.begin(), books.end(), expected.begin(), expected.end()).first -
            books.begin());
        const auto from = at < 60 ? 0 : at - 60;
        std::printf("FAILED seed %lu: %s leaves other books:\n--- %s\n%s\n--- %s\n%s\n", seed,
                    other.name, base.name, expected.substr(from, 160).c_str(), other.name,
                    books.substr(from, 160).c_str());
      }
    }
  std::printf("%lu seeds, %zu bytes of books, %d differences\n", w.seeds, bytes, failed);
  return failed == 0 && bytes > 0 ? 0 : 1;
}

struct totals {
  std::size_t operations = 0, commits = 0, crashes = 0, reads = 0, jobs = 0, failed = 0;
  std::uint64_t ran = 0, fingerprint = 0;
};

void run_one(const wishes& w, std::uint64_t seed, totals& sum) {
  sim::run_options options;
  options.seed = seed;
  options.operations = w.operations;
  if (w.trace) options.trace = stdout;
  const auto report = sim::run(options);
  ++sum.ran;
  sum.operations += report.operations + report.reads;
  sum.commits += report.commits;
  sum.crashes += report.crashes;
  sum.reads += report.reads;
  sum.jobs += report.jobs;
  sum.fingerprint = sum.fingerprint * 31 + report.fingerprint;
  options.trace = nullptr;
  if (report.broken) {
    ++sum.failed;
    print_failure(w, options, *report.broken);
  }
  if (w.twice && sim::run(options).fingerprint != report.fingerprint) {
    ++sum.failed;
    std::printf("FAILED seed %lu: the second run differs from the first\n", seed);
  }
  std::fflush(stdout);
}

/// How many situations were never reached.
std::size_t print_marks(const wishes& w) {
  std::size_t never = 0;
  for (const auto& [name, hits] : sim::marks()) {
    if (w.show_marks) std::printf("%12lu  %s\n", hits, name.c_str());
    if (hits > 0) continue;
    ++never;
    if (w.require_marks) std::printf("FAILED: the situation %s was never reached\n", name.c_str());
  }
  return never;
}

} // namespace

int main(int argc, char** argv) {
  const auto w = parse({argv + 1, argv + argc});
  if (w.all_planted) return hunt(w);
  if (w.manners) return compare_manners(w);
  if (!sim::plant(w.planted)) usage("there is no such planted bug");
  const auto began = clock_type::now();
  const auto passed = [&] { return clock_type::now() - began; };
  const auto in_time = [&] { return w.seconds == 0 || passed() < std::chrono::seconds{w.seconds}; };
  std::printf("seed %lu, %lu seeds of %zu operations\n", w.from, w.seeds, w.operations);
  totals sum;
  for (std::uint64_t i = 0; i < w.seeds && sum.failed < failures_max && in_time(); ++i)
    run_one(w, w.from + i, sum);
  for (std::uint64_t i = 0; i < w.fresh && sum.failed < failures_max && in_time(); ++i) {
    const auto seed = base::system_seed() >> 1;
    std::printf("fresh seed %lu\n", seed);
    run_one(w, seed, sum);
  }
  const auto never = print_marks(w);
  std::printf("%lu seeds, %zu operations (%zu reads), %zu jobs, %zu commits, %zu crashes, %zu "
              "situations never "
              "reached, %zu violations\n",
              sum.ran, sum.operations, sum.reads, sum.jobs, sum.commits, sum.crashes, never,
              sum.failed);
  std::printf("fingerprint %016lx\nseed %lu\n", sum.fingerprint, w.from);
  std::fprintf(stderr, "%.1f s\n", std::chrono::duration<double>(passed()).count());
  return sum.failed > 0 || (w.require_marks && never > 0) ? 1 : 0;
}
