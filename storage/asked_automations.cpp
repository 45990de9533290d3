#include "storage/asked_automations.hpp"

#include "storage/read_work.hpp"

#include <iterator>

namespace storage {

asked_automations::asked_automations(ledger::automation_by_id what,
                                     callback<ledger::user_rows> done,
                                     observability::metrics& metrics, open_calls& calls)
    : metrics_(metrics), calls_(calls) {
  asked_.push_back(std::move(what));
  done_.push_back(std::move(done));
}

bool asked_automations::take_along(question& later) {
  auto* other = dynamic_cast<asked_automations*>(&later);
  if (other == nullptr || asked_.size() + other->asked_.size() > together_max) return false;
  std::move(other->asked_.begin(), other->asked_.end(), std::back_inserter(asked_));
  std::move(other->done_.begin(), other->done_.end(), std::back_inserter(done_));
  return true;
}

boost::asio::awaitable<void> asked_automations::run(session& db, deadline until) {
  using answers = std::vector<base::result<ledger::user_rows>>;
  const work_of<answers, session&, deadline> ask =
      [this](session& on, deadline end) -> boost::asio::awaitable<base::result<answers>> {
    read_work work{on, metrics_, end};
    co_return co_await work.automations(asked_);
  };
  auto found = co_await guarded<answers>(ask, db, until);
  if (!found) {
    refuse(found.error());
    co_return;
  }
  for (std::size_t i = 0; i < done_.size(); ++i) {
    done_[i](std::move((*found)[i]));
    calls_.leave();
  }
}

void asked_automations::refuse(base::failure why) {
  for (const auto& done : done_) {
    done(why);
    calls_.leave();
  }
}

} // namespace storage
