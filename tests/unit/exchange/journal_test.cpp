// The journal's lines; that hledger and ledger take them is shown by tests/blackbox/exports.py.
#include "exchange/journal.hpp"

#include <boost/test/unit_test.hpp>

using namespace exchange;

BOOST_AUTO_TEST_SUITE(journal_text)

namespace {

ledger::account_record account(const std::string& id, const std::string& name,
                               ledger::account_kind kind) {
  ledger::account_record a;
  a.id = ledger::account_id{id};
  a.name = name;
  a.kind = kind;
  return a;
}

ledger::entry entry(const std::string& where, std::int64_t amount, const std::string& of) {
  ledger::entry e;
  e.draft.account = ledger::account_id{where};
  e.draft.amount = {amount};
  e.draft.transaction = ledger::transaction_id{of};
  e.draft.effective = base::make_day(2026, 1, 31);
  e.shard = 3;
  e.seq = 17;
  e.booked_at = base::start_of(base::make_day(2026, 2, 2));
  return e;
}

} // namespace

BOOST_AUTO_TEST_CASE(accounts_are_declared_with_type_and_a_name_of_their_own) {
  journal j;
  const auto asset = ledger::account_kind::asset;
  BOOST_TEST(j.declare(account("1", "Conta", asset)) ==
             "account assets:Conta\n    ; type: A\n    ; vdp-id: 1\n\n");
  BOOST_TEST(j.declare(account("2", "Conta", asset)) ==
             "account assets:Conta (2)\n    ; type: A\n    ; vdp-id: 2\n"
             "    ; vdp-name: Conta\n\n");
  BOOST_TEST(j.declare(account("3", "Conta (2)", asset)) ==
             "account assets:Conta (2) (2)\n    ; type: A\n    ; vdp-id: 3\n"
             "    ; vdp-name: Conta %282%29\n\n");
  BOOST_TEST(j.declare(account("a:b", " x;y:z ", ledger::account_kind::liability)) ==
             "account liabilities:x,y-z\n    ; type: L\n    ; vdp-id: a%3Ab\n"
             "    ; vdp-name: %20x%3By%3Az%20\n\n");
  BOOST_TEST(j.name_of(ledger::account_id{"3"}) == "assets:Conta (2) (2)");
}

BOOST_AUTO_TEST_CASE(a_posting_shows_both_clocks_texts_and_tags) {
  journal j;
  j.declare(account("c", "Conta", ledger::account_kind::asset));
  j.declare(account("f", "Comida", ledger::account_kind::expense));
  journal_posting p;
  p.booked = base::make_day(2026, 2, 1);
  p.entries = {entry("c", -1, "t"), entry("f", 1, "t")};
  p.entries[1].draft.effective = base::make_day(2026, 1, 30);
  ledger::transaction_record t;
  t.id = ledger::transaction_id{"t"};
  t.description = "Almoço;  caro";
  t.tags = {"date", "casa nova"};
  p.transactions = {t};
  BOOST_TEST(j.posting(p) == "2026-02-01=2026-01-31 * (3.17.0) Almoço, caro\n"
                             "    ; vdp-booked: 2026-02-02T00:00:00Z\n"
                             "    ; vdp-type: expense\n"
                             "    ; vdp-transaction: t\n"
                             "    ; vdp-text: Almoço%3B %20caro\n"
                             "    ; :casa+nova:\n"
                             "    ; :date_:\n"
                             "    assets:Conta  -0.01 BRL\n"
                             "    expenses:Comida  0.01 BRL\n"
                             "        ; [=2026-01-30]\n\n");
  for (auto& e : p.entries) e.draft.reversal = true;
  p.transactions[0].deleted_at = base::utc_us{0};
  const auto gone = j.posting(p);
  BOOST_TEST(gone.find("    ; vdp-reversal: yes\n") != std::string::npos);
  BOOST_TEST(gone.find("    ; vdp-deleted: 1970-01-01T00:00:00Z\n") != std::string::npos);
  BOOST_TEST(gone.find("casa") == std::string::npos); // only tags of live ones are declared
  // An entry whose transaction has no row is money all the same.
  p.transactions.clear();
  BOOST_TEST(j.posting(p).starts_with("2026-02-01=2026-01-31 * (3.17.0)\n"));
}

BOOST_AUTO_TEST_CASE(a_transfer_speaks_with_the_leg_that_the_money_leaves) {
  journal j;
  j.declare(account("c", "Conta", ledger::account_kind::asset));
  journal_posting p;
  p.entries = {entry("c", 1, "in"), entry("c", -1, "out")};
  ledger::transaction_record in, out;
  in.id = ledger::transaction_id{"in"};
  in.direction = 1;
  in.description = "chega";
  out.id = ledger::transaction_id{"out"};
  out.description = "sai";
  p.transactions = {in, out};
  const auto text = j.posting(p);
  BOOST_TEST(text.find(") sai\n") != std::string::npos);
  BOOST_TEST(text.find("vdp-transaction: out\n    ; vdp-transaction: in\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(balances_are_asserted_at_the_edges) {
  journal j;
  j.declare(account("c", "Conta", ledger::account_kind::asset));
  BOOST_TEST(j.assertions({0}, {}) == "");
  BOOST_TEST(j.assertions(base::make_day(2026, 2, 1),
                          {{ledger::account_id{"c"}, {-999'999'999'999'999}}}) ==
             "2026-02-01 * balances as the ledger keeps them\n    ; vdp-assertion: yes\n"
             "    assets:Conta  0.00 BRL = -9999999999999.99 BRL\n");
}

BOOST_AUTO_TEST_CASE(the_head_declares_commodities_and_every_tag) {
  const auto head = journal::head("Ana\nx", {"date", "b"}, {"BRL", "X1"});
  BOOST_TEST(head.find("the books of Ana%0Ax\n") != std::string::npos);
  BOOST_TEST(head.find("commodity BRL\n    format 1000.00 BRL\n") != std::string::npos);
  BOOST_TEST(head.find("commodity \"X1\"\n    format 1000.00 \"X1\"\n") != std::string::npos);
  BOOST_TEST(head.find("tag b\ntag date_\n") != std::string::npos);
  BOOST_TEST(head.find("tag vdp-booked\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
