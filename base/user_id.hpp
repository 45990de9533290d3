// What   user_id: whose something is.
// Why    The ledger and the scheduler both have to say so, and neither sees the other.
// Threads none (values).
#pragma once

#include "base/id.hpp"

namespace base {

using user_id = strong_id<struct user_tag>;

} // namespace base
