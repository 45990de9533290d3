// What   user_row: a row that a user has beside the books (sessions, tokens, goals …); the
//        questions by which such rows are found, and the command that changes them.
// Why    One variant and one command instead of a vector, a message and a port method for each
//        kind: a new kind is a struct, its table and its questions. They share what postings have:
//        one change of a user's rows after the other (the book), group commit, idempotency keys.
// Bounds An answer has at most user_rows_max rows.
// Threads none (values); `decide` runs in the book: pure, no I/O, no clock.
// Source docs/decisions/0015
#pragma once

#include "base/result.hpp"
#include "ledger/alert_state.hpp"
#include "ledger/audit_log.hpp"
#include "ledger/automation.hpp"
#include "ledger/automation_run.hpp"
#include "ledger/delivery.hpp"
#include "ledger/earmark.hpp"
#include "ledger/feed_item.hpp"
#include "ledger/insight_choice.hpp"
#include "ledger/login_session.hpp"
#include "ledger/notification.hpp"
#include "ledger/round_up.hpp"
#include "ledger/shared_expense.hpp"
#include "ledger/transaction.hpp"
#include "ledger/user.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ledger {

inline constexpr std::int64_t user_rows_max = 1000;

/// Only answered.
struct row_count {
  std::int64_t count = 0;
  bool operator==(const row_count&) const = default;
};

/// Only answered: by what a password is judged, as it is now.
struct credentials {
  std::string password_hash;
  bool active = false;
  bool operator==(const credentials&) const = default;
};

/// Written whole: it takes the place of the row with the same key.
using user_row =
    std::variant<login_session, refresh_token, password_reset, goal, budget_envelope,
                 earmark_movement /* new ones only */, automation, notification, notifications_read,
                 insight_preferences, insight_feedback, shared_expense, expense_share,
                 share_event /* new ones only */, feed_item, feed_read,
                 automation_run /* new, or over a failed one */, alert_state, delivery, round_up,
                 row_count, credentials, share_view, user_record /* only answered */>;

// -- questions ------------------------------------------------------------------------------------

struct credentials_of {
  user_id user;
};
/// Answers a user_record, as it is now.
struct profile_of {
  user_id user;
};
/// Answers the user_record of whoever has this address, in lower case.
struct owner_of_email {
  std::string email;
};
/// Answers a row_count: active administrators besides this user.
struct other_admins {
  user_id user;
};
struct session_by_id {
  session_id id;
};
/// Live ones, newest first.
struct sessions_of_user {
  user_id user;
  base::utc_us now;
};
struct token_by_hash {
  base::digest hash{};
};
struct reset_by_hash {
  base::digest hash{};
};
/// That may still be used.
struct resets_of_user {
  user_id user;
  base::utc_us now;
};

struct goal_by_id {
  user_id user;
  goal_id id;
};
/// Not deleted, oldest first.
struct goals_of_user {
  user_id user;
};
struct envelope_by_id {
  user_id user;
  envelope_id id;
};
struct envelopes_of_user {
  user_id user;
};
/// Of a goal or an envelope, the newest first.
struct movements_of {
  user_id user;
  earmark_kind kind = earmark_kind::goal;
  base::id_key earmark = 0;
};

struct automation_by_id {
  user_id user;
  automation_id id;
};
/// Not deleted, oldest first.
struct automations_of_user {
  user_id user;
};
struct notification_by_id {
  user_id user;
  notification_id id;
};
/// Newest first, from limit + 1 rows one can tell that there are more.
struct notification_filter {
  user_id user;
  bool unread_only = false;
  std::int64_t skip = 0;
  std::int64_t limit = 50;
  struct position {
    base::utc_us created_at;
    notification_id id;
  };
  std::optional<position> after; ///< cursor
};
/// Answers a row_count.
struct count_notifications {
  user_id user;
  bool unread_only = false;
};
/// Answers a row_count.
struct unread_notifications {
  user_id user;
  bool insights_only = false; ///< types that begin with insight_
};

