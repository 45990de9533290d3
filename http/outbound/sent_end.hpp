// What   sent_end: how an attempt to send something ended.
// Bounds code: one of the client's own, never a word of the other side.
// Threads none (values).
// Source jobs.md §12
#pragma once

#include "ledger/delivery_acts.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace http {

struct sent_end {
  ledger::delivery_end how = ledger::delivery_end::later;
  std::string code;
  std::string words = {};                         ///< libcurl's; for people, not for logs
  std::optional<std::int64_t> retry_after_s = {}; ///< what the other side wishes
};

} // namespace http
