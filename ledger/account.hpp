// What   The accounts of the ledger as rows, and what an account actor knows of one of them while
//        it is in use.
// Why    Clients' accounts, categories and the equity of opening balances are all accounts, so that
//        every transaction is balanced by construction.
// Bounds posted within ± base::amount_minor_max; reserved, announced, held_back >= 0.
// Threads none (values).
// Source design.md §3.1, §3.4; api-contract §2.2.
#pragma once

#include "base/id.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "base/user_id.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ledger {

using base::user_id;
using account_id =
    base::strong_id<struct account_tag>; ///< of categories and equity accounts as well
using transaction_id = base::strong_id<struct transaction_tag>;
using hold_id = base::strong_id<struct hold_tag>;

enum class account_kind : std::uint8_t { asset, liability, income, expense, equity };
/// money: a client's account. category: the other side of income and expense. opening: equity
/// "Saldos iniciais".
enum class account_role : std::uint8_t { money, category, opening };

std::string_view to_text(account_kind k);
std::optional<account_kind> kind_from_text(std::string_view text);
std::string_view to_text(account_role r);
std::optional<account_role> role_from_text(std::string_view text);

/// liability for credit cards, asset for every other type of a client's account.
account_kind kind_of_type(std::string_view account_type);

struct account_record {
  account_id id;
  user_id owner;
  account_role role = account_role::money;
  account_kind kind = account_kind::asset;
  std::string type; ///< checking, savings, …; of a category income or expense; "opening" for equity
  std::string name;
  std::string color; ///< categories only
  std::string icon;  ///< categories only
  std::string currency{base::currency_brl};
  std::optional<base::centavos> floor;   ///< lowest balance that a debit may leave
  std::optional<base::centavos> ceiling; ///< highest balance that a credit may reach
  bool active = true;                    ///< false: closed (money) or archived (category)
  base::utc_us created_at;
  std::optional<base::utc_us> updated_at;

  bool operator==(const account_record&) const = default;
};

/// An account as the API shows it.
struct account_view {
  account_record record;
  base::centavos balance;
  base::centavos available;
  std::uint64_t version = 0; ///< number of entries so far

  bool operator==(const account_view&) const = default;
};

using ticket = std::uint64_t; ///< names one reservation; unique per account actor

/// An open hold as its account knows it.
struct held {
  hold_id id;
  base::centavos amount;
  std::optional<base::utc_us> expires_at;
  ticket under = 0;     ///< the reservation that makes or ends it; 0: it stands by itself
  bool fresh = false;   ///< it is being made
  base::centavos taken; ///< of the amount, what that reservation already reserves

  /// A hold that somebody makes or ends is not over: its fate is decided.
  bool over(base::utc_us now) const { return under == 0 && expires_at && *expires_at <= now; }
  bool operator==(const held&) const = default;
};

/// What the actor of one account serialises. Reservations live only here: they end by a fact of the
/// journal. Holds are loaded with the account.
struct account_state {
  account_record record;
  base::centavos posted;
  std::uint64_t version = 0;
  base::centavos reserved;               ///< sum of the open debits: not spendable any more
  base::centavos announced;              ///< sum of the open credits: not spendable yet
  std::map<ticket, base::centavos> open; ///< net effect of each reservation, signed
  base::centavos held_back;              ///< sum of the holds that were not over at the last count
  std::vector<held> holds;

  base::centavos available() const {
    return base::centavos{posted.minor - reserved.minor - held_back.minor};
  }
  bool operator==(const account_state&) const = default;
};

} // namespace ledger
