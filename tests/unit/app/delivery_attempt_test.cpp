// Goal: an attempt says that it begins before it sends, and each end leaves the right row behind,
//       also when the database or the process goes away in between.
// Method: run_delivery over the fake backend; the ways out are functions of the test, which look at
//         the row while they "send".
#include "app/delivery_attempt.hpp"

#include "app/delivery_queue.hpp"
#include "ledger/delivery_acts.hpp"
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(delivery_attempts)

namespace {

using ledger::delivery_end;
using ledger::delivery_kind;
using ledger::delivery_state;

struct desk_fixture : api {
  app::delivery_desk desk{[this]() -> http::backend& { return books; },
                          clock,
                          zone,
                          [this] { return "new-" + std::to_string(++ids); },
                          {},
                          {},
                          [this](const ledger::delivery& d) { ends.push_back(d.state); }};
  http::sent_end next{delivery_end::taken, {}};
  std::vector<http::mail> mails;
  std::vector<http::webhook_call> calls;
  std::vector<std::string> mail_ids;
  std::vector<delivery_state> while_sending, ends;

  desk_fixture() {
    desk.mail = [this](const http::mail& m, base::utc_us, const std::string& id) {
      mails.push_back(m);
      mail_ids.push_back(id);
      while_sending.push_back(row().state);
      return next;
    };
    desk.webhook = [this](const http::webhook_call& c, base::utc_us) {
      calls.push_back(c);
      while_sending.push_back(row().state);
      return next;
    };
    ledger::automation rule;
    rule.id = ledger::automation_id{"r1"};
    rule.user = ledger::user_id{"ana"};
    rule.name = "Aviso";
    rule.conditions = "{}";
    rule.actions = R"({"url":"https://hooks.example/x"})";
    rule.created_at = clock.at;
    books.beside.put(rule);
  }

  void put(delivery_kind kind, delivery_state state = delivery_state::pending,
           std::int32_t attempts = 0) {
    ledger::delivery d;
    d.id = ledger::delivery_id{"d1"};
    d.user = ledger::user_id{"ana"};
    d.kind = kind;
    d.rule = "r1";
    d.body = kind == delivery_kind::mail
                 ? R"({"report":"weekly","from":"2026-11-16","to":"2026-11-22"})"
                 : R"({"event":"transaction_created","transaction_id":"t1"})";
    d.state = state;
    d.attempts = attempts;
    d.created_at = clock.at;
    books.beside.put(d);
  }
  ledger::delivery row() { return books.beside.all<ledger::delivery>().at(0); }
  ledger::automation rule() { return books.beside.all<ledger::automation>().at(0); }
  std::size_t notices() { return books.beside.all<ledger::notification>().size(); }

  /// As the owner of jobs does: the effects of what is done are performed.
  actors::job_verdict run() {
    auto job = app::delivery_job(ledger::user_id{"ana"}, ledger::delivery_id{"d1"});
    job.id = scheduler::job_id{"j1"};
    auto verdict = app::run_delivery(desk, {job, 1, clock.at, {}});
    auto* done = std::get_if<actors::job_done>(&verdict);
    if (done == nullptr || !done->effects.rows) return verdict;
    ledger::envelope command;
    command.user = ledger::user_id{"ana"};
    command.what = *done->effects.rows;
    books.execute(std::move(command), [](const ledger::reply& r) { BOOST_REQUIRE(r.result); });
    if (done->effects.committed) done->effects.committed();
    return verdict;
  }
  /// The result of a job that succeeded, or the code with which it is tried again.
  std::string told_by(const actors::job_verdict& v) {
    if (const auto* done = std::get_if<actors::job_done>(&v)) return done->result;
    const auto& failed = std::get<actors::job_failed>(v);
    return (failed.retryable ? "again " : "dead ") + failed.error.code;
  }
};

using states = std::vector<delivery_state>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_webhook_is_called_with_its_bytes_and_its_id, desk_fixture) {
  put(delivery_kind::webhook);
  BOOST_TEST(told_by(run()) == R"({"state":"delivered"})");
  BOOST_REQUIRE(calls.size() == 1u);
  BOOST_TEST(calls[0].url == "https://hooks.example/x");
  BOOST_TEST(calls[0].delivery == "d1");
  BOOST_TEST(calls[0].body == R"({"event":"transaction_created","transaction_id":"t1"})");
  BOOST_TEST((while_sending == states{delivery_state::sending})); // durable before it is sent
  BOOST_TEST((row().state == delivery_state::delivered));
  BOOST_TEST(row().attempts == 1);
  BOOST_TEST((ends == states{delivery_state::delivered}));
  BOOST_TEST(notices() == 0u);
  run();
  BOOST_TEST(calls.size() == 1u); // once
}

