// The audit log as a chain: each change of it is found where it was made.
#include "ledger/audit_log.hpp"

#include <boost/test/unit_test.hpp>

using namespace ledger;

BOOST_AUTO_TEST_SUITE(audit_log)

namespace {

std::vector<audit_record> chain(int length) {
  std::vector<audit_record> all;
  audit_head head;
  for (int i = 0; i < length; ++i) {
    commit_record with;
    with.shard = 3;
    with.seq = static_cast<std::uint64_t>(10 + i);
    with.booked_at = base::utc_us{1000 + i};
    all.push_back(next_record(
        head, {"root", "ledger.backfill", "ana", "restore", "{}", "{\"n\":1}", "rid"}, with));
    head = {all.back().number, all.back().hash};
  }
  return all;
}

std::string first_fault(const std::vector<audit_record>& all) {
  log_auditor judge;
  for (const auto& r : all) judge.record(r);
  BOOST_TEST((judge.faults() == 0) == judge.first().empty());
  return judge.first();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_chain_is_sound) {
  const auto all = chain(3);
  BOOST_TEST(all.front().number == 1u);
  BOOST_TEST(all.back().number == 3u);
  BOOST_TEST(all.back().seq == 12u);
  BOOST_TEST((all.back().at == base::utc_us{1002}));
  BOOST_TEST(first_fault(all) == "");
}

BOOST_AUTO_TEST_CASE(every_field_is_covered) {
  const std::string found = "audit log of shard 3 number 2: the hash does not match the record";
  const auto changed = [](auto change) {
    auto all = chain(3);
    change(all[1]);
    return first_fault(all);
  };
  BOOST_TEST(changed([](audit_record& r) { r.note.actor += "x"; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.action += "x"; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.target += "x"; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.reason += "x"; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.before += " "; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.after += " "; }) == found);
  BOOST_TEST(changed([](audit_record& r) { r.note.request_id.clear(); }) == found);
  BOOST_TEST(changed([](audit_record& r) { ++r.seq; }) == found);
  BOOST_TEST(changed([](audit_record& r) { ++r.at.count; }) == found);
  // A letter that moves from one field to the next.
  BOOST_TEST(changed([](audit_record& r) {
               r.note.action += r.note.target.front();
               r.note.target.erase(0, 1);
             }) == found);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_gone_is_missed_by_the_next) {
  auto all = chain(3);
  all.erase(all.begin() + 1);
  BOOST_TEST(first_fault(all) == "audit log of shard 3 number 3: a record before it is missing");
}

BOOST_AUTO_TEST_SUITE_END()
