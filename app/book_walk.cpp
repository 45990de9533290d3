#include "app/book_walk.hpp"

#include "app/outage.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t change_patience_us = 30 * base::us_per_second;

} // namespace

struct book_walk::state {
  std::mutex guard;
  std::condition_variable changed;
  std::size_t open = 0;
  tally counts;

  void answered(const ledger::reply& r) {
    const std::lock_guard hold{guard};
    --open;
    if (r.result)
      ++counts.changed;
    else if (says_away(r.result.error().code))
      counts.away = true;
    else
      ++counts.refused;
    changed.notify_all();
  }
};

book_walk::book_walk(http::backend& books, base::clock& clock, const actors::job_context& job)
    : books_(books), clock_(clock), job_(job), state_(std::make_shared<state>()) {}

book_walk::~book_walk() { finish(); }

bool book_walk::send(ledger::user_id user, ledger::change_rows what,
                     std::function<void(const ledger::reply&)> answered) {
  {
    std::unique_lock hold{state_->guard};
    while (state_->open >= walk_in_flight && !job_.stop.stop_requested())
      state_->changed.wait_for(hold, 100ms);
    if (state_->counts.away || job_.stop.stop_requested()) return false;
    ++state_->open;
    ++state_->counts.sent;
  }
  ledger::envelope command;
  command.user = std::move(user);
  command.request_id = job_.what.id.text();
  command.deadline = {clock_.now().count + change_patience_us};
  command.what = std::move(what);
  books_.execute(std::move(command),
                 [at = state_, answered = std::move(answered)](const ledger::reply& r) {
                   if (answered) answered(r);
                   at->answered(r);
                 });
  return true;
}

book_walk::tally book_walk::finish() {
  std::unique_lock hold{state_->guard};
  state_->changed.wait(hold, [&] { return state_->open == 0; });
  return state_->counts;
}

} // namespace app
