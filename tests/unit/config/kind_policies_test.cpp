// Goal: what an operator may write into KIND_POLICIES.
// Method: tables of good and bad texts; load() for what depends on other variables.
#include "config/kind_policies.hpp"
#include "config/load.hpp"

#include <boost/test/unit_test.hpp>

using namespace config;

BOOST_AUTO_TEST_SUITE(kind_policies)

namespace {

std::string fault_of(const std::string& text) {
  std::vector<kind_policy> read;
  return read_kind_policies(text, read);
}

std::string faults(const environment_map& env) {
  const auto result = load({"serve"}, env, {.builtin_kinds = {"noop"}});
  const auto* s = std::get_if<stop>(&result);
  return s == nullptr ? "" : s->err;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_policy_says_what_it_says_and_leaves_the_rest) {
  std::vector<kind_policy> read;
  BOOST_TEST(read_kind_policies("report.csv+fee=max_attempts:3+timeout_s:600+curve:linear+base_s:30"
                                "+factor:4+cap_s:120+jitter:equal,ping=base_s:0",
                                read) == "");
  using namespace scheduler;
  const attempt_policy slow{
      3, 600, {backoff_curve::linear, 30'000'000, 4, 120'000'000, jitter::equal, {}}};
  attempt_policy quick;
  quick.retry.base_us = 0;
  BOOST_TEST(
      (read == std::vector<kind_policy>{{"report.csv", slow}, {"fee", slow}, {"ping", quick}}));
}

BOOST_AUTO_TEST_CASE(faults_name_the_entry) {
  struct bad {
    std::string text, fault;
  };
  for (const auto& b : std::vector<bad>{
           {"fee", "entry 1 is not of the form"},
           {"fee=", "\"\" of entry 1 is not of the form <member>:<value>"},
           {"fee=a=b", "entry 1 is not of the form"},
           {"fee=max_attempts:3,", "entry 2 is not of the form"},
           {"=max_attempts:3", "\"\" of entry 1 is no kind"},
           {"Fee=max_attempts:3", "\"Fee\" of entry 1 is no kind"},
           {"fee=tries:3", "\"tries:3\" of entry 1 is no member"},
           {"fee=max_attempts:0", "is not a whole number from 1 to 100"},
           {"fee=max_attempts:101", "is not a whole number from 1 to 100"},
           {"fee=max_attempts:3x", "is not a whole number from 1 to 100"},
           {"fee=max_attempts:99999999999999999999", "is not a whole number from 1 to 100"},
           {"fee=timeout_s:86401", "is not a whole number from 1 to 86400"},
           {"fee=curve:list", "is none of exponential, linear, fixed"},
           {"fee=jitter:some", "is none of full, equal, none"},
           {"fee=factor:11", "is not a whole number from 1 to 10"},
           {"fee=base_s:-1", "is not a whole number from 0 to 86400"},
           {"fee=cap_s:0", "is not a whole number from 1 to 86400"},
           {"fee=cap_s:1+cap_s:2", "\"cap_s\" is twice in entry 1"},
           {"fee=cap_s:1,fee=cap_s:2", "\"fee\" has two policies"},
           {"fee+fee=cap_s:1", "\"fee\" has two policies"}}) {
    const auto said = fault_of(b.text);
    BOOST_TEST(said.find(b.fault) != std::string::npos, b.text << " -> " << said);
  }
}

BOOST_AUTO_TEST_CASE(a_policy_is_of_a_kind_that_is_there) {
  environment_map env{{"APP_ENV", "development"}, {"KIND_POLICIES", "fee=max_attempts:3"}};
  BOOST_TEST(faults(env).find("\"fee\", which is no kind here") != std::string::npos);
  env["WORKER_TOKENS"] = "a token of sixteen bytes:fee";
  BOOST_TEST(faults(env) == "");
  env["KIND_POLICIES"] = "noop=max_attempts:3";
  BOOST_TEST(faults(env) == "");
}

BOOST_AUTO_TEST_SUITE_END()
