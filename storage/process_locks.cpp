#include "storage/process_locks.hpp"

#include "scheduler/lock_name.hpp"

#include <unistd.h>

namespace storage {

void process_locks::try_lock(std::string name, callback<bool> done) {
  bool got = false;
  {
    const std::lock_guard hold{mutex_};
    got = held_.insert(std::move(name)).second;
  }
  done(got);
}

void process_locks::unlock(std::string name, callback<bool> done) {
  bool was_held = false;
  {
    const std::lock_guard hold{mutex_};
    was_held = held_.erase(name) != 0;
  }
  done(was_held);
}

void process_locks::unlock_all(callback<bool> done) {
  {
    const std::lock_guard hold{mutex_};
    held_.clear();
  }
  done(true);
}

void process_locks::holders(std::vector<std::string> names,
                            callback<std::vector<lock_state>> done) {
  std::vector<lock_state> found;
  {
    const std::lock_guard hold{mutex_};
    for (auto& name : names) {
      lock_state s;
      s.key = scheduler::lock_key(name);
      s.held = s.ours = held_.contains(name);
      if (s.held) {
        s.pid = getpid();
        s.session = lock_session_name;
        s.state = "idle";
      }
      s.name = std::move(name);
      found.push_back(std::move(s));
    }
  }
  done(std::move(found));
}

void process_locks::end_session(std::string, std::int64_t, callback<bool> done) {
  done(false); // there is none but ours
}

} // namespace storage
