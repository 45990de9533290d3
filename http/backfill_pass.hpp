// What   backfill_pass: pages of a backfill, one call each, put together to the run that they are.
// Why    A backfill works through the ledger in calls of a few seconds; recovery mode wants to know
//        that somebody got to the end, without a page left out.
// Bounds One pass at a time: a page from the beginning starts another, one that does not follow on
//        the last is not counted.
// Threads confined to its owner.
// Source api-contract.md §15.4, §16
#pragma once

#include "base/json.hpp"
#include "http/ledger_checks.hpp"

#include <optional>
#include <string>

namespace http {

class backfill_pass {
public:
  /// The run, without id and end, when the page was the last one of a pass.
  std::optional<check_run> add(const backfill_page& page) {
    if (page.from.empty())
      sum_ = page;
    else if (!sum_ || sum_->next != page.from || sum_->dry_run != page.dry_run)
      return std::nullopt;
    else
      take(page);
    if (sum_->next) return std::nullopt;
    const auto whole = *sum_;
    sum_.reset();
    return run_of(whole);
  }

private:
  void take(const backfill_page& page) {
    sum_->next = page.next;
    sum_->processed += page.processed;
    sum_->created += page.created;
    sum_->skipped += page.skipped;
    sum_->errors += page.errors;
  }

  static check_run run_of(const backfill_page& whole) {
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    check_run run;
    run.wish.what = check_kind::backfill;
    run.started = whole.began;
    run.result = base::json::write(base::json::object{{"processed", number(whole.processed)},
                                                      {"created", number(whole.created)},
                                                      {"skipped", number(whole.skipped)},
                                                      {"errors", number(whole.errors)},
                                                      {"dry_run", whole.dry_run}});
    // A dry run that found work has done none of it.
    run.passed = whole.errors == 0 && (!whole.dry_run || whole.created == 0);
    return run;
  }

  std::optional<backfill_page> sum_;
};

} // namespace http
