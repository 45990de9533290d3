// Rows of jobs that no program of ours writes, what stands in one text, and what a batch writes
// once.
#include "storage/job_row_codec.hpp"

#include "storage/statements.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <limits>

using namespace storage;
using scheduler::job_state;

BOOST_AUTO_TEST_SUITE(job_codec)

namespace {

using integer = std::int64_t;
constexpr integer id = integer{1} << 55;
const cell none{};

cell text(const char* words) { return std::string{words}; }

/// A job, what is known of it, and its outcome, as job_by_id answers them.
row whole() {
  return {id, integer{3}, none, none, text("k"), text("q"), none, text("{}"), integer{1},
          integer{5}, integer{1}, none, integer{10}, none, integer{60}, none, integer{1}, none,
          none, integer{2}, text("r"), none, none, none, none, none, none,
          // attempts, rest
          integer{2}, integer{1}, integer{2}, integer{8}, integer{3}, integer{4}, integer{5},
          integer{6}, text("ff"), text("E"), text("m"), text("s"),
          // outcome
          integer{9}, integer{3}, integer{1}, integer{7}, integer{8}, text("n"), text("u"),
          text("null"), text(""), text(""), text(""), text("")};
}
constexpr std::size_t retry_at = 15, policy_at = 16, unique_at = 17, tags_at = 18, rest_at = 30,
                      outcome_at = 39;

bool refused(std::size_t at, cell value) {
  auto r = whole();
  r.at(at) = std::move(value);
  try {
    job_details_from(r);
  } catch (const codec_error&) {
    return true;
  }
  return false;
}

step put_of(scheduler::job_rows rows, std::size_t at = 0) {
  static text_store texts;
  static std::deque<scheduler::job_rows> kept; // steps borrow from the rows
  kept.push_back(std::move(rows));
  std::vector<const scheduler::job_row*> all;
  for (const auto& r : kept.back()) all.push_back(&r);
  return puts_of(all, texts).at(at);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_row_is_read_to_its_end) {
  const auto found = job_details_from(whole());
  BOOST_TEST(found.job.what.created_by == "system");
  BOOST_TEST((found.job.what.retry == scheduler::backoff{}));
  BOOST_TEST(found.job.attempts == 2);
  BOOST_TEST(found.job.attempts_counted == 1);
  BOOST_TEST(found.job.last.value().number == 2);
  BOOST_TEST((found.job.rest.value().state == job_state::dead));
  BOOST_TEST(found.job.rest.value().error.stack == "s");
  BOOST_TEST((found.outcome.value().state == job_state::succeeded));
  BOOST_TEST(found.outcome.value().by == "u");
  for (std::size_t size = 0; size < whole().size(); ++size) {
    auto cut = whole();
    cut.resize(size);
    BOOST_CHECK_THROW(job_details_from(cut), codec_error);
  }
}

BOOST_AUTO_TEST_CASE(a_number_that_names_nothing_is_refused) {
  BOOST_TEST(!refused(policy_at, integer{2}));
  BOOST_TEST(refused(policy_at, integer{3}));
  BOOST_TEST(refused(policy_at, integer{-1}));
  BOOST_TEST(!refused(rest_at, integer{7}));
  BOOST_TEST(refused(rest_at, integer{9})); // final
  BOOST_TEST(!refused(outcome_at, integer{11}));
  BOOST_TEST(refused(outcome_at, integer{12}));
  BOOST_TEST(refused(outcome_at, integer{8})); // not final
  row attempt{id,        integer{1}, integer{8}, integer{1}, integer{2}, none,
              text("n"), text(""),   text(""),   text(""),   text("")};
  BOOST_TEST((attempt_from(attempt).end == scheduler::attempt_end::refused));
  attempt[2] = integer{9};
  BOOST_CHECK_THROW(attempt_from(attempt), codec_error);
  row control{id, integer{1}, integer{8}, text(""), text(""), integer{1}, text("{}")};
  BOOST_CHECK_THROW(control_from(control), codec_error);
  row tick{id, none, integer{1}, integer{5}, none, integer{1}};
  BOOST_CHECK_THROW(tick_from(tick), codec_error);
}

BOOST_AUTO_TEST_CASE(texts_of_several_values_come_back) {
  constexpr auto most = std::numeric_limits<integer>::max();
  const scheduler::backoff list{scheduler::backoff_curve::list, most,  0, -1,
                                scheduler::jitter::equal,       {1, 2}};
  BOOST_TEST((retry_from(retry_text(list)) == list));
  BOOST_TEST(retry_text({}) == "[0,2000000,2,3600000000,0]");
  const scheduler::unique_rule rule{"a\"[,", scheduler::unique_rule::period::until_started,
                                    7,       scheduler::unique_rule::conflict::refuse,
                                    most,    9};
  BOOST_TEST((unique_from(unique_text(rule)) == rule));
  for (const auto* broken : {"", "null", "{}", "[]", "[0,1,2,3]", "[4,1,2,3,0]", "[0,1,2,3,3]",
                             "[0,1,2,3,0,1.5]", "[0,1,2,3,\"0\"]"})
    BOOST_TEST(refused(retry_at, text(broken)), broken);
  for (const auto* broken : {"", "[1,1,1,1,1,1]", "[\"k\",1,1,1,1]", "[\"k\",3,1,1,1,1]",
                             "[\"k\",1,1,4,1,1]", "[\"k\",1,1,1,1,1,1]"})
    BOOST_TEST(refused(unique_at, text(broken)), broken);
  BOOST_TEST(refused(tags_at, text("\"a\"")));
}

// Rows that exist are read by it, whatever a new job gets.
BOOST_AUTO_TEST_CASE(null_stands_for_one_backoff_for_ever) {
  const auto found = job_details_from(whole()).job.what.retry;
  BOOST_TEST(retry_text(found) == "[0,2000000,2,3600000000,0]");
  scheduler::job j;
  j.id = scheduler::job_id::of(id);
  j.retry = found;
  const auto& columns = put_of({j}).columns;
  BOOST_TEST(columns.at(14).cells.at(0).index() == 0u);
  j.retry.cap_us += 1;
  BOOST_TEST((std::get<std::string_view>(put_of({j}).columns.at(14).cells.at(0)) ==
              "[0,2000000,2,3600000001,0]"));
}

BOOST_AUTO_TEST_CASE(of_rows_with_one_key_the_last_is_written) {
  scheduler::pause one{"queue:a", "x", "", {1}, {}, false}, again = one, other = one;
  again.reason = "y";
  other.target = "queue:b";
  auto put = put_of({one, other, again});
  BOOST_TEST((put.what == &sql::pause_put));
  BOOST_TEST(put.batch_rows() == 2u);
  BOOST_TEST((std::get<std::string_view>(put.columns.at(1).cells.at(0)) == "y"));
  // Of watermarks the highest.
  const auto mark = [](integer from) {
    return scheduler::job_watermark{3, scheduler::job_id::of(from)};
  };
  put = put_of({mark(7), mark(9), mark(8)});
  BOOST_TEST(put.batch_rows() == 1u);
  BOOST_TEST(std::get<integer>(put.columns.at(1).cells.at(0)) == 9);
  // An outcome brings the end of its rest, behind all else.
  scheduler::job_outcome outcome;
  outcome.job = scheduler::job_id::of(id);
  scheduler::job_rest rest;
  rest.job = outcome.job;
  BOOST_TEST((put_of({outcome, rest}, 1).what == &sql::rest_put));
  BOOST_TEST((put_of({outcome, rest}, 2).what == &sql::rest_end));
}

BOOST_AUTO_TEST_SUITE_END()
