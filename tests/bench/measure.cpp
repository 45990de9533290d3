#include "tests/bench/measure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cmath>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

double seconds_between(clock::time_point from, clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

} // namespace

round run_round(contestant& who, const round_options& how) {
  std::vector<round> parts(how.clients);
  std::barrier start(static_cast<std::ptrdiff_t>(how.clients) + 1);
  std::atomic<bool> over{false};
  std::mutex mutex;
  std::exception_ptr failed;
  std::vector<std::thread> threads;
  for (std::size_t c = 0; c < how.clients; ++c) {
    threads.emplace_back([&, c] {
      auto& mine = parts[c];
      base::random chance(static_cast<std::uint64_t>(clock::now().time_since_epoch().count()) + c);
      start.arrive_and_wait();
      try {
        while (!over.load(std::memory_order_relaxed)) {
          const auto began = clock::now();
          const auto did = who.perform(c, chance, how.pairs);
          mine.transfers += did.transfers;
          mine.conflicts += did.conflicts;
          mine.refused += did.refused;
          ++mine.calls;
          if (did.transfers > 0)
            mine.latency_ms.push_back(
                static_cast<float>(1e3 * seconds_between(began, clock::now())));
          else if (did.refused > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds{1}); // a client waits, too
        }
      } catch (...) {
        const std::lock_guard hold(mutex);
        failed = std::current_exception();
        over = true;
      }
    });
  }
  const auto before = who.now();
  start.arrive_and_wait();
  const auto began = clock::now();
  const auto until = began + how.time;
  while (clock::now() < until && !over) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  over = true;
  for (auto& t : threads) t.join();
  round all;
  all.seconds = seconds_between(began, clock::now());
  if (failed) std::rethrow_exception(failed);
  const auto after = who.now();
  all.commits = after.commits - before.commits;
  all.log_bytes = after.log_bytes - before.log_bytes;
  for (auto& p : parts) {
    all.transfers += p.transfers;
    all.calls += p.calls;
    all.conflicts += p.conflicts;
    all.refused += p.refused;
    all.latency_ms.insert(all.latency_ms.end(), p.latency_ms.begin(), p.latency_ms.end());
  }
  return all;
}

spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {median, values.front(), values.back()};
}

double quantile(std::vector<float>& values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(p * static_cast<double>(values.size() - 1));
  return static_cast<double>(values[at]);
}

std::string short_number(double value) {
  const double size = std::fabs(value);
  if (size >= 99'950) return fmt::format("{:.0f} k", value / 1e3);
  if (size >= 9'995) return fmt::format("{:.1f} k", value / 1e3);
  if (size >= 99.5) return fmt::format("{:.0f}", value);
  if (size >= 9.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string text_of(const spread& s) {
  return fmt::format("{} ({}–{})", short_number(s.median), short_number(s.low),
                     short_number(s.high));
}

std::string ratio_text(const spread& s) {
  return fmt::format("{} × ({}–{})", short_number(s.median), short_number(s.low),
                     short_number(s.high));
}

void print_row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const auto& c : cells) line += " " + c + " |";
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void print_head(const std::vector<std::string>& cells) {
  print_row(cells);
  print_row(std::vector<std::string>(cells.size(), "---"));
}

void print_target(const std::string& text, double value, double bound, bool at_least) {
  const bool reached = at_least ? value >= bound : value <= bound;
  fmt::print("- **{}**: {} (wanted {} {}, measured {})\n", reached ? "reached" : "NOT reached",
             text, at_least ? "≥" : "≤", short_number(bound), short_number(value));
  std::fflush(stdout);
}

} // namespace bench
