#include "storage/sql_recovery.hpp"

#include "storage/asked.hpp"
#include "storage/read_work.hpp"

namespace storage {

template <class T, class Work> void sql_recovery::ask(callback<T> done, Work work) {
  ask_pool<T, read_work>(pool_, metrics_, calls_, std::move(done), std::move(work));
}

void sql_recovery::states_after(ledger::transaction_id after, std::int64_t limit,
                                callback<std::vector<ledger::transaction_state>> done) {
  ask(std::move(done), [=](read_work& w) { return w.states_after(after, limit); });
}

void sql_recovery::states_of(ledger::user_id user, std::vector<ledger::transaction_id> ids,
                             callback<std::vector<ledger::transaction_state>> done) {
  ask(std::move(done), [=](read_work& w) { return w.states_of(user, ids); });
}

void sql_recovery::checks_after(ledger::account_id after, std::int64_t limit,
                                callback<std::vector<account_check>> done) {
  ask(std::move(done), [=](read_work& w) { return w.checks_after(after, limit); });
}

void sql_recovery::check_of(ledger::account_id id, callback<std::optional<account_check>> done) {
  ask(std::move(done), [=](read_work& w) { return w.check_of(id); });
}

void sql_recovery::audit_log(ledger::audit_filter filter, callback<ledger::audit_page> done) {
  ask(std::move(done), [=](read_work& w) { return w.audit_log(filter); });
}

void sql_recovery::audit_records(ledger::shard_id shard, std::uint64_t after, std::int64_t limit,
                                 callback<std::vector<ledger::audit_record>> done) {
  ask(std::move(done), [=](read_work& w) { return w.audit_records(shard, after, limit); });
}

} // namespace storage
