// What   A round (N clients for so long), the spread of several rounds, and lines of a table.
// Why    Absolute rates swing by half on a shared machine: a comparison is a ratio of two rounds
//        that ran right after each other, and a table shows the median with its spread.
// Bounds latencies are kept one by one: a round of some seconds at some 10,000/s.
// Threads run_round() makes its own; the rest are values.
// Source testing.md, bench
#pragma once

#include "base/random.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What one call of a contestant did.
struct outcome {
  std::uint64_t transfers = 0; ///< durable
  std::uint64_t conflicts = 0; ///< attempts that were thrown away
  std::uint64_t refused = 0;   ///< overloaded: nothing was done
};

/// Of the whole contestant, always growing: a round takes the difference.
struct levels {
  double commits = 0;
  double log_bytes = 0; ///< written to the write-ahead log; 0 when not known
};

struct contestant {
  virtual ~contestant() = default;
  virtual std::string name() const = 0;
  /// One call of one client, on account pairs below `pairs`; each client has a thread.
  virtual outcome perform(std::size_t client, base::random& chance, std::size_t pairs) = 0;
  /// True: a client is a request in flight and no thread; begin() is called instead.
  virtual bool in_flight() const { return false; }
  /// `done` comes later, from any thread, and begins the client's next call.
  virtual void begin(base::random& chance, std::size_t pairs, std::function<void(outcome)> done);
  virtual levels now() = 0;
  virtual double database_bytes() = 0;
};

struct round_options {
  std::size_t clients = 1;
  std::size_t pairs = 1;
  std::chrono::milliseconds time{2000};
};

struct round {
  double seconds = 0;
  std::uint64_t transfers = 0, calls = 0, conflicts = 0, refused = 0;
  double commits = 0, log_bytes = 0;
  std::vector<float> latency_ms; ///< of calls that did something
  double rate() const { return static_cast<double>(transfers) / seconds; }
};

/// Throws what a client threw.
round run_round(contestant& who, const round_options& how);

struct spread {
  double median = 0, low = 0, high = 0;
};
spread spread_of(std::vector<double> values);
/// Sorts; p within 0..1.
double quantile(std::vector<float>& values, double p);

/// "12 k", "3.4 k", "456", "7.8"
std::string short_number(double value);
/// "456 (420–480)"
std::string text_of(const spread& s);
/// "1.52 × (1.40–1.61)"
std::string ratio_text(const spread& s);
void print_row(const std::vector<std::string>& cells);
void print_head(const std::vector<std::string>& cells);
/// "- **reached**: text" or "- **not reached**: text", for the report.
void print_target(const std::string& text, double value, double bound, bool at_least = true);

} // namespace bench
