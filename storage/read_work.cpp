#include "storage/read_work.hpp"

#include "base/limits.hpp"
#include "storage/automations_step.hpp"
#include "storage/observed.hpp"
#include "storage/row_codec.hpp"
#include "storage/search_text.hpp"
#include "storage/statements.hpp"
#include "storage/user_row_codec.hpp"

#include <algorithm>
#include <limits>

namespace storage {

namespace {

using integer = std::int64_t;
constexpr integer lowest = std::numeric_limits<integer>::min();
constexpr integer highest = std::numeric_limits<integer>::max();

template <class Id> cell id_or_null(const std::optional<Id>& id) {
  return id ? cell{key_of(*id)} : cell{};
}

template <class T> std::optional<T> first_of(const rows& found, T (*decode)(const row&)) {
  if (found.empty()) return std::nullopt;
  return decode(found.front());
}

/// The instants whose effective day may lie in the range: an effective day is the day in some zone,
/// so it is at most a day away from the day in UTC. Serves the index; the days decide.
struct instants {
  integer since = lowest;
  integer until = highest;
};
instants around(std::optional<base::civil_day> first, std::optional<base::civil_day> last) {
  instants found;
  if (first) found.since = base::start_of({first->count - 2}).count;
  if (last) found.until = base::start_of({last->count + 3}).count;
  return found;
}

} // namespace

read_work::answer_of<rows> read_work::ask_one(const statement& what, params values) {
  step one;
  one.what = &what;
  one.values = std::move(values);
  return ask(db_, metrics_, std::move(one), until_);
}

// -- users, books, accounts ---------------------------------------------------------------------

read_work::answer_of<std::optional<ledger::user_record>> read_work::user_by_id(ledger::user_id id) {
  auto found = co_await ask_one(sql::user_by_id, args(key_of(id)));
  if (!found) co_return found.error();
  co_return first_of(*found, &user_from);
}

read_work::answer_of<std::optional<ledger::user_record>>
read_work::user_by_email(std::string email) {
  auto found = co_await ask_one(sql::user_by_email, args(email));
  if (!found) co_return found.error();
  co_return first_of(*found, &user_from);
}

read_work::answer_of<book_rows> read_work::book(ledger::user_id user, base::utc_us now) {
  constexpr auto keys_max = base::limits::known_keys_max;
  book_rows book;
  auto users = co_await ask_one(sql::user_of_book, args(key_of(user)));
  if (!users) co_return users.error();
  book.user = first_of(*users, &user_from);
  const bool ruled = !users->empty() && integer_at(users->front(), users->front().size() - 1) == 1;
  auto accounts = co_await ask_one(sql::accounts_of_user, args(key_of(user)));
  if (!accounts) co_return accounts.error();
  book.accounts = all(*accounts, &account_from);
  auto keys = co_await ask_one(sql::key_hashes_of_user,
                               args(key_of(user), now.count, static_cast<integer>(keys_max + 1)));
  if (!keys) co_return keys.error();
  book.keys_complete = keys->size() <= keys_max;
  book.key_hashes.reserve(keys->size());
  for (const auto& r : *keys)
    if (book.key_hashes.size() < keys_max)
      book.key_hashes.push_back(unsigned_bits(integer_at(r, 0)));
  if (!ruled) co_return book;
  // Named: GCC destroys a temporary of an aggregate twice when it is an argument of co_await.
  const ledger::row_question watching = ledger::watching_rules_of{user};
  auto rules = co_await user_rows(watching);
  if (!rules) co_return rules.error();
  book.watching = ledger::rows_of<ledger::automation>(*rules);
  co_return book;
}

read_work::answer_of<std::vector<ledger::account_view>>
read_work::accounts(ledger::user_id user, ledger::account_role role, bool inactive,
                    base::utc_us now) {
  auto found =
      co_await ask_one(sql::account_list, args(key_of(user), std::string{ledger::to_text(role)},
                                               integer{inactive}, now.count));
  if (!found) co_return found.error();
  co_return all(*found, &account_view_from);
}

read_work::answer_of<std::optional<ledger::account_view>>
read_work::account(ledger::user_id user, ledger::account_id id, base::utc_us now) {
  auto found = co_await ask_one(sql::account_one, args(key_of(id), key_of(user), now.count));
  if (!found) co_return found.error();
  co_return first_of(*found, &account_view_from);
}

read_work::answer_of<std::optional<ledger::hold_record>> read_work::hold(ledger::user_id user,
                                                                         ledger::hold_id id) {
  auto found = co_await ask_one(sql::hold_one, args(key_of(id), key_of(user)));
  if (!found) co_return found.error();
  co_return first_of(*found, &hold_from);
}

read_work::answer_of<ledger::hold_page> read_work::holds(ledger::user_id user,
                                                         ledger::hold_filter f) {
  const auto status = f.status ? cell{integer{static_cast<std::uint8_t>(*f.status)}} : cell{};
  const auto since = f.after ? f.after->created_at.count : highest;
  const auto id = f.after ? key_of(f.after->id) : highest;
  auto found = co_await ask_one(sql::holds_page, args(key_of(user), key_of(f.account), status,
                                                      f.now.count, since, id, f.limit + 1));
  if (!found) co_return found.error();
  ledger::hold_page page;
  page.items = all(*found, &hold_from);
  page.more = static_cast<integer>(page.items.size()) > f.limit;
  if (page.more) page.items.pop_back();
  co_return page;
}

read_work::answer_of<ledger::user_rows> read_work::user_rows(ledger::row_question asked) {
  auto request = request_of(asked);
  auto found = co_await ask(db_, metrics_, std::move(request.what), until_);
  if (!found) co_return found.error();
  co_return all(*found, request.decode);
}

read_work::answer_of<std::vector<base::result<ledger::user_rows>>>
read_work::automations(std::vector<ledger::automation_by_id> asked) {
  auto found = co_await ask(db_, metrics_, automations_step(asked), until_);
  if (!found) co_return found.error();
  const auto decode = request_of(asked.front()).decode;
  std::vector<base::result<ledger::user_rows>> out(asked.size(), ledger::user_rows{});
  for (const auto& r : *found) {
    auto& answer = out.at(unsigned_bits(integer_at(r, r.size() - 1)));
    try {
      answer = ledger::user_rows{decode(r)};
    } catch (const std::exception& e) {
      answer = base::fail(errc::broken, e.what());
    }
  }
  co_return out;
}

// -- entries and balances -----------------------------------------------------------------------

read_work::answer_of<ledger::entry_page> read_work::entries(ledger::entry_filter filter) {
  // Booking times become versions, since they never fall within an account.
  integer above = 0;
  integer up_to = highest;
  if (filter.booked_from) {
    auto before = co_await balance_booked(filter.account, {filter.booked_from->count - 1});
    if (!before) co_return before.error();
    above = signed_bits(before->version);
  }
  if (filter.booked_to) {
    auto before = co_await balance_booked(filter.account, {filter.booked_to->count - 1});
    if (!before) co_return before.error();
    up_to = signed_bits(before->version);
  }
  if (filter.after_version) {
    if (filter.ascending)
      above = std::max(above, bound(*filter.after_version));
    else
      up_to = std::min(up_to, bound(*filter.after_version) - 1);
  }
  const integer first = filter.effective_from ? filter.effective_from->count : lowest;
  const integer last = filter.effective_to ? filter.effective_to->count : highest;
  auto found =
      co_await ask_one(filter.ascending ? sql::entries_ascending : sql::entries_descending,
                       args(key_of(filter.account), above, up_to, first, last, filter.limit + 1));
  if (!found) co_return found.error();
  ledger::entry_page page;
  page.items = all(*found, &entry_view_from);
  page.more = static_cast<integer>(page.items.size()) > filter.limit;
  if (page.more) page.items.pop_back();
  co_return page;
}

read_work::answer_of<std::vector<ledger::entry_view>>
read_work::entries_of_transaction(ledger::transaction_id id,
                                  std::optional<ledger::transaction_id> partner) {
  auto found =
      co_await ask_one(sql::entries_of_transaction, args(key_of(id), key_of(partner.value_or(id))));
  if (!found) co_return found.error();
  co_return all(*found, &entry_view_from);
}

read_work::answer_of<ledger::balance_at> read_work::balance_booked(ledger::account_id id,
                                                                   base::utc_us at) {
  auto found = co_await ask_one(sql::entry_last_booked, args(key_of(id), at.count));
  if (!found) co_return found.error();
  ledger::balance_at balance;
  if (!found->empty()) {
    balance.version = unsigned_bits(integer_at(found->front(), 0));
    balance.balance.minor = integer_at(found->front(), 1);
  }
  co_return balance;
}

read_work::answer_of<ledger::balance_at> read_work::balance_effective(ledger::account_id id,
                                                                      base::civil_day until) {
  auto found =
      co_await ask_one(sql::balance_effective, args(key_of(id), static_cast<integer>(until.count)));
  if (!found) co_return found.error();
  ledger::balance_at balance;
  balance.balance.minor = integer_at(found->at(0), 0);
  balance.version = unsigned_bits(integer_at(found->at(0), 1));
  co_return balance;
}

// -- transactions -------------------------------------------------------------------------------

read_work::answer_of<std::vector<ledger::transaction_record>>
read_work::transactions_by_id(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                              bool with_partners) {
  // A batch answers in no order: give back the order of the ids, each partner behind its leg.
  std::vector<base::id_key> wanted;
  for (const auto& id : ids) wanted.push_back(key_of(id));
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  batch keys{with_partners ? sql::transactions_with_partners : sql::transactions_by_id,
             wanted.size()};
  for (const auto id : wanted) keys.add(id, key_of(user));

  auto found = co_await ask(db_, metrics_, std::move(keys).done(), until_);
  if (!found) co_return found.error();
  // A transfer of which both legs were asked for comes twice.
  std::vector<ledger::transaction_record> known = all(*found, &transaction_from);
  std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto find = [&](const ledger::transaction_id& id) -> const ledger::transaction_record* {
    const auto at = std::lower_bound(known.begin(), known.end(), id,
                                     [](const auto& t, const auto& key) { return t.id < key; });
    return at != known.end() && at->id == id ? &*at : nullptr;
  };

  std::vector<ledger::transaction_record> out;
  std::vector<const ledger::transaction_record*> given;
  const auto give = [&](const ledger::transaction_record* t) {
    if (t == nullptr || std::find(given.begin(), given.end(), t) != given.end()) return;
    given.push_back(t);
    out.push_back(*t);
  };
  for (const auto& id : ids) {
    const auto* t = find(id);
    give(t);
    if (t != nullptr && with_partners && t->partner) give(find(*t->partner));
  }
  co_return out;
}

namespace {

/// $1 to $24 of a list of transactions.
params condition_of(const ledger::transaction_filter& f, const std::vector<std::string>& tags,
                    instants range) {
  auto p =
      args(key_of(f.user), id_or_null(f.account), id_or_null(f.category),
           f.type ? cell{type_code(*f.type)} : cell{}, f.from ? integer{f.from->count} : lowest,
           f.to ? integer{f.to->count} : highest, range.since, range.until,
           f.text.empty() ? cell{} : cell{containing(f.text)}, integer{f.include_deleted},
           integer{f.include_system}, static_cast<integer>(tags.size()));
  for (std::size_t i = 0; i < base::limits::tags_max; ++i)
    p.emplace_back(i < tags.size() ? cell{tags[i]} : cell{});
  // Rows of ours that nobody changed have their time in the id alone.
  p.emplace_back(f.changed_since ? cell{f.changed_since->count} : cell{});
  p.emplace_back(f.changed_since ? base::first_key_at(*f.changed_since) : lowest);
  return p;
}

} // namespace

read_work::answer_of<ledger::transaction_page>
read_work::transactions(ledger::transaction_filter filter) {
  auto tags = filter.tags;
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  ledger::transaction_page page;
  if (tags.size() > base::limits::tags_max) {
    // No transaction has that many.
    if (filter.count) page.total = 0;
    co_return page;
  }
  const auto range = around(filter.from, filter.to);
  auto seen = range;
  if (filter.after) seen.until = std::min(seen.until, filter.after->date.count);
  auto condition = condition_of(filter, tags, seen);
  condition.emplace_back(filter.after ? filter.after->date.count : highest);
  condition.emplace_back(filter.after ? key_of(filter.after->id) : highest);
  condition.emplace_back(filter.limit + 1);
  condition.emplace_back(filter.skip);
  auto found = co_await ask_one(sql::transactions_page, std::move(condition));
  if (!found) co_return found.error();
  page.items = all(*found, &transaction_from);
  page.more = static_cast<integer>(page.items.size()) > filter.limit;
  if (page.more) page.items.pop_back();
  if (filter.count) {
    auto total = co_await ask_one(sql::transactions_count, condition_of(filter, tags, range));
    if (!total) co_return total.error();
    page.total = integer_at(total->at(0), 0);
  }
  co_return page;
}

read_work::answer_of<ledger::monthly_sums>
read_work::monthly(ledger::user_id user, base::civil_day first, base::civil_day last) {
  const auto range = around(first, last);
  auto found = co_await ask_one(sql::monthly_sums,
                                args(key_of(user), static_cast<integer>(first.count),
                                     static_cast<integer>(last.count), range.since, range.until));
  if (!found) co_return found.error();
  ledger::monthly_sums sums;
  for (const auto& r : *found) {
    sums.transactions += integer_at(r, 2);
    const base::centavos income{integer_at(r, 3)};
    const base::centavos expense{integer_at(r, 4)};
    // Transfers count as transactions, but are in no sum.
    if (income.minor != 0 || expense.minor != 0)
      sums.categories.push_back({id_at<ledger::account_id>(r, 0), income, expense, text_at(r, 5),
                                 integer_at(r, 6), integer_at(r, 7)});
  }
  co_return sums;
}

read_work::answer_of<std::vector<ledger::tag_count>> read_work::tags(ledger::user_id user) {
  auto found = co_await ask_one(sql::tags_of_user, args(key_of(user)));
  if (!found) co_return found.error();
  std::vector<ledger::tag_count> tags;
  for (const auto& r : *found) tags.push_back({text_at(r, 0), integer_at(r, 1)});
  co_return tags;
}

// -- idempotency --------------------------------------------------------------------------------

read_work::answer_of<std::optional<ledger::idempotency_record>>
read_work::answer(ledger::user_id user, ledger::key_scope scope, base::utc_us now) {
  auto found = co_await ask_one(sql::answer_of_scope,
                                args(key_of(user), scope.key, scope.endpoint, now.count));
  if (!found) co_return found.error();
  co_return first_of(*found, &answer_from);
}

read_work::answer_of<std::vector<ledger::idempotency_record>>
read_work::answers(ledger::user_id user, std::string key, base::utc_us now) {
  auto found = co_await ask_one(sql::answers_of_key, args(key_of(user), key, now.count));
  if (!found) co_return found.error();
  co_return all(*found, &answer_from);
}

// -- audit --------------------------------------------------------------------------------------

read_work::answer_of<std::optional<ledger::commit_record>> read_work::head(ledger::shard_id shard) {
  auto found = co_await ask_one(sql::audit_head, args(integer{shard}));
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<ledger::commit_record>{};
  co_return std::optional{commit_from(found->front())};
}

read_work::answer_of<std::vector<ledger::commit_record>>
read_work::commits(ledger::shard_id shard, std::uint64_t after_seq, std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_commits, args(integer{shard}, bound(after_seq), limit));
  if (!found) co_return found.error();
  co_return all(*found, &commit_from);
}

