// Cursors: what is accepted is what we give out, to the letter.
#include "base/limits.hpp"
#include "http/api/page.hpp"
#include "http/target.hpp"
#include "tests/fuzz/fuzz.hpp"

void fuzz::target(std::string_view input) {
  if (const auto version = http::read_version_cursor(input))
    ENSURE(http::version_cursor(*version) == input, "a cursor that we never made");
  if (const auto position = http::read_position_cursor(input)) {
    ENSURE(!position->id.empty() && position->id.text().size() <= base::limits::id_bytes_max,
           "an id out of bounds");
    ENSURE(http::valid_utf8(position->id.text()), "an id that no database takes");
    ledger::transaction_record last;
    last.date = position->date;
    last.id = position->id;
    ENSURE(http::position_cursor(last) == input, "a cursor that we never made");
  }
}
