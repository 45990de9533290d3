// What   automations_step: the rules of several questions in one statement, of one or many users.
// Why    One text reads a rule for whoever asks alone and for those who wait together.
// Bounds The columns of a rule, then the place of its question.
// Threads any (pure).
#pragma once

#include "ledger/user_row.hpp"
#include "storage/statement.hpp"

#include <vector>

namespace storage {

step automations_step(const std::vector<ledger::automation_by_id>& asked);

} // namespace storage
