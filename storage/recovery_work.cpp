// What read_work asks for recovery: states of transactions, checks of accounts, the audit log.
#include "storage/observed.hpp"
#include "storage/read_work.hpp"
#include "storage/row_codec.hpp"
#include "storage/statements.hpp"

#include <limits>
#include <unordered_map>

namespace storage {

namespace {

using integer = std::int64_t;
constexpr integer last_instant = std::numeric_limits<integer>::max();

/// Gives each sum to its transaction.
std::vector<ledger::transaction_state> with_sums(std::vector<ledger::transaction_record> records,
                                                 const rows& sums) {
  std::vector<ledger::transaction_state> states;
  states.reserve(records.size());
  std::unordered_map<base::id_key, std::size_t> place;
  for (auto& r : records) {
    place.emplace(key_of(r.id), states.size());
    states.push_back({std::move(r), {}});
  }
  for (const auto& r : sums) {
    const auto at = place.find(integer_at(r, 0));
    if (at == place.end()) continue; // its row was read before there was one
    states[at->second].sums.push_back({id_at<ledger::account_id>(r, 2),
                                       {static_cast<std::int32_t>(integer_at(r, 4))},
                                       {integer_at(r, 5)}});
  }
  return states;
}

} // namespace

// Rows first: what commits in between brings its row and its entries together.
read_work::answer_of<std::vector<ledger::transaction_state>>
read_work::states_after(ledger::transaction_id after, std::int64_t limit) {
  auto records = co_await transactions_after(after, limit);
  if (!records) co_return records.error();
  if (records->empty()) co_return std::vector<ledger::transaction_state>{};
  const auto last = key_of(records->back().id);
  auto sums = co_await ask_one(sql::sums_between, args(key_of(after), last));
  if (!sums) co_return sums.error();
  co_return with_sums(std::move(*records), *sums);
}

read_work::answer_of<std::vector<ledger::transaction_state>>
read_work::states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids) {
  auto records = co_await transactions_by_id(std::move(user), std::move(ids), true);
  if (!records) co_return records.error();
  batch wanted{sql::sums_of, records->size()};
  for (const auto& r : *records) wanted.add(key_of(r.id));
  auto sums = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!sums) co_return sums.error();
  co_return with_sums(std::move(*records), *sums);
}

read_work::answer_of<std::vector<account_check>> read_work::checks_after(ledger::account_id after,
                                                                         std::int64_t limit) {
  auto found = co_await ask_one(sql::checks_after, args(key_of(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &account_check_from);
}

read_work::answer_of<std::vector<account_check>>
read_work::checks_of(std::vector<ledger::account_id> ids) {
  batch wanted{sql::checks_of, ids.size()};
  for (const auto& id : ids) wanted.add(key_of(id));
  auto found = co_await ask(db_, metrics_, std::move(wanted).done(), until_);
  if (!found) co_return found.error();
  co_return all(*found, &account_check_from);
}

read_work::answer_of<std::optional<account_check>> read_work::check_of(ledger::account_id id) {
  std::vector<ledger::account_id> one{std::move(id)};
  auto found = co_await checks_of(std::move(one));
  if (!found) co_return found.error();
  if (found->empty()) co_return std::optional<account_check>{};
  co_return std::optional{std::move(found->front())};
}

read_work::answer_of<correction_basis> read_work::basis(ledger::shard_id shard,
                                                        std::vector<ledger::account_id> ids) {
  correction_basis found;
  if (!ids.empty()) {
    auto checks = co_await checks_of(std::move(ids));
    if (!checks) co_return checks.error();
    found.accounts = std::move(*checks);
  }
  auto head = co_await ask_one(sql::log_head, args(integer{shard}));
  if (!head) co_return head.error();
  if (!head->empty()) found.head = audit_head_from(head->front());
  co_return found;
}

// -- audit log ----------------------------------------------------------------------------------

read_work::answer_of<ledger::audit_page> read_work::audit_log(ledger::audit_filter filter) {
  const auto text = [](const std::optional<std::string>& t) { return t ? cell{*t} : cell{}; };
  const auto& after = filter.after;
  auto found = co_await ask_one(
      sql::log_page, args(text(filter.action), text(filter.target),
                          after ? after->at.count : last_instant, after ? integer{after->shard} : 0,
                          after ? bound(after->number) : last_instant, filter.limit + 1));
  if (!found) co_return found.error();
  ledger::audit_page page;
  page.items = all(*found, &audit_record_from);
  page.more = static_cast<integer>(page.items.size()) > filter.limit;
  if (page.more) page.items.pop_back();
  co_return page;
}

read_work::answer_of<std::vector<ledger::audit_record>>
read_work::audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit) {
  auto found = co_await ask_one(sql::log_chain, args(integer{shard}, bound(after), limit));
  if (!found) co_return found.error();
  co_return all(*found, &audit_record_from);
}

} // namespace storage