struct insight_preferences_of {
  user_id user;
};
/// Newest first.
struct insight_feedback_of {
  user_id user;
};

/// Whoever asks: the one who decides looks who may see it. Cancelled ones too.
struct shared_expense_by_id {
  shared_expense_id id;
};
/// Answers a share_view; whoever asks.
struct share_by_id {
  share_id id;
};
/// Answers share_views, in the order of their making.
struct shares_of_expense {
  shared_expense_id expense;
};
/// Answers share_views: all shares of the expenses that the user made or shares, newest expense
/// first, the shares of one in the order of their making.
struct shares_visible_to {
  user_id user;
  struct position {
    base::utc_us created_at;
    shared_expense_id id;
  };
  std::optional<position> after; ///< expenses behind this one
  std::int64_t limit = user_rows_max;
};
/// Answers share_views of what is not cancelled, newest first.
struct shares_pending_of {
  user_id user;
};
/// Oldest first.
struct events_of_share {
  share_id share;
};

struct feed_item_by_id {
  user_id user;
  feed_item_id id;
};
/// Newest first, from limit + 1 rows one can tell that there are more.
struct feed_filter {
  user_id user;
  std::int64_t skip = 0;
  std::int64_t limit = 50;
  struct position {
    base::utc_us created_at;
    feed_item_id id;
  };
  std::optional<position> after; ///< cursor
};
/// Oldest first, from this instant on.
struct feed_since {
  user_id user;
  base::utc_us since;
};
/// Answers a row_count.
struct unread_feed_items {
  user_id user;
};
/// Answers a row_count.
struct count_feed_items {
  user_id user;
};

/// Changed, made or deleted at this instant or later, deleted ones too; in the order of their ids.
struct goals_changed {
  user_id user;
  base::utc_us since;
};
struct envelopes_changed {
  user_id user;
  base::utc_us since;
};

/// How one occurrence ended, if it did.
struct automation_run_of {
  user_id user;
  automation_id automation;
  base::civil_day day;
};
/// Newest day first.
struct automation_runs_of {
  user_id user;
  automation_id automation;
  std::int64_t limit = 100;
};
/// Those of one rule of the user, in the order of subjects; of all rules when `rule` is empty.
struct alert_states_of {
  user_id user;
  std::string rule;
  std::optional<std::string> subject = {}; ///< only this one
  std::string after = {};                  ///< subjects behind this one
  std::int64_t limit = user_rows_max;
};
struct delivery_by_id {
  user_id user;
  delivery_id id;
};
/// Pending and sending ones of all users, made before the instant, oldest first.
struct deliveries_open {
  base::utc_us made_before;
  std::int64_t limit = user_rows_max;
};
/// What rules have added for a transaction.
struct round_ups_of {
  user_id user;
  transaction_id transaction;
};
/// Rules of a user that look at postings: active ones, and whatever their state all that round up.
struct watching_rules_of {
  user_id user;
};
/// Answers a row_count: centavos of live expenses of the category, both days included.
struct spent_in {
  user_id user;
  account_id category;
  base::civil_day first, last;
};
/// Answers a row_count: centavos that the account holds. Nothing when it is of somebody else.
struct balance_of {
  user_id user;
  account_id account;
};
/// Oldest first, from this instant on.
struct notifications_since {
  user_id user;
  base::utc_us since;
};
/// Answers user_records of active users, in the order of their keys, behind this one.
struct users_after {
  base::id_key key = base::before_all_keys;
  std::int64_t limit = user_rows_max;
};
/// Active automations of one type whose users are active, not deleted, in the order of their keys,
/// behind this one.
struct rules_after {
  std::string type;
  base::id_key key = base::before_all_keys;
  std::int64_t limit = user_rows_max;
};

