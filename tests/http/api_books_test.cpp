// Accounts, categories, transactions: shapes, statuses, headers (api-contract §1.4, §5, §6, §7).
#include "tests/http/api_fixture.hpp"

#include "ledger/etag.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_books)

namespace {

const std::string income =
    R"({"date":"2026-11-24","account_id":"a1","category_id":"c1","type":"income","amount_cents":1007,"description":"Café","tags":["a","b"]})";

std::string post_income(api& a) {
  const auto answer = a.call("POST", "/api/transactions", income);
  BOOST_REQUIRE(answer.status == 200);
  return *parsed(answer.body).find("id")->if_string();
}

} // namespace

// -- accounts -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_account_has_the_fields_of_the_contract) {
  api a;
  const auto answer =
      a.call("POST", "/api/accounts",
             R"({"name":"Cartão \"A\"","type":"credit","balance":-10.005,"floor":"-500"})");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(
      answer.body ==
      R"({"id":"account-1","name":"Cartão \"A\"","type":"credit","balance":-10.01,"balance_str":"-10.01","created_at":"2026-11-24T18:00:00Z","updated_at":null,"is_active":true,"currency":"BRL","kind":"liability","floor":-500.00,"ceiling":null,"credit_limit":500.00,"available":-10.01,"available_str":"-10.01","version":1})");
  BOOST_TEST(answer.user_id == "ana");
  const auto one = a.call("GET", "/api/accounts/account-1");
  BOOST_TEST(one.body == answer.body);
  BOOST_REQUIRE(header(one, "ETag") != nullptr);
  BOOST_TEST(*header(one, "ETag") == "\"v1\"");
}

BOOST_AUTO_TEST_CASE(the_list_has_the_users_own_active_accounts) {
  api a;
  BOOST_TEST(a.call("DELETE", "/api/accounts/a2").body ==
             R"({"message":"Conta removida com sucesso"})");
  const auto list = parsed(a.call("GET", "/api/accounts").body);
  BOOST_REQUIRE(list.if_array()->size() == 1u);
  BOOST_TEST(*list.if_array()->front().find("id")->if_string() == "a1");
  // Closed ones are shown alone, and are closed once.
  BOOST_TEST(*parsed(a.call("GET", "/api/accounts/a2").body).find("is_active")->if_bool() == false);
  const auto again = a.call("DELETE", "/api/accounts/a2");
  BOOST_TEST(again.status == 400);
  BOOST_TEST(
      again.body ==
      R"({"detail":"Conta já está excluída","code":"ACCOUNT_ALREADY_DELETED","request_id":"rid"})");
}

