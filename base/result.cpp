#include "base/result.hpp"

#include "base/assert.hpp"

namespace base {

// Reached only by .value() on a failure that nobody looked at: a fault of ours, not of the world.
void throw_exception_from_error(const failure&, const boost::source_location& where) {
  invariant_failed("value() of a failed result", where.file_name(), static_cast<int>(where.line()));
}

} // namespace base
