// What   Shared expenses and the activity feed as the API shows them, and the handlers.
// Why    Shares, expenses and feed items are written and shown by several handlers; how they look
//        stands once.
// Errors A handler answers every expected failure itself.
// Threads any: handlers are called on many threads at once.
// Source api-contract.md §13
#pragma once

#include "http/api/service.hpp"
#include "ledger/user_row.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace http {

void append_shared_expense(std::string& out, const ledger::shared_expense& e);
/// Hundredths of a percent as a number, or null.
void append_percentage(std::string& out, const std::optional<std::int64_t>& hundredths);
void append_share(std::string& out, const ledger::share_view& v);
void append_share_event(std::string& out, const ledger::share_event& e);
void append_feed_item(std::string& out, const ledger::feed_item& f);

/// What the feed says of a share; without time, which is that of the commit.
struct share_news {
  std::string_view type; ///< share_received, share_sent, share_accepted, share_rejected …
  std::string_view title;
};
ledger::feed_item item_about(const service& s, const share_news& news,
                             const ledger::expense_share& share, const ledger::user_id& reader,
                             const std::string& description);

/// The user made the expense of these shares, or has one of them.
bool takes_part(const std::vector<ledger::share_view>& shares, const ledger::user_id& user);

decision create_shared_expense(const service& s, const request& r, const ledger::user_record& user);
response shared_read_model(const service& s, const request& r, const ledger::user_record& user);
response pending_shares(const service& s, const request& r, const ledger::user_record& user);
/// For those who take part in its expense.
response get_share(const service& s, const request& r, const ledger::user_record& user);
decision answer_share(const service& s, const request& r, const ledger::user_record& user);
response share_history(const service& s, const request& r, const ledger::user_record& user);
response shared_details(const service& s, const request& r, const ledger::user_record& user);
/// Takes the creator's own transaction back in the same commit.
decision cancel_shared_expense(const service& s, const request& r, const ledger::user_record& user);

/// A transaction that the client posts for a shared expense: that of its creator takes the place of
/// the automatic one.
ledger::change_rows posting_for_expense(ledger::create_transaction wish, ledger::user_id user);

response list_feed(const service& s, const request& r, const ledger::user_record& user);
response count_unread_feed(const service& s, const request& r, const ledger::user_record& user);
decision read_feed_item(const service& s, const request& r, const ledger::user_record& user);
decision read_whole_feed(const service& s, const request& r, const ledger::user_record& user);

/// Server-sent events, from Last-Event-ID on or from now on. The token may be in the query.
response stream_feed(const service& s, const request& r);

/// The items of the read model as a list, for `me/data` as well: all, or what changed from then on.
base::result<std::string> shared_expenses_of(const service& s, const ledger::user_id& user,
                                             const std::optional<base::utc_us>& since = {});

} // namespace http
