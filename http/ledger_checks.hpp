// What   ledger_checks: long looks at the whole ledger (verify, reconcile) and the snapshots of a
//        month, as runs that are started, waited for and looked up.
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

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

enum class check_kind : std::uint8_t { verify, reconcile, snapshots };

constexpr std::string_view to_text(check_kind k) {
  return k == check_kind::verify      ? "verify"
         : k == check_kind::reconcile ? "reconcile"
                                      : "snapshots";
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
  std::optional<base::failure> failed = {}; ///< it came to no result
  std::string result = {};                  ///< a JSON object, when it ended with one
  bool passed = false;                      ///< it ended and nothing is wrong
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
};

} // namespace http