/// The kinds that a dump carries, in its order. Sessions and tokens end with their database.
enum class dumped_row : std::uint8_t {
  goals,
  envelopes,
  movements,
  automations,
  notifications,
  insight_preferences,
  insight_feedback,
  shared_expenses,
  expense_shares,
  share_events,
  feed_items,
  automation_runs,
  alert_states,
  round_ups
};

/// A row_count of the user's goals, envelopes or automations that are not deleted.
struct count_of {
  user_id user;
  dumped_row kind = dumped_row::goals;
};

/// Of the whole database, deleted ones too, by key (a movement by kind, earmark and version, what a
/// user said about insights by user and hash) behind this one.
struct rows_after {
  dumped_row kind = dumped_row::goals;
  base::id_key key = base::before_all_keys;
  std::uint64_t version = 0; ///< of movements; the day of a run; the rule of a round-up
  std::string hash = {};     ///< of feedback; the rule of an alert state
  std::string subject = {};  ///< of alert states
  std::int64_t limit = user_rows_max;
  earmark_kind earmarks = earmark_kind::goal; ///< of movements: whose key it is
};
/// Answers expense_shares of the whole database, by the keys of expense and share, behind these.
struct shares_by_expense {
  base::id_key expense = base::before_all_keys;
  base::id_key share = base::before_all_keys;
  std::int64_t limit = user_rows_max;
};

using row_question =
    std::variant<session_by_id, sessions_of_user, token_by_hash, reset_by_hash, resets_of_user,
                 goal_by_id, goals_of_user, envelope_by_id, envelopes_of_user, movements_of,
                 automation_by_id, automations_of_user, notification_by_id, notification_filter,
                 unread_notifications, rows_after, credentials_of, count_of, count_notifications,
                 insight_preferences_of, insight_feedback_of, shared_expense_by_id, share_by_id,
                 shares_of_expense, shares_visible_to, shares_pending_of, events_of_share,
                 feed_item_by_id, feed_filter, feed_since, unread_feed_items, goals_changed,
                 envelopes_changed, profile_of, owner_of_email, count_feed_items, shares_by_expense,
                 other_admins, automation_run_of, automation_runs_of, alert_states_of,
                 delivery_by_id, deliveries_open, round_ups_of, watching_rules_of, spent_in,
                 balance_of, notifications_since, users_after, rules_after>;

using user_rows = std::vector<user_row>;

/// Those of one kind, in their order.
template <class Row> std::vector<Row> rows_of(const user_rows& all) {
  std::vector<Row> found;
  for (const auto& r : all)
    if (const auto* mine = std::get_if<Row>(&r)) found.push_back(*mine);
  return found;
}
template <class Row> std::optional<Row> row_of(const user_rows& all) {
  for (const auto& r : all)
    if (const auto* mine = std::get_if<Row>(&r)) return *mine;
  return std::nullopt;
}

// -- the command ----------------------------------------------------------------------------------

struct row_change {
  user_rows writes;                ///< may be of other users too, when they are new
  std::optional<user_change> user; ///< of the same user
  user_rows answer;                ///< what the client is shown
  int verdict = 0;                 ///< of the decider's own numbering
  // In the same commit, under the rules of any posting; a refusal refuses the whole.
  std::optional<create_transaction> post;
  std::optional<transaction_id> reverse; ///< deleted; one that is gone already is left alone
  /// Sees what is posted and completes the rows.
  std::function<void(row_change&, const transaction_record&)> on_posted;
  /// Goes into the audit log with the rows. Never together with a posting.
  std::optional<audit_note> note;
};

/// Reads, decides and writes while no other change of this user's rows runs.
struct change_rows {
  std::vector<row_question> reads;
  /// Sees the answers in the order of the questions, and when it is.
  std::function<base::result<row_change>(const std::vector<user_rows>&, base::utc_us)> decide;
  bool of_operator = false; ///< the user whose rows they are may be inactive
};

struct changed_rows {
  user_rows rows; ///< row_change::answer
  int verdict = 0;
  std::optional<transaction_record> posted = {};
};

} // namespace ledger
