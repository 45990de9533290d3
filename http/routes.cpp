#include "http/routes.hpp"

#include "http/api/admin_api.hpp"
#include "http/api/handlers.hpp"

namespace http {

namespace {

using open_handler = response (*)(const service&, const request&);
using own_handler = response (*)(const service&, const request&, const ledger::user_record&);

handler open(const service& s, open_handler run) {
  return [&s, run](const request& r) { return run(s, r); };
}

handler own(const service& s, own_handler run) {
  return [&s, run](const request& r) { return for_user(s, r, run); };
}

handler administering(const service& s, admin_handler run) {
  return [&s, run](const request& r) { return for_admin(s, r, run); };
}

deferred_handler changing(const service& s, change_handler decide) {
  return [&s, decide](request r, reply to) {
    change_for_user(s, std::move(r), decide, std::move(to));
  };
}

} // namespace

route_table make_routes(const service& s) {
  route_table t;
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  constexpr route_flags vital{.vital = true};

  t.add({"POST", "/api/auth/register", "auth", open(s, register_user), plain});
  t.add({"POST", "/api/auth/login", "auth", open(s, login), plain});
  t.add({"GET", "/api/auth/me", "auth", own(s, get_me), plain});
  t.add({"PUT", "/api/auth/me", "auth", own(s, put_me), plain});
  t.add({"GET", "/api/protected", "auth", own(s, greet), plain});

  t.add({"GET", "/api/accounts", "accounts", own(s, list_accounts), plain});
  t.add({"POST", "/api/accounts", "accounts", nullptr, keyed, changing(s, create_account)});
  t.add({"GET", "/api/accounts/{id}", "accounts", own(s, get_account), plain});
  t.add({"PUT", "/api/accounts/{id}", "accounts", nullptr, keyed, changing(s, put_account)});
  t.add({"DELETE", "/api/accounts/{id}", "accounts", nullptr, keyed, changing(s, delete_account)});
  t.add({"GET", "/api/accounts/{id}/holds", "accounts", own(s, list_holds), plain});
  t.add({"POST", "/api/accounts/{id}/holds", "accounts", nullptr, keyed, changing(s, place_hold)});
  t.add({"GET", "/api/holds/{id}", "accounts", own(s, get_hold), plain});
  t.add({"POST", "/api/holds/{id}/post", "accounts", nullptr, keyed, changing(s, post_hold)});
  t.add({"POST", "/api/holds/{id}/void", "accounts", nullptr, keyed, changing(s, void_hold)});
  t.add({"GET", "/api/accounts/{id}/entries", "accounts", own(s, list_entries), plain});
  t.add({"GET", "/api/accounts/{id}/balance", "accounts", own(s, get_balance), plain});
  t.add({"POST", "/api/accounts/{id}/recalculate", "accounts", own(s, recalculate_account), plain});

  t.add({"GET", "/api/categories", "accounts", own(s, list_categories), plain});
  t.add({"POST", "/api/categories", "accounts", nullptr, keyed, changing(s, create_category)});
  t.add({"PUT", "/api/categories/{id}", "accounts", nullptr, keyed, changing(s, put_category)});
  t.add(
      {"DELETE", "/api/categories/{id}", "accounts", nullptr, keyed, changing(s, delete_category)});
  t.add({"GET", "/api/tags", "accounts", own(s, list_tags), plain});

  t.add({"GET", "/api/transactions", "transactions", own(s, list_transactions), plain});
  t.add({"POST", "/api/transactions", "transactions", nullptr, keyed,
         changing(s, create_transaction)});
  t.add({"DELETE", "/api/transactions", "transactions", nullptr, keyed,
         changing(s, delete_transactions)});
  t.add(
      {"GET", "/api/transactions/summary/monthly", "transactions", own(s, monthly_summary), plain});
  t.add(
      {"POST", "/api/transactions/batch", "transactions", nullptr, keyed, changing(s, post_batch)});
  t.add({"GET", "/api/transactions/{id}", "transactions", own(s, get_transaction), plain});
  t.add({"PUT", "/api/transactions/{id}", "transactions", nullptr, keyed,
         changing(s, put_transaction)});
  t.add({"DELETE", "/api/transactions/{id}", "transactions", nullptr, keyed,
         changing(s, delete_transaction)});
  t.add({"POST", "/api/transactions/{id}/restore", "transactions", nullptr, keyed,
         changing(s, restore_transaction)});
  t.add({"GET", "/api/transactions/{id}/entries", "transactions", own(s, transaction_entries),
         plain});

  t.add({"POST", "/api/postings", "transactions", nullptr, keyed, changing(s, post_legs)});

  t.add({"GET", "/api/idempotency/{key}", "transactions", own(s, get_key), plain});

  t.add({"GET", "/api/admin/users", "console", administering(s, admin_find_users), plain});
  t.add({"GET", "/api/admin/recovery", "console", administering(s, admin_recovery), plain});
  t.add({"POST", "/api/admin/recovery/finish", "console", administering(s, admin_finish_recovery),
         plain});
  t.add({"POST", "/api/admin/ledger/verify", "console", administering(s, admin_verify), plain});
  t.add({"POST", "/api/admin/reconcile", "console", administering(s, admin_reconcile), plain});
  for (const auto* method : {"GET", "POST"})
    t.add({method, "/api/admin/snapshots", "console", administering(s, admin_snapshots), plain});
  t.add(
      {"GET", "/api/admin/rate-limits", "console", administering(s, admin_list_throttled), plain});
  t.add(
      {"DELETE", "/api/admin/rate-limits/{id}", "console", administering(s, admin_unblock), plain});
  t.add({"GET", "/api/admin/checks", "console", administering(s, admin_list_checks), plain});
  t.add({"GET", "/api/admin/checks/{id}", "console", administering(s, admin_get_check), plain});
  t.add({"POST", "/api/admin/ledger/backfill", "console", administering(s, admin_backfill), plain});
  t.add(
      {"POST", "/api/admin/ledger/sync", "console", administering(s, admin_sync_accounts), plain});
  t.add({"POST", "/api/admin/ledger/accounts/{id}/sync", "console",
         administering(s, admin_sync_account), plain});
  t.add({"GET", "/api/admin/audit", "console", administering(s, admin_list_audit), plain});

  t.add({"GET", "/", "health", open(s, get_root), vital});
  t.add({"GET", "/api", "health", open(s, get_root), vital});
  t.add({"GET", "/health", "health", open(s, get_health), vital});
  t.add({"GET", "/api/health", "health", open(s, get_health), vital});
  t.add({"GET", "/health/live", "health", open(s, get_live), vital});
  t.add({"GET", "/health/ready", "health", open(s, get_ready), vital});
  t.add({"GET", "/metrics", "health", open(s, get_metrics), vital});
  return t;
}

} // namespace http
