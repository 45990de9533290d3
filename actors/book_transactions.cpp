// Commands on transactions, one at a time (api-contract §2.2, §7).
#include "actors/book_actor.hpp"

#include "base/probe.hpp"
#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

#include <algorithm>
#include <cstdlib>

namespace actors {
namespace {

using ledger::errc;
using ledger::transaction_type;

std::optional<transaction_type> client_type(const std::string& text) {
  const auto type = ledger::type_from_text(text);
  return type && *type <= transaction_type::transfer ? type : std::nullopt;
}

base::failure wrong_type(const std::string& text) {
  return base::fail(errc::invalid_type,
                    "type deve ser 'income', 'expense' ou 'transfer'. Recebido: '" + text + "'");
}

} // namespace

const ledger::transaction_record* find_row(const std::vector<ledger::transaction_record>& rows,
                                           const ledger::transaction_id& id) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& t) { return t.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

const ledger::transaction_record* partner_of(const std::vector<ledger::transaction_record>& rows,
                                             const ledger::transaction_record& t) {
  return t.partner ? find_row(rows, *t.partner) : nullptr;
}

bool blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == ' ' || c == '\t' || c == '\n'; });
}

base::failure no_category(const ledger::account_id& id) {
  return base::fail(errc::category_not_found,
                    "Nenhuma categoria com id '" + id.text() + "' pertence ao usuário.");
}

// -- create ---------------------------------------------------------------------------------------

base::result<ledger::plan> book::plan_new(const ledger::create_transaction& c, base::utc_us now) {
  const auto type = client_type(c.type);
  if (!type) return wrong_type(c.type);
  if (blank(c.description)) {
    return base::fail(errc::blank_description, "description deve ter pelo menos um caractere.");
  }
  const auto* account = find_account(c.account);
  if (account == nullptr) return base::fail(errc::account_not_found);
  if (find_category(c.category) == nullptr) return no_category(c.category);

  ledger::transaction_record t;
  t.id = ledger::transaction_id::of(new_id(now));
  t.owner = user_;
  t.account = c.account;
  t.category = c.category;
  t.type = *type;
  t.direction = *type == transaction_type::income ? 1 : -1;
  t.amount = c.amount;
  t.description = c.description;
  t.tags = c.tags;
  t.date = c.date;
  t.effective = c.effective;
  t.shared_expense = c.shared_expense;
  t.created_at = base::instant_of(key_of(t.id)); // so that no row has to store it
  if (*type != transaction_type::transfer) return ledger::plan_single(t);

  if (!c.to_account || blank(c.to_account->text())) return base::fail(errc::transfer_to_blank);
  if (*c.to_account == c.account) {
    return base::fail(errc::transfer_same_account, "Origem e destino não podem ser a mesma conta.");
  }
  const auto* target = find_account(*c.to_account);
  if (target == nullptr) {
    return base::fail(errc::transfer_to_account,
                      "Nenhuma conta com id '" + c.to_account->text() + "' pertence ao usuário.");
  }
  auto destination = t;
  destination.id = ledger::transaction_id::of(new_id(now));
  destination.created_at = base::instant_of(key_of(destination.id));
  destination.account = *c.to_account;
  destination.direction = 1;
  destination.partner = t.id;
  t.partner = destination.id;
  t.description += " → " + target->record.name;
  destination.description += " ← " + account->record.name;
  return ledger::plan_transfer(t, destination);
}

void book::run(operation& op, const ledger::create_transaction& c) {
  auto plan = plan_new(c, env().time.now());
  if (!plan) return finish(op, plan.error());
  op.plan = std::move(*plan);
  ask_accounts(op, op.plan.effects, [this](operation& o) {
    o.item = new_item();
    append(*o.item, o.plan);
    o.result = o.plan.inserts.front();
    commit(o);
  });
}

// -- edit, delete, restore ------------------------------------------------------------------------

base::result<ledger::plan> book::plan_change(const ledger::edit_transaction& c,
                                             const ledger::transaction_record& current,
                                             const ledger::transaction_record* partner,
                                             base::utc_us now) {
  auto edit = c.edit;
  if (c.type) {
    edit.type = client_type(*c.type);
    if (!edit.type) return wrong_type(*c.type);
  }
  if (edit.description && blank(*edit.description)) {
    return base::fail(errc::blank_description, "description deve ter pelo menos um caractere.");
  }
  if (edit.account && find_account(*edit.account) == nullptr)
    return base::fail(errc::account_not_found);
  if (edit.category && *edit.category != current.category &&
      find_category(*edit.category) == nullptr) {
    return no_category(*edit.category);
  }
  return ledger::plan_edit(current, partner, edit, now);
}

/// Asks the accounts that the plan touches and commits; the answer is the row that was named.
void book::amend(operation& op, const ledger::transaction_record& current,
                 base::result<ledger::plan> plan) {
  if (!plan) return finish(op, plan.error());
  op.plan = std::move(*plan);
  const auto* changed = find_row(op.plan.updates, current.id);
  op.result = changed != nullptr ? *changed : current;
  if (std::holds_alternative<ledger::delete_transaction>(op.command->what))
    op.result = ledger::done{};
  ask_accounts(op, op.plan.effects, [this](operation& o) {
    o.item = new_item();
    append(*o.item, o.plan);
    commit(o);
  });
}

