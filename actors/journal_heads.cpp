// Part of journal_actor: what this node remembers of its shards, against what the database has.
#include "actors/journal_actor.hpp"

namespace actors {

namespace {

void report_lost(environment& env, const ledger::lost_commits& lost) {
  if (!env.status.recovery.begin(lost, env.time.now())) return; // said before
  env.log.critical("vai_de_pix.journal", "Banco mais antigo do que o confirmado",
                   {{"event", "recovery.commits_lost"},
                    {"shard", lost.shard},
                    {"remembered_seq", lost.remembered},
                    {"found_seq", lost.found}});
}

} // namespace

/// A take-over appends one record, so an honest database is beyond all that was durable before.
void journal::compare(const std::vector<ledger::shard_head>& heads) {
  if (env().heads == nullptr) return;
  for (const auto& head : heads) {
    const auto known = env().heads->last(head.shard);
    if (known && head.seq <= known->seq)
      report_lost(env(), {head.shard, known->seq, head.seq - 1, false});
  }
  for (const auto& head : heads) remember(head);
}

/// Fenced: by another process, which has written more than we know, or by a database that has less.
void journal::ask_what_is_lost() {
  if (env().heads == nullptr) return;
  for (const auto shard : my_shards_) {
    const auto known = env().heads->last(shard);
    if (!known) continue;
    env().store.audit().head(shard, [&env = env(), shard, seq = known->seq](const auto& head) {
      const auto found = head && *head ? (*head)->seq : 0;
      if (head && found < seq) report_lost(env, {shard, seq, found, false});
    });
  }
}

/// While commits are missing the memory is the evidence, and stays.
void journal::remember(const ledger::shard_head& durable) {
  if (env().heads != nullptr && !env().status.recovery.on()) env().heads->remember(durable);
}

} // namespace actors
