// Goal: shared expenses made and answered as the contract says (api-contract §13.1).
#include "tests/http/sharing_fixture.hpp"

#include <tuple>

BOOST_AUTO_TEST_SUITE(api_sharing)

using namespace http_test;
using namespace http_test::sharing;

// -- making one -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_new_expense_is_told_to_everybody) {
  friends f;
  const auto made = f.wish();
  const auto id = *parsed(made.body).find("id")->if_string();
  BOOST_TEST(made.body == R"({"id":")" + id +
                              R"(","created_by":"ana","amount":10.01,"amount_str":"10.01",)"
                              R"("description":"Pizza","status":"active","split_type":"equal",)"
                              R"("created_at":"2026-11-24T18:00:00.000001Z","updated_at":null})");
  const auto mine = f.share_of("ana"), theirs = f.share_of("bia");
  BOOST_TEST(mine.amount.minor == 501);
  BOOST_TEST(mine.status == "accepted");
  BOOST_TEST((mine.responded_at == f.clock.at));
  BOOST_TEST(theirs.amount.minor == 500);
  BOOST_TEST(theirs.status == "pending");
  BOOST_TEST(!theirs.responded_at.has_value());
  BOOST_TEST(f.told() == (lines{"bia share_received: Nova despesa compartilhada / Ana dividiu "
                                "\"Pizza\" com você: R$ 5.00",
                                "ana share_sent: Convite enviado / \"Pizza\" com Ana: R$ 5.00"}),
             boost::test_tools::per_element());
  const auto news = f.books.beside.all<ledger::feed_item>();
  BOOST_TEST(news.front().metadata == R"({"expense_id":")" + id + R"(","share_id":")" +
                                          theirs.id.text() + R"(","amount_cents":500})");
  BOOST_TEST(news.front().entity_type == "expense_share");
  BOOST_TEST(news.front().entity_id == theirs.id.text());
  BOOST_TEST((news.front().created_at == f.clock.at));
  const auto notices = f.books.beside.all<ledger::notification>();
  BOOST_REQUIRE(notices.size() == 1u);
  BOOST_TEST(notices[0].user.text() == "bia");
  BOOST_TEST(notices[0].type == "expense_share_pending");
  BOOST_TEST(notices[0].title == "Despesa compartilhada pendente");
  BOOST_TEST(notices[0].body == "Ana dividiu \"Pizza\" com você: R$ 5.00");
  BOOST_TEST(notices[0].metadata ==
             R"({"expense_id":")" + id + R"(","share_id":")" + theirs.id.text() + "\"}");
  BOOST_TEST((notices[0].created_at == f.clock.at));
  const auto events = f.books.beside.all<ledger::share_event>();
  BOOST_TEST(events.size() == 2u);
  for (const auto& e : events) {
    BOOST_TEST(e.action == "created");
    BOOST_TEST(e.performed_by.text() == "ana");
    BOOST_TEST((e.at == f.clock.at));
  }
}

BOOST_AUTO_TEST_CASE(the_creators_part_is_an_expense_of_today) {
  friends f;
  f.clock.at = instant("2026-11-25T01:00:00Z"); // still the 24th in São Paulo
  f.become("ana");
  const auto id = f.share();
  const auto t = f.posted();
  BOOST_TEST((t.type == ledger::transaction_type::expense));
  BOOST_TEST(t.amount.minor == 501);
  BOOST_TEST(t.description == "Pizza");
  BOOST_TEST(t.shared_expense.value() == id);
  BOOST_TEST((t.date == f.clock.at));
  BOOST_TEST(base::to_text(t.effective) == "2026-11-24");
  BOOST_TEST((f.books.beside.all<ledger::shared_expense>().front().automatic == t.id));
}

BOOST_AUTO_TEST_CASE(without_a_place_it_goes_on_the_oldest_account_and_category) {
  friends f;
  f.add_account("a0", "ana").record.created_at = instant("2020-01-01T00:00:00Z");
  f.record("a0").active = false; // closed
  f.record("a2").created_at = instant("2026-01-01T00:00:00Z");
  f.add_category("c0", "ana");
  f.record("c0").type = "income";
  f.record("c0").created_at = instant("2020-01-01T00:00:00Z");
  f.add_category("c2", "ana");
  f.record("c2").created_at = instant("2026-01-01T00:00:00Z");
  f.add_category("c3", "ana");
  f.record("c3").created_at = instant("2020-01-01T00:00:00Z");
  f.record("c3").active = false;
  f.share();
  BOOST_TEST(f.posted().account.text() == "a2");
  BOOST_TEST(f.posted().category.text() == "c2");
  f.books.posted.clear();
  f.share(R"("invited_email":"bia@example.com","account_id":"a1","category_id":"c1")");
  BOOST_TEST(f.posted().account.text() == "a1");
  BOOST_TEST(f.posted().category.text() == "c1");
}