BOOST_FIXTURE_TEST_CASE(a_mail_has_the_figures_of_the_week, desk_fixture) {
  put(delivery_kind::mail);
  books.sums.categories = {{ledger::account_id{"c1"}, {}, base::centavos{1'234'56}, "Mercado"},
                           {ledger::account_id{"c2"}, base::centavos{200'000}, {}, "Salário"}};
  BOOST_TEST(told_by(run()) == R"({"state":"delivered"})");
  BOOST_REQUIRE(mails.size() == 1u);
  BOOST_TEST(mails[0].to == "ana@example.com");
  BOOST_TEST(mails[0].text.find("Despesas: R$ 1.234,56\n") != std::string::npos);
  BOOST_TEST(
      (books.asked_month == std::pair{base::make_day(2026, 11, 16), base::make_day(2026, 11, 22)}));
  BOOST_TEST(mail_ids[0] == "d1");
  BOOST_TEST((while_sending == states{delivery_state::sending}));
}

BOOST_FIXTURE_TEST_CASE(what_was_surely_not_taken_is_tried_again, desk_fixture) {
  put(delivery_kind::mail);
  next = {delivery_end::later, "MAIL_FAILED"};
  BOOST_TEST(told_by(run()) == "again MAIL_FAILED");
  BOOST_TEST((row().state == delivery_state::pending));
  BOOST_TEST(row().code == "MAIL_FAILED");
  next = {delivery_end::taken, {}};
  BOOST_TEST(told_by(run()) == R"({"state":"delivered"})");
  BOOST_TEST(mails.size() == 2u);
  BOOST_TEST(row().code.empty());
  BOOST_TEST(notices() == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_wish_of_the_other_side_is_passed_on, desk_fixture) {
  put(delivery_kind::webhook);
  next = {delivery_end::later, "WEBHOOK_HTTP_503", {}, 120};
  const auto verdict = run();
  BOOST_TEST((std::get<actors::job_failed>(verdict).retry_after_us == 120'000'000));
}

// kill -9 between the call and its end: the next run finds the row as it was left.
BOOST_FIXTURE_TEST_CASE(a_mail_that_was_begun_is_never_sent_again, desk_fixture) {
  put(delivery_kind::mail, delivery_state::sending, 1);
  BOOST_TEST(told_by(run()) == R"({"state":"unknown","code":"DELIVERY_IN_DOUBT"})");
  BOOST_TEST(mails.empty());
  BOOST_TEST((row().state == delivery_state::unknown));
  BOOST_TEST(notices() == 1u);
  BOOST_TEST((rule().last_error == "DELIVERY_IN_DOUBT"));
  BOOST_TEST((ends == states{delivery_state::unknown}));
  run();
  BOOST_TEST(mails.empty());
  BOOST_TEST(notices() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_mail_about_which_the_server_says_nothing_is_in_doubt, desk_fixture) {
  put(delivery_kind::mail);
  next = {delivery_end::doubtful, "MAIL_UNANSWERED"};
  BOOST_TEST(told_by(run()) == R"({"state":"unknown","code":"DELIVERY_IN_DOUBT"})");
  BOOST_TEST(notices() == 1u);
  run();
  BOOST_TEST(mails.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_webhook_that_was_begun_is_called_again_with_its_id, desk_fixture) {
  put(delivery_kind::webhook, delivery_state::sending, 1);
  BOOST_TEST(told_by(run()) == R"({"state":"delivered"})");
  BOOST_REQUIRE(calls.size() == 1u);
  BOOST_TEST(calls[0].delivery == "d1");
  BOOST_TEST(row().attempts == 2);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_shown_once_and_success_clears_it, desk_fixture) {
  next = {delivery_end::refused, "WEBHOOK_HTTP_404"};
  for (int i = 0; i < 3; ++i) {
    put(delivery_kind::webhook);
    BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"WEBHOOK_HTTP_404"})");
  }
  BOOST_TEST((rule().last_error == "WEBHOOK_HTTP_404"));
  const auto told = books.beside.all<ledger::notification>();
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_TEST(told[0].type == "automation_failed");
  BOOST_TEST(told[0].metadata == R"({"automation_rule_id":"r1","occurrence_date":"2026-11-24",)"
                                 R"("code":"WEBHOOK_HTTP_404"})");
  next = {delivery_end::taken, {}};
  put(delivery_kind::webhook);
  run();
  BOOST_TEST(!rule().last_error);
}

BOOST_FIXTURE_TEST_CASE(the_last_attempt_is_an_end_and_no_dead_job, desk_fixture) {
  put(delivery_kind::webhook, delivery_state::pending, ledger::webhook_attempts_max - 1);
  next = {delivery_end::later, "WEBHOOK_UNREACHABLE"};
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"WEBHOOK_UNREACHABLE"})");
  BOOST_TEST(notices() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_is_switched_off_fails_with_its_code, desk_fixture) {
  desk.webhook = {};
  put(delivery_kind::webhook);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"WEBHOOK_OFF"})");
  desk.mail = {};
  put(delivery_kind::mail);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"MAIL_OFF"})");
  BOOST_TEST((ends == states{delivery_state::failed, delivery_state::failed}));
}

