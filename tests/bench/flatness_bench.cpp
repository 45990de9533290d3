// A posting to an account of 10 and to one of 1,000,000 entries; and the balance of accounts of
// 1,000 and of 1,000,000 at a day and at an instant of the past. In turns, on each database.
//
//   flatness_bench --postgres URL --folder DIR --vaidepix PATH [--short]
#include "tests/bench/bench_options.hpp"
#include "tests/bench/ledger_bed.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/run_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t long_pair = 0;
constexpr std::size_t short_pairs = 1500; ///< they take turns, so that they stay short
constexpr std::size_t batch = 1000;
constexpr std::size_t short_entries = 10;
constexpr std::size_t middle_pair = short_pairs + 1;
constexpr std::size_t middle_entries = 1000;
constexpr std::int64_t days = 1000; ///< of the past, over which the entries are spread

/// All through batches, so every account is in memory afterwards.
void seed(ledger_bed& bed, std::size_t long_entries) {
  for (std::size_t done = 0; done < long_entries; done += batch)
    bed.post_batch(std::vector<std::size_t>(batch, long_pair), 1,
                   static_cast<std::int64_t>(done / batch) % days);
  for (std::size_t done = 0; done < middle_entries; ++done)
    bed.post_batch({middle_pair}, 1, static_cast<std::int64_t>(done) % days);
  std::vector<std::size_t> shorts;
  for (std::size_t i = 1; i <= short_pairs; ++i) {
    shorts.insert(shorts.end(), short_entries, i);
    if (shorts.size() == batch || i == short_pairs) {
      bed.post_batch(shorts, 1);
      shorts.clear();
    }
  }
}

float milliseconds_of_post(ledger_bed& bed, std::size_t pair) {
  const auto began = clock::now();
  if (!bed.post(pair, 1)) throw std::runtime_error("overloaded by one client");
  return static_cast<float>(1e3 * std::chrono::duration<double>(clock::now() - began).count());
}

float milliseconds_of(const std::function<base::result<ledger::balance_at>()>& read) {
  const auto began = clock::now();
  if (const auto found = read(); !found)
    throw std::runtime_error("a balance is not answered: " + std::string{found.error().code});
  return static_cast<float>(1e3 * std::chrono::duration<double>(clock::now() - began).count());
}

/// Balances at random days and instants since `first`.
void measure_past(const options& o, const std::string& database, ledger_bed& bed,
                  base::utc_us first) {
  base::random chance(1);
  base::system_clock now;
  auto& books = bed.books();
  const auto account = [&](std::size_t pair) {
    return pair_at(pair, bed.pairs_per_user()).account;
  };
  const auto at_day = [&](std::size_t pair) {
    const base::civil_day day{base::day_of(now.now()).count -
                              static_cast<std::int32_t>(chance.below(days))};
    return milliseconds_of([&] { return books.balance_effective(account(pair), day); });
  };
  const auto at_instant = [&](std::size_t pair) {
    const base::utc_us at{chance.between(first.count, now.now().count)};
    return milliseconds_of([&] { return books.balance_booked(account(pair), at); });
  };
  const std::pair<const char*, std::function<float(std::size_t)>> questions[]{
      {"at a day (effective)", at_day}, {"at an instant (booked)", at_instant}};
  print_head({"balance", "1,000 entries, p50 ms", "long account, p50 ms", "ratio"});
  std::vector<double> worst;
  for (const auto& [name, ask] : questions) {
    std::vector<double> ratios;
    std::vector<float> all_few, all_many;
    for (std::size_t r = 0; r < o.rounds(); ++r) {
      std::vector<float> few, many;
      const auto until = clock::now() + o.time() / 2;
      while (clock::now() < until) {
        few.push_back(ask(middle_pair));
        many.push_back(ask(long_pair));
      }
      ratios.push_back(quantile(many, 0.5) / quantile(few, 0.5));
      all_few.insert(all_few.end(), few.begin(), few.end());
      all_many.insert(all_many.end(), many.begin(), many.end());
    }
    print_row({name, short_number(quantile(all_few, 0.5)), short_number(quantile(all_many, 0.5)),
               ratio_text(spread_of(ratios))});
    worst.push_back(spread_of(ratios).median);
  }
  fmt::print("\n");
  print_target(fmt::format("balance of the past is flat, {}", database),
               *std::max_element(worst.begin(), worst.end()), 2, false);
}

void measure(const options& o, const std::string& database, const std::string& url) {
  const std::size_t long_entries = o.brief ? 20'000 : 1'000'000;
  bed_settings settings;
  settings.url = url;
  settings.users = 1;
  settings.pairs_per_user = short_pairs + 2;
  const auto first = base::system_clock{}.now();
  std::vector<double> ratios;
  std::vector<float> all_short, all_long;
  {
    ledger_bed bed(settings);
    bed.register_all();
    seed(bed, long_entries);
    std::size_t next = 0;
    for (std::size_t r = 0; r < o.rounds(); ++r) {
      std::vector<float> few, many;
      const auto until = clock::now() + o.time();
      while (clock::now() < until) {
        next = next % short_pairs + 1;
        few.push_back(milliseconds_of_post(bed, next));
        many.push_back(milliseconds_of_post(bed, long_pair));
      }
      ratios.push_back(quantile(many, 0.5) / quantile(few, 0.5));
      all_short.insert(all_short.end(), few.begin(), few.end());
      all_long.insert(all_long.end(), many.begin(), many.end());
    }
  }
  // After a restart an account is read from the database: that must not read its entries either.
  ledger_bed again(settings);
  milliseconds_of_post(again, 1); // reads the book
  const auto first_short = milliseconds_of_post(again, 2);
  const auto first_long = milliseconds_of_post(again, long_pair);
  fmt::print("\n### {}\n\n", database);
  print_head({"account with", "p50 ms", "p99 ms", "first posting after a restart, ms"});
  print_row({fmt::format("{} entries", short_entries), short_number(quantile(all_short, 0.5)),
             short_number(quantile(all_short, 0.99)),
             short_number(static_cast<double>(first_short))});
  print_row({fmt::format("{} entries", long_entries), short_number(quantile(all_long, 0.5)),
             short_number(quantile(all_long, 0.99)),
             short_number(static_cast<double>(first_long))});
  fmt::print("\nRatio of the p50s, round by round: {}.\n\n", ratio_text(spread_of(ratios)));
  print_target(fmt::format("latency of a posting is flat, {}", database), spread_of(ratios).median,
               2, false);
  measure_past(o, database, again, first);
  again.stop();
  verify(o, url);
}

} // namespace
} // namespace bench

int main(int count, char** words) {
  try {
    const auto o = bench::parse_options(count, words);
    if (o.wants("postgres")) {
      bench::create_database(o, "flatness");
      bench::measure(o, "PostgreSQL", o.url("flatness"));
    }
    if (o.wants("sqlite")) bench::measure(o, "SQLite", "sqlite:///" + o.folder + "/flatness.db");
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "flatness_bench: {}\n", e.what());
    return 1;
  }
}
