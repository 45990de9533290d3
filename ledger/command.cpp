#include "ledger/command.hpp"

namespace ledger {

bool of_operator(const command& c) {
  if (const auto* rows = std::get_if<change_rows>(&c)) return rows->of_operator;
  if (const auto* seed = std::get_if<seed_members>(&c)) return seed->note.has_value();
  return std::holds_alternative<repair_entries>(c) || std::holds_alternative<sync_balances>(c) ||
         std::holds_alternative<note_action>(c);
}

} // namespace ledger
