// What   The contestants on plain libpq: optimistic row versions, select for update, one stored
//        function, and a bare SQL writer that commits batches. All in tables of our own schema.
// Why    They show what the usual ways reach on the same server in the same minutes. Triggers are
//        dropped for them, statements are prepared, round trips are as few as each way allows: what
//        is measured in our favour must not come from a weak rival.
// Errors throw std::runtime_error with the server's message.
// Threads perform() from one thread per client, each with a connection of its own.
#pragma once

#include "tests/bench/measure.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace bench {

struct rival_settings {
  std::string url; ///< of a database with our schema and no rows
  std::size_t pairs = 10'000;
  std::size_t pairs_per_user = 50;
  std::size_t connections = 64;
};

/// Drops the triggers and makes the balance rows of all pairs.
void prepare_rival(const rival_settings& settings);
/// Entries and transactions add up: all entries to zero, each balance row to its entries and its
/// version to their number. Answers the number of transactions.
std::uint64_t check_rival(const std::string& url);

std::unique_ptr<contestant> make_row_version(const rival_settings& settings);
std::unique_ptr<contestant> make_for_update(const rival_settings& settings);
std::unique_ptr<contestant> make_function(const rival_settings& settings);
/// One call is one batch of `items` incomes on pairs of one user, as a batch request has.
std::unique_ptr<contestant> make_bare_writer(const rival_settings& settings, std::size_t items);

/// Bytes of the server's write-ahead log so far, and of one database.
class pg_meter {
public:
  explicit pg_meter(const std::string& url);
  ~pg_meter();
  pg_meter(const pg_meter&) = delete;
  pg_meter& operator=(const pg_meter&) = delete;
  double log_bytes();
  double database_bytes();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace bench
