// What   The commands that change a user's books, and what comes back.
// Why    One variant: gateway, actors, simulation and tests speak the same words. They arrive
//        decoded and validated (http/api); what needs state is checked by the book and the
//        accounts.
// Bounds batch items <= limits::batch_items_max; ids of delete_many <= limits::delete_ids_max.
// Threads none (values).
// Source api-contract §5, §6, §7.
#pragma once

#include "base/result.hpp"
#include "ledger/audit_log.hpp"
#include "ledger/backfill.hpp"
#include "ledger/hold.hpp"
#include "ledger/idempotency.hpp"
#include "ledger/merge.hpp"
#include "ledger/plan.hpp"
#include "ledger/split.hpp"
#include "ledger/starter_members.hpp"
#include "ledger/transaction.hpp"
#include "ledger/user_row.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ledger {

struct create_account {
  std::string name;
  std::string type;
  base::centavos opening; ///< 0: no opening transaction
  std::optional<base::centavos> floor;
  std::optional<base::centavos> ceiling = {};
  bool credit_limit = false; ///< the floor came as a credit limit: liabilities only
};

struct update_account {
  account_id id;
  std::optional<std::string> name;
  std::optional<std::string> type;
  std::optional<base::centavos> balance; ///< writes an adjustment for the difference
  bool change_floor = false;
  std::optional<base::centavos> floor; ///< with change_floor; absent removes it
  bool credit_limit = false;           ///< the floor came as a credit limit: liabilities only
  bool change_ceiling = false;
  std::optional<base::centavos> ceiling;   ///< with change_ceiling; absent removes it
  std::optional<std::uint64_t> if_version; ///< If-Match on the ETag
};

struct close_account {
  account_id id;
  std::optional<std::uint64_t> if_version;
};

struct create_category {
  std::string name, type, color, icon;
};

struct update_category {
  account_id id;
  std::optional<std::string> name, type, color, icon;
  std::optional<std::string> if_match = {};
};

struct archive_category {
  account_id id;
  std::optional<std::string> if_match = {};
};

/// What a device has, new and changed alike, in one commit; each id of a section once. Ids that are
/// of nobody are made, if the client may choose them; the edge saw to it that none is of another
/// user.
struct merge_books {
  std::vector<update_account> accounts;
  std::vector<update_category> categories;
  std::vector<envelope_edit> envelopes;
  std::vector<goal_edit> goals;
};

/// A posting of many legs. Each sums to zero and moves an account; the edge checked that.
struct post_legs {
  base::utc_us date;
  base::civil_day effective;
  std::string description;
  std::vector<leg> legs;
  std::vector<std::string> tags;
  std::optional<account_id> category; ///< of its transfers; else that of its first category leg
};

struct place_hold {
  account_id account;
  base::centavos amount;
  std::string description;
  std::optional<base::utc_us> expires_at;
};

/// Ends the hold as an expense, or as a transfer when there is a destination.
struct post_hold {
  hold_id id;
  account_id category;
  std::optional<account_id> to_account;
  std::optional<base::centavos> amount;     ///< of the hold's; absent: all of it
  std::optional<base::utc_us> date;         ///< absent: now
  std::optional<base::civil_day> effective; ///< together with date
  std::optional<std::string> description;   ///< absent: the hold's
  std::vector<std::string> tags;
};

struct void_hold {
  hold_id id;
};

/// The book's own: the time of an open hold is over. Nobody may send it from outside.
struct expire_hold {
  account_id account;
  hold_id id;
};

struct edit_transaction {
  transaction_id id;
  std::optional<std::string> type; ///< as sent
  transaction_edit edit;           ///< its type is filled by the book
  std::optional<std::string> if_match;
};

struct delete_transaction {
  transaction_id id;
  std::optional<std::string> if_match;
};

struct restore_transaction {
  transaction_id id;
};

struct delete_many {
  std::vector<transaction_id> ids;
};

