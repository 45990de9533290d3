// What follows from a posting in its own commit: alerts, round-ups, webhooks. Whoever touches what
// a rule looks at has its turn among the amendments, so that the facts read here stay true until
// the commit.
#include "actors/book_actor.hpp"

#include "ledger/follow_ups.hpp"

#include <algorithm>

namespace actors {
namespace {

bool is_amendment(const ledger::command& c) {
  return std::holds_alternative<ledger::edit_transaction>(c) ||
         std::holds_alternative<ledger::delete_transaction>(c) ||
         std::holds_alternative<ledger::restore_transaction>(c) ||
         std::holds_alternative<ledger::delete_many>(c) ||
         std::holds_alternative<ledger::repair_entries>(c) ||
         std::holds_alternative<ledger::update_category>(c) ||
         std::holds_alternative<ledger::archive_category>(c) ||
         std::holds_alternative<ledger::change_rows>(c) ||
         std::holds_alternative<ledger::seed_members>(c) ||
         std::holds_alternative<ledger::merge_books>(c);
}

std::vector<ledger::posted_change> changes_of(const operation& op) {
  std::vector<ledger::posted_change> all;
  for (const auto& t : op.item->transactions_new) all.push_back({{}, t});
  for (const auto& t : op.item->transactions_changed) {
    const auto* before = find_row(op.rows, t.id);
    if (before != nullptr) all.push_back({*before, t});
  }
  std::erase_if(all, [](const auto& c) { return c.after.system(); });
  return all;
}

std::map<ledger::account_id, base::centavos> net_of(const storage::commit_item& item) {
  std::map<ledger::account_id, base::centavos> net;
  for (const auto& e : item.entries) net[e.account].minor += e.amount.minor;
  return net;
}

} // namespace

/// Among the changes of what exists; or it touches what a rule looks at, so that what is read for
/// the rule stays true.
bool book::takes_turn(const ledger::command& c) const {
  return is_amendment(c) || looks_at_watched(c);
}

bool book::looks_at_watched(const ledger::command& c) const {
  if (!watching_.looks()) return false;
  if (const auto* t = std::get_if<ledger::create_transaction>(&c)) {
    std::vector<ledger::account_id> accounts{t->account};
    if (t->to_account) accounts.push_back(*t->to_account);
    return watching_.concerns(accounts, t->category, t->type == "expense");
  }
  return std::holds_alternative<ledger::post_batch>(c) ||
         std::holds_alternative<ledger::post_legs>(c) ||
         std::holds_alternative<ledger::post_hold>(c) ||
         std::holds_alternative<ledger::update_account>(c);
}

/// True: the commit waits for facts, and is called again with the rows that follow.
bool book::follow_up(operation& op) {
  if (watching_.none() || !op.amendment || op.pinned || op.followed == op.item.get()) return false;
  if (op.item->entries.empty()) return false;
  op.followed = op.item.get();
  auto changes = std::make_shared<const std::vector<ledger::posted_change>>(changes_of(op));
  auto net = std::make_shared<const std::map<ledger::account_id, base::centavos>>(net_of(*op.item));
  auto asked = std::make_shared<const std::vector<ledger::row_question>>(
      watching_.questions(user_, *changes, *net));
  const auto add = [this, changes, net, asked](operation& o) {
    const auto now = env().time.now();
    auto rows = watching_.rows(*changes, *net, *asked, o.user_rows, now,
                               [&] { return base::id_of(new_id(now)); });
    for (auto& r : rows) o.item->user_rows.push_back(std::move(r));
    commit(o);
  };
  if (asked->empty()) {
    op.user_rows.clear();
    add(op);
  } else {
    read_user_rows(op, *asked, add);
  }
  return true;
}

/// A rule was written: from now on it looks, or does not.
void book::learn_rules(const storage::commit_item& item) {
  for (const auto& r : item.user_rows) {
    const auto* rule = std::get_if<ledger::automation>(&r);
    if (rule == nullptr || rule->user != user_) continue;
    watching_.learn(*rule);
    if (ledger::watching::is_of_interest(*rule)) unwatched_before_ = next_id_;
  }
}

/// Commands that began before a rule was known do not take turns: the next change waits for their
/// ends, or it would read facts that they are about to change.
bool book::awaits_unwatched() {
  const bool open = unwatched_before_ != 0 &&
                    std::any_of(operations_.begin(), operations_.end(), [this](const auto& o) {
                      return !o.second->amendment && o.first < unwatched_before_;
                    });
  if (!open) unwatched_before_ = 0;
  return open;
}

} // namespace actors
