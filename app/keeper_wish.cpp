#include "app/keeper_wish.hpp"

#include "base/slot.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace app {

base::result<http::schedule_answer> ask_as_keeper(http::schedule_backend& schedules,
                                                  http::schedule_wish what, base::clock& clock) {
  constexpr std::chrono::seconds answer_patience{5};
  http::schedule_request r;
  r.caller = {base::user_id{http::kept_by}, true};
  r.deadline = {clock.now().count + std::chrono::microseconds{answer_patience}.count()};
  r.what = std::move(what);
  const auto waiting = std::make_shared<base::slot<base::result<http::schedule_answer>>>();
  schedules.change(std::move(r), [waiting](base::result<http::schedule_answer> a) {
    waiting->put(std::move(a));
  });
  auto answer = waiting->wait_for(answer_patience);
  if (!answer) return base::failure{"DB_TIMEOUT", {}};
  return std::move(*answer);
}

} // namespace app
