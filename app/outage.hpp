// What   says_away: whether an answer says that the node or its database takes nothing for now.
// Threads any
#pragma once

#include <string_view>

namespace app {

/// code: of a base::failure. OUTCOME_UNKNOWN too: what is sent again must bear to happen twice.
inline bool says_away(std::string_view code) {
  return code.starts_with("DB_") || code == "OVERLOADED" || code == "SHARD_STOPPED" ||
         code == "SHUTTING_DOWN" || code == "OUTCOME_UNKNOWN" || code == "RECOVERY_MODE";
}

} // namespace app
