// What   dry_run_request, dry_run_report: what a job would do, decided and not written.
// Why    Whoever is about to schedule a job that posts sees its postings before they are there.
//        The same handler and the same book decide them as the real ones.
// Bounds Kinds whose handler returns all that it does; the answer is that of one moment.
// Threads none (values).
// Source jobs.md §16
#pragma once

#include "http/job_backend.hpp"
#include "ledger/notification.hpp"
#include "ledger/transaction.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace http {

struct dry_run_request {
  job_caller caller;
  scheduler::job what;
  base::utc_us deadline;
};

enum class dry_run_end : std::uint8_t { done, failed, put_off };

struct dry_run_report {
  scheduler::job what; ///< as it would have been taken in
  dry_run_end end = dry_run_end::done;
  scheduler::job_error error;                     ///< of `failed`
  bool retryable = false;                         ///< of `failed`
  std::optional<base::utc_us> until;              ///< of `put_off`
  std::string result = "null";                    ///< JSON
  std::vector<base::failure> refusals;            ///< of the ledger, that the kind has an answer to
  std::vector<ledger::transaction_record> posted; ///< with ids that will not be theirs
  std::vector<ledger::transaction_record> changed;
  std::vector<std::pair<ledger::account_id, base::centavos>> effects; ///< on accounts of money
  /// Of all accounts of money whose balance was looked at: how many entries it had.
  std::map<ledger::account_id, std::uint64_t> versions;
  std::vector<ledger::notification> notifications;
  std::vector<scheduler::job> followers;
};

} // namespace http
