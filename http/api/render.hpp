// What   Domain values -> the JSON of the contract, appended to a text.
// Why    Straight appending: a batch of 1000 transactions is rendered inside a commit, so there is
//        no document in between. Field order is fixed: a stored answer is compared byte for byte.
// Threads any (pure).
// Source api-contract.md §1.3, §2.1, §4-§7
#pragma once

#include "ledger/command.hpp"
#include "ledger/earmark.hpp"
#include "ledger/query.hpp"
#include "ledger/user.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace http {

void append_text(std::string& out, std::string_view text); ///< quoted and escaped
void append_instant(std::string& out, base::utc_us at);
void append_instant(std::string& out, const std::optional<base::utc_us>& at); ///< or null
void append_money(std::string& out, base::centavos amount); ///< a number with two decimals
/// `"name":10.00,"name_str":"10.00"`
void append_twins(std::string& out, std::string_view name, base::centavos amount);
void append_optional_text(std::string& out, const std::optional<std::string>& text); ///< or null

void append_user(std::string& out, const ledger::user_record& u);
void append_account(std::string& out, const ledger::account_view& a);
/// As it is at `now`: one whose time is over is expired, also before its row says so.
void append_hold(std::string& out, const ledger::hold_record& h, base::utc_us now);
/// In percent, not rounded.
double progress(const ledger::goal& g);
/// Its status is as of `today`.
void append_goal(std::string& out, const ledger::goal& g, base::civil_day today);
void append_envelope(std::string& out, const ledger::budget_envelope& e);
void append_category(std::string& out, const ledger::account_record& c);
/// Of all members the categories, archived ones too: each says whether it is.
void append_categories(std::string& out, const std::vector<ledger::account_record>& members);
void append_transaction(std::string& out, const ledger::transaction_record& t);
/// `with_account`: of a transaction's entries, which lie on several accounts.
void append_entry(std::string& out, const ledger::entry_view& e, bool with_account);
void append_deleted_many(std::string& out, const ledger::deleted_many& d);

/// {"message": …}
std::string message_body(std::string_view message);

template <class Items, class Append>
void append_list(std::string& out, const Items& items, Append append) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append(out, item);
  }
  out += ']';
}

} // namespace http
