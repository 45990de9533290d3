// Goal: the weekly report comes on its day, once, to the right address, in the words and figures
//       of a Brazilian mail.
#include "app/weekly_report.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(weekly_reports)

namespace {

using app::report_due;
using app::report_receiver;

const scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
const base::civil_day monday = base::make_day(2026, 11, 23);

base::utc_us at(std::string_view text) { return base::parse_instant(text)->at; }
base::civil_day after(int days) { return {monday.count + days}; }

ledger::automation report_rule(const std::string& conditions = "{}",
                               const std::string& actions = "{}") {
  ledger::automation a;
  a.id = ledger::automation_id{"r1"};
  a.user = ledger::user_id{"ana"};
  a.name = "Resumo";
  a.type = "weekly_report";
  a.conditions = conditions;
  a.actions = actions;
  a.created_at = at("2026-01-01T12:00:00Z");
  return a;
}

ledger::user_record owner() {
  ledger::user_record u;
  u.id = ledger::user_id{"ana"};
  u.name = "Ana";
  u.email = "ana@example.com";
  return u;
}

ledger::monthly_sums::category_sum sum(const std::string& name, std::int64_t income,
                                       std::int64_t expense) {
  return {ledger::account_id{name}, base::centavos{income}, base::centavos{expense}, name};
}

} // namespace

BOOST_AUTO_TEST_CASE(it_is_due_on_its_weekday) {
  for (int wanted = 0; wanted < 7; ++wanted) {
    auto rule = report_rule("{\"day_of_week\":" + std::to_string(wanted) + '}');
    BOOST_TEST((report_due(rule, after(wanted), zone).value() == after(wanted)), wanted);
    rule.last_run = zone.start_of_day(after(wanted));
    BOOST_TEST(!report_due(rule, after(wanted), zone), wanted);
    // The next one a week later, and not before.
    for (int day = 1; day < 7; ++day) BOOST_TEST(!report_due(rule, after(wanted + day), zone));
    BOOST_TEST((report_due(rule, after(wanted + 7), zone).value() == after(wanted + 7)));
  }
  BOOST_TEST((report_due(report_rule(), monday, zone).value() == monday)); // the default
}

BOOST_AUTO_TEST_CASE(a_missed_day_is_made_up_for) {
  auto rule = report_rule();
  rule.last_run = at("2026-11-16T11:00:00Z");
  BOOST_TEST((report_due(rule, after(2), zone).value() == monday));
  rule.last_run = at("2026-11-25T11:00:00Z"); // that was it
  BOOST_TEST(!report_due(rule, after(2), zone));
  BOOST_TEST((report_due(rule, after(7), zone).value() == after(7)));
}

BOOST_AUTO_TEST_CASE(a_day_before_the_rule_was_there_is_not) {
  auto rule = report_rule();
  rule.created_at = at("2026-11-23T15:00:00Z"); // Monday, after the run
  BOOST_TEST(!report_due(rule, after(1), zone));
  BOOST_TEST(report_due(rule, monday, zone).has_value()); // a run by hand
  rule.created_at = at("2026-01-01T12:00:00Z");
  rule.updated_at = at("2026-11-24T15:00:00Z"); // made active, or moved to Monday, on Tuesday
  BOOST_TEST(!report_due(rule, after(2), zone));
  BOOST_TEST((report_due(rule, after(7), zone).value() == after(7)));
}

// 02:30Z on Monday is Sunday evening in São Paulo.
BOOST_AUTO_TEST_CASE(days_are_those_of_the_zone) {
  auto rule = report_rule();
  rule.last_run = at("2026-11-23T02:30:00Z");
  BOOST_TEST(report_due(rule, monday, zone).has_value());
  rule.last_run = at("2026-11-23T03:00:00Z");
  BOOST_TEST(!report_due(rule, monday, zone));
}

BOOST_AUTO_TEST_CASE(other_rules_and_resting_ones_are_not_due) {
  auto rule = report_rule();
  rule.active = false;
  BOOST_TEST(!report_due(rule, monday, zone));
  rule = report_rule();
  rule.type = "webhook";
  BOOST_TEST(!report_due(rule, monday, zone));
  BOOST_TEST(!report_due(report_rule(R"({"day_of_week":9})"), monday, zone));
}

BOOST_AUTO_TEST_CASE(it_is_about_seven_whole_days) {
  const auto days = app::days_before(monday);
  BOOST_TEST((days.first == base::make_day(2026, 11, 16)));
  BOOST_TEST((days.last == base::make_day(2026, 11, 22)));
  const auto body = app::report_body(days);
  BOOST_TEST(body == R"({"report":"weekly","from":"2026-11-16","to":"2026-11-22"})");
  BOOST_TEST((app::read_report_body(body) == days));
  for (const char* bad : {"", "{}", "[]", R"({"from":"2026-11-16"})", R"({"from":1,"to":2})"})
    BOOST_TEST(!app::read_report_body(bad), bad);
}