BOOST_AUTO_TEST_CASE(what_belongs_to_someone_else_is_missing) {
  api a;
  const std::string missing =
      R"({"detail":"Conta não encontrada","code":"ACCOUNT_NOT_FOUND","request_id":"rid"})";
  for (const std::string id : {"b1", "nothing", "c1"}) {
    for (const auto& answer :
         {a.call("GET", "/api/accounts/" + id), a.call("GET", "/api/accounts/" + id + "/entries"),
          a.call("GET", "/api/accounts/" + id + "/balance"),
          a.call("PUT", "/api/accounts/" + id, "{}"), a.call("DELETE", "/api/accounts/" + id)}) {
      BOOST_TEST(answer.status == 404);
      BOOST_TEST(answer.body == missing);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_put_changes_what_it_names) {
  api a;
  a.books.rows[ledger::account_id{"a1"}].record.floor = base::centavos{100};
  BOOST_TEST(a.call("PUT", "/api/accounts/a1", R"({"name":"Nova"})").status == 200);
  BOOST_TEST(a.books.rows[ledger::account_id{"a1"}].record.floor.has_value());
  const auto answer = a.call("PUT", "/api/accounts/a1", R"({"floor":null,"balance":"12.5"})");
  BOOST_TEST(*parsed(answer.body).find("name")->if_string() == "Nova");
  BOOST_TEST(parsed(answer.body).find("floor")->is_null());
  BOOST_TEST(*parsed(answer.body).find("balance_str")->if_string() == "12.50");
  for (const auto* body : {R"({"name":null})", R"({"type":null})", R"({"balance":null})"})
    BOOST_TEST(a.call("PUT", "/api/accounts/a1", body).status == 422);
}

BOOST_AUTO_TEST_CASE(a_stale_if_match_is_409) {
  api a;
  a.books.rows[ledger::account_id{"a1"}].version = 3;
  const auto put = [&](const std::string& tag) {
    return a.call("PUT", "/api/accounts/a1", R"({"name":"x"})", {{"If-Match", tag}});
  };
  BOOST_TEST(put("\"v3\"").status == 200);
  BOOST_TEST(put("W/\"v3\"").status == 200);
  BOOST_TEST(put("*").status == 200);
  for (const auto* stale : {"\"v2\"", "\"nonsense\"", "\"v\"", "\"v3x\"", "3"}) {
    BOOST_TEST(put(stale).status == 409, stale);
    BOOST_TEST(code_of(put(stale)) == "VERSION_CONFLICT");
  }
}

BOOST_AUTO_TEST_CASE(entries_are_paged_by_version) {
  api a;
  ledger::entry_view e;
  e.what.draft.account = ledger::account_id{"a1"};
  e.what.draft.transaction = ledger::transaction_id{"t1"};
  e.what.draft.amount = base::centavos{-1007};
  e.what.draft.effective = base::make_day(2026, 11, 24);
  e.what.draft.reversal = true;
  e.what.version = 12;
  e.what.balance_after = base::centavos{-7};
  e.what.shard = 3;
  e.what.seq = 81233;
  e.what.booked_at = instant("2026-11-24T18:00:00.5Z");
  e.description = "Café";
  a.books.entry_rows = {e};
  a.books.more = true;
  const std::string item =
      R"("transaction_id":"t1","entry_type":"debit","amount":-10.07,"amount_str":"-10.07","balance_after":-0.07,"balance_after_str":"-0.07","date":"2026-11-24","booked_at":"2026-11-24T18:00:00.500000Z","reversal":true,"description":"Café","commit":{"shard":3,"seq":81233}})";
  const auto page = a.call("GET", "/api/accounts/a1/entries");
  BOOST_TEST(page.body == R"({"items":[{"version":12,)" + item + R"(],"next_cursor":"v12"})");
  BOOST_TEST(a.books.asked_entries->limit == 100);
  BOOST_TEST(!a.books.asked_entries->ascending);

  a.books.more = false;
  const auto last = a.call("GET", "/api/accounts/a1/entries?cursor=v12&order=asc&limit=500");
  BOOST_TEST(last.body.find(R"("next_cursor":null)") != std::string::npos);
  BOOST_TEST(*a.books.asked_entries->after_version == 12u);
  BOOST_TEST(a.books.asked_entries->ascending);

  const auto id = post_income(a);
  const auto of_transaction = a.call("GET", "/api/transactions/" + id + "/entries");
  BOOST_TEST(of_transaction.body ==
             R"({"items":[{"version":12,"account_id":"a1",)" + item + R"(],"next_cursor":null})");
}

BOOST_AUTO_TEST_CASE(dates_bound_entries_by_local_days) {
  api a;
  a.call("GET", "/api/accounts/a1/entries?from=2026-11-01&to=2026-11-30");
  BOOST_TEST(base::to_text(*a.books.asked_entries->booked_from) == "2026-11-01T03:00:00Z");
  BOOST_TEST(base::to_text(*a.books.asked_entries->booked_to) == "2026-12-01T03:00:00Z");
  a.call("GET", "/api/accounts/a1/entries?from=2026-11-01T00:00:01Z&to=2026-11-30T12:00:00Z");
  BOOST_TEST(base::to_text(*a.books.asked_entries->booked_from) == "2026-11-01T00:00:01Z");
  BOOST_TEST(base::to_text(*a.books.asked_entries->booked_to) == "2026-11-30T12:00:00Z");
  a.call("GET", "/api/accounts/a1/entries?basis=effective&from=2026-11-01&to=2026-11-30");
  BOOST_TEST(!a.books.asked_entries->booked_from.has_value());
  BOOST_TEST(base::to_text(*a.books.asked_entries->effective_from) == "2026-11-01");
  BOOST_TEST(base::to_text(*a.books.asked_entries->effective_to) == "2026-11-30");
}

BOOST_AUTO_TEST_CASE(a_balance_is_asked_at_an_instant_or_at_the_end_of_a_day) {
  api a;
  a.books.rows[ledger::account_id{"a1"}].balance = base::centavos{12345};
  a.books.rows[ledger::account_id{"a1"}].version = 9;
  const auto now = a.call("GET", "/api/accounts/a1/balance");
  BOOST_TEST(
      now.body ==
      R"({"account_id":"a1","at":"2026-11-24T18:00:00Z","basis":"booked","balance":123.45,"balance_str":"123.45","version":9})");
  BOOST_TEST((*a.books.asked_at == a.clock.at));
  const auto day = a.call("GET", "/api/accounts/a1/balance?at=2026-11-20");
  BOOST_TEST(*parsed(day.body).find("at")->if_string() == "2026-11-20");
  BOOST_TEST(base::to_text(*a.books.asked_at) == "2026-11-21T02:59:59.999999Z");
  const auto effective =
      a.call("GET", "/api/accounts/a1/balance?at=2026-11-20T02:00:00Z&basis=effective");
  BOOST_TEST(*parsed(effective.body).find("basis")->if_string() == "effective");
  BOOST_TEST(base::to_text(*a.books.asked_until) == "2026-11-19");
}

// -- categories -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(categories_are_listed_by_name_and_type) {
  api a;
  const auto made = a.call("POST", "/api/categories",
                           R"({"name":"Aluguel","type":"income","color":"#22c55e","icon":"🏠"})");
  BOOST_TEST(
      made.body ==
      R"({"id":"category-1","name":"Aluguel","type":"income","color":"#22c55e","icon":"🏠","created_at":"2026-11-24T18:00:00Z"})");
  const std::string leisure =
      R"({"id":"c1","name":"Lazer","type":"expense","color":"#ec4899","icon":"🎮","created_at":"2026-01-02T03:04:05Z"})";
  BOOST_TEST(a.call("GET", "/api/categories").body == '[' + made.body + ',' + leisure + ']');
  BOOST_TEST(a.call("GET", "/api/categories?type_filter=expense").body == '[' + leisure + ']');
  BOOST_TEST(a.call("PUT", "/api/categories/c1", R"({"icon":"x"})").status == 200);
  BOOST_TEST(a.call("PUT", "/api/categories/c1", R"({"icon":null})").status == 422);
  BOOST_TEST(a.call("DELETE", "/api/categories/c1").body ==
             R"({"message":"Categoria removida com sucesso"})");
  const std::string missing =
      R"({"detail":"Categoria não encontrada","code":"CATEGORY_NOT_FOUND","request_id":"rid"})";
  BOOST_TEST(a.call("DELETE", "/api/categories/cb").body == missing);
  BOOST_TEST(a.call("PUT", "/api/categories/cb", "{}").status == 404);
}

BOOST_AUTO_TEST_CASE(tags_are_counted) {
  api a;
  a.books.tag_rows = {{"viagem", 3}};
  BOOST_TEST(a.call("GET", "/api/tags").body ==
             R"([{"name":"viagem","color":"#6b7280","transaction_count":3}])");
}

// -- transactions ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_transaction_has_the_fields_of_the_contract) {
  api a;
  const auto made = a.call("POST", "/api/transactions/", income);
  BOOST_TEST(made.status == 200);
  BOOST_TEST(
      made.body ==
      R"({"id":"transaction-1","date":"2026-11-24T00:00:00Z","account_id":"a1","category_id":"c1","type":"income","amount":10.07,"amount_str":"10.07","description":"Café","tags":["a","b"],"created_at":"2026-11-24T18:00:00Z","updated_at":null,"shared_expense_id":null,"transfer_transaction_id":null,"deleted_at":null})");
  const auto read = a.call("GET", "/api/transactions/transaction-1");
  BOOST_TEST(read.body == made.body);
  BOOST_REQUIRE(header(read, "ETag") != nullptr);
  BOOST_TEST(
      *header(read, "ETag") ==
      '"' + ledger::transaction_etag(a.books.posted.at(ledger::transaction_id{"transaction-1"})) +
          '"');
}

BOOST_AUTO_TEST_CASE(a_command_carries_deadline_user_and_request) {
  api a;
  post_income(a);
  const auto& command = *a.books.executed;
  BOOST_TEST(command.user.text() == "ana");
  BOOST_TEST(command.request_id == "rid");
  BOOST_TEST(command.deadline.count == a.clock.at.count + 9'000'000);
  BOOST_TEST(!command.key.has_value());
  const auto& wish = std::get<ledger::create_transaction>(command.what);
  BOOST_TEST(base::to_text(wish.effective) == "2026-11-24");
}

BOOST_AUTO_TEST_CASE(a_transaction_of_someone_else_is_missing) {
  api a;
  const auto id = post_income(a);
  a.bearer = "Bearer " + a.token_of("bia");
  const std::string missing =
      R"({"detail":"Transação não encontrada","code":"TRANSACTION_NOT_FOUND","request_id":"rid"})";
  const auto path = "/api/transactions/" + id;
  for (const auto& answer : {a.call("GET", path), a.call("PUT", path, "{}"), a.call("DELETE", path),
                             a.call("POST", path + "/restore"), a.call("GET", path + "/entries")}) {
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(answer.body == missing);
  }
}

BOOST_AUTO_TEST_CASE(the_list_passes_every_filter) {
  api a;
  a.call("GET", "/api/transactions?offset=5&limit=7&account_id=a1&category_id=c1&type=transfer"
                "&start_date=2026-11-01&end_date=2026-11-24T01:00:00Z&q=caf%C3%A9&tag=x&tag=y"
                "&include_deleted=true&include_system=1&count=yes");
  const auto& f = *a.books.asked_list;
  BOOST_TEST(f.user.text() == "ana");
  BOOST_TEST(f.skip == 5);
  BOOST_TEST(f.limit == 7);
  BOOST_TEST(f.account->text() == "a1");
  BOOST_TEST(f.category->text() == "c1");
  BOOST_TEST((*f.type == ledger::transaction_type::transfer));
  BOOST_TEST(base::to_text(*f.from) == "2026-11-01");
  BOOST_TEST(base::to_text(*f.to) == "2026-11-23");
  BOOST_TEST(f.text == "café");
  const std::vector<std::string> tags{"x", "y"};
  BOOST_TEST(f.tags == tags, boost::test_tools::per_element());
  BOOST_TEST(f.include_deleted);
  BOOST_TEST(f.include_system);
  BOOST_TEST(f.count);
}

BOOST_AUTO_TEST_CASE(a_page_names_the_next_one_and_the_total) {
  api a;
  const auto id = post_income(a);
  a.books.more = true;
  const auto page = a.call("GET", "/api/transactions?limit=1&q=a%20b&skip=0&count=true");
  BOOST_TEST(parsed(page.body).if_array()->size() == 1u);
  BOOST_REQUIRE(header(page, "X-Next-Cursor") != nullptr);
  BOOST_REQUIRE(header(page, "Link") != nullptr);
  BOOST_REQUIRE(header(page, "X-Total-Count") != nullptr);
  BOOST_TEST(*header(page, "X-Total-Count") == "1");
  const auto cursor = *header(page, "X-Next-Cursor");
  BOOST_TEST(*header(page, "Link") ==
             "</api/transactions?limit=1&q=a%20b&count=true&cursor=" + cursor + ">; rel=\"next\"");

  a.books.more = false;
  const auto last = a.call("GET", "/api/transactions?cursor=" + cursor);
  BOOST_TEST(header(last, "X-Next-Cursor") == nullptr);
  BOOST_TEST(header(last, "Link") == nullptr);
  BOOST_TEST(a.books.asked_list->after->id.text() == id);
  BOOST_TEST(base::to_text(a.books.asked_list->after->date) == "2026-11-24T00:00:00Z");

  const auto both = a.call("GET", "/api/transactions?skip=1&cursor=" + cursor);
  BOOST_TEST(both.status == 400);
  BOOST_TEST(code_of(both) == "BAD_REQUEST");
}

BOOST_AUTO_TEST_CASE(an_edit_passes_only_what_was_sent) {
  api a;
  const auto path = "/api/transactions/" + post_income(a);
  const auto answer = a.call("PUT", path, R"({"amount_cents":5,"tags":[]})");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(*parsed(answer.body).find("amount_str")->if_string() == "0.05");
  BOOST_TEST(*parsed(answer.body).find("updated_at")->if_string() == "2026-11-24T18:00:00Z");
  const auto& wish = std::get<ledger::edit_transaction>(a.books.executed->what);
  BOOST_TEST(wish.edit.tags->empty());
  BOOST_TEST(!wish.edit.description.has_value());
  BOOST_TEST(!wish.edit.date.has_value());
  BOOST_TEST(!wish.type.has_value());
}

BOOST_AUTO_TEST_CASE(null_in_an_edit_is_400_behind_every_fault) {
  api a;
  const auto path = "/api/transactions/" + post_income(a);
  for (const std::string field :
       {"date", "account_id", "category_id", "type", "amount_cents", "description", "tags"}) {
    const auto answer = a.call("PUT", path, "{\"" + field + "\":null}");
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(
        answer.body ==
        R"({"detail":{"error":"TRANSACTION_VALIDATION_ERROR","message":"Campo obrigatório ausente","details":")" +
            field +
            R"( não pode ser nulo.","code":"TX_VALIDATION_MISSING_FIELD"},"code":"TX_VALIDATION_MISSING_FIELD","request_id":"rid"})");
  }
  BOOST_TEST(a.call("PUT", path, R"({"date":null,"amount_cents":"7"})").status == 422);
}

