// What   Every REST handler of the main path, by resource.
// Why    The route table (http/routes.cpp) reads like the contract; what a handler does stands in
//        the file of its resource: auth_api, account_api, category_api, transaction_api, batch_api,
//        posting_api, hold_api, meta_api.
// Errors A handler answers every expected failure itself; only our own faults throw.
// Threads any: called on many threads at once.
// Source api-contract.md §4-§7, §15.1
#pragma once

#include "http/api/service.hpp"

namespace http {

// -- auth -----------------------------------------------------------------------------------------

response register_user(const service& s, const request& r);
response login(const service& s, const request& r);
/// The cookie for an access token and another cookie.
response refresh(const service& s, const request& r);
/// Of whoever the cookie and the access token belong to.
response logout(const service& s, const request& r);
decision logout_all(const service& s, const request& r, const ledger::user_record& user);
response list_sessions(const service& s, const request& r, const ledger::user_record& user);
decision revoke_session(const service& s, const request& r, const ledger::user_record& user);
/// Says the same, in the same time, whoever is asked for.
response forgot_password(const service& s, const request& r);
/// Ends all sessions.
response reset_password(const service& s, const request& r);
/// Ends the other sessions.
response change_password(const service& s, const request& r, const ledger::user_record& user);
response get_me(const service& s, const request& r, const ledger::user_record& user);
decision put_me(const service& s, const request& r, const ledger::user_record& user);
response greet(const service& s, const request& r, const ledger::user_record& user);

// -- accounts -------------------------------------------------------------------------------------

response list_accounts(const service& s, const request& r, const ledger::user_record& user);
decision create_account(const service& s, const request& r);
response get_account(const service& s, const request& r, const ledger::user_record& user);
decision put_account(const service& s, const request& r);
decision delete_account(const service& s, const request& r);
response list_holds(const service& s, const request& r, const ledger::user_record& user);
decision place_hold(const service& s, const request& r);
response get_hold(const service& s, const request& r, const ledger::user_record& user);
decision post_hold(const service& s, const request& r);
decision void_hold(const service& s, const request& r);
response list_entries(const service& s, const request& r, const ledger::user_record& user);
response get_balance(const service& s, const request& r, const ledger::user_record& user);
/// Mends the stored balance when it is not that of the entries; a line of the audit log says so.
response recalculate_account(const service& s, const request& r, const ledger::user_record& user);

// -- categories and tags --------------------------------------------------------------------------

response list_categories(const service& s, const request& r, const ledger::user_record& user);
response get_category(const service& s, const request& r, const ledger::user_record& user);
decision create_category(const service& s, const request& r);
decision put_category(const service& s, const request& r);
decision delete_category(const service& s, const request& r);
response list_tags(const service& s, const request& r, const ledger::user_record& user);

// -- transactions ---------------------------------------------------------------------------------

response list_transactions(const service& s, const request& r, const ledger::user_record& user);
decision create_transaction(const service& s, const request& r, const ledger::user_record& user);
decision delete_transactions(const service& s, const request& r);
response monthly_summary(const service& s, const request& r, const ledger::user_record& user);
response get_transaction(const service& s, const request& r, const ledger::user_record& user);
decision put_transaction(const service& s, const request& r);
decision delete_transaction(const service& s, const request& r);
decision restore_transaction(const service& s, const request& r);
response transaction_entries(const service& s, const request& r, const ledger::user_record& user);
decision post_batch(const service& s, const request& r);
decision post_legs(const service& s, const request& r);

// -- goals and envelopes --------------------------------------------------------------------------

response list_goals(const service& s, const request& r, const ledger::user_record& user);
response get_goal(const service& s, const request& r, const ledger::user_record& user);
decision create_goal(const service& s, const request& r, const ledger::user_record& user);
decision put_goal(const service& s, const request& r, const ledger::user_record& user);
decision delete_goal(const service& s, const request& r, const ledger::user_record& user);
decision add_to_goal(const service& s, const request& r, const ledger::user_record& user);
response list_envelopes(const service& s, const request& r, const ledger::user_record& user);
response get_envelope(const service& s, const request& r, const ledger::user_record& user);
decision create_envelope(const service& s, const request& r, const ledger::user_record& user);
decision put_envelope(const service& s, const request& r, const ledger::user_record& user);
decision delete_envelope(const service& s, const request& r, const ledger::user_record& user);
decision add_to_envelope(const service& s, const request& r, const ledger::user_record& user);
decision take_from_envelope(const service& s, const request& r, const ledger::user_record& user);

// -- a user's own data ----------------------------------------------------------------------------

response my_data(const service& s, const request& r, const ledger::user_record& user);
/// What a new user begins with, for one who has none of it; of others only for administrators,
/// with a reason.
response seed_default_data(const service& s, const request& r, const ledger::user_record& user);
/// Makes the user nobody and ends all sessions; the books stay.
response delete_me(const service& s, const request& r, const ledger::user_record& user);

// -- reports --------------------------------------------------------------------------------------

response report_summary(const service& s, const request& r, const ledger::user_record& user);
response report_cashflow(const service& s, const request& r, const ledger::user_record& user);
response report_categories(const service& s, const request& r, const ledger::user_record& user);

// -- automations and notifications ----------------------------------------------------------------

response list_automations(const service& s, const request& r, const ledger::user_record& user);
response get_automation(const service& s, const request& r, const ledger::user_record& user);
/// The next occurrences of a recurring rule.
response preview_automation(const service& s, const request& r, const ledger::user_record& user);
response list_automation_runs(const service& s, const request& r, const ledger::user_record& user);
decision execute_automation(const service& s, const request& r, const ledger::user_record& user);
decision create_automation(const service& s, const request& r, const ledger::user_record& user);
decision put_automation(const service& s, const request& r, const ledger::user_record& user);
decision delete_automation(const service& s, const request& r, const ledger::user_record& user);
response list_notifications(const service& s, const request& r, const ledger::user_record& user);
response count_unread(const service& s, const request& r, const ledger::user_record& user);
response count_unread_insights(const service& s, const request& r, const ledger::user_record& user);
response get_notification(const service& s, const request& r, const ledger::user_record& user);
decision read_notification(const service& s, const request& r, const ledger::user_record& user);
decision read_all_notifications(const service& s, const request& r,
                                const ledger::user_record& user);
/// The new ones as server-sent events.
response stream_notifications(const service& s, const request& r);

// -- keys, health, metrics ------------------------------------------------------------------------

response get_key(const service& s, const request& r, const ledger::user_record& user);
response get_root(const service& s, const request& r);
response get_health(const service& s, const request& r);
response get_live(const service& s, const request& r);
response get_ready(const service& s, const request& r);
response get_metrics(const service& s, const request& r);

} // namespace http
