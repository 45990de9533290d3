#include "actors/job_effects_command.hpp"

namespace actors {

std::optional<ledger::command>
effects_command(const std::vector<ledger::create_transaction>& transactions,
                const std::optional<ledger::change_rows>& change) {
  if (change) return ledger::command{*change};
  if (transactions.empty()) return std::nullopt;
  if (transactions.size() == 1) return ledger::command{transactions.front()};
  auto items = std::make_shared<std::vector<ledger::batch_item>>();
  for (const auto& t : transactions) items->push_back({t, {}, {}});
  ledger::post_batch all;
  all.atomic = true;
  all.items = std::move(items);
  return ledger::command{std::move(all)};
}

bool is_away(const base::failure& why) {
  return why.code == "DB_UNAVAILABLE" || why.code == "DB_READ_ONLY" || why.code == "DB_FULL" ||
         why.code == "OVERLOADED" || why.code == "SHARD_STOPPED" || why.code == "DB_TIMEOUT" ||
         why.code == "OUTCOME_UNKNOWN" || why.code == "SHUTTING_DOWN";
}

base::status effects_verdict(const ledger::reply& r) {
  if (!r.result) return r.result.error();
  const auto* batch = std::get_if<ledger::batch_outcome>(&*r.result);
  if (batch == nullptr || !batch->rejected) return {};
  for (const auto& item : batch->items)
    if (!item.result) return item.result.error();
  return base::failure{"BATCH_REJECTED", {}};
}

} // namespace actors
