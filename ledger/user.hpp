// What   A user as a row.
// Bounds name 2..100 code points; email <= 255, stored in lower case, unique.
#pragma once

#include "ledger/account.hpp"

namespace ledger {

struct user_record {
  user_id id;
  std::string name;
  std::string email;
  std::string
      password_hash; ///< argon2id (or bcrypt of an import); never leaves http/auth and storage
  bool active = true;
  bool admin = false;
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;

  bool operator==(const user_record&) const = default;
};

/// What one command changes of a user. All else stays as it is, whoever else changes it meanwhile.
struct user_change {
  user_id id;
  std::optional<std::string> name;
  std::optional<std::string> email;
  std::optional<std::string> password_hash;
  base::utc_us updated_at;
  std::optional<bool> active = {};
  std::optional<bool> admin = {};
};

} // namespace ledger
