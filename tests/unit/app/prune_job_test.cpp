// Goal: what is old goes slice by slice until nothing is left, or until the run has had its share.
#include "app/prune_job.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

BOOST_AUTO_TEST_SUITE(prune_jobs)

namespace {

using storage::old_rows;

struct prune_clock final : base::clock {
  std::int64_t steady = 1, step = 1000;
  base::utc_us now() override { return {9'000'000}; }
  std::int64_t steady_ns() override { return steady += step; }
};

struct old_stock final : storage::pruning_port {
  std::map<old_rows, std::int64_t> left;
  std::map<old_rows, int> calls;
  std::map<old_rows, base::utc_us> before;
  std::optional<base::failure> away;

  void prune(old_rows what, base::utc_us until, storage::callback<std::int64_t> done) override {
    ++calls[what];
    before[what] = until;
    if (away) return done(*away);
    const auto gone = std::min(left[what], storage::pruned_rows_max);
    left[what] -= gone;
    done(gone);
  }
};

struct pruning {
  prune_clock clock;
  observability::metrics metrics;
  old_stock stock;
  scheduler::job what;
  std::stop_source stop;
  actors::job_context job{what, 1, {9'000'000}, stop.get_token(), {}};
  std::vector<app::old_part> parts{{"answers", old_rows::answers, {5}},
                                   {"sessions", old_rows::sessions, {6}}};

  actors::job_verdict run() { return app::prune_parts(stock, clock, metrics, job, parts); }
  std::string result() { return std::get<actors::job_done>(run()).result; }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(all_that_is_old_goes_and_is_counted, pruning) {
  stock.left = {{old_rows::answers, 1234}, {old_rows::sessions, 7}};
  BOOST_TEST(result() == R"({"answers":1234,"sessions":7,"more":false})");
  BOOST_TEST(stock.calls[old_rows::answers] == 3);
  BOOST_TEST(stock.calls[old_rows::sessions] == 1);
  BOOST_TEST((stock.before[old_rows::answers] == base::utc_us{5}));
  BOOST_TEST((stock.before[old_rows::sessions] == base::utc_us{6}));
  BOOST_TEST(metrics.idempotency_purged.value() == 1234); // of keys only
}

BOOST_FIXTURE_TEST_CASE(whole_slices_are_followed_by_a_look, pruning) {
  stock.left = {{old_rows::answers, 2 * storage::pruned_rows_max}};
  BOOST_TEST(result() == R"({"answers":1000,"sessions":0,"more":false})");
  BOOST_TEST(stock.calls[old_rows::answers] == 3);
}

BOOST_FIXTURE_TEST_CASE(a_run_has_an_end_and_the_next_one_goes_on, pruning) {
  stock.left = {{old_rows::answers, (app::prune_slices_max + 1) * storage::pruned_rows_max},
                {old_rows::sessions, 3}};
  BOOST_TEST(result() == R"({"answers":1000000,"sessions":3,"more":true})");
  BOOST_TEST(result() == R"({"answers":500,"sessions":0,"more":false})");
}

BOOST_FIXTURE_TEST_CASE(a_slow_database_does_not_make_a_run_endless, pruning) {
  stock.left = {{old_rows::answers, 100'000}};
  clock.step = std::chrono::nanoseconds{app::prune_time_max}.count();
  BOOST_TEST(result() == R"({"answers":0,"sessions":0,"more":true})"); // the time is over at once
  clock.step = 1000;
  stock.left = {{old_rows::answers, 1}};
  BOOST_TEST(result() == R"({"answers":1,"sessions":0,"more":false})");
}

BOOST_FIXTURE_TEST_CASE(an_outage_is_a_failure_that_is_tried_again, pruning) {
  stock.away = base::failure{"DB_UNAVAILABLE", "secret"};
  const auto end = std::get<actors::job_failed>(run());
  BOOST_TEST(end.retryable);
  BOOST_TEST(end.error.code == "DB_UNAVAILABLE");
  BOOST_TEST(end.error.message.empty());
}

BOOST_FIXTURE_TEST_CASE(it_stops_between_two_slices, pruning) {
  stock.left = {{old_rows::answers, 10'000}};
  stop.request_stop();
  BOOST_TEST(std::get<actors::job_failed>(run()).error.code == "INTERRUPTED");
  BOOST_TEST(stock.calls[old_rows::answers] == 1);
}

BOOST_AUTO_TEST_SUITE_END()
