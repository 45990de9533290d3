// What   Contract of read_port: both legs of a transfer.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/scribe.hpp"

#include <stop_token>
#include <thread>

BOOST_AUTO_TEST_SUITE(transfer_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;

namespace {

/// 1.00 from the checking account to the savings, as new rows "out" and "in".
storage::commit_item transfer_of(const person& p) {
  auto out = expense(p, "out", 100);
  auto in = expense(p, "in", 100);
  out.type = in.type = ledger::transaction_type::transfer;
  in.direction = 1;
  in.description = out.description;
  in.account = p.savings.id;
  out.partner = in.id;
  in.partner = out.id;
  storage::commit_item item;
  item.user = p.user.id;
  item.transactions_new = {out, in};
  item.entries = {{in.account, in.effect(), in.id, in.effective, 0, false},
                  {out.account, out.effect(), out.id, out.effective, 0, false}};
  return item;
}

} // namespace

BOOST_AUTO_TEST_CASE(transactions_by_id_with_partners) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto transfer = transfer_of(ana);
  const auto& out = transfer.transactions_new[0];
  const auto& in = transfer.transactions_new[1];
  s.write(w, {newcomer(ana), transfer, posting(expense(ana, "solo", 5))});
  const auto find = [&](const std::string& user, std::vector<ledger::transaction_id> ids,
                        bool partners) {
    std::vector<std::string> found;
    for (const auto& t : value_of<std::vector<ledger::transaction_record>>([&](auto done) {
           w.reads().transactions_by_id(ledger::user_id{user}, ids, partners, std::move(done));
         }))
      found.push_back(t.id.text());
    return found;
  };
  using strings = std::vector<std::string>;
  const ledger::transaction_id solo{"solo"}, unknown{"unknown"};
  BOOST_TEST((find("ana", {in.id}, false) == strings{"in"}));
  BOOST_TEST((find("ana", {in.id}, true) == strings{"in", "out"}));
  BOOST_TEST(
      (find("ana", {solo, out.id, unknown, in.id, solo}, true) == strings{"solo", "out", "in"}));
  BOOST_TEST(find("ben", {in.id}, true).empty());
  BOOST_TEST(find("ana", {}, true).empty());

  const auto entries = value_of<std::vector<ledger::entry_view>>(
      [&](auto done) { w.reads().entries_of_transaction(out.id, in.id, std::move(done)); });
  BOOST_REQUIRE(entries.size() == 2);
  BOOST_TEST((entries[0].what.draft == transfer.entries[0]));
  BOOST_TEST(entries[0].description == in.description);
  BOOST_TEST((entries[1].what.draft == transfer.entries[1]));
  const auto one = value_of<std::vector<ledger::entry_view>>(
      [&](auto done) { w.reads().entries_of_transaction(out.id, std::nullopt, std::move(done)); });
  BOOST_TEST(one.size() == 1);
}

BOOST_AUTO_TEST_CASE(a_partner_of_another_user_is_left_out) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana"), ben = make_person("ben");
  auto transfer = transfer_of(ana);
  auto& in = transfer.transactions_new[1];
  in.owner = ben.user.id;
  in.account = transfer.entries[0].account = ben.savings.id;
  s.write(w, {newcomer(ana), newcomer(ben), transfer});
  const auto found = value_of<std::vector<ledger::transaction_record>>([&](auto done) {
    w.reads().transactions_by_id(ana.user.id, {transfer.transactions_new[0].id}, true,
                                 std::move(done));
  });
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST((found[0].id == transfer.transactions_new[0].id));
}

// An owner that was deposed and does not know it yet reads while its successor writes.
BOOST_AUTO_TEST_CASE(legs_are_of_one_moment) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  const auto legs = transfer_of(ana);
  s.write(w, {newcomer(ana), legs});

  int pairs = 0;
  int torn = 0;
  std::jthread reader{[&](const std::stop_token& written) {
    while (!written.stop_requested()) {
      std::promise<base::result<std::vector<ledger::transaction_record>>> promise;
      w.reads().transactions_by_id(ana.user.id, {legs.transactions_new[0].id}, true,
                                   [&](auto found) { promise.set_value(std::move(found)); });
      const auto found = promise.get_future().get();
      if (!found || found->size() != 2) continue;
      ++pairs;
      torn += (*found)[0].description != (*found)[1].description;
    }
  }};
  for (int i = 0; i < 200; ++i) {
    storage::commit_item edit;
    edit.user = ana.user.id;
    edit.transactions_changed = legs.transactions_new;
    for (auto& t : edit.transactions_changed) t.description = "edit " + std::to_string(i);
    s.write(w, {edit});
  }
  reader.request_stop();
  reader.join();
  BOOST_TEST(pairs > 50);
  BOOST_TEST(torn == 0);
}

BOOST_AUTO_TEST_SUITE_END()
