#include "storage/asked.hpp"

#include "base/assert.hpp"

namespace storage {

void open_calls::enter() {
  const std::lock_guard lock{mutex_};
  ++count_;
}

void open_calls::leave() {
  const std::lock_guard lock{mutex_};
  ENSURE(count_ > 0, "a call ends once");
  if (--count_ == 0) none_.notify_all();
}

void open_calls::wait_for_none() {
  std::unique_lock lock{mutex_};
  none_.wait(lock, [this] { return count_ == 0; });
}

} // namespace storage
