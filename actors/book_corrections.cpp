// Corrections by an administrator (api-contract §16): entries that are missing, balances that are
// not those of the entries. No rule of an account can refuse them, so the accounts are held
// exclusively and not asked.
#include "actors/book_actor.hpp"

#include "ledger/errc.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace actors {

bool book::knows(const ledger::account_id& id) const {
  return accounts_.contains(id) || categories_.contains(id) || id == equity_;
}

/// Holds those that have an actor and commits the item, which already has its entries and note.
void book::correct(operation& op, std::vector<ledger::account_id> accounts) {
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  op.item->corrects = accounts;
  std::erase_if(accounts, [&](const auto& id) { return find_account(id) == nullptr; });
  ask_exclusive(op, accounts, [this](operation& o) { commit(o); });
}

// An amendment: the rows and entries of these transactions stand still until it has ended.
void book::run(operation& op, const ledger::repair_entries& c) {
  ++op.outstanding;
  env().store.recovery().states_of(
      user_, c.ids,
      [me = book_sink{this},
       id = op.id](base::result<std::vector<ledger::transaction_state>> states) {
        caf::anon_send(me, operation_event{id, states_read{std::move(states)}});
      });
  wait(op, [this, c](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    auto found = ledger::missing_entries(o.transaction_states);
    std::vector<ledger::account_id> accounts;
    for (const auto& e : found.entries) accounts.push_back(e.account);
    const auto strange = std::find_if_not(accounts.begin(), accounts.end(),
                                          [this](const auto& id) { return knows(id); });
    // One that has no row any more: nobody can say whose money it was.
    if (strange != accounts.end())
      return finish(o, base::fail(ledger::errc::account_not_found, strange->text()));
    ledger::repaired_entries made{found.entries.size(), found.repaired, found.beyond};
    o.result = made;
    if (found.entries.empty()) return finish(o, ledger::outcome{std::move(made)});
    o.item = new_item();
    o.item->entries = std::move(found.entries);
    o.item->transactions_reborn = std::move(found.reborn);
    o.item->note = c.note;
    correct(o, std::move(accounts));
  });
}

void book::run(operation& op, const ledger::sync_balances& c) {
  for (const auto& id : c.ids) {
    if (!knows(id)) return finish(op, base::fail(ledger::errc::account_not_found));
  }
  op.result = ledger::done{};
  op.item = new_item();
  op.item->note = c.note;
  correct(op, c.ids);
}

void book::run(operation& op, const ledger::note_action& c) {
  op.result = ledger::done{};
  op.item = new_item();
  // Without words only the answer under the key is to be kept.
  if (!c.note.action.empty()) op.item->note = c.note;
  commit(op);
}

} // namespace actors
