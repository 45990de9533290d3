// What   A notification of a user, and the wish to have read all of them.
// Bounds title 1..200, type <= 50 code points; metadata: a JSON object as compact text.
// Threads none (values).
// Source api-contract §11.2
#pragma once

#include "ledger/account.hpp"

#include <optional>
#include <string>

namespace ledger {

using notification_id = base::strong_id<struct notification_tag>;

struct notification {
  notification_id id;
  user_id user;
  std::string type;
  std::string title;
  std::string body;
  std::string metadata = "{}";
  base::utc_us created_at;
  std::optional<base::utc_us> read_at;

  bool operator==(const notification&) const = default;
};

/// Written: all of the user's that are unread and not younger than `until` are read at `at`.
struct notifications_read {
  user_id user;
  base::utc_us until;
  base::utc_us at;

  bool operator==(const notifications_read&) const = default;
};

} // namespace ledger
