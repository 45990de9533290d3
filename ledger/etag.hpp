// What   The opaque versions of transactions, categories and profiles that If-Match is compared
//        with.
// Why    http/ shows them and the book compares them; one function, so that they cannot differ.
// Threads any (pure).
// Source api-contract.md §1.4
#pragma once

#include "ledger/transaction.hpp"
#include "ledger/user.hpp"

#include <string>

namespace ledger {

/// Changes with every edit, delete and restore. Without quotes.
std::string transaction_etag(const transaction_record& t);
/// Changes with every edit.
std::string category_etag(const account_record& category);
/// Of what its owner may change, name and address: a new password is no other profile.
std::string profile_etag(const user_record& user);

} // namespace ledger
