// proves P4, P5, P15 as far as they are a pure decision.
#include "ledger/idempotency.hpp"
#include "tests/support/text_table.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(idempotency)

namespace {

const base::digest mine = base::sha256("mine");
const base::digest other = base::sha256("other");

std::string text_of(key_verdict v) {
  switch (v) {
  case key_verdict::fresh: return "fresh";
  case key_verdict::replay: return "replay";
  case key_verdict::wait: return "wait";
  case key_verdict::reused: return "reused";
  }
  return "?";
}

/// <running> <stored>: none, mine, other; a stored one with "!" is expired.
std::string judged(const support::table_line& line) {
  constexpr base::utc_us now{1000};
  const auto digest_of = [](const std::string& name) { return name == "mine" ? mine : other; };
  const auto running_name = line.words.at(0);
  auto stored_name = line.words.at(1);
  base::digest running{};
  if (running_name != "none") running = digest_of(running_name);
  idempotency_record stored;
  stored.expires_at = base::utc_us{now.count + 1};
  if (stored_name.back() == '!') {
    stored.expires_at = now;
    stored_name.pop_back();
  }
  stored.fingerprint = digest_of(stored_name);
  return text_of(judge(mine, running_name == "none" ? nullptr : &running,
                       stored_name == "none" ? nullptr : &stored, now));
}

} // namespace

BOOST_AUTO_TEST_CASE(every_pair_of_what_runs_and_what_is_stored) {
  support::run_table(R"(
    # running  stored
    none       none      -> fresh
    none       mine      -> replay
    none       other     -> reused
    none       mine!     -> fresh     # expired at this very instant counts as absent
    none       other!    -> fresh
    mine       none      -> wait
    mine       mine      -> replay    # the answer is durable already
    mine       other     -> reused
    mine       mine!     -> wait
    mine       other!    -> wait      # whoever took the expired key over is in flight
    other      none      -> reused
    other      mine      -> replay
    other      other     -> reused
    other      mine!     -> reused
    other      other!    -> reused
  )",
                     judged);
}

BOOST_AUTO_TEST_CASE(scopes_have_stable_names) {
  // printf 'POST /api/transactions\0k1' | sha256sum | cut -c1-16
  BOOST_TEST(scope_hash({"POST /api/transactions", "k1"}) == 0xa8c35b66595c2677u);
}

BOOST_AUTO_TEST_CASE(endpoint_and_key_do_not_run_together) {
  BOOST_TEST(scope_hash({"ab", "c"}) != scope_hash({"a", "bc"}));
  BOOST_TEST(scope_hash({"a", "b"}) != scope_hash({"b", "a"}));
}

BOOST_AUTO_TEST_SUITE_END()