read_work::answer_of<std::vector<ledger::entry>>
read_work::entries_of_commits(ledger::shard_id shard, std::uint64_t first, std::uint64_t last) {
  auto found = co_await ask_one(sql::audit_entries_of_commits,
                                args(commit_id_of(shard, first), commit_id_of(shard, last)));
  if (!found) co_return found.error();
  co_return all(*found, &entry_from);
}

read_work::answer_of<std::vector<loaded_account>>
read_work::accounts_after(ledger::account_id after, std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_accounts, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &loaded_account_from);
}

read_work::answer_of<std::vector<ledger::entry>>
read_work::entries_after(ledger::account_id account, std::uint64_t version, std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_entries, args(key_of(account), bound(version), limit));
  if (!found) co_return found.error();
  co_return all(*found, &entry_from);
}

read_work::answer_of<std::vector<ledger::transaction_record>>
read_work::transactions_after(ledger::transaction_id after, std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_transactions, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &transaction_from);
}

read_work::answer_of<std::vector<std::string>> read_work::without_transaction(std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_without_transaction, args(limit));
  if (!found) co_return found.error();
  std::vector<std::string> ids;
  for (const auto& r : *found) ids.push_back(id_at<ledger::transaction_id>(r, 0).text());
  co_return ids;
}

read_work::answer_of<ledger::row_counts> read_work::counts() {
  auto found = co_await ask_one(sql::audit_counts, {});
  if (!found) co_return found.error();
  const auto& r = found->at(0);
  ledger::row_counts n;
  n.users = integer_at(r, 0);
  n.accounts = integer_at(r, 1);
  n.commits = integer_at(r, 2);
  n.entries = integer_at(r, 3);
  n.transactions = integer_at(r, 4);
  n.holds = integer_at(r, 5);
  n.answers = integer_at(r, 6);
  n.rows = integer_at(r, 7);
  co_return n;
}

