// What   Cursors and the headers of paged lists.
// Why    A cursor names the last row that was shown, so rows that come in meanwhile shift nothing.
// Errors Reading answers nothing for a text that we did not make.
// Threads any (pure).
// Source api-contract.md §1.4
#pragma once

#include "http/request.hpp"
#include "http/response.hpp"
#include "ledger/query.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http {

std::string version_cursor(std::uint64_t version);
std::optional<std::uint64_t> read_version_cursor(std::string_view text);

std::string position_cursor(const ledger::transaction_record& last);
/// Of any list in the order of time and id.
std::string position_cursor(base::utc_us at, std::string_view id);
std::optional<ledger::transaction_filter::position> read_position_cursor(std::string_view text);

/// X-Next-Cursor and Link: the same query, behind the cursor.
void put_next_page(response& answer, const request& r, const std::string& cursor);

} // namespace http
