#include "audit/lost_commits.hpp"

#include "audit/asking.hpp"

#include <optional>

namespace audit {

namespace {

using finding = std::optional<ledger::lost_commits>;

base::result<finding> look(storage::store& store, ledger::shard_id shard,
                           const storage::head_memory::head& known) {
  auto head = ask<std::optional<ledger::commit_record>>(
      [&](auto done) { store.audit().head(shard, std::move(done)); });
  if (!head) return head.error();
  const auto found = *head ? (*head)->seq : 0;
  if (found < known.seq) return finding{{shard, known.seq, found, false}};
  if (found > known.seq) {
    const auto then = ask<std::vector<ledger::commit_record>>(
        [&](auto done) { store.audit().commits(shard, known.seq - 1, 1, std::move(done)); });
    if (!then) return then.error();
    *head = then->empty() ? ledger::commit_record{} : then->front();
  }
  if ((*head)->seq == known.seq && (*head)->hash == known.hash) return finding{};
  return finding{{shard, known.seq, found, true}};
}

} // namespace

base::result<std::vector<ledger::lost_commits>>
find_lost_commits(storage::store& store, const storage::head_memory& memory) {
  std::vector<ledger::lost_commits> lost;
  for (ledger::shard_id shard = 0; shard < store.shards(); ++shard) {
    const auto known = memory.last(shard);
    if (!known) continue;
    const auto found = look(store, shard, *known);
    if (!found) return found.error();
    if (*found) lost.push_back(**found);
  }
  return lost;
}

} // namespace audit
