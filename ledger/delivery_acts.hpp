// What   How a delivery goes on: it is begun, an attempt of it ends, and what its owner is told.
// Why    Which of two attempts counts, and what must not be sent twice, is decided in one place and
//        without anything that sends.
// Errors None: a delivery that takes no more steps is left as it is.
// Threads none (pure).
// Source jobs.md §12 (outside effects); api-contract §10, §10.1
#pragma once

#include "ledger/automation.hpp"
#include "ledger/delivery.hpp"
#include "ledger/notification.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

std::string_view to_text(delivery_state s); ///< "pending", …

/// Attempts that were begun. With the waits of delivery_job(): two hours of a webhook, half a day
/// of a mail.
inline constexpr std::int32_t webhook_attempts_max = 14, mail_attempts_max = 40;

enum class delivery_step : std::uint8_t {
  send,     ///< the row says so; once it is durable, it is sent
  leave,    ///< it has ended
  in_doubt, ///< a mail that was begun and has no end: nobody knows, and it is not sent again
};

struct begun_delivery {
  delivery row;
  delivery_step step = delivery_step::leave;
};

/// A webhook that was begun and has no end is called again: its receiver knows it by its id.
begun_delivery begin_delivery(delivery d, base::utc_us now);

enum class delivery_end : std::uint8_t {
  taken,
  refused,  ///< for good
  later,    ///< surely not taken; another attempt may be
  doubtful, ///< perhaps taken
};

/// What the row says after the attempt; nothing when it is not about that attempt any more.
std::optional<delivery> end_attempt(delivery d, std::int32_t attempt, delivery_end how,
                                    std::string_view code, base::utc_us now);

/// Not to be sent at all.
delivery give_up(delivery d, std::string_view code, base::utc_us now);

/// What its end says about the rule that wanted it: last_error. Nothing: it is as it was.
std::optional<automation> rule_after(const automation& rule, const delivery& ended);

/// The owner hears of it once: not again while the rule fails for the same reason. Of what is in
/// doubt always.
bool is_news(const automation& rule, const delivery& ended);

/// `day`: of its making, in APP_TIMEZONE.
notification notice_of(const automation& rule, const delivery& ended, base::civil_day day,
                       notification_id id, base::utc_us now);

} // namespace ledger
