#include "actors/lock_gateway.hpp"

#include "actors/lock_keeper.hpp"
#include "actors/slot.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {

lock_gateway::lock_gateway(std::shared_ptr<routing> routes, const job_kinds& kinds,
                           std::chrono::milliseconds read_deadline)
    : routes_(std::move(routes)), read_deadline_(read_deadline) {
  for (const auto& [name, kind] : kinds.all())
    if (kind.lock) names_.push_back(*kind.lock);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

template <class T>
void lock_gateway::tell(http::on_result<T> done,
                        std::function<void(lock_keeper&, const http::on_result<T>&)> run) {
  auto answer = std::make_shared<promise<base::result<T>>>(
      std::move(done), base::result<T>{base::failure{"OUTCOME_UNKNOWN", {}}});
  const auto to = routes_->locks();
  if (!to) return answer->put(base::failure{"SHARD_STOPPED", {}});
  caf::anon_send(*to, keeper_call{[answer, run = std::move(run)](lock_keeper& k) {
    run(k, [answer](base::result<T> r) { answer->put(std::move(r)); });
  }});
}

base::result<std::vector<http::lock_view>> lock_gateway::locks() {
  using views = std::vector<http::lock_view>;
  const auto waiting = std::make_shared<slot<base::result<views>>>();
  tell<views>([waiting](base::result<views> r) { waiting->put(std::move(r)); },
              [names = names_](lock_keeper& k, const auto& to) { k.views(names, to); });
  auto answer = waiting->wait_for(read_deadline_);
  if (!answer) return base::failure{"OUTCOME_UNKNOWN", {}};
  return std::move(*answer);
}

void lock_gateway::release(http::lock_release asked, http::on_result<http::lock_view> done) {
  if (!std::binary_search(names_.begin(), names_.end(), asked.name))
    return done(base::failure{"NOT_FOUND", {}});
  tell<http::lock_view>(std::move(done),
                        [asked = std::move(asked)](lock_keeper& k, const auto& to) {
                          k.free_for_operator(asked, to);
                        });
}

} // namespace actors
