// What   declarer: makes the series of one member of a catalogue of metrics.
// Why    A family with closed labels has all of its series from the start, so that a first failure
//        is visible as a step from 0.
// Errors As prometheus_exporter.
// Threads the thread that builds the catalogue.
#pragma once

#include "observability/prometheus_exporter.hpp"

#include <span>
#include <string>
#include <vector>

namespace observability {

struct declarer {
  prometheus_exporter& to;
  std::vector<label> always = {}; ///< before the labels of the member: the kind, the queue

  void series(counter& c, const char* name, const char* help, const std::vector<label>& at) {
    c = to.add_counter(name, help, with(at));
  }
  void series(gauge& g, const char* name, const char* help, const std::vector<label>& at) {
    g = to.add_gauge(name, help, with(at));
  }
  void series(histogram& h, const char* name, const char* help, const std::vector<label>& at,
              std::span<const double> buckets) {
    h = to.add_histogram(name, help, buckets, with(at));
  }
  std::vector<label> with(const std::vector<label>& more) const {
    auto all = always;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  template <class Handle, class... Buckets>
  void operator()(Handle& one, const char* name, const char* help, const Buckets&... buckets) {
    series(one, name, help, {}, buckets...);
  }
  /// Every combination of the labels, so that a first failure is visible as a step from 0.
  template <class Handle, class A, class... Buckets>
  void operator()(labelled<Handle, A>& all, const char* name, const char* help,
                  const Buckets&... buckets) {
    using va = label_values<A>;
    for (std::size_t a = 0; a < va::values.size(); ++a)
      series(all(static_cast<A>(a)), name, help,
             {{std::string{va::key}, std::string{va::values[a]}}}, buckets...);
  }
  template <class Handle, class A, class B, class... Buckets>
  void operator()(labelled<Handle, A, B>& all, const char* name, const char* help,
                  const Buckets&... buckets) {
    using va = label_values<A>;
    using vb = label_values<B>;
    for (std::size_t a = 0; a < va::values.size(); ++a)
      for (std::size_t b = 0; b < vb::values.size(); ++b)
        series(all(static_cast<A>(a), static_cast<B>(b)), name, help,
               {{std::string{va::key}, std::string{va::values[a]}},
                {std::string{vb::key}, std::string{vb::values[b]}}},
               buckets...);
  }
};

} // namespace observability
