// What   operation: one running command of a book, from its key check to the answer.
// Why    A command crosses several messages; everything it holds meanwhile (keys, reservations, the
//        plan) is here, so that every exit path gives all of it back in one place (book::finish).
// Threads confined to its book.
#pragma once

#include "actors/messages.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace actors {

struct operation {
  operation_id id = 0;
  std::shared_ptr<const ledger::envelope> command;
  reply_promise to;
  std::shared_ptr<const scheduler::job_rows> beside; ///< commits with its item
  std::shared_ptr<std::uint64_t> seq;                ///< as in submit
  std::shared_ptr<dry_look> dry;                     ///< as in submit
  std::int64_t started_ns = 0;
  bool amendment = false; ///< has its turn in the book's queue of amendments

  // What it waits for. `next` runs when nothing is outstanding any more.
  std::size_t outstanding = 0;
  std::function<void(operation&)> next;

  // Keys that it runs under: its own, and those of its batch items.
  struct owned_key {
    ledger::key_scope scope;
    base::digest fingerprint{};
    std::optional<ledger::stored_answer> answer; ///< set when it is (or will be) stored
  };
  std::vector<owned_key> keys;
  std::map<std::size_t, ledger::idempotency_record> found; ///< answers_read by index
  std::optional<base::failure> read_failed;

  // Reservations.
  std::vector<ledger::account_id> granted;
  std::map<ledger::account_id, base::failure> refused;
  std::map<ledger::account_id, ledger::account_state>
      states; ///< of exclusive ones; scratch of a batch
  std::map<ledger::account_id, base::centavos>
      held;              ///< as the journal said when it refused; scratch of a batch
  int decided_again = 0; ///< how often it did

  // What it is going to do.
  std::vector<ledger::transaction_record> rows;              ///< as read
  std::vector<ledger::transaction_state> transaction_states; ///< as read for a repair
  std::vector<ledger::user_rows> user_rows;                  ///< as read, by question
  ledger::row_change row_change;                             ///< as decided
  ledger::plan plan;
  std::optional<ledger::hold_record> hold;       ///< as read
  std::shared_ptr<const ledger::hold_wish> wish; ///< for the account of the hold
  std::shared_ptr<storage::commit_item> item;
  const storage::commit_item* followed = nullptr; ///< the item that has what follows from it
  std::optional<ledger::outcome> result;
  std::optional<base::failure> pinned; ///< a refusal that is being stored
  std::vector<ledger::account_record>
      learned; ///< the book and the accounts know them after the commit
  bool handed_over = false;
};

} // namespace actors
