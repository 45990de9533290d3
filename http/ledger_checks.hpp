// What   ledger_checks: long looks at the whole ledger (verify, reconcile) and the snapshots of a
//        month, as runs that are started, waited for and looked up. A backfill that came to its end
//        is a run too: recovery mode asks for all four.
// Why    They take minutes on a large ledger; a request takes seconds. One at a time: each reads
//        everything.
// Bounds One run at a time, the last few are remembered until the process ends.
// Errors start() fails with CHECK_RUNNING while one runs. What a run failed with is in the run.
// Threads any.
// Source api-contract.md §16, §15.4
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "ledger/account.hpp"
#include "ledger/month.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

enum class check_kind : std::uint8_t { verify, backfill, snapshots, reconcile };

/// The steps out of recovery mode, in this order.
inline constexpr std::array recovery_steps{check_kind::verify, check_kind::backfill,
                                           check_kind::snapshots, check_kind::reconcile};

constexpr std::string_view to_text(check_kind k) {
  switch (k) {
  case check_kind::verify: return "verify";
  case check_kind::backfill: return "backfill";
  case check_kind::snapshots: return "snapshots";
  case check_kind::reconcile: break;
  }
  return "reconcile";
}

struct check_wish {
  check_kind what = check_kind::verify;
  std::optional<ledger::user_id> user = {};       ///< verify: this user only
  std::optional<ledger::account_id> account = {}; ///< verify, snapshots: this account only
  std::string scope = "all";                      ///< reconcile: snapshots, balances, all
  std::optional<ledger::month> month = {};        ///< snapshots; absent: the last that has ended

  /// Says something of the whole ledger.
  bool whole() const { return !user && !account && scope == "all"; }
};

struct check_run {
  std::string id = {};
  check_wish wish = {};
  base::utc_us started = {};
  std::optional<base::utc_us> ended = {};
  std::string progress = {};                ///< how far it is, in words
  std::uint64_t seen = 0;                   ///< rows that it has looked at
  std::optional<base::failure> failed = {}; ///< it came to no result
  std::string result = {};                  ///< a JSON object, when it ended with one
  bool passed = false;                      ///< it ended and nothing is wrong
};

/// The one that has not ended, or nothing.
template <class Runs> const check_run* running_of(const Runs& runs) {
  const auto at = std::find_if(runs.begin(), runs.end(), [](const auto& r) { return !r.ended; });
  return at == runs.end() ? nullptr : &*at;
}

/// What one call of a backfill did.
struct backfill_page {
  base::utc_us began;
  std::string from;                ///< the cursor it was given; empty: from the beginning
  std::optional<std::string> next; ///< nothing: it came to the end
  bool dry_run = true;
  std::uint64_t processed = 0, created = 0, skipped = 0, errors = 0;
};

inline constexpr std::string_view check_running = "CHECK_RUNNING";

struct ledger_checks {
  virtual ~ledger_checks() = default;
  /// The id of the run.
  virtual base::result<std::string> start(check_wish wish) = 0;
  /// The run, as soon as it has ended, at the latest after `patience`. Nothing: there is none.
  virtual std::optional<check_run> look(const std::string& id,
                                        std::chrono::milliseconds patience) = 0;
  virtual std::vector<check_run> recent() = 0; ///< newest first
  /// Remembers the whole of it as a run, when this was its last page.
  virtual void backfilled(const backfill_page& page) = 0;
};

} // namespace http
