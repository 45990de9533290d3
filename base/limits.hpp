// What   Every compile-time bound, with its reason. Bounds that an operator may change are in
//        config/settings.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace base::limits {

inline constexpr std::size_t id_bytes_max = 64;      // api-contract §2.4
inline constexpr std::size_t legs_max = 20;          // a posting that a person can still check
inline constexpr std::size_t batch_items_max = 1000; // POST /transactions/batch
inline constexpr std::size_t delete_ids_max = 100;   // DELETE /transactions
inline constexpr std::size_t tags_max = 10;
inline constexpr std::size_t idempotency_key_max = 64;
inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t accounts_per_user_max =
    2000; // a book is held in memory; me-data allows 200
inline constexpr std::size_t categories_per_user_max = 2000;
inline constexpr std::size_t holds_per_account_max = 1000; // loaded with the account
inline constexpr std::int64_t goals_per_user_max = 1000;   // one answer
inline constexpr std::int64_t envelopes_per_user_max = 1000;
inline constexpr std::int64_t automations_per_user_max = 200; // of 32 KiB each
inline constexpr std::size_t sessions_per_user_max = 100;     // a list that a person can read
inline constexpr std::size_t known_keys_max = 20'000; // hashes of live keys that a book remembers

} // namespace base::limits