BOOST_AUTO_TEST_CASE(whoever_has_no_place_for_it_is_told_which) {
  friends f;
  f.add_user("eva", "eva@example.com");
  f.become("eva");
  const auto nowhere = f.wish();
  BOOST_TEST(nowhere.status == 400);
  BOOST_TEST(nowhere.body == R"({"detail":"Nenhuma conta ativa para registrar a despesa",)"
                             R"("code":"BAD_REQUEST","request_id":"rid"})");
  f.add_account("e1", "eva");
  f.add_category("e2", "eva");
  f.record("e2").type = "income";
  const auto without = f.wish();
  BOOST_TEST(without.status == 400);
  BOOST_TEST(f.text(without) == "Nenhuma categoria de despesa para registrar a despesa");
  f.record("e1").active = false; // closed: as if it were not there
  BOOST_TEST(f.text(f.wish()) == "Nenhuma conta ativa para registrar a despesa");
  BOOST_TEST(f.books.beside.all<ledger::shared_expense>().empty());
  BOOST_TEST(f.told().empty());
  // A creator who pays nothing needs no place.
  f.share(R"("split_type":"custom","participants":[{"email":"bia@example.com","amount":1001}])");
  BOOST_TEST(f.books.posted.empty());
  BOOST_TEST(f.share_of("eva").amount.minor == 0);
  BOOST_TEST(f.share_of("bia").amount.minor == 1001);
}

BOOST_AUTO_TEST_CASE(who_cannot_be_invited) {
  friends f;
  f.add_user("eva", "eva@example.com").active = false;
  const std::tuple<const char*, const char*> refused[] = {
      {R"("invited_email":"ana@example.com")", "Você não pode convidar a si mesmo"},
      {R"("participants":[{"user_id":"ana"},{"user_id":"bia"}])",
       "Você não pode convidar a si mesmo"},
      {R"("split_type":"custom","participants":[{"user_id":"ana","amount":1001}])",
       "Você não pode convidar a si mesmo"},
      {R"("participants":[{"user_id":"bia"},{"email":"BIA@example.com"}])",
       "Participante repetido"},
      {R"("invited_email":"eva@example.com")", "Participante não encontrado"},
      {R"("participants":[{"user_id":"bia"},{"user_id":"x"}])", "Participante não encontrado"}};
  for (const auto& [people, why] : refused) {
    const auto answer = f.wish(people);
    BOOST_TEST(answer.status == 400, people);
    BOOST_TEST(f.text(answer) == why, people);
  }
  BOOST_TEST(f.books.beside.all<ledger::shared_expense>().empty());
  BOOST_TEST(f.books.posted.empty());
}

BOOST_AUTO_TEST_CASE(a_split_by_percentage_or_amount_is_exact) {
  friends f;
  f.add_user("eva", "eva@example.com");
  const auto first = f.share(R"("split_type":"percentage","participants":[)"
                             R"({"user_id":"bia","percentage":33.33},)"
                             R"({"user_id":"ana","percentage":"33.33"},)"
                             R"({"user_id":"eva","percentage":33.34}])");
  BOOST_TEST(f.share_of("bia", first).amount.minor == 333);
  BOOST_TEST(f.share_of("ana", first).amount.minor == 333);
  BOOST_TEST(f.share_of("eva", first).amount.minor == 335); // the last takes the rest
  BOOST_TEST(f.share_of("ana", first).status == "accepted");
  BOOST_TEST(f.share_of("eva", first).basis.value() == 3334);
  BOOST_TEST(f.share_of("ana", first).basis.value() == 3333);
  const auto second = f.share(R"("split_type":"percentage","participants":[)"
                              R"({"user_id":"bia","percentage":100}])");
  BOOST_TEST(f.share_of("ana", second).basis.value() == 0);
  BOOST_TEST(f.share_of("ana", second).amount.minor == 0);
  const auto refused = [&](const std::string& split, const std::string& people) {
    const auto answer =
        f.wish(R"("split_type":")" + split + R"(","participants":[)" + people + ']');
    BOOST_TEST(answer.status == 422, people);
    return code_of(answer);
  };
  BOOST_TEST(refused("percentage", R"({"user_id":"bia","percentage":99.98})") ==
             "SHARE_PERCENTAGES");
  for (const char* amount : {"1000", "1002"})
    BOOST_TEST(refused("custom", std::string{R"({"user_id":"bia","amount":)"} + amount + '}') ==
               "SHARE_AMOUNTS");
  for (const char* bad : {"-0.01", "100.01", "\"x\"", "true"})
    BOOST_TEST(refused("percentage", std::string{R"({"user_id":"bia","percentage":)"} + bad +
                                         '}') == "VALIDATION_ERROR");
}

