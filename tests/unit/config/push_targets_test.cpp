// Goal: what an operator may write into PUSH_TARGETS, PUSH_SECRET and PUSH_ALLOW, and that no fault
//       shows a URL or a secret.
// Method: tables of good and bad texts; load() for what depends on several of them.
#include "config/load.hpp"
#include "config/push_targets.hpp"

#include <boost/test/unit_test.hpp>

using namespace config;

BOOST_AUTO_TEST_SUITE(push_targets)

namespace {

const std::string secret_text = "a push secret of tests";

std::string fault_of(const std::string& text) {
  std::vector<push_target> read;
  return read_push_targets(text, read);
}

std::vector<push_target> targets_of(const std::string& text) {
  std::vector<push_target> read;
  BOOST_TEST(read_push_targets(text, read) == "");
  return read;
}

std::string faults(const environment_map& env) {
  const auto result = load({"serve"}, env, {.builtin_kinds = {"noop", "prune"}});
  const auto* s = std::get_if<stop>(&result);
  return s == nullptr ? "" : s->err;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(targets_are_kinds_and_a_url) {
  const auto read = targets_of("tax.quote+fee=https://jobs.example/run?a=1&b=2;effects, "
                               "report=https://[2606:4700::1]:8443/,ping=https://h");
  BOOST_REQUIRE(read.size() == 3u);
  BOOST_TEST((read[0].kinds == std::vector<std::string>{"tax.quote", "fee"}));
  BOOST_TEST(read[0].url == "https://jobs.example/run?a=1&b=2");
  BOOST_TEST(read[0].effects);
  BOOST_TEST(read[1].url == "https://[2606:4700::1]:8443/");
  BOOST_TEST(!read[1].effects);
  BOOST_TEST(!read[1].plain());
  BOOST_TEST(read[2].url == "https://h");
}

BOOST_AUTO_TEST_CASE(faults_of_targets_name_the_entry_and_no_url) {
  struct bad {
    std::string text, fault;
  };
  for (const auto& b :
       std::vector<bad>{{"fee", "entry 1 is not of the form"},
                        {"fee=https://hidden.example,", "entry 2 is not of the form"},
                        {"=https://hidden.example", "entry 1 names what is no kind"},
                        {"Fee=https://hidden.example", "entry 1 names what is no kind"},
                        {"fee+=https://hidden.example", "entry 1 names what is no kind"},
                        {"fee=https://hidden.example;effect", "has after its ; something"},
                        {"fee=https://hidden.example;", "has after its ; something"},
                        {"fee=https://hidden.example,fee=https://other", "\"fee\" has two targets"},
                        {"fee+fee=https://hidden.example", "\"fee\" has two targets"}}) {
    const auto said = fault_of(b.text);
    BOOST_TEST(says(said, b.fault), b.text << ": " << said);
    BOOST_TEST(!says(said, "hidden"), said);
  }
  for (const char* url : {"",
                          "hidden",
                          "ftp://hidden",
                          "https://",
                          "https:///x",
                          "HTTPS://hidden",
                          "https://u:p@hidden/",
                          "https://hidden@h/",
                          "https://hidden/#x",
                          "https://hid den/",
                          "https://hidden:0/",
                          "https://hidden:65536/",
                          "https://hidden:/",
                          "https://hidden:8x/",
                          "https://[::1/",
                          "https://[]/",
                          "https://[::1]x/",
                          "https://hidden/\x01",
                          "https://hidd\xc3\xa9n/",
                          "https://hidden/\"",
                          "https://hidden\\@h/",
                          "https://hidden/x?",
                          "//hidden/"}) {
    const auto said = fault_of(std::string{"fee="} + url);
    BOOST_TEST(says(said, "the URL of entry 1 is no http(s)://host"), url << ": " << said);
    BOOST_TEST(!says(said, "hid"), said);
  }
  BOOST_TEST(fault_of("fee=https://h/" + std::string(2038, 'x')) == "");
  BOOST_TEST(fault_of("fee=https://h/" + std::string(2039, 'x')) != "");
}

BOOST_AUTO_TEST_CASE(no_more_kinds_than_there_may_be) {
  std::string many = "k0";
  for (int i = 1; i < 64; ++i) many += "+k" + std::to_string(i);
  BOOST_TEST(fault_of(many + "=https://h") == "");
  BOOST_TEST(fault_of(many + "+k64=https://h") == "more than 64 kinds");
}

BOOST_AUTO_TEST_CASE(secrets_are_a_list_the_newest_first) {
  std::vector<secret> read;
  BOOST_TEST(read_push_secrets(secret_text + ", the secret of last year", read) == "");
  BOOST_REQUIRE(read.size() == 2u);
  BOOST_TEST(read[0].reveal() == secret_text);
  BOOST_TEST(read[1].reveal() == "the secret of last year");
  for (const std::string text :
       {"short", "a push secret of tests,short", "a push secret of tests,"}) {
    read.clear();
    const auto said = read_push_secrets(text, read);
    BOOST_TEST(says(said, "shorter than 16 bytes"), text << ": " << said);
    BOOST_TEST(!says(said, "push secret"), said);
  }
  std::string five = secret_text;
  for (int i = 0; i < 4; ++i) five += "," + secret_text;
  read.clear();
  BOOST_TEST(read_push_secrets(five, read) == "has more than 4 secrets");
}

BOOST_AUTO_TEST_CASE(all_faults_that_depend_on_other_variables_come_at_once) {
  const auto said = faults({{"PUSH_TARGETS", "fee+noop=https://hidden.example,quote=http://hidden"},
                            {"WORKER_TOKENS", "a-token-of-sixteen-bytes:report+fee"}});
  for (const char* part :
       {"4 things", "PUSH_SECRET is needed with PUSH_TARGETS",
        "PUSH_TARGETS has \"noop\", which is a built-in kind",
        "PUSH_TARGETS has \"fee\", which WORKER_TOKENS has too",
        "PUSH_TARGETS has http:// for \"quote\", and PUSH_ALLOW allows no address"})
    BOOST_TEST(says(said, part), part << " not in " << said);
  BOOST_TEST(!says(said, "hidden"), said);
  BOOST_TEST(says(faults({{"WORKER_TOKENS", "a-token-of-sixteen-bytes:report+prune"}}),
                  "WORKER_TOKENS has \"prune\", which is a built-in kind"));
  const auto others = faults({{"PUSH_TARGETS", "fee=hidden"},
                              {"PUSH_SECRET", "too short"},
                              {"PUSH_ALLOW", "10.0.0.0/33"}});
  for (const char* part : {"PUSH_TARGETS the URL of entry 1", "PUSH_SECRET number 1 is shorter",
                           "PUSH_ALLOW \"10.0.0.0/33\" is no address"})
    BOOST_TEST(says(others, part), part << " not in " << others);
  BOOST_TEST(!says(others, "too short"), others);
}

BOOST_AUTO_TEST_CASE(what_is_right_is_taken) {
  const auto result = load({"serve"},
                           {{"PUSH_TARGETS", "fee=http://10.0.0.7:9000/jobs;effects"},
                            {"PUSH_SECRET", secret_text},
                            {"PUSH_ALLOW", "10.0.0.0/8, ::1"},
                            {"WORKER_TOKENS", "a-token-of-sixteen-bytes:report"}},
                           {.builtin_kinds = {"noop"}});
  BOOST_REQUIRE(std::holds_alternative<loaded>(result));
  const auto& push = std::get<loaded>(result).values.jobs.push;
  BOOST_TEST(push.targets.at(0).url == "http://10.0.0.7:9000/jobs");
  BOOST_TEST(push.targets.at(0).plain());
  BOOST_TEST(push.secrets.size() == 1u);
  BOOST_TEST((push.allow == std::vector<std::string>{"10.0.0.0/8", "::1"}));
}

BOOST_AUTO_TEST_SUITE_END()
