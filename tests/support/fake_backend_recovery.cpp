// What fake_backend says of transactions without entries, balances that differ, the audit log.
#include "tests/support/fake_backend.hpp"

namespace http_test {

base::result<std::vector<ledger::transaction_state>>
fake_backend::states_after(const ledger::transaction_id& after, std::int64_t limit) {
  if (broken) return *broken;
  std::vector<ledger::transaction_state> page;
  for (auto at = states.upper_bound(after); at != states.end(); ++at) {
    if (static_cast<std::int64_t>(page.size()) == limit) break;
    page.push_back(at->second);
  }
  return page;
}

base::result<std::vector<ledger::transaction_state>>
fake_backend::states_of(const ledger::user_id& user,
                        const std::vector<ledger::transaction_id>& ids) {
  std::vector<ledger::transaction_state> found;
  for (const auto& id : ids) {
    const auto at = states.find(id);
    if (at == states.end() || at->second.row.owner != user) continue;
    found.push_back(at->second);
    if (!at->second.row.partner) continue;
    const auto partner = states.find(*at->second.row.partner);
    if (partner != states.end()) found.push_back(partner->second);
  }
  return found;
}

base::result<ledger::outcome> fake_backend::apply(const ledger::user_id& u,
                                                  const ledger::repair_entries& c) {
  const auto found = ledger::missing_entries(*states_of(u, c.ids));
  for (const auto& e : found.entries)
    states.at(e.transaction).sums.push_back({e.account, e.effective, e.amount});
  return ledger::outcome{
      ledger::repaired_entries{found.entries.size(), found.repaired, found.beyond}};
}

base::result<std::vector<http::balance_check>>
fake_backend::checks_after(const ledger::account_id& after, std::int64_t limit) {
  std::vector<http::balance_check> page;
  for (auto at = checks.upper_bound(after); at != checks.end(); ++at) {
    if (static_cast<std::int64_t>(page.size()) == limit) break;
    page.push_back(at->second);
  }
  return page;
}

base::result<std::optional<http::balance_check>>
fake_backend::check_of(const ledger::account_id& id) {
  const auto found = checks.find(id);
  if (found == checks.end()) return std::optional<http::balance_check>{};
  return std::optional{found->second};
}

base::result<ledger::outcome> fake_backend::apply(const ledger::user_id&,
                                                  const ledger::sync_balances& c) {
  for (const auto& id : c.ids) checks.at(id).stored = checks.at(id).from_ledger;
  return ledger::outcome{ledger::done{}};
}

base::result<ledger::audit_page> fake_backend::audit_log(const ledger::audit_filter& filter) {
  asked_log = filter;
  return ledger::audit_page{log, more};
}

} // namespace http_test
