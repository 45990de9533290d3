#include "http/outbound/push_client.hpp"

#include "http/outbound/webhook_signature.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace http {

std::string push_signature(const std::vector<std::string>& secrets, const push_signed& what) {
  const auto bytes = fmt::format("{}.{}.{}.{}", what.timestamp, what.attempt, what.path, what.body);
  std::string all;
  for (const auto& secret : secrets) {
    if (!all.empty()) all += ',';
    all += "v1=" + hmac_sha256(secret, bytes);
  }
  return all;
}

outbound_answer push_client::call(const push_call& what, base::utc_us now) const {
  const auto path = request_target(what.url);
  if (!path) return {.how = outbound_end::bad_url};
  const push_signed bytes{now.count / base::us_per_second, what.attempt, *path, what.body};
  call_rules rules;
  const bool plain = !what.url.starts_with("https://");
  rules.may_connect = [this, plain](const sockaddr* to, std::size_t size) {
    const auto address = ip_address_of(to, size);
    return (address && allowed_.contains(*address)) || (!plain && is_public(to, size));
  };
  rules.https_only = false;
  rules.wait = what.wait;
  rules.wait_connected = std::min(rules.wait_connected, what.wait);
  rules.answer_bytes_max = answer_bytes_max;
  return guarded_call(
      {what.url,
       {fmt::format("Vaidepix-Timestamp: {}", bytes.timestamp), "Vaidepix-Job: " + what.job,
        fmt::format("Vaidepix-Attempt: {}", what.attempt), "Idempotency-Key: " + what.job,
        "Vaidepix-Signature: " + push_signature(secrets_, bytes)},
       what.body,
       what.stop},
      rules);
}

} // namespace http
