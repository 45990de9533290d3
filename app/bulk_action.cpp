#include "app/bulk_action.hpp"

#include "http/bulk_wish.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace app {
namespace {

constexpr std::int64_t ids_page = 1000;

/// Acts that are under way, and what became of the others.
struct bulk_tally {
  std::mutex guard;
  std::condition_variable changed;
  std::size_t open = 0;
  std::int64_t done = 0, refused = 0;
  bool away = false; ///< an act was not answered by a rule, but by an outage

  void ended(const base::result<http::job_view>& r) {
    const std::lock_guard hold{guard};
    --open;
    if (r) {
      ++done;
    } else {
      const auto& code = r.error().code;
      (code == "ILLEGAL_TRANSITION" || code == "NOT_FOUND" || code == "VERSION_CONFLICT")
          ? void(++refused)
          : void(away = true);
    }
    changed.notify_all();
  }
};

bool pause_for(std::chrono::microseconds time, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    if (stop.stop_requested()) return false;
    std::this_thread::sleep_for(
        std::min<std::chrono::microseconds>(time, std::chrono::milliseconds{20}));
  }
  return true;
}

base::result<std::vector<scheduler::job_id>> ids_for(http::job_backend& jobs,
                                                     const http::bulk_wish& wish) {
  std::vector<scheduler::job_id> all;
  auto q = wish.which;
  q.caller.admin = true;
  for (;;) {
    auto page = jobs.live_ids(q, std::min(ids_page, wish.limit - std::ssize(all)));
    if (!page) return page.error();
    all.insert(all.end(), page->ids.begin(), page->ids.end());
    if (!page->more || page->ids.empty() || std::ssize(all) >= wish.limit) break;
    q.before = page->ids.back();
  }
  std::reverse(all.begin(), all.end()); // oldest first
  return all;
}

actors::job_verdict run_bulk(const actors::job_context& job, http::job_backend& jobs) {
  const auto wish = http::read_bulk_wish(job.what.payload);
  if (!wish) return actors::job_failed{{"BAD_PAYLOAD", "is no bulk action", {}}, false, {}};
  const auto ids = ids_for(jobs, *wish);
  if (!ids) return actors::try_later(ids.error().code);
  const auto tally = std::make_shared<bulk_tally>();
  const auto total = std::ssize(*ids);
  std::int64_t begun = 0;
  for (const auto& id : *ids) {
    if (id == job.what.id) continue; // itself
    {
      std::unique_lock hold{tally->guard};
      tally->changed.wait(hold, [&] { return tally->open < bulk_in_flight; });
      if (tally->away || job.stop.stop_requested()) break;
      ++tally->open;
    }
    http::job_act one;
    one.caller = {base::user_id{wish->by}, true};
    one.job = id;
    one.what = wish->what;
    one.reason = wish->reason;
    jobs.act(std::move(one), [tally](const base::result<http::job_view>& r) { tally->ended(r); });
    if (job.progress && ++begun % 100 == 0) job.progress(begun, total);
    if (wish->per_second &&
        !pause_for(std::chrono::microseconds{base::us_per_second / *wish->per_second}, job.stop))
      break;
  }
  std::unique_lock hold{tally->guard};
  tally->changed.wait(hold, [&] { return tally->open == 0; });
  if (tally->away || job.stop.stop_requested()) return actors::try_later("INTERRUPTED");
  if (job.progress) job.progress(total, total);
  return actors::job_done{"{\"matched\":" + std::to_string(total) +
                              ",\"changed\":" + std::to_string(tally->done) +
                              ",\"refused\":" + std::to_string(tally->refused) + '}',
                          {}};
}

} // namespace

actors::job_kind bulk_action_kind(std::shared_ptr<late_node> node) {
  actors::job_kind k;
  k.name = std::string{http::bulk_kind};
  k.queue = "system";
  k.user_visible = false;
  k.check = [](const std::string& payload) -> std::optional<std::string> {
    if (http::read_bulk_wish(payload)) return std::nullopt;
    return "is no bulk action";
  };
  k.run = [node = std::move(node)](const actors::job_context& job) {
    return run_bulk(job, *node->jobs.load());
  };
  return k;
}

} // namespace app
