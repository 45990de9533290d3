// What   prometheus_text: families of samples to the text format 0.0.4.
// Why    The library's serialiser writes le="1", does not escape HELP and keeps the order of a hash
//        table; rules and golden files compare strings.
// Bounds none of its own; the exporter bounds the number of series.
// Threads any (pure).
// Source metrics.md §1, §3; Prometheus exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace observability {

struct label {
  std::string name;
  std::string value;
  auto operator<=>(const label&) const = default;
};

struct bucket {
  double upper_bound = 0;
  std::uint64_t cumulative_count = 0;
};

/// Of a counter or gauge: value. Of a histogram: buckets (without +Inf), count and sum.
struct sample {
  std::vector<label> labels;
  double value = 0;
  std::vector<bucket> buckets;
  std::uint64_t count = 0;
  double sum = 0;
};

enum class family_type { counter, gauge, histogram };

struct family {
  std::string name;
  std::string help;
  family_type type = family_type::counter;
  std::vector<sample> samples;
};

/// Families by name, series by labels, labels by name with `le` last; no timestamps.
std::string prometheus_text(std::vector<family> families);

/// "1", "0.25", "+Inf", "-Inf", "NaN": the shortest text that reads back as the same number.
std::string number_text(double value);
/// The same for a bucket border: whole numbers keep one decimal, "1.0".
std::string border_text(double border);

} // namespace observability
