// What the user has beside the books: read, decided and written as one of the amendments, so that
// no two changes see the same rows; with the posting that belongs to it, if there is one.
#include "actors/book_actor.hpp"

#include "base/assert.hpp"

#include <caf/send.hpp>

namespace actors {

void book::read_user_rows(operation& op, const std::vector<ledger::row_question>& asked,
                          std::function<void(operation&)> next) {
  op.user_rows.resize(asked.size());
  op.outstanding += asked.size();
  for (std::size_t i = 0; i < asked.size(); ++i)
    env().store.reads().user_rows(
        asked[i], [me = book_sink{this}, id = op.id, i](base::result<ledger::user_rows> rows) {
          caf::anon_send(me, operation_event{id, user_rows_read{i, std::move(rows)}});
        });
  wait(op, [this, next = std::move(next)](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    next(o);
  });
}

/// Of a commit: what waits in it for somebody who delivers it.
void book::tell_deliveries(const ledger::user_rows& rows) {
  if (!env().on_deliveries) return;
  std::vector<ledger::delivery_id> fresh;
  for (const auto& r : rows)
    if (const auto* d = std::get_if<ledger::delivery>(&r))
      if (d->state == ledger::delivery_state::pending && d->attempts == 0) fresh.push_back(d->id);
  if (!fresh.empty()) env().on_deliveries(user_, fresh);
}

void book::run(operation& op, const ledger::change_rows& c) {
  read_user_rows(op, c.reads, [this](operation& o) {
    const auto& wish = std::get<ledger::change_rows>(o.command->what);
    auto decided = wish.decide(o.user_rows, env().time.now());
    if (!decided) return finish(o, decided.error());
    o.row_change = std::move(*decided);
    if (!o.row_change.reverse) return post_beside_rows(o);
    read_rows(o, {*o.row_change.reverse}, [this](operation& read) { post_beside_rows(read); });
  });
}

/// Plans what is posted and taken back together with the rows.
void book::post_beside_rows(operation& op) {
  auto& change = op.row_change;
  const auto now = env().time.now();
  if (change.reverse) {
    const auto* current = find_row(op.rows, *change.reverse);
    if (current != nullptr && !current->deleted_at) {
      auto back = ledger::plan_delete(*current, partner_of(op.rows, *current), now);
      if (!back) return finish(op, back.error());
      op.plan = std::move(*back);
    }
  }
  std::optional<ledger::transaction_record> posted;
  if (change.post) {
    auto fresh = plan_new(*change.post, now);
    if (!fresh) return finish(op, fresh.error());
    posted = fresh->inserts.front();
    op.plan = ledger::join(std::move(op.plan), *fresh);
    if (change.on_posted) change.on_posted(change, *posted);
  }
  ENSURE(!change.note || op.plan.entries.empty(), "what is noted posts nothing");
  ask_accounts(op, op.plan.effects, [this, posted = std::move(posted)](operation& o) {
    auto& c = o.row_change;
    o.result = ledger::changed_rows{std::move(c.answer), c.verdict, posted};
    const bool nothing =
        c.writes.empty() && !c.user && !c.note && o.plan.entries.empty() && o.beside == nullptr;
    // Under a key the answer itself is to be kept.
    if (nothing && !o.command->key) return finish(o, *o.result);
    o.item = new_item();
    append(*o.item, o.plan);
    o.item->user_rows = std::move(c.writes);
    o.item->note = std::move(c.note);
    if (c.user) o.item->users_changed.push_back(std::move(*c.user));
    commit(o);
  });
}

} // namespace actors
