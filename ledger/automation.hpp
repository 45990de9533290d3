// What   An automation rule of a user, as data.
// Why    What runs it are jobs; here it is kept, checked and shown.
// Bounds name 1..100, description <= 500 code points; conditions and actions: JSON objects of at
//        most automation_bytes_max each, as compact text.
// Threads none (values).
// Source api-contract §10
#pragma once

#include "ledger/account.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace ledger {

using automation_id = base::strong_id<struct automation_tag>;

inline constexpr std::size_t automation_bytes_max = 16 * 1024;

struct automation {
  automation_id id;
  user_id user;
  std::string name;
  std::optional<std::string> description;
  std::string type;
  bool active = true;
  std::string conditions, actions;      ///< JSON objects
  std::optional<base::utc_us> last_run; ///< set by the job
  std::optional<base::utc_us> next_run; ///< of an active recurring_transaction that has not ended
  std::optional<std::string> last_error;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;
  std::optional<base::utc_us> deleted_at;

  bool operator==(const automation&) const = default;
};

} // namespace ledger
