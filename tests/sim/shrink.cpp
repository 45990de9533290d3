#include "tests/sim/shrink.hpp"

namespace sim {

shrunk shrink(const run_options& failing, const violation& found, std::size_t runs_max) {
  shrunk best{failing, {}, 0};
  best.options.trace = nullptr;
  const auto still = [&](const run_options& candidate) {
    ++best.runs;
    auto report = run(candidate);
    if (!report.broken || report.broken->invariant != found.invariant) return false;
    best.report = std::move(report);
    best.options = candidate;
    return true;
  };
  // The tail behind the failure first, then ever smaller pieces.
  for (auto half = best.options.operations / 2; half >= 1 && best.runs < runs_max; half /= 2) {
    auto candidate = best.options;
    while (candidate.operations > half && best.runs < runs_max) {
      candidate.operations -= half;
      if (!still(candidate)) break;
    }
  }
  for (auto size = best.options.operations / 2; size >= 1 && best.runs < runs_max; size /= 2)
    for (std::size_t from = 0; from < best.options.operations && best.runs < runs_max;
         from += size) {
      auto candidate = best.options;
      for (auto i = from; i < from + size; ++i) candidate.left_out.insert(i);
      if (candidate.left_out.size() > best.options.left_out.size()) still(candidate);
    }
  return best;
}

} // namespace sim
