#include "http/routes.hpp"

#include "http/api/admin_api.hpp"
#include "http/api/handlers.hpp"
#include "http/route_binding.hpp"
#include "http/routes_insights.hpp"
#include "http/routes_jobs.hpp"
#include "http/routes_own_data.hpp"
#include "http/routes_schedules.hpp"
#include "http/routes_sharing.hpp"

namespace http {

namespace {

handler administering(const service& s, admin_handler run) {
  return [&s, run](const request& r) { return for_admin(s, r, run); };
}

} // namespace

route_table make_routes(const service& s, static_files* site) {
  route_table t;
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  constexpr route_flags vital{.vital = true};
  constexpr route_flags tagged{.tagged = true};
  constexpr route_flags secret{.holds_secret = true};

  t.add({"POST", "/api/auth/register", "auth", open(s, register_user), secret});
  t.add({"POST", "/api/auth/login", "auth", open(s, login), secret});
  t.add({"POST", "/api/auth/refresh", "auth", open(s, refresh), secret});
  t.add({"POST", "/api/auth/logout", "auth", open(s, logout), plain});
  t.add({"POST", "/api/auth/logout-all", "auth", nullptr, keyed, changing(s, logout_all)});
  t.add({"GET", "/api/auth/sessions", "auth", own(s, list_sessions), plain});
  t.add({"DELETE", "/api/auth/sessions/{id}", "auth", nullptr, keyed, changing(s, revoke_session)});
  t.add({"POST", "/api/auth/change-password", "auth", own(s, change_password), plain});
  t.add({"POST", "/api/auth/forgot-password", "auth", open(s, forgot_password), plain});
  t.add({"POST", "/api/auth/reset-password", "auth", open(s, reset_password), plain});
  t.add({"GET", "/api/auth/me", "auth", own(s, get_me), plain});
  t.add({"PUT", "/api/auth/me", "auth", nullptr, keyed, changing(s, put_me)});
  t.add({"GET", "/api/protected", "auth", own(s, greet), plain});

  t.add({"GET", "/api/accounts", "accounts", own(s, list_accounts), tagged});
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
  t.add({"POST", "/api/accounts/{id}/recalculate", "accounts", own(s, recalculate_account), keyed});

  t.add({"GET", "/api/categories", "accounts", own(s, list_categories), tagged});
  t.add({"POST", "/api/categories", "accounts", nullptr, keyed, changing(s, create_category)});
  t.add({"GET", "/api/categories/{id}", "accounts", own(s, get_category), plain});
  t.add({"PUT", "/api/categories/{id}", "accounts", nullptr, keyed, changing(s, put_category)});
  t.add(
      {"DELETE", "/api/categories/{id}", "accounts", nullptr, keyed, changing(s, delete_category)});
  t.add({"GET", "/api/tags", "accounts", own(s, list_tags), tagged});

  t.add({"GET", "/api/transactions", "transactions", own(s, list_transactions), tagged});
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

  t.add({"GET", "/api/goals", "planning", own(s, list_goals), tagged});
  t.add({"POST", "/api/goals", "planning", nullptr, keyed, changing(s, create_goal)});
  t.add({"GET", "/api/goals/{id}", "planning", own(s, get_goal), plain});
  t.add({"PUT", "/api/goals/{id}", "planning", nullptr, keyed, changing(s, put_goal)});
  t.add({"DELETE", "/api/goals/{id}", "planning", nullptr, keyed, changing(s, delete_goal)});
  t.add(
      {"POST", "/api/goals/{id}/add-value", "planning", nullptr, keyed, changing(s, add_to_goal)});

  t.add({"GET", "/api/envelopes", "planning", own(s, list_envelopes), tagged});
  t.add({"POST", "/api/envelopes", "planning", nullptr, keyed, changing(s, create_envelope)});
  t.add({"GET", "/api/envelopes/{id}", "planning", own(s, get_envelope), plain});
  t.add({"PUT", "/api/envelopes/{id}", "planning", nullptr, keyed, changing(s, put_envelope)});
  t.add(
      {"DELETE", "/api/envelopes/{id}", "planning", nullptr, keyed, changing(s, delete_envelope)});
  t.add({"POST", "/api/envelopes/{id}/add-value", "planning", nullptr, keyed,
         changing(s, add_to_envelope)});
  t.add({"POST", "/api/envelopes/{id}/withdraw-value", "planning", nullptr, keyed,
         changing(s, take_from_envelope)});

  t.add({"GET", "/api/me/data", "reports", own(s, my_data), plain});
  t.add({"POST", "/api/privacy/delete-account", "reports", own(s, delete_me), plain});
  t.add(
      {"POST", "/api/users/{id}/seed-default-data", "accounts", own(s, seed_default_data), keyed});

  t.add({"GET", "/api/reports/summary", "reports", own(s, report_summary), plain});
  t.add({"GET", "/api/reports/cashflow", "reports", own(s, report_cashflow), plain});
  t.add({"GET", "/api/reports/categories/summary", "reports", own(s, report_categories), plain});

  t.add({"GET", "/api/automations", "planning", own(s, list_automations), tagged});
  t.add({"POST", "/api/automations", "planning", nullptr, keyed, changing(s, create_automation)});
  t.add({"GET", "/api/automations/{id}", "planning", own(s, get_automation), plain});
  t.add({"PUT", "/api/automations/{id}", "planning", nullptr, keyed, changing(s, put_automation)});
  t.add({"DELETE", "/api/automations/{id}", "planning", nullptr, keyed,
         changing(s, delete_automation)});
  t.add({"GET", "/api/automations/{id}/preview", "planning", own(s, preview_automation), plain});
  t.add({"GET", "/api/automations/{id}/runs", "planning", own(s, list_automation_runs), plain});
  t.add({"POST", "/api/automations/{id}/execute", "planning", nullptr, keyed,
         changing(s, execute_automation)});

  t.add({"GET", "/api/notifications", "planning", own(s, list_notifications), tagged});
  t.add({"GET", "/api/notifications/unread-count", "planning", own(s, count_unread), plain});
  t.add({"GET", "/api/notifications/unread-insight-count", "planning",
         own(s, count_unread_insights), plain});
  t.add({"GET", "/api/notifications/stream", "planning", open(s, stream_notifications), plain});
  t.add({"POST", "/api/notifications/mark-all-read", "planning", nullptr, keyed,
         changing(s, read_all_notifications)});
  t.add({"GET", "/api/notifications/{id}", "planning", own(s, get_notification), plain});
  t.add({"PATCH", "/api/notifications/{id}/read", "planning", nullptr, keyed,
         changing(s, read_notification)});

  add_insights_routes(t, s);
  add_job_routes(t, s);
  add_schedule_routes(t, s);
  add_own_data_routes(t, s);

  add_sharing_routes(t, s);

  t.add({"GET", "/api/idempotency/{key}", "transactions", own(s, get_key), plain});

  t.add({"GET", "/api/admin/users", "console", administering(s, admin_find_users), plain});
  t.add({"PUT", "/api/admin/users/{id}/role", "console", administering(s, admin_set_role), keyed});
  t.add({"POST", "/api/admin/users/{id}/activate", "console", administering(s, admin_activate),
         keyed});
  t.add({"POST", "/api/admin/users/{id}/deactivate", "console", administering(s, admin_deactivate),
         keyed});
  t.add({"POST", "/api/admin/users/{id}/revoke-sessions", "console",
         administering(s, admin_revoke_sessions), keyed});
  t.add({"POST", "/api/admin/users/{id}/seed-defaults", "console",
         administering(s, admin_seed_defaults), keyed});
  t.add({"GET", "/api/admin/database", "console", administering(s, admin_database), plain});
  t.add({"GET", "/api/admin/recovery", "console", administering(s, admin_recovery), plain});
  t.add({"POST", "/api/admin/recovery/finish", "console", administering(s, admin_finish_recovery),
         keyed});
  t.add({"POST", "/api/admin/ledger/verify", "console", administering(s, admin_verify), keyed});
  t.add({"POST", "/api/admin/reconcile", "console", administering(s, admin_reconcile), keyed});
  t.add({"GET", "/api/admin/snapshots", "console", administering(s, admin_snapshots), plain});
  t.add({"POST", "/api/admin/snapshots", "console", administering(s, admin_snapshots), keyed});
  t.add(
      {"GET", "/api/admin/rate-limits", "console", administering(s, admin_list_throttled), plain});
  t.add(
      {"DELETE", "/api/admin/rate-limits/{id}", "console", administering(s, admin_unblock), keyed});
  t.add({"GET", "/api/admin/checks", "console", administering(s, admin_list_checks), plain});
  t.add({"GET", "/api/admin/checks/{id}", "console", administering(s, admin_get_check), plain});
  t.add({"POST", "/api/admin/ledger/backfill", "console", administering(s, admin_backfill), keyed});
  t.add(
      {"POST", "/api/admin/ledger/sync", "console", administering(s, admin_sync_accounts), keyed});
  t.add({"POST", "/api/admin/ledger/accounts/{id}/sync", "console",
         administering(s, admin_sync_account), keyed});
  t.add({"GET", "/api/admin/audit", "console", administering(s, admin_list_audit), plain});

  if (site != nullptr)
    t.add_fallback({"GET", "/{path}", "", [site](const request& r) { return site->answer(r); },
                    route_flags{.page = true}},
                   [](std::string_view path) { return !is_of_the_api(path); });
  else
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
