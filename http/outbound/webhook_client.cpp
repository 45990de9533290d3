#include "http/outbound/webhook_client.hpp"

#include "http/outbound/webhook_signature.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace http {
namespace {

using ledger::delivery_end;

constexpr std::int64_t longest_pause_s = 3600;

} // namespace

sent_end end_of_status(long status) {
  const auto code = fmt::format("WEBHOOK_HTTP_{}", status);
  if (status >= 200 && status < 300) return {delivery_end::taken, {}};
  const bool later = status >= 500 || status == 408 || status == 429 || status < 200;
  return {later ? delivery_end::later : delivery_end::refused, code};
}

sent_end webhook_client::call(const webhook_call& what, base::utc_us now) const {
  const auto answer = guarded_call(
      {what.url,
       {"X-VaiDePix-Delivery: " + what.delivery,
        fmt::format("X-VaiDePix-Timestamp: {}", now.count / base::us_per_second),
        "X-VaiDePix-Signature: " + webhook_signature(how_.secret, now, what.delivery, what.body)},
       what.body},
      how_.rules);
  switch (answer.how) {
  case outbound_end::answered:
  case outbound_end::too_large:
  case outbound_end::cut: { // it has answered, however long it goes on
    auto end = end_of_status(answer.status);
    if (end.how == delivery_end::later && answer.retry_after_s)
      end.retry_after_s = std::min(*answer.retry_after_s, longest_pause_s);
    return end;
  }
  case outbound_end::bad_url: return {delivery_end::refused, "WEBHOOK_URL"};
  case outbound_end::forbidden: return {delivery_end::refused, "WEBHOOK_ADDRESS"};
  case outbound_end::untrusted: return {delivery_end::later, "WEBHOOK_TLS"};
  case outbound_end::timed_out:
  case outbound_end::unreachable:
  case outbound_end::stopped: break;
  }
  return {delivery_end::doubtful, "WEBHOOK_UNREACHABLE"};
}

} // namespace http