BOOST_AUTO_TEST_CASE(an_edit_with_a_stale_tag_is_tx_conflict) {
  api a;
  const auto path = "/api/transactions/" + post_income(a);
  const auto tag = *header(a.call("GET", path), "ETag");
  a.clock.at.count += 1;
  BOOST_TEST(a.call("PUT", path, R"({"description":"b"})", {{"If-Match", tag}}).status == 200);
  const auto stale = a.call("PUT", path, R"({"description":"c"})", {{"If-Match", tag}});
  BOOST_TEST(stale.status == 409);
  BOOST_TEST(code_of(stale) == "TX_CONFLICT");
  BOOST_TEST(a.call("DELETE", path, {}, {{"If-Match", "*"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(delete_and_restore) {
  api a;
  const auto path = "/api/transactions/" + post_income(a);
  const auto early = a.call("POST", path + "/restore");
  BOOST_TEST(early.status == 400);
  BOOST_TEST(code_of(early) == "TRANSACTION_NOT_DELETED");
  BOOST_TEST(a.call("DELETE", path).body == R"({"message":"Transação removida com sucesso"})");
  BOOST_TEST(a.call("DELETE", path).status == 404);
  BOOST_TEST(a.call("GET", path).status == 404);
  BOOST_TEST(a.call("GET", path + "/entries").status == 200);
  const auto restored = a.call("POST", path + "/restore");
  BOOST_TEST(restored.status == 200);
  BOOST_TEST(parsed(restored.body).find("deleted_at")->is_null());
}

BOOST_AUTO_TEST_CASE(system_transactions_are_shown_on_request_only) {
  api a;
  const auto id = post_income(a);
  a.books.posted[ledger::transaction_id{id}].type = ledger::transaction_type::opening;
  BOOST_TEST(a.call("GET", "/api/transactions/" + id).status == 404);
  BOOST_TEST(a.call("GET", "/api/transactions/" + id + "?include_system=true").status == 200);
}

BOOST_AUTO_TEST_CASE(many_are_deleted_in_one_call) {
  api a;
  const auto first = post_income(a);
  const auto second = post_income(a);
  const auto some = a.call("DELETE", "/api/transactions", R"({"ids":[")" + first + R"(","none"]})");
  BOOST_TEST(some.status == 200);
  BOOST_TEST(
      some.body ==
      R"({"deleted":1,"deleted_ids":[")" + first +
          R"("],"errors":[{"id":"none","reason":"not_found"}],"message":"1 transação removida.","also_deleted_ids":[]})");
  const auto none = a.call("DELETE", "/api/transactions", R"({"ids":["none"]})");
  BOOST_TEST(none.status == 200);
  BOOST_TEST(*parsed(none.body).find("message")->if_string() == "Nenhuma transação removida.");

  const auto faults = [&](const std::string& ids) {
    return faults_of(a.call("DELETE", "/api/transactions", "{\"ids\":" + ids + '}'))[0];
  };
  BOOST_TEST(faults("[]") ==
             "too_short body.ids List should have at least 1 item after validation, not 0");
  BOOST_TEST(faults("\"x\"") == "list_type body.ids Input should be a valid list");
  BOOST_TEST(faults("[\"x\",5]") == "string_type body.ids.1 Input should be a valid string");
  std::string many = "[\"x\"";
  for (int i = 0; i < 100; ++i) many += ",\"x\"";
  BOOST_TEST(faults(many + ']') ==
             "too_long body.ids List should have at most 100 items after validation, not 101");
  BOOST_TEST(faults_of(a.call("DELETE", "/api/transactions", "{}"))[0] ==
             "missing body.ids Field required");
  BOOST_TEST(!a.books.posted[ledger::transaction_id{second}].deleted_at.has_value());
}

BOOST_AUTO_TEST_CASE(the_summary_adds_in_integers) {
  api a;
  a.books.sums.transactions = 4;
  a.books.sums.categories = {{ledger::account_id{"c1"}, base::centavos{0}, base::centavos{7}},
                             {ledger::account_id{"c2"}, base::centavos{1000}, base::centavos{}}};
  const auto answer = a.call("GET", "/api/transactions/summary/monthly?year=2026&month=2");
  BOOST_TEST(
      answer.body ==
      R"({"year":2026,"month":2,"total_transactions":4,"total_income":10.00,"total_expenses":0.07,"net_balance":9.93,"category_breakdown":{"c1":{"income":0.00,"expense":0.07},"c2":{"income":10.00,"expense":0.00}}})");
  BOOST_TEST(base::to_text(a.books.asked_month->first) == "2026-02-01");
  BOOST_TEST(base::to_text(a.books.asked_month->second) == "2026-02-28");

  // 01:00 UTC on the first is still the month before in the zone.
  a.clock.at = instant("2026-12-01T01:00:00Z");
  a.bearer = "Bearer " + a.token_of("ana");
  a.call("GET", "/api/transactions/summary/monthly");
  BOOST_TEST(base::to_text(a.books.asked_month->first) == "2026-11-01");

  const base::centavos edge{INT64_MAX};
  a.books.sums.categories = {{ledger::account_id{"c1"}, edge, {}},
                             {ledger::account_id{"c2"}, edge, {}}};
  const auto beyond = a.call("GET", "/api/transactions/summary/monthly");
  BOOST_TEST(beyond.status == 422);
  BOOST_TEST(code_of(beyond) == "TX_BALANCE_LIMIT");
}

BOOST_AUTO_TEST_SUITE_END()
