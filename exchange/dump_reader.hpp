// What   dump_reader: a whole JSON lines export, line by line: order, counts, hash chain and the
//        hash over all; hands on what is proven.
// Why    import must refuse a file that was cut off or altered. It knows that for certain only at
//        the trailer, so whoever takes the parts keeps them revocable until finish().
// Bounds Memory: one commit with its entries (at most commit_entries_max) and transactions, one
//        head per shard.
// Errors exchange::errc with the number of the line. After the first one it takes nothing more.
// Threads confined to its owner.
#pragma once

#include "exchange/dump_line.hpp"

#include <map>
#include <optional>
#include <vector>

namespace exchange {

/// A commit of the largest batch has some thousands.
inline constexpr std::uint32_t commit_entries_max = 1'000'000;
/// SHARDS goes up to 1,024 (config/variables); the tables take no more than this.
inline constexpr std::uint32_t shards_max = 1U << 15;

/// A commit as it was, with the transactions whose first entry it holds.
struct dump_commit {
  ledger::commit_record record;
  std::vector<ledger::entry> entries;
  std::vector<ledger::transaction_record> transactions;
};

/// Takes the parts in their order; a failure ends the reading.
struct dump_sink {
  virtual ~dump_sink() = default;
  virtual base::status header(const dump_header& h) = 0;
  virtual base::status user(ledger::user_record u) = 0;
  virtual base::status account(dump_account a) = 0;
  virtual base::status commit(dump_commit c) = 0;
  virtual base::status hold(ledger::hold_record h) = 0;
  virtual base::status row(ledger::user_row r) = 0;
  virtual base::status schedule(scheduler::schedule s) = 0;
  virtual base::status answer(ledger::idempotency_record i) = 0;
};

class dump_reader {
public:
  explicit dump_reader(dump_sink& to) : to_(to) {}

  /// The next line, without its line feed.
  base::status take(std::string_view line);
  /// At the end of the file: was it all, and all of it ours?
  base::result<dump_trailer> finish();

  std::int64_t lines() const { return lines_; }
  const std::optional<dump_header>& header() const { return header_; }

private:
  enum class part : std::uint8_t {
    header,
    users,
    accounts,
    commits,
    holds,
    rows,
    answers,
    trailer
  };

  base::status on(dump_header h);
  base::status on(ledger::user_record u);
  base::status on(dump_account a);
  base::status on(ledger::commit_record c);
  base::status on(ledger::entry e);
  base::status on(ledger::transaction_record t);
  base::status on(ledger::hold_record h);
  base::status on(ledger::user_row r);
  base::status on(scheduler::schedule s);
  base::status on(ledger::idempotency_record i);
  base::status on(dump_trailer t);
  base::status enter(part p);
  base::status close_commit();
  base::failure damaged(std::string why) const;

  dump_sink& to_;
  part at_ = part::header;
  std::int64_t lines_ = 0;
  bool failed_ = false;
  std::optional<dump_header> header_;
  std::optional<dump_trailer> trailer_;
  ledger::row_counts seen_;
  base::sha256_stream hash_;
  std::optional<dump_commit> open_;
  std::map<ledger::shard_id, ledger::shard_head> heads_;
};

} // namespace exchange
