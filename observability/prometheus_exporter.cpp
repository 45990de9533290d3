#include "observability/prometheus_exporter.hpp"

#include "base/assert.hpp"
#include "observability/process_sample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <set>

namespace observability {

// -- handles
// -----------------------------------------------------------------------------------------

struct counter_cell {
  prometheus::Counter* native;
  prometheus::Counter* bad;
};
struct gauge_cell {
  prometheus::Gauge* native;
  prometheus::Counter* bad;
};
struct histogram_cell {
  prometheus::Histogram* native;
  prometheus::Counter* bad;
  std::vector<double> buckets;
};

void counter::add(double n) const noexcept {
  if (!std::isfinite(n) || n < 0) return cell_->bad->Increment();
  cell_->native->Increment(n);
}

double counter::value() const noexcept { return cell_->native->Value(); }

void gauge::set(double level) const noexcept {
  if (!std::isfinite(level)) return cell_->bad->Increment();
  cell_->native->Set(level);
}

void gauge::add(double n) const noexcept {
  if (!std::isfinite(n)) return cell_->bad->Increment();
  cell_->native->Increment(n);
}

double gauge::value() const noexcept { return cell_->native->Value(); }

void histogram::observe(double value) const {
  if (!std::isfinite(value) || value < 0) return cell_->bad->Increment();
  cell_->native->Observe(value);
}

void histogram::observe_all(std::span<const double> values) const {
  const auto& borders = cell_->buckets;
  std::vector<double> increments(borders.size() + 1, 0.0);
  double total = 0;
  for (double v : values) {
    if (!std::isfinite(v) || v < 0) {
      cell_->bad->Increment();
      continue;
    }
    const auto at = std::lower_bound(borders.begin(), borders.end(), v) - borders.begin();
    increments[static_cast<std::size_t>(at)] += 1;
    total += v;
  }
  cell_->native->ObserveMultiple(increments, total);
}

std::uint64_t histogram::count() const { return cell_->native->Collect().histogram.sample_count; }
double histogram::sum() const { return cell_->native->Collect().histogram.sample_sum; }

// -- registration
// ------------------------------------------------------------------------------------

namespace {

constexpr const char* bad_name = "vaidepix_metrics_bad_observations_total";
constexpr const char* bad_help = "Observations dropped: negative or not finite.";

bool legacy_name(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

bool reserved_label(const std::string& name) {
  static const std::set<std::string> reserved{"job", "instance", "le",      "quantile",
                                              "env", "region",   "cluster", "service"};
  return reserved.contains(name);
}

struct declaration {
  family_type type;
  std::string help;
  std::vector<std::string> label_names;
  std::vector<double> buckets;
};

prometheus::Labels native_labels(const std::vector<label>& labels) {
  prometheus::Labels out;
  for (const label& l : labels) out.emplace(l.name, l.value);
  return out;
}

} // namespace

struct prometheus_exporter::families {
  prometheus::Registry registry;
  prometheus::Counter* bad = nullptr;
  std::mutex mutex; // for all below
  std::map<std::string, declaration> declared;
  std::map<std::pair<std::string, std::vector<label>>, counter_cell> counters;
  std::map<std::pair<std::string, std::vector<label>>, gauge_cell> gauges;
  std::map<std::pair<std::string, std::vector<label>>, histogram_cell> histograms;

