// What   prometheus_exporter: the registry of all families, and their text.
// Why    The one home of prometheus-cpp. Registration refuses what the library lets through:
//        reserved labels, a histogram declared twice with other buckets, names that collide, HELP
//        of two lines.
// Errors A wrong registration is a fault of ours (ENSURE).
// Threads any; registering and rendering take a mutex, moving a handle does not.
// Source metrics.md §1, §3.
#pragma once

#include "observability/metrics.hpp"
#include "observability/text_format.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace observability {

class prometheus_exporter {
public:
  prometheus_exporter();
  ~prometheus_exporter();

  /// The same name and labels again answer the same series.
  counter add_counter(const std::string& name, const std::string& help,
                      const std::vector<label>& labels = {});
  gauge add_gauge(const std::string& name, const std::string& help,
                  const std::vector<label>& labels = {});
  histogram add_histogram(const std::string& name, const std::string& help,
                          std::span<const double> buckets, const std::vector<label>& labels = {});

  /// Observations that were dropped because they were negative or not finite.
  counter bad_observations() const;

  std::string render() const;

private:
  struct families;
  std::unique_ptr<families> families_;
};

} // namespace observability
