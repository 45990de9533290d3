#include "app/push_job.hpp"

#include "actors/cut_text.hpp"
#include "base/json.hpp"
#include "http/api/job_end_body.hpp"
#include "http/api/render_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace app {
namespace {

namespace json = base::json;
using http::outbound_end;

constexpr std::size_t piece_bytes_max = 200;
constexpr std::int64_t push_pause_max_s = 86'400;
constexpr std::chrono::milliseconds head_start{100}; ///< of the call over the job's own timeout

actors::job_failed for_good(std::string code, std::string message = {}) {
  return {{std::move(code), std::move(message), {}}, false, {}};
}

/// A short piece of what a receiver says, as something that may be stored and shown.
std::string piece_of(const std::string& body) {
  auto piece = actors::cut_text(body.substr(0, piece_bytes_max + 1), piece_bytes_max);
  for (auto& c : piece)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (std::holds_alternative<json::fault>(json::read(json::write(json::value{piece}))))
    for (auto& c : piece) // it is no UTF-8
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return piece;
}

actors::job_verdict of_status(const http::outbound_answer& answer) {
  const auto status = answer.status;
  auto failed = for_good(fmt::format("PUSH_HTTP_{}", status), piece_of(answer.body));
  failed.retryable = status == 408 || status == 425 || status == 429 || status / 100 == 5;
  if (failed.retryable && answer.retry_after_s)
    failed.retry_after_us = std::min(*answer.retry_after_s, push_pause_max_s) * base::us_per_second;
  return failed;
}

actors::job_verdict of_success(const http::outbound_answer& answer, const push_reading& how) {
  if (answer.how == outbound_end::too_large)
    return for_good("PUSH_TOO_LARGE", "the answer is larger than 256 KiB");
  if (answer.how == outbound_end::cut)
    return actors::try_later("PUSH_UNREACHABLE", "the answer was cut off");
  auto read = http::read_pushed_answer(answer.body, how.effects, how.now, how.zone);
  if (!read) return for_good(std::string{read.error().code}, read.error().detail);
  return actors::job_done{std::move(read->result), std::move(read->effects)};
}

actors::job_verdict push(const http::push_client& client, const config::push_target& target,
                         const actors::job_context& job, const push_reading& how) {
  http::push_call c;
  c.url = target.url;
  c.job = job.what.id.text();
  c.attempt = job.attempt;
  http::append_pushed(c.body, job.what, job.attempt);
  c.wait = std::chrono::seconds{job.what.timeout_s} - head_start;
  c.stop = job.stop;
  return verdict_of(client.call(c, how.now), how);
}

} // namespace

actors::job_verdict verdict_of(const http::outbound_answer& answer, const push_reading& how) {
  switch (answer.how) {
  case outbound_end::answered:
  case outbound_end::too_large:
  case outbound_end::cut: break;
  case outbound_end::bad_url: return for_good("PUSH_URL");
  case outbound_end::forbidden:
    return for_good("PUSH_ADDRESS", "not a public address, and not one of PUSH_ALLOW");
  case outbound_end::untrusted: return actors::try_later("PUSH_TLS");
  case outbound_end::timed_out: return actors::try_later("PUSH_TIMEOUT");
  case outbound_end::unreachable: return actors::try_later("PUSH_UNREACHABLE");
  case outbound_end::stopped: return actors::try_later("INTERRUPTED");
  }
  switch (answer.status) {
  case 200: return of_success(answer, how);
  case 202:
    return for_good("PUSH_ASYNC_UNSUPPORTED",
                    "a receiver answers when the job is done: 200 or 204");
  case 204: return actors::job_done{};
  default: return of_status(answer);
  }
}

std::vector<actors::job_kind> push_kinds(const config::push_settings& settings,
                                         const scheduler::zone_rules& zone, base::clock& clock) {
  std::vector<std::string> secrets;
  for (const auto& s : settings.secrets) secrets.push_back(s.reveal());
  const auto client = std::make_shared<const http::push_client>(
      std::move(secrets), http::address_blocks{settings.allow});
  std::vector<actors::job_kind> all;
  for (const auto& target : settings.targets)
    for (const auto& name : target.kinds) {
      actors::job_kind k;
      k.name = name;
      k.queue = "push";
      k.pushed = true;
      k.calls_out = true;
      k.money = target.effects;
      k.run = [client, target, &zone, &clock](const actors::job_context& job) {
        return push(*client, target, job, {target.effects, clock.now(), zone});
      };
      all.push_back(std::move(k));
    }
  return all;
}

} // namespace app
