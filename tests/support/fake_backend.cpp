#include "tests/support/fake_backend.hpp"

#include "ledger/errc.hpp"
#include "ledger/etag.hpp"

#include <algorithm>

namespace http_test {

using ledger::account_role;
using ledger::errc;
using ledger::outcome;
using ledger::user_id;
using answer = base::result<outcome>;

// -- commands -------------------------------------------------------------------------------------

void fake_backend::execute(ledger::envelope command, http::on_reply done) {
  done(reply_to(std::move(command)));
}

ledger::reply fake_backend::reply_to(ledger::envelope command) {
  ++executions;
  ledger::reply reply;
  if (command.key) {
    const auto found = keys_.find({command.user, command.key->scope});
    if (found != keys_.end()) {
      if (found->second.fingerprint != command.key->fingerprint)
        return {base::fail(errc::key_reused), std::nullopt, false};
      return {outcome{ledger::done{}}, found->second.answer, true};
    }
  }
  reply.result = refusal ? answer{*refusal} : apply(command);
  const bool keeps = reply.result || ledger::is_pinned(reply.result.error().code);
  if (command.key && keeps) {
    reply.stored = command.to_answer(reply.result);
    keys_[{command.user, command.key->scope}] = {command.key->fingerprint, *reply.stored};
  }
  executed = std::move(command);
  return reply;
}

answer fake_backend::apply(const ledger::envelope& command) {
  current_ = &command;
  return std::visit([&](const auto& c) { return apply(command.user, c); }, command.what);
}

std::string fake_backend::fresh_id(const char* kind) {
  return std::string{kind} + '-' + std::to_string(++made_);
}

ledger::account_view* fake_backend::own(const user_id& u, const ledger::account_id& id,
                                        account_role role) {
  const auto found = rows.find(id);
  if (found == rows.end()) return nullptr;
  const auto& record = found->second.record;
  return record.owner == u && record.role == role ? &found->second : nullptr;
}

ledger::transaction_record* fake_backend::own(const user_id& u, const ledger::transaction_id& id) {
  const auto found = posted.find(id);
  return found == posted.end() || found->second.owner != u ? nullptr : &found->second;
}

answer fake_backend::apply(const user_id& u, const ledger::create_account& c) {
  ledger::account_view a;
  a.record.id = ledger::account_id{fresh_id("account")};
  a.record.owner = u;
  a.record.kind = ledger::kind_of_type(c.type);
  a.record.type = c.type;
  a.record.name = c.name;
  a.record.floor = c.floor;
  a.record.ceiling = c.ceiling;
  a.record.created_at = clock_.now();
  a.balance = a.available = c.opening;
  a.version = c.opening.minor == 0 ? 0 : 1;
  rows[a.record.id] = a;
  return outcome{a};
}

answer fake_backend::apply(const user_id& u, const ledger::update_account& c) {
  auto* a = own(u, c.id, account_role::money);
  if (a == nullptr) return base::fail(errc::account_not_found);
  if (c.if_version && *c.if_version != a->version) return base::fail(errc::version_conflict);
  if (c.name) a->record.name = *c.name;
  if (c.type) a->record.type = *c.type;
  if (c.change_floor) a->record.floor = c.floor;
  if (c.change_ceiling) a->record.ceiling = c.ceiling;
  if (c.balance) a->balance = a->available = *c.balance;
  a->record.updated_at = clock_.now();
  return outcome{*a};
}

answer fake_backend::apply(const user_id& u, const ledger::close_account& c) {
  auto* a = own(u, c.id, account_role::money);
  if (a == nullptr) return base::fail(errc::account_not_found);
  if (!a->record.active) return base::fail(errc::account_already_deleted);
  a->record.active = false;
  return outcome{ledger::done{}};
}

answer fake_backend::apply(const user_id& u, const ledger::create_category& c) {
  ledger::account_view a;
  a.record.id = ledger::account_id{fresh_id("category")};
  a.record.owner = u;
  a.record.role = account_role::category;
  a.record.type = c.type;
  a.record.name = c.name;
  a.record.color = c.color;
  a.record.icon = c.icon;
  a.record.created_at = clock_.now();
  rows[a.record.id] = a;
  return outcome{a.record};
}

answer fake_backend::apply(const user_id& u, const ledger::update_category& c) {
  auto* a = own(u, c.id, account_role::category);
  if (a == nullptr) return base::fail(errc::category_not_found);
  if (c.if_match && *c.if_match != ledger::category_etag(a->record))
    return base::fail(errc::version_conflict);
  a->record.updated_at = clock_.now();
  if (c.name) a->record.name = *c.name;
  if (c.type) a->record.type = *c.type;
  if (c.color) a->record.color = *c.color;
  if (c.icon) a->record.icon = *c.icon;
  return outcome{a->record};
}

answer fake_backend::apply(const user_id& u, const ledger::archive_category& c) {
  auto* a = own(u, c.id, account_role::category);
  if (a == nullptr) return base::fail(errc::category_not_found);
  if (c.if_match && *c.if_match != ledger::category_etag(a->record))
    return base::fail(errc::version_conflict);
  a->record.active = false;
  return outcome{ledger::done{}};
}

base::result<ledger::transaction_record> fake_backend::post(const user_id& u,
                                                            const ledger::create_transaction& c) {
  const auto type = ledger::type_from_text(c.type);
  if (!type) return base::fail(errc::invalid_type);
  if (c.description.find_first_not_of(' ') == std::string::npos)
    return base::fail(errc::blank_description);
  auto* account = own(u, c.account, account_role::money);
  if (account == nullptr) return base::fail(errc::account_not_found);
  if (own(u, c.category, account_role::category) == nullptr)
    return base::fail(errc::category_not_found);
  if (c.to_account && c.to_account->empty()) return base::fail(errc::transfer_to_blank);
  if (c.to_account && own(u, *c.to_account, account_role::money) == nullptr)
    return base::fail(errc::transfer_to_account);
  ledger::transaction_record t;
  t.id = ledger::transaction_id{fresh_id("transaction")};
  t.owner = u;
  t.account = c.account;
  t.category = c.category;
  t.type = *type;
  t.direction = *type == ledger::transaction_type::income ? 1 : -1;
  t.amount = c.amount;
  t.description = c.description;
  t.tags = c.tags;
  t.date = c.date;
  t.effective = c.effective;
  t.shared_expense = c.shared_expense;
  t.created_at = clock_.now();
  account->balance.minor += t.effect().minor;
  account->available = account->balance;
  ++account->version;
  posted[t.id] = t;
  return t;
}

answer fake_backend::apply(const user_id& u, const ledger::create_transaction& c) {
  auto made = post(u, c);
  if (!made) return made.error();
  return outcome{std::move(*made)};
}

answer fake_backend::apply(const user_id& u, const ledger::edit_transaction& c) {
  auto* t = own(u, c.id);
  if (t == nullptr || t->deleted_at) return base::fail(errc::transaction_not_found);
  if (c.if_match && *c.if_match != ledger::transaction_etag(*t))
    return base::failure{"TX_CONFLICT", {}};
  if (c.type && !ledger::type_from_text(*c.type)) return base::fail(errc::invalid_type);
  if (c.edit.amount && (c.edit.amount->minor < 1 || c.edit.amount->minor > base::amount_minor_max))
    return base::fail(errc::invalid_amount);
  if (c.edit.amount) t->amount = *c.edit.amount;
  if (c.edit.description) t->description = *c.edit.description;
  if (c.edit.tags) t->tags = *c.edit.tags;
  if (c.edit.date) t->date = *c.edit.date;
  t->updated_at = clock_.now();
  return outcome{*t};
}

answer fake_backend::apply(const user_id& u, const ledger::delete_transaction& c) {
  auto* t = own(u, c.id);
  if (t == nullptr || t->deleted_at) return base::fail(errc::transaction_not_found);
  t->deleted_at = clock_.now();
  return outcome{ledger::done{}};
}

answer fake_backend::apply(const user_id& u, const ledger::restore_transaction& c) {
  auto* t = own(u, c.id);
  if (t == nullptr) return base::fail(errc::transaction_not_found);
  if (!t->deleted_at) return base::fail(errc::not_deleted);
  t->deleted_at.reset();
  return outcome{*t};
}

answer fake_backend::apply(const user_id& u, const ledger::delete_many& c) {
  ledger::deleted_many removed;
  for (const auto& id : c.ids) {
    if (apply(u, ledger::delete_transaction{id, std::nullopt}))
      removed.deleted.push_back(id);
    else
      removed.errors.push_back({id.text(), "not_found"});
  }
  return outcome{removed};
}

answer fake_backend::apply(const user_id& u, const ledger::post_batch& c) {
  ledger::batch_outcome o;
  for (std::size_t i = 0; i < c.items->size(); ++i) {
    const auto& item = (*c.items)[i];
    const auto kept_answer = item.scope ? keys_.find({u, *item.scope}) : keys_.end();
    if (kept_answer != keys_.end()) {
      o.items.push_back({ledger::transaction_record{}, kept_answer->second.answer});
      continue;
    }
    auto made = item.wish ? post(u, *item.wish)
                          : base::result<ledger::transaction_record>{item.wish.error()};
    if (!made) o.rejected = o.rejected || c.atomic;
    if (made && item.scope)
      keys_[{u, *item.scope}] = {item.fingerprint, current_->item_to_answer(i, made)};
    o.items.push_back({std::move(made), std::nullopt});
  }
  return outcome{std::move(o)};
}

answer fake_backend::apply(const user_id& u, const ledger::post_legs& c) {
  ledger::posted_legs made;
  for (const auto& l : c.legs) {
    if (own(u, l.account, l.category ? account_role::category : account_role::money) == nullptr)
      return base::fail(l.category ? errc::category_not_found : errc::account_not_found,
                        "Nenhuma categoria com id '" + l.account.text() + "' pertence ao usuário.");
  }
  for (const auto& s : ledger::split(c.legs)) {
    ledger::create_transaction one;
    one.date = c.date;
    one.effective = c.effective;
    one.account = s.account;
    one.category = s.other;
    if (s.type == ledger::transaction_type::transfer) {
      one.to_account = s.other;
      one.category = c.category.value_or(c.legs.back().account); // the tests put a category last
    }
    one.type = std::string{ledger::to_text(s.type)};
    one.amount = s.amount;
    one.description = c.description;
    one.tags = c.tags;
    auto row = post(u, one);
    if (!row) return row.error();
    made.transactions.push_back(std::move(*row));
  }
  return outcome{std::move(made)};
}

answer fake_backend::apply(const user_id& u, const ledger::place_hold& c) {
  auto* a = own(u, c.account, account_role::money);
  if (a == nullptr) return base::fail(errc::account_not_found);
  if (c.expires_at && *c.expires_at <= clock_.now()) return base::fail(errc::hold_expires_early);
  ledger::hold_record h;
  h.id = ledger::hold_id{fresh_id("hold")};
  h.owner = u;
  h.account = c.account;
  h.amount = c.amount;
  h.description = c.description;
  h.created_at = clock_.now();
  h.expires_at = c.expires_at;
  held[h.id] = h;
  a->available.minor -= h.amount.minor;
  return outcome{h};
}

answer fake_backend::apply(const user_id& u, const ledger::post_hold& c) {
  const auto found = held.find(c.id);
  if (found == held.end()) return base::fail(errc::hold_not_found);
  auto& h = found->second;
  if (h.status != ledger::hold_status::open) return base::fail(errc::hold_ended);
  ledger::create_transaction one;
  one.account = h.account;
  one.category = c.category;
  one.to_account = c.to_account;
  one.type = c.to_account ? "transfer" : "expense";
  one.amount = c.amount.value_or(h.amount);
  one.description = c.description.value_or(h.description);
  one.date = c.date.value_or(clock_.now());
  one.tags = c.tags;
  auto row = post(u, one);
  if (!row) return row.error();
  h.status = ledger::hold_status::posted;
  h.ended_at = clock_.now();
  h.posted = one.amount;
  h.transaction = row->id;
  return outcome{ledger::posted_hold{h, *row}};
}

answer fake_backend::apply(const user_id&, const ledger::void_hold& c) {
  const auto found = held.find(c.id);
  if (found == held.end()) return base::fail(errc::hold_not_found);
  found->second.status = ledger::hold_status::voided;
  found->second.ended_at = clock_.now();
  return outcome{found->second};
}

answer fake_backend::apply(const user_id&, const ledger::expire_hold&) {
  return base::fail(errc::hold_not_found); // comes from no route
}

// -- users ----------------------------------------------------------------------------------------

base::result<ledger::user_record>
fake_backend::register_user(ledger::user_record fresh, std::vector<ledger::account_record> accounts,
                            ledger::user_rows own_rows, base::utc_us) {
  if (broken) return *broken;
  for (const auto& [id, u] : users)
    if (u.email == fresh.email) return base::fail(errc::email_in_use);
  for (auto& a : accounts) rows[a.id].record = a;
  users[fresh.id] = fresh;
  for (auto& r : own_rows) beside.put(std::move(r));
  return fresh;
}

base::result<bool> fake_backend::session_ended(const user_id&, const ledger::session_id& session) {
  if (broken) return *broken;
  const auto found =
      ledger::row_of<ledger::login_session>(beside.answer(ledger::session_by_id{session}));
  return found && !found->live(clock_.now());
}

base::result<ledger::user_rows> fake_backend::user_rows(const ledger::row_question& asked) {
  if (broken) return *broken;
  return rows_for(asked);
}

ledger::user_rows fake_backend::rows_for(const ledger::row_question& asked) const {
  ledger::user_rows found;
  if (const auto* others = std::get_if<ledger::other_admins>(&asked))
    return {ledger::row_count{std::count_if(users.begin(), users.end(), [&](const auto& u) {
      return u.second.admin && u.second.active && u.first != others->user;
    })}};
  for (const auto& [id, u] : users) {
    const auto* whose = std::get_if<ledger::credentials_of>(&asked);
    const auto* profile = std::get_if<ledger::profile_of>(&asked);
    const auto* address = std::get_if<ledger::owner_of_email>(&asked);
    if (whose && whose->user == id)
      found.emplace_back(ledger::credentials{u.password_hash, u.active});
    if ((profile && profile->user == id) || (address && address->email == u.email))
      found.emplace_back(u);
  }
  return found.empty() ? beside.answer(asked) : found;
}

answer fake_backend::apply(const user_id& user, const ledger::change_rows& c) {
  if (overtaken) std::exchange(overtaken, {})();
  std::vector<ledger::user_rows> found;
  for (const auto& q : c.reads) found.push_back(rows_for(q));
  auto decided = c.decide(found, clock_.now());
  if (!decided) return decided.error();
  std::optional<ledger::transaction_record> booked;
  if (decided->post) {
    auto made = apply(user, *decided->post);
    if (!made) return made.error();
    booked = std::get<ledger::transaction_record>(*made);
    if (decided->on_posted) decided->on_posted(*decided, *booked);
  }
  if (decided->user && decided->user->email)
    for (const auto& [id, u] : users)
      if (id != user && u.email == *decided->user->email) return base::fail(errc::email_in_use);
  if (decided->reverse) apply(user, ledger::delete_transaction{*decided->reverse, {}});
  for (auto& r : decided->writes) beside.put(std::move(r));
  if (decided->user) change_user(*decided->user);
  if (decided->note) noted.push_back(std::move(*decided->note));
  return outcome{ledger::changed_rows{std::move(decided->answer), decided->verdict, booked}};
}

base::result<std::optional<ledger::user_record>>
fake_backend::user_by_email(const std::string& email) {
  if (broken) return *broken;
  for (const auto& [id, u] : users)
    if (u.email == email) return std::optional{u};
  return std::optional<ledger::user_record>{};
}

base::result<std::optional<ledger::user_record>>
fake_backend::user_by_id(const ledger::user_id& id) {
  if (broken) return *broken;
  const auto found = users.find(id);
  if (found == users.end()) return std::optional<ledger::user_record>{};
  return std::optional{found->second};
}

// -- reads ----------------------------------------------------------------------------------------

base::result<std::vector<ledger::account_view>> fake_backend::accounts(const user_id& user) {
  std::vector<ledger::account_view> found;
  for (const auto& [id, a] : rows)
    if (own(user, id, account_role::money) != nullptr && a.record.active) found.push_back(a);
  return found;
}

base::result<std::optional<ledger::account_view>>
fake_backend::account(const user_id& user, const ledger::account_id& id) {
  const auto found = rows.find(id);
  if (found == rows.end() || found->second.record.owner != user)
    return std::optional<ledger::account_view>{};
  return std::optional{found->second};
}

base::result<std::optional<ledger::hold_record>> fake_backend::hold(const user_id& user,
                                                                    const ledger::hold_id& id) {
  const auto found = held.find(id);
  if (found == held.end() || found->second.owner != user)
    return std::optional<ledger::hold_record>{};
  return std::optional{found->second};
}

base::result<ledger::hold_page> fake_backend::holds(const user_id& user,
                                                    const ledger::hold_filter& filter) {
  asked_holds = filter;
  ledger::hold_page page;
  page.more = more;
  for (const auto& [id, h] : held)
    if (h.owner == user && h.account == filter.account) page.items.push_back(h);
  return page;
}

base::result<std::vector<ledger::account_record>> fake_backend::categories(const user_id& user) {
  std::vector<ledger::account_record> found;
  for (const auto& [id, a] : rows)
    if (own(user, id, account_role::category) != nullptr && a.record.active)
      found.push_back(a.record);
  return found;
}

base::result<std::vector<ledger::account_record>> fake_backend::book_members(const user_id& user) {
  std::vector<ledger::account_record> found;
  for (const auto& [id, a] : rows)
    if (a.record.owner == user) found.push_back(a.record);
  return found;
}

base::result<std::vector<ledger::entry_view>>
fake_backend::entries_of_transaction(const user_id&, const ledger::transaction_id&) {
  return entry_rows;
}

base::result<ledger::balance_at> fake_backend::balance_booked(const ledger::account_id& id,
                                                              base::utc_us at) {
  asked_at = at;
  return ledger::balance_at{rows.at(id).balance, rows.at(id).version};
}

base::result<ledger::balance_at> fake_backend::balance_effective(const ledger::account_id& id,
                                                                 base::civil_day until) {
  asked_until = until;
  return ledger::balance_at{rows.at(id).balance, rows.at(id).version};
}

base::result<std::optional<ledger::transaction_record>>
fake_backend::transaction(const user_id& user, const ledger::transaction_id& id) {
  const auto* found = own(user, id);
  if (found == nullptr) return std::optional<ledger::transaction_record>{};
  return std::optional{*found};
}

base::result<std::vector<ledger::tag_count>> fake_backend::tags(const user_id&) { return tag_rows; }

base::result<std::vector<http::key_state>> fake_backend::key_states(const user_id&,
                                                                    const std::string&) {
  return key_rows;
}

} // namespace http_test
