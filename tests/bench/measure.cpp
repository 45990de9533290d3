#include "tests/bench/measure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace bench {

namespace {

using clock = std::chrono::steady_clock;

double seconds_between(clock::time_point from, clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// What the clients of a round have in common.
struct round_state {
  contestant& who;
  const round_options& how;
  std::atomic<bool> over{false};
  std::mutex mutex;
  std::exception_ptr failed;
  std::vector<round> parts;

  round_state(contestant& c, const round_options& o) : who(c), how(o), parts(o.clients) {}
  void fail() {
    const std::lock_guard hold(mutex);
    failed = std::current_exception();
    over = true;
  }
  base::random chance_of(std::size_t client) {
    return base::random(static_cast<std::uint64_t>(clock::now().time_since_epoch().count()) +
                        client);
  }
};

void add(round& mine, const outcome& did, clock::time_point began) {
  mine.transfers += did.transfers;
  mine.conflicts += did.conflicts;
  mine.refused += did.refused;
  ++mine.calls;
  if (did.transfers > 0)
    mine.latency_ms.push_back(static_cast<float>(1e3 * seconds_between(began, clock::now())));
}

/// Each client is a thread that waits for its answer.
class waiting_clients {
public:
  explicit waiting_clients(round_state& s)
      : start_(static_cast<std::ptrdiff_t>(s.how.clients) + 1) {
    for (std::size_t c = 0; c < s.how.clients; ++c)
      threads_.emplace_back([this, &s, c] {
        auto chance = s.chance_of(c);
        start_.arrive_and_wait();
        try {
          while (!s.over.load(std::memory_order_relaxed)) {
            const auto began = clock::now();
            const auto did = s.who.perform(c, chance, s.how.pairs);
            add(s.parts[c], did, began);
            if (did.transfers == 0 && did.refused > 0)
              std::this_thread::sleep_for(std::chrono::milliseconds{1}); // a client waits, too
          }
        } catch (...) {
          s.fail();
        }
      });
  }
  void start() { start_.arrive_and_wait(); }
  void join() {
    for (auto& t : threads_) t.join();
  }

private:
  std::barrier<> start_;
  std::vector<std::thread> threads_;
};

/// Each client is a request in flight: its answer begins the next one.
class flying_clients {
public:
  explicit flying_clients(round_state& s) : s_(s), left_(s.how.clients) {
    for (std::size_t c = 0; c < s.how.clients; ++c) chances_.push_back(s.chance_of(c));
  }
  void start() {
    for (std::size_t c = 0; c < s_.how.clients; ++c) next(c);
  }
  void join() {
    std::unique_lock hold(mutex_);
    ended_.wait(hold, [this] { return left_ == 0; });
  }

private:
  void next(std::size_t c) {
    try {
      const auto began = clock::now();
      s_.who.begin(chances_[c], s_.how.pairs, [this, c, began](const outcome& did) {
        add(s_.parts[c], did, began);
        if (s_.over.load(std::memory_order_relaxed))
          end();
        else
          next(c);
      });
    } catch (...) {
      s_.fail();
      end();
    }
  }
  void end() {
    const std::lock_guard hold(mutex_);
    if (--left_ == 0) ended_.notify_all();
  }

  round_state& s_;
  std::vector<base::random> chances_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t left_;
};

template <class Clients> round take_round(round_state& s) {
  Clients clients(s);
  const auto before = s.who.now();
  clients.start();
  const auto began = clock::now();
  const auto until = began + s.how.time;
  while (clock::now() < until && !s.over)
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  s.over = true;
  clients.join();
  round all;
  all.seconds = seconds_between(began, clock::now());
  if (s.failed) std::rethrow_exception(s.failed);
  const auto after = s.who.now();
  all.commits = after.commits - before.commits;
  all.log_bytes = after.log_bytes - before.log_bytes;
  for (auto& p : s.parts) {
    all.transfers += p.transfers;
    all.calls += p.calls;
    all.conflicts += p.conflicts;
    all.refused += p.refused;
    all.latency_ms.insert(all.latency_ms.end(), p.latency_ms.begin(), p.latency_ms.end());
  }
  return all;
}

} // namespace

void contestant::begin(base::random&, std::size_t, std::function<void(outcome)>) {
  throw std::logic_error("this contestant wants threads");
}

round run_round(contestant& who, const round_options& how) {
  round_state s(who, how);
  return who.in_flight() ? take_round<flying_clients>(s) : take_round<waiting_clients>(s);
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
