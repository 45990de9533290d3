// What the user has beside the books: read, decided and written as one of the amendments, so that
// no two changes see the same rows.
#include "actors/book_actor.hpp"

#include <caf/send.hpp>

namespace actors {

void book::run(operation& op, const ledger::change_rows& c) {
  op.user_rows.resize(c.reads.size());
  op.outstanding += c.reads.size();
  for (std::size_t i = 0; i < c.reads.size(); ++i)
    env().store.reads().user_rows(
        c.reads[i], [me = book_sink{this}, id = op.id, i](base::result<ledger::user_rows> rows) {
          caf::anon_send(me, operation_event{id, user_rows_read{i, std::move(rows)}});
        });
  wait(op, [this](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    const auto& wish = std::get<ledger::change_rows>(o.command->what);
    auto decided = wish.decide(o.user_rows, env().time.now());
    if (!decided) return finish(o, decided.error());
    auto& change = *decided;
    o.result = ledger::changed_rows{std::move(change.answer), change.verdict};
    // Under a key the answer itself is to be kept.
    if (change.writes.empty() && !change.user && !o.command->key) return finish(o, *o.result);
    o.item = new_item();
    o.item->user_rows = std::move(change.writes);
    if (change.user) o.item->users_changed.push_back(std::move(*change.user));
    commit(o);
  });
}

} // namespace actors