BOOST_AUTO_TEST_CASE(faults_of_the_participants_stand_in_one_list) {
  friends f;
  const auto faults = faults_of(f.wish(R"("split_type":"custom","participants":[7,)"
                                       R"({"user_id":"bia"},{"user_id":8,"amount":1}])"));
  BOOST_TEST(faults == (lines{"dict_type body.participants.0 Input should be a valid dictionary",
                              "missing body.participants.1.amount Field required",
                              "string_type body.participants.2.user_id Input should be a valid "
                              "string"}),
             boost::test_tools::per_element());
  BOOST_TEST(faults_of(f.wish(R"("participants":[{}])")) ==
                 lines{"value_error body.participants.0 Value error, informe user_id ou email"},
             boost::test_tools::per_element());
  BOOST_TEST(faults_of(f.wish(R"("participants":null)")) ==
                 lines{"value_error body Value error, convide pelo menos um participante"},
             boost::test_tools::per_element());
  BOOST_TEST(faults_of(f.wish(R"("split_type":"custom","invited_email":"bia@example.com")")) ==
                 lines{"value_error body.split_type Value error, informe participants"},
             boost::test_tools::per_element());
}

// -- answering ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_share_is_rejected) {
  friends f;
  const auto id = f.share();
  const auto path = f.share_path("bia");
  const auto before = f.told().size();
  f.become("bia");
  BOOST_TEST(words(f.ok("GET", shared + "/pending"), "expense_id") == lines{id},
             boost::test_tools::per_element());
  const auto answer = f.ok("PATCH", path, R"({"action":"reject"})");
  BOOST_TEST(written(answer, "status") == "\"rejected\"");
  BOOST_TEST(written(answer, "responded_at") == '"' + base::to_text(f.clock.at) + '"');
  auto told = f.told();
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(before));
  BOOST_TEST(told == (lines{"ana share_rejected: Despesa recusada / Ana recusou \"Pizza\"",
                            "bia share_rejected: Despesa recusada / Ana recusou \"Pizza\""}),
             boost::test_tools::per_element());
  BOOST_TEST(f.ok("GET", shared + "/pending").if_array()->empty());
  const auto model = f.ok("GET", shared + "/read-model");
  const auto& expense = model.find("expenses")->if_array()->front();
  BOOST_TEST(written(expense, "status") == "\"pending\"");
  BOOST_TEST(written(expense, "participants") ==
             R"([{"user_id":"ana","user_name":"ana","user_email":"ana@x",)"
             R"("share_status":"accepted","amount":5.01,"percentage":null,"paid":true},)"
             R"({"user_id":"bia","user_name":"bia","user_email":"bia@x",)"
             R"("share_status":"rejected","amount":5.00,"percentage":null,"paid":false}])");
  const auto events = f.ok("GET", path + "/events");
  BOOST_TEST(words(events, "action") == (lines{"created", "rejected"}),
             boost::test_tools::per_element());
  BOOST_TEST(words(events, "performed_by") == (lines{"ana", "bia"}),
             boost::test_tools::per_element());
  for (const char* late : {"accept", "reject"}) {
    const auto refused = f.call("PATCH", path, std::string{R"({"action":")"} + late + "\"}");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.body == R"({"detail":"Compartilhamento já respondido",)"
                               R"("code":"SHARE_ANSWERED","request_id":"rid"})");
  }
  BOOST_TEST(f.books.posted.size() == 1u); // the creator's part stays, and nothing comes
}

BOOST_AUTO_TEST_CASE(a_share_is_accepted_by_whoever_has_it) {
  friends f;
  f.share();
  const auto path = f.share_path("bia");
  for (const char* user : {"ana", "eva"}) {
    f.add_user("eva", "eva@example.com");
    f.become(user);
    BOOST_TEST(f.call("PATCH", path, R"({"action":"accept"})").status == 404, user);
  }
  f.become("bia");
  BOOST_TEST(f.text(f.call("PATCH", path, R"({"action":"maybe"})")) ==
             "action deve ser accept ou reject");
  BOOST_TEST(written(f.ok("PATCH", path, R"({"action":"accept"})"), "status") == "\"accepted\"");
  BOOST_TEST(f.told().back() == "bia share_accepted: Despesa aceita / Ana aceitou \"Pizza\"");
  const auto model = f.ok("GET", shared + "/read-model");
  BOOST_TEST(written(model.find("expenses")->if_array()->front(), "status") == "\"settled\"");
}

BOOST_AUTO_TEST_SUITE_END()