  void declare(const std::string& name, const std::vector<label>& labels, declaration d);
};

void prometheus_exporter::families::declare(const std::string& name,
                                            const std::vector<label>& labels, declaration d) {
  for (const label& l : labels) {
    ENSURE(legacy_name(l.name), "label name outside the legacy character set");
    ENSURE(!reserved_label(l.name), "label name is reserved");
    d.label_names.push_back(l.name);
  }
  if (const auto known = declared.find(name); known != declared.end()) {
    ENSURE(known->second.type == d.type, "metric declared twice with another type");
    ENSURE(known->second.help == d.help, "metric declared twice with another help");
    ENSURE(known->second.label_names == d.label_names, "metric declared twice with other labels");
    ENSURE(known->second.buckets == d.buckets, "histogram declared twice with other buckets");
    return;
  }
  ENSURE(legacy_name(name), "metric name outside the legacy character set");
  ENSURE(d.help.find_first_of("\\\n") == std::string::npos, "help is not one plain line");
  ENSURE(d.type != family_type::counter || name.ends_with("_total"),
         "counter without _total at its end");
  ENSURE(std::adjacent_find(d.buckets.begin(), d.buckets.end(), std::greater_equal<>{}) ==
             d.buckets.end(),
         "bucket borders do not grow");
  // `x_count` beside a histogram `x` makes two series of one name; the library does not notice.
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    ENSURE(d.type != family_type::histogram || !declared.contains(name + suffix),
           "histogram collides with another metric");
    if (name.ends_with(suffix)) {
      const auto base = declared.find(name.substr(0, name.size() - std::string{suffix}.size()));
      ENSURE(base == declared.end() || base->second.type != family_type::histogram,
             "metric collides with a histogram");
    }
  }
  declared.emplace(name, std::move(d));
}

prometheus_exporter::prometheus_exporter() : families_(std::make_unique<families>()) {
  families_->declare(bad_name, {}, {family_type::counter, bad_help, {}, {}});
  families_->bad = &prometheus::BuildCounter()
                        .Name(bad_name)
                        .Help(bad_help)
                        .Register(families_->registry)
                        .Add({});
  families_->counters.emplace(std::pair{std::string{bad_name}, std::vector<label>{}},
                              counter_cell{families_->bad, families_->bad});
}

prometheus_exporter::~prometheus_exporter() = default;

counter prometheus_exporter::bad_observations() const {
  const std::lock_guard hold{families_->mutex};
  return counter{&families_->counters.at({bad_name, {}})};
}

counter prometheus_exporter::add_counter(const std::string& name, const std::string& help,
                                         const std::vector<label>& labels) {
  const std::lock_guard hold{families_->mutex};
  families_->declare(name, labels, {family_type::counter, help, {}, {}});
  auto [cell, fresh] = families_->counters.try_emplace({name, labels});
  if (fresh)
    cell->second = {&prometheus::BuildCounter()
                         .Name(name)
                         .Help(help)
                         .Register(families_->registry)
                         .Add(native_labels(labels)),
                    families_->bad};
  return counter{&cell->second};
}

gauge prometheus_exporter::add_gauge(const std::string& name, const std::string& help,
                                     const std::vector<label>& labels) {
  const std::lock_guard hold{families_->mutex};
  families_->declare(name, labels, {family_type::gauge, help, {}, {}});
  auto [cell, fresh] = families_->gauges.try_emplace({name, labels});
  if (fresh)
    cell->second = {&prometheus::BuildGauge()
                         .Name(name)
                         .Help(help)
                         .Register(families_->registry)
                         .Add(native_labels(labels)),
                    families_->bad};
  return gauge{&cell->second};
}

histogram prometheus_exporter::add_histogram(const std::string& name, const std::string& help,
                                             std::span<const double> buckets,
                                             const std::vector<label>& labels) {
  const std::lock_guard hold{families_->mutex};
  std::vector<double> borders{buckets.begin(), buckets.end()};
  families_->declare(name, labels, {family_type::histogram, help, {}, borders});
  auto [cell, fresh] = families_->histograms.try_emplace({name, labels});
  if (fresh)
    cell->second = {&prometheus::BuildHistogram()
                         .Name(name)
                         .Help(help)
                         .Register(families_->registry)
                         .Add(native_labels(labels), borders),
                    families_->bad, borders};
  return histogram{&cell->second};
}

// -- rendering
// ---------------------------------------------------------------------------------------

namespace {

family ours(const prometheus::MetricFamily& from) {
  family to{from.name, from.help, family_type::gauge, {}};
  if (from.type == prometheus::MetricType::Counter) to.type = family_type::counter;
  if (from.type == prometheus::MetricType::Histogram) to.type = family_type::histogram;
  to.samples.reserve(from.metric.size());
  for (const auto& m : from.metric) {
    sample s;
    for (const auto& l : m.label) s.labels.push_back({l.name, l.value});
    s.value = to.type == family_type::counter ? m.counter.value : m.gauge.value;
    if (to.type == family_type::histogram) {
      s.count = m.histogram.sample_count;
      s.sum = m.histogram.sample_sum;
      for (const auto& b : m.histogram.bucket)
        if (std::isfinite(b.upper_bound)) s.buckets.push_back({b.upper_bound, b.cumulative_count});
    }
    to.samples.push_back(std::move(s));
  }
  return to;
}

} // namespace

std::string prometheus_exporter::render() const {
  std::vector<family> all = process_families();
  for (const auto& f : families_->registry.Collect()) all.push_back(ours(f));
  return prometheus_text(std::move(all));
}

} // namespace observability
