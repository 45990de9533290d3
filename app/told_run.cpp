#include "app/told_run.hpp"

#include "app/last_success.hpp"
#include "base/json.hpp"
#include "observability/job_metrics.hpp"

#include <chrono>
#include <utility>
#include <variant>

namespace app {
namespace {

using observability::code;

constexpr std::size_t counts_told_max = 16;

} // namespace

std::string counts_in(const std::string& result) {
  const auto read = base::json::read(result);
  const auto* all = std::get_if<base::json::value>(&read);
  const auto* members = all == nullptr ? nullptr : all->if_object();
  if (members == nullptr) return {};
  base::json::object counts;
  for (const auto& [name, v] : *members)
    if ((v.as_int64() || v.if_bool() != nullptr) && counts.size() < counts_told_max)
      counts.emplace_back(name, v);
  return counts.empty() ? std::string{} : base::json::write(counts);
}

actors::job_handler told_run(const system_schedule& s, actors::job_handler run, base::clock& clock,
                             observability::log& log, observability::metrics& metrics) {
  const auto& last_success = metrics.jobs().last_success(s.kind);
  return [&s, run = std::move(run), &clock, &log,
          &last_success](const actors::job_context& job) -> actors::job_verdict {
    const auto begun = clock.steady_ns();
    const auto& id = job.what.id;
    log.info("vai_de_pix.jobs", s.begun,
             {{"event", "job.begun"},
              {"kind", code{s.kind}},
              {"job_id", code{id.text()}},
              {"attempt", job.attempt}});
    auto verdict = run(job);
    const std::chrono::nanoseconds took{clock.steady_ns() - begun};
    if (auto* done = std::get_if<actors::job_done>(&verdict)) {
      done->effects.committed = [&last_success, &clock, then = std::move(done->effects.committed)] {
        show_last_success(last_success, clock.now());
        if (then) then();
      };
      log.info("vai_de_pix.jobs", s.ended,
               {{"event", "job.ended"},
                {"kind", code{s.kind}},
                {"job_id", code{id.text()}},
                {"attempt", job.attempt},
                {"duration_ms", took},
                {"counts", code{counts_in(done->result)}}});
    } else if (const auto* later = std::get_if<actors::job_snoozed>(&verdict)) {
      log.info("vai_de_pix.jobs", "Job adiado",
               {{"event", "job.put_off"},
                {"kind", code{s.kind}},
                {"job_id", code{id.text()}},
                {"until", later->until}});
    }
    return verdict;
  };
}

} // namespace app
