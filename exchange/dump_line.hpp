// What   One line of a JSON lines export, and back: header, user, account, commit, entry,
//        transaction, hold, row beside the books, schedule, answer, trailer.
// Why    A ledger has one text form, to the byte: it can be compared, summed up and read again.
//        Integers stay what the tables hold (centavos, microseconds and days since 1970-01-01 UTC),
//        so nothing is lost and the hash chain can be recomputed from the file alone.
// Bounds A line at most dump_line_max bytes.
// Errors exchange::errc; the text names the member, never its value.
// Threads any (pure).
#pragma once

#include "exchange/errc.hpp"
#include "ledger/commit.hpp"
#include "ledger/hold.hpp"
#include "ledger/idempotency.hpp"
#include "ledger/row_counts.hpp"
#include "ledger/transaction.hpp"
#include "ledger/user_row.hpp"
#include "scheduler/schedule.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace exchange {

/// 2: rows beside the books; 3: a movement says of what it is, and schedules; 4: what rules left
/// behind (ends of occurrences, states of alerts, round-ups).
inline constexpr std::int64_t dump_version = 4;
/// The words of a header.
inline constexpr std::string_view format_name = "vaidepix-jsonl";
inline constexpr std::string_view scope_database = "database";
inline constexpr std::string_view scope_user = "user";
/// Stored answers are the longest: those of a batch of 1,000 items.
inline constexpr std::size_t dump_line_max = std::size_t{16} << 20;

enum class dump_scope : std::uint8_t { database, user };

/// No time stands in it: the same ledger gives the same bytes.
struct dump_header {
  std::int64_t version = dump_version;
  dump_scope scope = dump_scope::database;
  std::string program; ///< version of the program that wrote it
  std::uint32_t shards = 0;
  ledger::row_counts counts; ///< of what follows; scope user: all zero, only the trailer knows

  bool operator==(const dump_header&) const = default;
};

/// An account with its balance row.
struct dump_account {
  ledger::account_record record;
  base::centavos balance;
  std::uint64_t version = 0;

  bool operator==(const dump_account&) const = default;
};

struct dump_trailer {
  ledger::row_counts counts;
  base::digest hash{}; ///< SHA-256 of all bytes before this line

  bool operator==(const dump_trailer&) const = default;
};

using dump_line =
    std::variant<dump_header, ledger::user_record, dump_account, ledger::commit_record,
                 ledger::entry, ledger::transaction_record, ledger::hold_record, ledger::user_row,
                 scheduler::schedule, ledger::idempotency_record, dump_trailer>;

/// Each ends with a line feed.
std::string write_line(const dump_header& h);
std::string write_line(const ledger::user_record& u);
/// For the user's own hands: without password_hash.
std::string write_line_without_secret(const ledger::user_record& u);
std::string write_line(const dump_account& a);
std::string write_line(const ledger::commit_record& c);
std::string write_line(const ledger::entry& e);
std::string write_line(const ledger::transaction_record& t);
std::string write_line(const ledger::hold_record& h);
/// Of a kind that a dump carries (ledger::dumped_row).
std::string write_line(const ledger::user_row& r);
std::string write_line(const scheduler::schedule& s);
std::string write_line(const ledger::idempotency_record& i);
std::string write_line(const dump_trailer& t);

/// Without its line feed. Every member must be there, and no other.
base::result<dump_line> read_line(std::string_view line);

} // namespace exchange
