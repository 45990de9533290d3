// What   lock_name: the number under which the database knows the lock of a job name.
// Why    A process that we did not write takes the same lock for the same name, so the number is
//        fixed for ever.
// Bounds 0 … 2^63 - 1: the sign bit is cleared, so that every client reads the same number.
// Threads any (pure).
// Source design.md §6, api-contract.md §14: the first 8 bytes of SHA-256("job:" + name), most
//        significant first, cleared to 63 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace scheduler {

std::int64_t lock_key(std::string_view job_name);

} // namespace scheduler
