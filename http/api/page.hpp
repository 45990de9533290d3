// What   Cursors and the headers of paged lists.
// Why    A cursor names the last row that was shown, so rows that come in meanwhile shift nothing.
// Errors Reading answers nothing for a text that we did not make.
// Threads any (pure).
// Source api-contract.md §1.4
#pragma once

#include "http/api/decode.hpp"
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

/// What lists in the order of time and id are asked for.
struct page_wish {
  std::int64_t skip = 0;
  std::int64_t limit = 50;
  std::optional<ledger::transaction_filter::position> after; ///< cursor
  bool count = false;                                        ///< X-Total-Count too
};

/// skip (or offset), limit, cursor and count; what is wrong with them goes to the reader's faults.
page_wish read_page(query_reader& in);
/// 400: a page is found by a number or by a cursor.
std::optional<response> refusal_of(const page_wish& wish, const request& r);

void put_total(response& answer, std::int64_t total);
/// X-Next-Cursor and Link: the same query, behind the cursor.
void put_next_page(response& answer, const request& r, const std::string& cursor);

} // namespace http
