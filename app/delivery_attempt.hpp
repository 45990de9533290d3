// What   One attempt to bring a delivery to where it is to go: it is begun, sent, and written down.
// Why    The row says that it is being sent before it is: whoever finds such a row without an end
//        knows that it may have been sent. A mail is not sent again then; a webhook is called again
//        with the same id, which its receiver knows.
// Bounds One attempt is one call, which ends by itself within seconds.
// Errors The outside is never a failure of ours: when the attempts are used up, the delivery has
//        failed, its owner is told, and the job has succeeded. Codes beside those of the clients:
//        WEBHOOK_OFF, MAIL_OFF, RULE_GONE, USER_INACTIVE, BAD_DELIVERY, BAD_DESTINATION.
// Threads an executor's, several at once.
// Source jobs.md §12 (outside effects); api-contract §10
#pragma once

#include "actors/job_kinds.hpp"
#include "http/backend.hpp"
#include "http/outbound/smtp_client.hpp"
#include "http/outbound/webhook_client.hpp"
#include "scheduler/zone_rules.hpp"

#include <functional>
#include <string>

namespace app {

/// What an attempt needs; the ways out may be empty: then they are switched off.
struct delivery_desk {
  std::function<http::backend&()> books;
  base::clock& clock;
  const scheduler::zone_rules& zone;
  std::function<std::string()> new_id;
  std::function<http::sent_end(const http::mail&, base::utc_us now, const std::string& id)> mail;
  std::function<http::sent_end(const http::webhook_call&, base::utc_us now)> webhook;
  /// How each attempt ended. Must not throw.
  std::function<void(const ledger::delivery&)> ended = {};
};

/// The payload of the job names the delivery: app/delivery_queue.hpp.
actors::job_verdict run_delivery(const delivery_desk& desk, const actors::job_context& job);

} // namespace app
