// What   A user's whole books through the port: the members, the transactions page by page, and a
//        source of entries that ends at one commit.
// Why    The port has no snapshot. Whatever is committed up to a number that was seen is there for
//        every later question, so entries up to it are those of one moment: postings are whole and
//        balances agree.
// Bounds One page at a time.
// Errors Those of the backend.
// Threads any: blocks for its answers.
#pragma once

#include "exchange/postings.hpp"
#include "http/api/service.hpp"

#include <functional>
#include <vector>

namespace http {

/// The equity account, accounts, categories; of each the older first, as the command line has them.
base::result<std::vector<ledger::account_record>> members_of(const service& s,
                                                             const ledger::user_id& user);
/// With their balances, closed ones too, the older first.
base::result<std::vector<ledger::account_view>>
all_accounts(const service& s, const ledger::user_id& user,
             const std::vector<ledger::account_record>& members);

/// In the order of lists: newest first. The filter's limit and cursor are ours.
base::status
each_transaction(const service& s, ledger::transaction_filter filter,
                 const std::function<base::status(const ledger::transaction_record&)>& take);

struct book_moment {
  std::vector<ledger::account_record> members;
  exchange::book_source entries; ///< must not outlive the service
};
/// As of now.
base::result<book_moment> moment_of(const service& s, const ledger::user_id& user);

} // namespace http