BOOST_FIXTURE_TEST_CASE(a_rule_that_is_gone_or_rests_sends_nothing, desk_fixture) {
  auto resting = rule();
  resting.active = false;
  books.beside.put(resting);
  put(delivery_kind::webhook);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"RULE_GONE"})");
  BOOST_TEST(notices() == 0u); // its owner wished so
  BOOST_TEST(!rule().last_error);
  resting.deleted_at = clock.at;
  books.beside.put(resting);
  put(delivery_kind::webhook);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"RULE_GONE"})");
  BOOST_TEST(calls.empty());
}

BOOST_FIXTURE_TEST_CASE(whoever_has_gone_gets_nothing, desk_fixture) {
  books.users.at(ledger::user_id{"ana"}).active = false;
  put(delivery_kind::mail);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"USER_INACTIVE"})");
  BOOST_TEST(mails.empty());
  BOOST_TEST(notices() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_receiver_that_is_no_address_gets_nothing, desk_fixture) {
  auto bad = rule();
  bad.actions = R"({"destination_email":"a@b.example\r\nBcc: x@y.example"})";
  books.beside.put(bad);
  put(delivery_kind::mail);
  BOOST_TEST(told_by(run()) == R"({"state":"failed","code":"BAD_DESTINATION"})");
  BOOST_TEST(mails.empty());
}

BOOST_FIXTURE_TEST_CASE(while_the_database_is_away_nothing_begins, desk_fixture) {
  put(delivery_kind::mail);
  books.refusal = base::failure{"DB_UNAVAILABLE", {}}; // changes
  BOOST_TEST(told_by(run()) == "again DB_UNAVAILABLE");
  books.broken = base::failure{"DB_UNAVAILABLE", {}}; // reads too
  BOOST_TEST(told_by(run()) == "again DB_UNAVAILABLE");
  BOOST_TEST(mails.empty());
  BOOST_TEST((row().state == delivery_state::pending));
}

// It was not taken, and that cannot be written down: from then on it is in doubt.
BOOST_FIXTURE_TEST_CASE(when_the_end_cannot_be_written_the_doubt_stays, desk_fixture) {
  put(delivery_kind::mail);
  desk.mail = [this](const http::mail&, base::utc_us, const std::string&) {
    books.refusal = base::failure{"DB_UNAVAILABLE", {}};
    return http::sent_end{delivery_end::later, "MAIL_FAILED"};
  };
  BOOST_TEST(told_by(run()) == "again DB_UNAVAILABLE");
  BOOST_TEST((row().state == delivery_state::sending));
}

BOOST_FIXTURE_TEST_CASE(a_job_that_names_nothing_is_dead_and_what_is_gone_is_done, desk_fixture) {
  BOOST_TEST(told_by(run()) == R"({"state":"gone"})");
  scheduler::job j = app::delivery_job(ledger::user_id{"ana"}, ledger::delivery_id{"d1"});
  for (const char* payload : {"{}", "[]", R"({"delivery_id":7})", R"({"delivery_id":""})"}) {
    j.payload = payload;
    BOOST_TEST(told_by(app::run_delivery(desk, {j, 1, clock.at, {}})) == "dead BAD_PAYLOAD",
               payload);
  }
  j = app::delivery_job(ledger::user_id{"ana"}, ledger::delivery_id{"d1"});
  j.user.reset();
  BOOST_TEST(told_by(app::run_delivery(desk, {j, 1, clock.at, {}})) == "dead BAD_PAYLOAD");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_told_to_stop_begins_nothing, desk_fixture) {
  put(delivery_kind::mail);
  const auto j = app::delivery_job(ledger::user_id{"ana"}, ledger::delivery_id{"d1"});
  std::stop_source stop;
  stop.request_stop();
  BOOST_TEST(told_by(app::run_delivery(desk, {j, 1, clock.at, stop.get_token()})) ==
             "again INTERRUPTED");
  BOOST_TEST((row().state == delivery_state::pending));
}

BOOST_AUTO_TEST_SUITE_END()