read_work::answer_of<std::vector<ledger::user_record>> read_work::users_after(ledger::user_id after,
                                                                              std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_users, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &user_from);
}

read_work::answer_of<std::vector<ledger::hold_record>> read_work::holds_after(ledger::hold_id after,
                                                                              std::int64_t limit) {
  auto found = co_await ask_one(sql::audit_holds, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &hold_from);
}

read_work::answer_of<std::vector<ledger::idempotency_record>>
read_work::answers_after(ledger::user_id user, ledger::key_scope scope, std::int64_t limit) {
  auto found =
      co_await ask_one(sql::audit_answers, args(key_of(user), scope.key, scope.endpoint, limit));
  if (!found) co_return found.error();
  co_return all(*found, &answer_from);
}

read_work::answer_of<std::vector<ledger::transaction_record>>
read_work::transactions_of_commits(ledger::shard_id shard, std::uint64_t first,
                                   std::uint64_t last) {
  auto found = co_await ask_one(sql::audit_transactions_of_commits,
                                args(commit_id_of(shard, first), commit_id_of(shard, last)));
  if (!found) co_return found.error();
  co_return all(*found, &transaction_from);
}

// -- administration -----------------------------------------------------------------------------

read_work::answer_of<bool> read_work::set_admin(std::string email, bool admin, base::utc_us now) {
  auto found = co_await ask_one(sql::user_set_admin, args(email, integer{admin}, now.count));
  if (!found) co_return found.error();
  co_return !found->empty();
}

read_work::answer_of<std::optional<std::string>> read_work::meta(std::string name) {
  auto found = co_await ask_one(sql::meta_value, args(name));
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<std::string>{};
  co_return std::optional{text_at(found->front(), 0)};
}

} // namespace storage
