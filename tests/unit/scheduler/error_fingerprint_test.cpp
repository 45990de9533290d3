// Goal: errors of one cause are one group, and those of another are not.
#include "scheduler/error_fingerprint.hpp"

#include <boost/test/unit_test.hpp>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(error_fingerprints)

BOOST_AUTO_TEST_CASE(what_differs_from_job_to_job_is_made_alike) {
  BOOST_TEST(made_alike("account 0193a5b8-0000-7000-8000-000000000005 is closed") ==
             "account @ is closed");
  BOOST_TEST(made_alike("took 12 s of 30") == "took # s of #");
  BOOST_TEST(made_alike("no file \"a.csv\" in 'b'") == "no file $ in $");
  BOOST_TEST(made_alike("  two   spaces\n and more ") == "two spaces and more");
  BOOST_TEST(made_alike("deadbeef01 and facade") == "@ and facade");
  BOOST_TEST(made_alike("it's open") == "it's open");
  BOOST_TEST(made_alike("h2o") == "h#o");
}

BOOST_AUTO_TEST_CASE(a_group_is_kind_code_and_message) {
  const auto one = error_fingerprint("fee", "TIMEOUT", "after 12 s");
  BOOST_TEST(one.size() == 16u);
  BOOST_TEST(one == error_fingerprint("fee", "TIMEOUT", "after 99 s"));
  BOOST_TEST(one != error_fingerprint("feed", "TIMEOUT", "after 12 s"));
  BOOST_TEST(one != error_fingerprint("fee", "TIMEOUTS", "after 12 s"));
  BOOST_TEST(one != error_fingerprint("fee", "TIMEOUT", "before 12 s"));
  // The parts do not run into each other.
  BOOST_TEST(error_fingerprint("ab", "c", "") != error_fingerprint("a", "bc", ""));
}

BOOST_AUTO_TEST_CASE(long_messages_count_to_two_hundred_characters) {
  const std::string long_one(500, 'x');
  BOOST_TEST(made_alike(long_one).size() == 200u);
  BOOST_TEST(error_fingerprint("k", "c", long_one) == error_fingerprint("k", "c", long_one + "y"));
}

BOOST_AUTO_TEST_CASE(names_of_every_form_are_one) {
  BOOST_TEST(made_alike("job x0193a5b8-0000-7000-8000-000000000005, j12345678-1234-1234-1234-"
                        "123456789012") == "job x@, j@");
  BOOST_TEST(made_alike("at 0xdeadBEEF and 0x7f") == "at @ and @");
  BOOST_TEST(made_alike("3rd of 2026-11-24 12:00") == "#rd of #-#-# #:#");
  BOOST_TEST(made_alike("1234567890 and a1b2c3d4e5f6g") == "# and a#b#c#d#e#f#g");
  BOOST_TEST(made_alike("can't open 'it's' or `b` or \u201cão\u201d") == "can't open $ or $ or $");
  BOOST_TEST(made_alike("an 'open end and \"another") == "an 'open end and \"another");
  BOOST_TEST(made_alike("") == "");
  std::string accents;
  for (int i = 0; i < 300; ++i) accents += "é";
  BOOST_TEST(made_alike(accents).size() == 400u); // 200 characters, none cut in the middle
}

// Made with Python: sha256(b"\0".join((kind, code, message))).hexdigest()[:16], the message as it
// is after it was made alike.
BOOST_AUTO_TEST_CASE(fingerprints_are_fixed) {
  BOOST_TEST(error_fingerprint("fee", "TIMEOUT", "") == "5815570d913f866c");
  BOOST_TEST(error_fingerprint("report.csv", "IO", "no file \"a.csv\" in 'b'") ==
             "d3e426ec638a68a9");
  BOOST_TEST(error_fingerprint("recurring_transaction", "TX_INSUFFICIENT_BALANCE",
                               "account 0193a5b8-0000-7000-8000-000000000005 has 12 of 900") ==
             "8e7b39305290cb7a");
  BOOST_TEST(error_fingerprint("mail", "SMTP_421",
                               "  caixa cheia às 12h: tente \u201cmais tarde\u201d  não") ==
             "184a4e1d9194f252");
}

BOOST_AUTO_TEST_SUITE_END()