/// An item with a key of its own is in the scope of the single POST.
struct batch_item {
  base::result<create_transaction>
      wish; ///< a failure: the item did not pass validation, body in its detail
  std::optional<key_scope> scope;
  base::digest fingerprint{};
};

struct post_batch {
  bool atomic = false;
  std::shared_ptr<const std::vector<batch_item>> items;
};

// Corrections by an administrator (api-contract §16). They come with a note for the audit log, and
// no rule of an account can refuse them: the effect that they put back had been accepted before.

/// Appends the entries that these transactions of the user lack (ledger/backfill.hpp).
struct repair_entries {
  std::vector<transaction_id> ids; ///< at most limits::delete_ids_max; partners need not be named
  audit_note note;                 ///< before and after are filled in by the book
};

/// Makes the stored balances those of the entries.
struct sync_balances {
  std::vector<account_id> ids; ///< of the user, any role
  audit_note note;             ///< before and after are filled in by the journal
};

/// What an administrator did besides corrections, as a line of the audit log and nothing else. The
/// user is that administrator.
struct note_action {
  audit_note note;
};

using command =
    std::variant<create_account, update_account, close_account, create_category, update_category,
                 archive_category, create_transaction, edit_transaction, delete_transaction,
                 restore_transaction, delete_many, post_batch, post_legs, place_hold, post_hold,
                 void_hold, expire_hold, repair_entries, sync_balances, note_action, change_rows,
                 merge_books, seed_members>;

/// An administrator sent it: it is for inactive users too, and recovery mode lets it through.
bool of_operator(const command& c);

// -- what comes back
// ------------------------------------------------------------------------------------------

struct done {}; ///< closed, archived, deleted

struct deleted_many {
  std::vector<transaction_id> deleted;
  std::vector<transaction_id> also_deleted; ///< partner legs that were not asked for
  struct error {
    std::string id;
    std::string reason; ///< not_found, account_not_found, delete_failed
  };
  std::vector<error> errors;
};

struct batch_outcome {
  struct item {
    base::result<transaction_record> result;
    std::optional<stored_answer> replay; ///< the item's key was done before
  };
  std::vector<item> items;
  bool rejected = false; ///< atomic and at least one failure: nothing was done
};

/// The transactions that a posting of many legs consists of.
struct posted_legs {
  std::vector<transaction_record> transactions;
};

struct posted_hold {
  hold_record hold;
  transaction_record transaction;
};

struct repaired_entries {
  std::size_t created = 0; ///< entries
  std::vector<transaction_id> repaired;
  std::vector<repair::lost> beyond;
};

/// As they are now, also those that did not change.
struct merged_books {
  std::vector<account_view> accounts;
  std::vector<account_record> categories;
  std::vector<budget_envelope> envelopes;
  std::vector<goal> goals;
  std::vector<merge_skip> skipped;
};

using outcome = std::variant<account_view, account_record /* category */, transaction_record, done,
                             deleted_many, batch_outcome, posted_legs, hold_record, posted_hold,
                             repaired_entries, changed_rows, merged_books, seeded_members>;

/// Renders status and body of an answer; given by http, called by the book inside the commit for
/// keyed requests. Must be pure and callable from any thread.
using render = std::function<stored_answer(const base::result<outcome>&)>;

struct request_key {
  key_scope scope;
  base::digest fingerprint{};
};

/// One command on its way to the book of its user.
struct envelope {
  user_id user;
  std::string request_id;
  base::utc_us deadline; ///< after it nobody waits; before hand-over the command is dropped, after
                         ///< it it goes on
  std::optional<request_key> key;
  render to_answer; ///< empty: never stored (commands without a key may leave it empty)
  /// Renders one accepted or pinned batch item (by its place in the batch) as the single POST
  /// would; only for keyed items.
  std::function<stored_answer(std::size_t index, const base::result<transaction_record>&)>
      item_to_answer;
  command what;
};

/// The book's answer. `stored` is set for keyed requests whose answer was rendered or replayed.
struct reply {
  base::result<outcome> result = outcome{done{}};
  std::optional<stored_answer> stored;
  bool replayed = false;
};

} // namespace ledger
