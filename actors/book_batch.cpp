// The batch: many creates in one commit, each seeing the accepted ones before it (api-contract §7).
#include "actors/book_actor.hpp"

#include "base/probe.hpp"
#include "ledger/errc.hpp"

#include <algorithm>

namespace actors {
namespace {

constexpr int decided_again_max = 8;

} // namespace

void book::run(operation& op, const ledger::post_batch& c) {
  // Keys first: an item whose key is done is answered from the store, one whose key runs
  // elsewhere is refused.
  const auto& items = *c.items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].scope) continue;
    if (claim(op, *items[i].scope, items[i].fingerprint) && maybe_stored(*items[i].scope)) {
      read_answer(op, i + 1, *items[i].scope);
    }
  }
  wait(op, [this, c](operation& o) {
    if (o.read_failed) return finish(o, *o.read_failed);
    take_accounts(o, c);
  });
}

void book::take_accounts(operation& op, const ledger::post_batch& c) {
  std::vector<ledger::account_id> accounts;
  for (const auto& item : *c.items) {
    if (!item.wish) continue;
    if (find_account(item.wish->account) != nullptr) accounts.push_back(item.wish->account);
    if (item.wish->to_account && find_account(*item.wish->to_account) != nullptr) {
      accounts.push_back(*item.wish->to_account);
    }
  }
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  ask_exclusive(op, accounts, [this, c](operation& o) { decide_batch(o, c); });
}

bool book::decides_singly(const ledger::command& c) {
  return std::holds_alternative<ledger::post_batch>(c) ||
         std::holds_alternative<ledger::delete_many>(c);
}

// What a category holds is known to the journal alone, and hardly any comes near the limit: instead
// of asking before each batch, a batch that it refuses for that is decided again with what it said.
bool book::decide_again(operation& op, const item_ended& refused) {
  if (!decides_singly(op.command->what) || refused.held.empty()) return false;
  PROBE("batch_decided_again");
  // The journal has given all back.
  op.handed_over = false;
  op.followed = nullptr;
  op.granted.clear();
  op.states.clear();
  op.result.reset();
  for (auto& key : op.keys) key.answer.reset();
  // Each time others of this user were faster with the same categories.
  if (++op.decided_again > decided_again_max) {
    finish(op, base::fail(storage::errc::overloaded));
    return true;
  }
  op.held = refused.held;
  if (const auto* many = std::get_if<ledger::delete_many>(&op.command->what))
    run(op, *many);
  else
    take_accounts(op, std::get<ledger::post_batch>(op.command->what));
  return true;
}

void book::decide_batch(operation& op, const ledger::post_batch& c) {
  const auto now = env().time.now();
  const auto& items = *c.items;
  ledger::batch_outcome outcome;
  outcome.items.reserve(items.size());
  op.item = new_item();
  op.item->entries.reserve(items.size() * 2);
  op.item->transactions_new.reserve(items.size());
  std::uint32_t postings = 0;
  std::size_t failed = 0;
  // Our own keys by scope, to answer a key that stands twice in one batch.
  std::map<ledger::key_scope, std::size_t> first_with_key;

  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& wish = items[i];
    ledger::batch_outcome::item shown{base::fail(ledger::errc::key_in_flight), {}};
    operation::owned_key* own = nullptr;
    bool decided = false;
    if (wish.scope) {
      const auto mine = std::find_if(op.keys.begin(), op.keys.end(),
                                     [&](const auto& k) { return k.scope == *wish.scope; });
      const auto [first, fresh] = first_with_key.try_emplace(*wish.scope, i);
      const auto stored = op.found.find(i + 1);
      if (mine == op.keys.end()) {
        decided = true; // another request works on it
      } else if (!fresh) {
        decided = true;
        shown = mine->fingerprint == wish.fingerprint
                    ? outcome.items[first->second]
                    : ledger::batch_outcome::item{base::fail(ledger::errc::key_reused), {}};
        if (mine->answer) shown.replay = mine->answer;
      } else if (stored != op.found.end()) {
        decided = true;
        const auto verdict = ledger::judge(wish.fingerprint, nullptr, &stored->second, now);
        if (verdict == ledger::key_verdict::fresh) {
          decided = false;
        } else if (verdict == ledger::key_verdict::reused) {
          shown.result = base::fail(ledger::errc::key_reused);
        } else {
          shown = {ledger::transaction_record{}, stored->second.answer};
        }
      }
      own = mine == op.keys.end() ? nullptr : &*mine;
    }
    if (!decided) {
      base::result<ledger::plan> plan =
          wish.wish ? plan_new(*wish.wish, now) : base::result<ledger::plan>{wish.wish.error()};
      const base::status verdict = plan ? decide_in(op, *plan) : base::status{plan.error()};
      if (verdict) {
        std::uint32_t used = 0;
        for (auto& e : plan->entries) {
          used = std::max(used, e.posting + 1);
          e.posting += postings;
          op.item->entries.push_back(std::move(e));
        }
        postings += used;
        shown.result = plan->inserts.front();
        for (auto& t : plan->inserts) op.item->transactions_new.push_back(std::move(t));
      } else {
        shown.result = verdict.error();
      }
      const bool keeps = verdict || ledger::is_pinned(verdict.error().code);
      if (own != nullptr && keeps && op.command->item_to_answer)
        own->answer = op.command->item_to_answer(i, shown.result);
    }
    if (shown.replay ? shown.replay->status >= 400 : !shown.result) ++failed;
    outcome.items.push_back(std::move(shown));
  }

  if (c.atomic && failed > 0 && !base::mutant("atomic_batch_keeps_the_good")) {
    PROBE("atomic_batch_rejected");
    // All or nothing: nothing. Not even refusals are kept, because nobody was refused alone.
    for (auto& key : op.keys) key.answer.reset();
    outcome.rejected = true;
    return finish(op, ledger::outcome{std::move(outcome)});
  }
  const bool keeps_answers = std::any_of(op.keys.begin(), op.keys.end(),
                                         [](const auto& k) { return k.answer.has_value(); });
  if (op.item->rows() == 0 && !keeps_answers && !op.command->key)
    return finish(op, ledger::outcome{std::move(outcome)});
  op.result = std::move(outcome);
  commit(op);
}

} // namespace actors
