// What   The audit log: who did what to which thing and why, as links of one hash chain per shard.
// Why    A correction commits together with the line that says who made it. Lines are never
//        changed; the chain shows it when somebody did.
// Bounds action <= 40 bytes, target <= 64, reason 3..200 code points; before and after are JSON
//        objects of ids and counts, never of amounts.
// Errors A fault of the chain is a finding (log_auditor), never a failure.
// Threads none (values; log_auditor is confined to its owner).
// Source api-contract §16.
#pragma once

#include "ledger/commit.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ledger {

/// What whoever makes a change has to say.
struct audit_note {
  std::string actor;  ///< id of an administrator, or "cli:" and the name at the machine
  std::string action; ///< "ledger.backfill", "ledger.sync_balance", …
  std::string target; ///< an id, or "all"
  std::string reason;
  std::string before{"{}"};
  std::string after{"{}"};
  std::string request_id;

  bool operator==(const audit_note&) const = default;
};

/// The last link of a shard's chain; number 0: there is none.
struct audit_head {
  std::uint64_t number = 0;
  base::digest hash{};

  bool operator==(const audit_head&) const = default;
};

struct audit_record {
  audit_note note;
  shard_id shard = 0;
  std::uint64_t number = 0; ///< 1.. in the shard, without gap
  std::uint64_t seq = 0;    ///< of the commit record that it came with
  base::utc_us at;          ///< as booked_at of that record
  base::digest prev_hash{};
  base::digest hash{};

  bool operator==(const audit_record&) const = default;
};

/// The link behind `head`, hashed.
audit_record next_record(const audit_head& head, audit_note note, const commit_record& with);

/// SHA-256 of: prev_hash (32 bytes) · shard u32 · number u64 · seq u64 · at i64, big endian, and
/// then actor, action, target, reason, before, after, request_id, each as its length in bytes (u32)
/// and its bytes.
base::digest hash_of(const audit_record& r);

struct audit_filter {
  std::optional<std::string> action;
  std::optional<std::string> target;
  std::int64_t limit = 50;
  struct position {
    base::utc_us at;
    shard_id shard = 0;
    std::uint64_t number = 0;
  };
  std::optional<position> after; ///< cursor: rows behind it, newest first
};

struct audit_page {
  std::vector<audit_record> items;
  bool more = false;
};

/// Walks the chains. The end of a chain that was cut off leaves no trace in it.
class log_auditor {
public:
  /// Records of one shard in order of number (shards may be mixed).
  void record(const audit_record& r);

  std::uint64_t checked() const { return checked_; }
  std::uint64_t faults() const { return faults_; }
  const std::string& first() const { return first_; } ///< the first fault; empty: none

private:
  void fault(const audit_record& r, const char* what);

  std::map<shard_id, audit_head> heads_;
  std::uint64_t checked_ = 0;
  std::uint64_t faults_ = 0;
  std::string first_;
};

} // namespace ledger
