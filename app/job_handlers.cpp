#include "app/job_handlers.hpp"

#include "app/bulk_action.hpp"
#include "app/push_job.hpp"
#include "app/system_schedules.hpp"

#include "base/assert.hpp"
#include "base/json.hpp"
#include "http/api/transaction_shape.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace app {
namespace {

namespace json = base::json;

actors::job_verdict bad_payload(std::string why) {
  return actors::job_failed{{"BAD_PAYLOAD", std::move(why), {}}, false, {}};
}

// -- noop: does nothing, for a given time ---------------------------------------------------------

/// For a first try, for tests of a set-up and for benchmarks: {"wait_ms": 0…60000}.
actors::job_verdict run_noop(const actors::job_context& job) {
  const auto read = json::read(job.what.payload);
  const auto* payload = std::get_if<json::value>(&read);
  const auto* wait = payload == nullptr ? nullptr : payload->find("wait_ms");
  const auto ms = wait == nullptr ? 0 : wait->as_int64().value_or(0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{ms};
  while (std::chrono::steady_clock::now() < until && !job.stop.stop_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  return actors::job_done{};
}

std::optional<std::string> check_noop(const std::string& text) {
  const auto read = json::read(text);
  const auto* payload = std::get_if<json::value>(&read);
  if (payload == nullptr) return "is no JSON";
  const auto* wait = payload->find("wait_ms");
  if (wait == nullptr) return std::nullopt;
  const auto ms = wait->as_int64();
  if (!ms || *ms < 0 || *ms > 60'000) return "wait_ms is not 0…60000";
  return std::nullopt;
}

// -- post_transaction: the body of POST /api/transactions -----------------------------------------

std::variant<ledger::create_transaction, std::string>
read_posting(const std::string& text, const scheduler::zone_rules& zone) {
  const auto read = json::read(text);
  const auto* payload = std::get_if<json::value>(&read);
  if (payload == nullptr || payload->if_object() == nullptr) return "is no JSON object";
  http::faults bad;
  http::object_reader in{*payload, {"payload"}, bad};
  auto wish = http::read_transaction(in, zone);
  if (wish && bad.empty()) return std::move(*wish);
  return bad.empty() ? std::string{"is no transaction"} : bad.front().msg;
}

} // namespace

std::vector<std::string> builtin_kinds() {
  std::vector<std::string> names{"noop",        "locked_noop", "post_transaction",
                                 "bulk_action", "deliver",     "recurring_transaction",
                                 "follow_rule"};
  for (const auto& s : system_schedules()) names.emplace_back(s.kind);
  return names;
}

std::shared_ptr<const actors::job_kinds>
kinds_of(const product_surroundings& around, const std::vector<config::worker_token>& workers) {
  const auto& zone = around.zone;
  auto all = product_kinds(around);
  all.push_back(bulk_action_kind(around.node));
  for (auto& k : all) k.run = once_whole(around.node, std::move(k.run));
  for (const auto& w : workers)
    for (const auto& name : w.kinds) {
      actors::job_kind pulled;
      pulled.name = name;
      pulled.builtin = false;
      pulled.money = w.effects;
      all.push_back(std::move(pulled));
    }
  for (auto& k : push_kinds(around.settings.jobs.push, zone, around.clock))
    all.push_back(std::move(k));
  actors::job_kind noop;
  noop.name = "noop";
  noop.check = check_noop;
  noop.run = run_noop;
  auto locked = noop;
  all.push_back(std::move(noop));
  // The same under a lock, for whoever wants to see what happens when two nodes meet.
  locked.name = "locked_noop";
  locked.lock = "locked_noop";
  locked.user_visible = false;
  all.push_back(std::move(locked));

  actors::job_kind posting;
  posting.name = "post_transaction";
  posting.money = true;
  posting.dry = true;
  posting.check = [zone](const std::string& text) -> std::optional<std::string> {
    auto read = read_posting(text, zone);
    if (auto* why = std::get_if<std::string>(&read)) return std::move(*why);
    return std::nullopt;
  };
  posting.run = [zone](const actors::job_context& job) -> actors::job_verdict {
    auto read = read_posting(job.what.payload, zone);
    if (auto* why = std::get_if<std::string>(&read)) return bad_payload(std::move(*why));
    actors::job_done done;
    done.effects.transactions.push_back(std::move(std::get<ledger::create_transaction>(read)));
    return done;
  };
  all.push_back(std::move(posting));
  for (const auto& policy : around.settings.jobs.policies)
    for (auto& k : all)
      if (k.name == policy.kind) k.attempts = policy.attempts;
  const auto names = builtin_kinds();
  for (const auto& k : all)
    ENSURE(!k.builtin || k.pushed || std::find(names.begin(), names.end(), k.name) != names.end(),
           "config is told the names of all built-in kinds");
  return std::make_shared<const actors::job_kinds>(std::move(all));
}

} // namespace app
