// The CSV of a report (api-contract §12.1).
#include "exchange/report_csv.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(report_csv)

namespace {

ledger::transaction_record row() {
  ledger::transaction_record t;
  t.id = ledger::transaction_id{"t1"};
  t.type = ledger::transaction_type::expense;
  t.amount = {123456};
  t.description = "Almoço";
  t.effective = base::make_day(2026, 11, 24);
  return t;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_head_is_that_of_the_contract) {
  BOOST_TEST(exchange::report_csv_head() ==
             "Data,Tipo,Valor (R$),Descrição,Categoria,Conta,Tags,ID\r\n");
}

BOOST_AUTO_TEST_CASE(a_plain_row_needs_no_quotes) {
  BOOST_TEST(exchange::report_csv_row(row(), {"Carteira", "Lazer"}) ==
             "2026-11-24,expense,1234.56,Almoço,Lazer,Carteira,,t1\r\n");
}

BOOST_AUTO_TEST_CASE(quotes_commas_and_line_feeds_stay_in_their_field) {
  auto t = row();
  t.description = "diz \"oi\", e\nsegue";
  t.tags = {"a", "b"};
  BOOST_TEST(exchange::report_csv_row(t, {"Conta, a", "Lazer"}) ==
             "2026-11-24,expense,1234.56,\"diz \"\"oi\"\", e\nsegue\",Lazer,\"Conta, a\","
             "\"a, b\",t1\r\n");
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_formula_gets_an_apostrophe) {
  for (const char* begin : {"=", "+", "-", "@"}) {
    auto t = row();
    t.id = ledger::transaction_id{std::string{begin} + "id"};
    t.description = std::string{begin} + "1";
    t.tags = {std::string{begin} + "t"};
    const std::string b = "'" + std::string{begin};
    BOOST_TEST(exchange::report_csv_row(t, {std::string{begin} + "c", std::string{begin} + "k"}) ==
               "2026-11-24,expense,1234.56," + b + "1," + b + "k," + b + "c," + b + "t," + b +
                   "id\r\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()
