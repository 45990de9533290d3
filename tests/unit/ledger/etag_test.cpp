// Tags change with what they are about, and with nothing else.
#include "ledger/etag.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(etags)

BOOST_AUTO_TEST_CASE(a_profile_is_its_name_and_its_address) {
  ledger::user_record ana;
  ana.id = ledger::user_id{"ana"};
  ana.name = "Ana";
  ana.email = "ana@example.com";
  const auto before = ledger::profile_etag(ana);
  auto same = ana;
  same.password_hash = "another";
  same.updated_at = base::utc_us{7};
  same.admin = true;
  BOOST_TEST(ledger::profile_etag(same) == before);
  auto renamed = ana;
  renamed.name = "Ana Maria";
  BOOST_TEST(ledger::profile_etag(renamed) != before);
  auto moved = ana;
  moved.email = "ana@new.example";
  BOOST_TEST(ledger::profile_etag(moved) != before);
  BOOST_TEST(before.find("ana") == before.npos); // headers are no place for an address
  BOOST_TEST(before.find(';') == before.npos);   // behind it stands the hash of the bytes
}

BOOST_AUTO_TEST_CASE(a_category_is_as_it_was_edited_last) {
  ledger::account_record c;
  c.created_at = base::utc_us{5};
  const auto fresh = ledger::category_etag(c);
  c.updated_at = base::utc_us{6};
  BOOST_TEST(ledger::category_etag(c) != fresh);
}

BOOST_AUTO_TEST_SUITE_END()