BOOST_AUTO_TEST_CASE(a_wish_is_performed_once) {
  const auto rule = report_rule();
  const auto wish = app::report_wish(rule, monday, zone, ledger::delivery_id{"d1"});
  const auto now = at("2026-11-23T11:00:01Z");
  const auto made = wish.decide({{rule}}, now);
  BOOST_REQUIRE(made.has_value());
  const auto d = ledger::row_of<ledger::delivery>(made->writes).value();
  BOOST_TEST((d.kind == ledger::delivery_kind::mail));
  BOOST_TEST((d.state == ledger::delivery_state::pending));
  BOOST_TEST(d.rule == "r1");
  BOOST_TEST(d.body == app::report_body(app::days_before(monday)));
  const auto after_it = ledger::row_of<ledger::automation>(made->writes).value();
  BOOST_TEST((after_it.last_run == now));
  BOOST_TEST(!after_it.updated_at);
  BOOST_TEST(wish.decide({{after_it}}, now)->writes.empty());
  BOOST_TEST(wish.decide({{}}, now)->writes.empty()); // deleted meanwhile
}

BOOST_AUTO_TEST_CASE(who_gets_it) {
  BOOST_TEST(report_receiver(report_rule(), owner()) == "ana@example.com");
  BOOST_TEST(report_receiver(report_rule(R"({"email":"c@x.example"})"), owner()) == "c@x.example");
  BOOST_TEST(report_receiver(report_rule("{}", R"({"email":" a@x.example "})"), owner()) ==
             "a@x.example");
  BOOST_TEST(report_receiver(report_rule(R"({"email":"c@x.example"})",
                                         R"({"email":"","destination_email":"d@x.example"})"),
                             owner()) == "d@x.example");
}

BOOST_AUTO_TEST_CASE(amounts_as_they_are_written_in_brazil) {
  const auto text = [](std::int64_t minor) { return app::reais_text(base::centavos{minor}); };
  BOOST_TEST(text(0) == "R$ 0,00");
  BOOST_TEST(text(7) == "R$ 0,07");
  BOOST_TEST(text(99'999) == "R$ 999,99");
  BOOST_TEST(text(100'000) == "R$ 1.000,00");
  BOOST_TEST(text(123'456'789) == "R$ 1.234.567,89");
  BOOST_TEST(text(-1) == "-R$ 0,01");
  BOOST_TEST(text(-100'000'000) == "-R$ 1.000.000,00");
}

BOOST_AUTO_TEST_CASE(the_words_of_the_mail) {
  ledger::monthly_sums sums;
  sums.categories = {sum("Lazer", 0, 5'000),     sum("Mercado", 0, 123'456),
                     sum("Salário", 200'000, 0), sum("Aluguel", 0, 150'000),
                     sum("Café", 0, 700),        sum("Bar", 0, 5'000)};
  const auto mail = app::report_mail(report_rule(), owner(), app::days_before(monday), sums);
  BOOST_REQUIRE(mail.has_value());
  BOOST_TEST(mail->to == "ana@example.com");
  BOOST_TEST(mail->subject == "Resumo da semana: 16/11/2026 a 22/11/2026");
  BOOST_TEST(mail->text == "Olá, Ana!\n\nDe 16/11/2026 a 22/11/2026:\n\nReceitas: R$ 2.000,00\n"
                           "Despesas: R$ 2.841,56\nSaldo: -R$ 841,56\n\nMaiores despesas:\n"
                           "1. Aluguel: R$ 1.500,00\n2. Mercado: R$ 1.234,56\n3. Bar: R$ 50,00\n"
                           "\nEsta mensagem vem da automação \"Resumo\". Para não a receber mais, "
                           "desative-a no Vai de Pix.\n");
  const auto empty = app::report_mail(report_rule(), owner(), app::days_before(monday), {});
  BOOST_TEST(empty->text.find("Nenhuma despesa nesta semana.") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sums_that_leave_the_integers_make_no_mail) {
  ledger::monthly_sums sums;
  const auto most = std::numeric_limits<std::int64_t>::max();
  sums.categories = {sum("a", most, 0), sum("b", most, 0)};
  BOOST_TEST(!app::report_mail(report_rule(), owner(), app::days_before(monday), sums));
}

BOOST_AUTO_TEST_SUITE_END()
