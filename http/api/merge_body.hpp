// What   The body of a merge: what a device has, section by section, as edits by id.
// Why    Faults of a value are faults of the request; an item without a usable id or name is left
//        out and named, and the others count.
// Bounds merge_most of each section.
// Errors Faults; BAD_REQUEST when a section is too long.
// Threads any (pure).
// Source api-contract.md §12.2
#pragma once

#include "base/json.hpp"
#include "http/api/decode.hpp"
#include "ledger/command.hpp"

#include <vector>

namespace http {

struct merge_body {
  ledger::merge_books wish;
  std::vector<ledger::merge_skip> skipped;
  base::json::object canonical;
};

base::result<merge_body> read_merge(const base::json::value& body,
                                    const scheduler::zone_rules& zone, faults& bad);

} // namespace http