void book::run(operation& op, const ledger::edit_transaction& c) {
  read_rows(op, {c.id}, [this, c](operation& o) {
    const auto* current = find_row(o.rows, c.id);
    if (current == nullptr || current->deleted_at || current->system()) {
      return finish(o, base::fail(errc::transaction_not_found));
    }
    if (c.if_match && *c.if_match != ledger::transaction_etag(*current)) {
      return finish(o, base::failure{"TX_CONFLICT", {}});
    }
    amend(o, *current, plan_change(c, *current, partner_of(o.rows, *current), env().time.now()));
  });
}

void book::run(operation& op, const ledger::delete_transaction& c) {
  read_rows(op, {c.id}, [this, c](operation& o) {
    const auto* current = find_row(o.rows, c.id);
    if (current == nullptr || current->deleted_at || current->system()) {
      return finish(o, base::fail(errc::transaction_not_found));
    }
    if (c.if_match && *c.if_match != ledger::transaction_etag(*current)) {
      return finish(o, base::failure{"TX_CONFLICT", {}});
    }
    amend(o, *current,
          ledger::plan_delete(*current, partner_of(o.rows, *current), env().time.now()));
  });
}

void book::run(operation& op, const ledger::restore_transaction& c) {
  read_rows(op, {c.id}, [this, c](operation& o) {
    const auto* current = find_row(o.rows, c.id);
    if (current == nullptr || current->system())
      return finish(o, base::fail(errc::transaction_not_found));
    amend(o, *current,
          ledger::plan_restore(*current, partner_of(o.rows, *current), env().time.now()));
  });
}

// -- delete many ----------------------------------------------------------------------------------

/// Every account says yes against the scratch states of this operation, and remembers the effect.
base::status book::decide_in(operation& op, const ledger::plan& plan) {
  for (const auto& e : plan.effects) {
    auto& state = op.states.at(e.account);
    auto verdict = ledger::decide(state, e.net, e.rule);
    if (!verdict) {
      if (verdict.error().code == ledger::code_text(errc::insufficient_balance)) {
        return base::fail(errc::insufficient_balance,
                          "Saldo atual: " + base::decimal_text(state.available()) +
                              "; valor: " + base::decimal_text(-e.net) + ".");
      }
      return verdict;
    }
  }
  // After a refusal of the journal: the range of a balance, for what no account was asked about.
  const auto held_of = [&](const ledger::entry_draft& e) -> base::centavos* {
    const auto found = op.states.contains(e.account) ? op.held.end() : op.held.find(e.account);
    return found == op.held.end() ? nullptr : &found->second;
  };
  for (const auto& e : plan.entries) {
    const auto* now = held_of(e);
    if (now != nullptr && std::abs(now->minor + e.amount.minor) > base::amount_minor_max)
      return base::fail(errc::balance_limit);
  }
  if (base::mutant("batch_item_sees_nothing_before_it")) return {};
  for (const auto& e : plan.effects) op.states.at(e.account).posted.minor += e.net.minor;
  for (const auto& e : plan.entries)
    if (auto* now = held_of(e)) now->minor += e.amount.minor;
  return {};
}

void book::run(operation& op, const ledger::delete_many& c) {
  read_rows(op, c.ids, [this, c](operation& o) {
    std::vector<ledger::account_id> accounts;
    for (const auto& t : o.rows) {
      if (!t.system() && find_account(t.account) != nullptr) accounts.push_back(t.account);
    }
    std::sort(accounts.begin(), accounts.end());
    accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
    ask_exclusive(o, accounts, [this, c](operation& op2) {
      const auto now = env().time.now();
      ledger::deleted_many removed;
      op2.item = new_item();
      std::vector<ledger::transaction_id> gone; // in this very request, partners included
      const auto contains = [](const auto& list, const auto& id) {
        return std::find(list.begin(), list.end(), id) != list.end();
      };
      for (const auto& id : c.ids) {
        if (contains(removed.deleted, id)) continue;
        if (contains(gone, id)) {
          removed.deleted.push_back(id);
          continue;
        }
        const auto* current = find_row(op2.rows, id);
        if (current == nullptr || current->deleted_at || current->system()) {
          removed.errors.push_back({id.text(), "not_found"});
          continue;
        }
        const auto* partner = partner_of(op2.rows, *current);
        if (find_account(current->account) == nullptr) {
          removed.errors.push_back({id.text(), "account_not_found"});
          continue;
        }
        const auto plan = ledger::plan_delete(*current, partner, now);
        if (!plan || !decide_in(op2, *plan)) {
          removed.errors.push_back({id.text(), "delete_failed"});
          continue;
        }
        append(*op2.item, *plan);
        removed.deleted.push_back(id);
        gone.push_back(id);
        if (partner != nullptr) gone.push_back(partner->id);
      }
      for (const auto& id : gone) {
        if (!contains(removed.deleted, id)) removed.also_deleted.push_back(id);
      }
      const bool nothing = op2.item->rows() == 0 && !op2.command->key;
      if (nothing) return finish(op2, ledger::outcome{std::move(removed)});
      op2.result = std::move(removed);
      commit(op2);
    });
  });
}

void append(storage::commit_item& item, const ledger::plan& plan) {
  std::uint32_t offset = 0;
  for (const auto& e : item.entries) offset = std::max(offset, e.posting + 1);
  for (auto e : plan.entries) {
    e.posting += offset;
    item.entries.push_back(std::move(e));
  }
  item.transactions_new.insert(item.transactions_new.end(), plan.inserts.begin(),
                               plan.inserts.end());
  item.transactions_changed.insert(item.transactions_changed.end(), plan.updates.begin(),
                                   plan.updates.end());
}

} // namespace actors
