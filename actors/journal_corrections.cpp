// What a journal does for corrections: the basis right before one, the stop that it may lift.
#include "actors/journal_actor.hpp"

#include "storage/projection.hpp"

#include <set>
#include <utility>

namespace actors {

void journal::on_basis(const base::result<storage::correction_basis>& basis) {
  if (basis) {
    mind_.learn_basis(correcting_, *basis);
  } else {
    end(mind_.refuse_correction(correcting_, basis.error()));
  }
  stage_ = stage::idle;
  pump();
}

void journal::suspect(const storage::journal_batch& batch) {
  const auto shard = batch.items.front()->shard;
  std::set<ledger::account_id> accounts;
  for (const auto& b : batch.balances) accounts.insert(b.account);
  // A row of another kind was not there: nothing that a correction of balances could mend.
  if (accounts.empty()) return env().status.stopped.add(shard);
  env().status.stopped.suspect(shard, accounts);
}

void journal::corrected(const storage::journal_batch& batch) {
  if (batch.balances_corrected.empty()) return;
  std::vector<ledger::account_id> accounts;
  for (const auto& b : batch.balances_corrected) {
    accounts.push_back(b.account);
    refresh_effective(b.account); // the correction threw it away
  }
  const auto shard = batch.items.front()->shard;
  if (!env().status.stopped.corrected(shard, accounts)) return;
  env().log.warning("vai_de_pix.journal", "Shard retomado: saldos refeitos a partir do ledger",
                    {{"event", "shard.resumed"}, {"shard", shard}});
}

void journal::refresh_effective(const ledger::account_id& id) {
  env().store.projections().refresh_effective(
      id, [&log = env().log](const base::result<bool>& answer) {
        if (!answer)
          log.warning("vai_de_pix.journal", "Saldos por dia efetivo não atualizados",
                      {{"event", "projection.not_refreshed"}, {"error_code", answer.error()}});
      });
}

} // namespace actors
