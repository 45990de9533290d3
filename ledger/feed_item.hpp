// What   An item of a user's activity feed, and the wish to have read all of them.
// Bounds title, description 1..200 code points; metadata: a JSON object as compact text.
// Threads none (values).
// Source api-contract §13.2
#pragma once

#include "ledger/account.hpp"

#include <optional>
#include <string>

namespace ledger {

using feed_item_id = base::strong_id<struct feed_item_tag>;

struct feed_item {
  feed_item_id id;
  user_id user;
  std::string type;
  std::string title;
  std::string description;
  std::string entity_type; ///< what it is about
  std::string entity_id;
  std::string metadata = "{}";
  base::utc_us created_at;
  std::optional<base::utc_us> read_at;

  bool operator==(const feed_item&) const = default;
};

/// Written: all of the user's that are unread and not younger than `until` are read at `at`.
struct feed_read {
  user_id user;
  base::utc_us until;
  base::utc_us at;

  bool operator==(const feed_read&) const = default;
};

} // namespace ledger
