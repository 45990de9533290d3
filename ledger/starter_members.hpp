// What   seed_members: what a new user's book begins with, for one that lacks it; and which of it
//        that is.
// Why    Repeating it makes nothing twice: whoever has an active account gets no other, and the
//        same for categories. The book decides, because it knows its members.
// Threads none (values).
// Source api-contract §16 (seed-defaults)
#pragma once

#include "ledger/account.hpp"
#include "ledger/audit_log.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace ledger {

/// The command: all that there is to begin with, with new ids.
struct seed_members {
  std::vector<account_record> members;
  std::optional<audit_note> note; ///< of an administrator; before and after are filled in
};

/// What comes back: how many were made.
struct seeded_members {
  std::size_t accounts = 0;
  std::size_t categories = 0;
};

/// What a book has.
struct member_counts {
  std::size_t accounts = 0;   ///< active ones
  std::size_t categories = 0; ///< active ones
  bool opening = false;       ///< the equity account of opening balances
};

/// Those of `members` whose role the book has nothing of, in their order.
std::vector<account_record> lacking(const std::vector<account_record>& members,
                                    const member_counts& have);

/// How many accounts and categories there are among them.
seeded_members members_in(const std::vector<account_record>& made);

/// The note with what there was and what there is.
audit_note seeding_note(audit_note note, const member_counts& had, const seeded_members& made);

} // namespace ledger
