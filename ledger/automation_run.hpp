// What   automation_run: how one occurrence of a recurring rule ended.
// Why    (rule, day) is its key: whoever runs an occurrence twice meets the first end, so that
//        several nodes, retries and restarts post it once. `failed` is the word about a job that
//        is dead; the only end that another one may follow, when the job is run again.
// Bounds code: that of the refusal, or empty.
// Threads none (values).
// Source api-contract §10, §10.1
#pragma once

#include "ledger/automation.hpp"
#include "ledger/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ledger {

enum class occurrence_end : std::uint8_t { posted, refused, failed, skipped };
std::string_view to_text(occurrence_end e); ///< "posted", …
std::optional<occurrence_end> occurrence_end_from_text(std::string_view text);

struct automation_run {
  automation_id automation;
  user_id user;
  base::civil_day day;
  occurrence_end end = occurrence_end::posted;
  std::optional<transaction_id> transaction; ///< of a posted one; of a transfer the outgoing leg
  std::string code;
  base::utc_us at;

  bool operator==(const automation_run&) const = default;
};

} // namespace ledger
