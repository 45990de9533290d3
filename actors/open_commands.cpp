#include "actors/open_commands.hpp"

#include <utility>
#include <vector>

namespace actors {
namespace {

constexpr auto look_again = std::chrono::milliseconds{50};

ledger::reply unknown() { return {base::failure{"OUTCOME_UNKNOWN", {}}, {}, false}; }

} // namespace

open_commands::open_commands(std::size_t max) : max_(max), watch_([this] { watch(); }) {}

open_commands::~open_commands() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  watch_.join();
  for (auto& [t, done] : open_) done(unknown());
}

std::optional<open_commands::ticket> open_commands::add(clock::time_point deadline,
                                                        on_reply& done) {
  bool wake = false;
  ticket t{deadline, 0};
  {
    const std::lock_guard hold(mutex_);
    if (open_.size() >= max_) return std::nullopt;
    t.number = ++last_;
    open_.emplace(t, std::move(done));
    wake = std::exchange(asleep_, false);
  }
  if (wake) changed_.notify_all();
  return t;
}

void open_commands::answer(const ticket& t, ledger::reply what) {
  on_reply done;
  {
    const std::lock_guard hold(mutex_);
    const auto found = open_.find(t);
    if (found == open_.end()) return;
    done = std::move(found->second);
    open_.erase(found);
  }
  done(std::move(what));
}

void open_commands::watch() {
  std::unique_lock hold(mutex_);
  while (!stopping_) {
    if (open_.empty()) {
      asleep_ = true;
      changed_.wait(hold, [this] { return stopping_ || !asleep_; });
      continue;
    }
    changed_.wait_for(hold, look_again, [this] { return stopping_; });
    std::vector<on_reply> late;
    const auto end = open_.upper_bound({clock::now(), ~std::uint64_t{0}});
    for (auto it = open_.begin(); it != end; it = open_.erase(it))
      late.push_back(std::move(it->second));
    if (late.empty()) continue;
    hold.unlock();
    for (const auto& done : late) done(unknown());
    late.clear();
    hold.lock();
  }
}

} // namespace actors
