// Goal: a mail goes out at most once, a webhook until it is taken or given up, and its owner is
//       told once.
// Method: each state against each act; a delivery that is taken through attempts and crashes.
#include "ledger/delivery_acts.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(delivery_acts)

namespace {

using ledger::delivery_end;
using ledger::delivery_kind;
using ledger::delivery_state;
using ledger::delivery_step;

const base::utc_us made{1000}, now{2000};

ledger::delivery row(delivery_kind kind, delivery_state state = delivery_state::pending,
                     std::int32_t attempts = 0) {
  ledger::delivery d;
  d.id = ledger::delivery_id{"d1"};
  d.user = ledger::user_id{"ana"};
  d.kind = kind;
  d.rule = "r1";
  d.state = state;
  d.attempts = attempts;
  d.created_at = made;
  return d;
}

ledger::automation rule(std::optional<std::string> error = {}) {
  ledger::automation a;
  a.id = ledger::automation_id{"r1"};
  a.user = ledger::user_id{"ana"};
  a.name = "Resumo \"da\" semana";
  a.last_error = std::move(error);
  return a;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_waits_is_begun_and_counted) {
  for (const auto kind : {delivery_kind::mail, delivery_kind::webhook}) {
    const auto begun = begin_delivery(row(kind, delivery_state::pending, 2), now);
    BOOST_TEST((begun.step == delivery_step::send));
    BOOST_TEST((begun.row == row(kind, delivery_state::sending, 3)));
  }
}

BOOST_AUTO_TEST_CASE(a_mail_without_an_end_is_in_doubt_and_a_webhook_is_called_again) {
  const auto mail = begin_delivery(row(delivery_kind::mail, delivery_state::sending, 1), now);
  BOOST_TEST((mail.step == delivery_step::in_doubt));
  BOOST_TEST((mail.row.state == delivery_state::unknown));
  BOOST_TEST(mail.row.code == "DELIVERY_IN_DOUBT");
  BOOST_TEST((mail.row.ended_at == now));
  BOOST_TEST(mail.row.attempts == 1);
  const auto call = begin_delivery(row(delivery_kind::webhook, delivery_state::sending, 1), now);
  BOOST_TEST((call.step == delivery_step::send));
  BOOST_TEST((call.row == row(delivery_kind::webhook, delivery_state::sending, 2)));
}

BOOST_AUTO_TEST_CASE(what_has_ended_is_left) {
  for (const auto kind : {delivery_kind::mail, delivery_kind::webhook})
    for (const auto state :
         {delivery_state::delivered, delivery_state::failed, delivery_state::unknown}) {
      const auto begun = begin_delivery(row(kind, state, 1), now);
      BOOST_TEST((begun.step == delivery_step::leave));
      BOOST_TEST((begun.row == row(kind, state, 1)));
    }
}

BOOST_AUTO_TEST_CASE(how_an_attempt_ends) {
  const auto ends = [](delivery_kind kind, delivery_end how) {
    return *end_attempt(row(kind, delivery_state::sending, 1), 1, how, "WHY", now);
  };
  for (const auto kind : {delivery_kind::mail, delivery_kind::webhook}) {
    const auto taken = ends(kind, delivery_end::taken);
    BOOST_TEST((taken.state == delivery_state::delivered));
    BOOST_TEST(taken.code.empty());
    BOOST_TEST((taken.ended_at == now));
    const auto refused = ends(kind, delivery_end::refused);
    BOOST_TEST((refused.state == delivery_state::failed));
    BOOST_TEST(refused.code == "WHY");
    const auto later = ends(kind, delivery_end::later);
    BOOST_TEST((later.state == delivery_state::pending));
    BOOST_TEST(later.code == "WHY");
    BOOST_TEST(!later.ended_at);
    BOOST_TEST(later.attempts == 1);
  }
  BOOST_TEST((ends(delivery_kind::mail, delivery_end::doubtful).state == delivery_state::unknown));
  BOOST_TEST(
      (ends(delivery_kind::webhook, delivery_end::doubtful).state == delivery_state::pending));
}

BOOST_AUTO_TEST_CASE(after_the_last_attempt_it_has_failed) {
  const auto after = [](delivery_kind kind, std::int32_t attempt) {
    return end_attempt(row(kind, delivery_state::sending, attempt), attempt, delivery_end::later,
                       "WHY", now)
        ->state;
  };
  BOOST_TEST(
      (after(delivery_kind::mail, ledger::mail_attempts_max - 1) == delivery_state::pending));
  BOOST_TEST((after(delivery_kind::mail, ledger::mail_attempts_max) == delivery_state::failed));
  BOOST_TEST(
      (after(delivery_kind::webhook, ledger::webhook_attempts_max - 1) == delivery_state::pending));
  BOOST_TEST(
      (after(delivery_kind::webhook, ledger::webhook_attempts_max) == delivery_state::failed));
}

BOOST_AUTO_TEST_CASE(only_the_attempt_that_it_is_about_ends_it) {
  BOOST_TEST(!end_attempt(row(delivery_kind::webhook, delivery_state::sending, 2), 1,
                          delivery_end::refused, "WHY", now));
  for (const auto state :
       {delivery_state::pending, delivery_state::delivered, delivery_state::failed})
    BOOST_TEST(!end_attempt(row(delivery_kind::mail, state, 1), 1, delivery_end::taken, {}, now));
  // Given up for lost by a later run, and then the server's word comes after all.
  const auto doubt = row(delivery_kind::mail, delivery_state::unknown, 1);
  BOOST_TEST(
      (end_attempt(doubt, 1, delivery_end::taken, {}, now)->state == delivery_state::delivered));
  BOOST_TEST(!end_attempt(doubt, 1, delivery_end::refused, "WHY", now));
  BOOST_TEST(!end_attempt(doubt, 1, delivery_end::later, "WHY", now));
}

BOOST_AUTO_TEST_CASE(the_owner_hears_of_a_reason_once) {
  const auto failed = give_up(row(delivery_kind::webhook), "WEBHOOK_URL", now);
  BOOST_TEST((failed.state == delivery_state::failed));
  BOOST_TEST(is_news(rule(), failed));
  BOOST_TEST(is_news(rule("WEBHOOK_OFF"), failed));
  BOOST_TEST(!is_news(rule("WEBHOOK_URL"), failed));
  auto doubt = row(delivery_kind::mail, delivery_state::unknown, 1);
  doubt.code = "DELIVERY_IN_DOUBT";
  BOOST_TEST(is_news(rule("DELIVERY_IN_DOUBT"), doubt)); // each of them
  BOOST_TEST(!is_news(rule("WHY"), row(delivery_kind::mail, delivery_state::delivered, 1)));
}

BOOST_AUTO_TEST_CASE(the_rule_shows_the_last_end) {
  const auto failed = give_up(row(delivery_kind::webhook), "WEBHOOK_URL", now);
  BOOST_TEST((rule_after(rule(), failed)->last_error == "WEBHOOK_URL"));
  BOOST_TEST(!rule_after(rule("WEBHOOK_URL"), failed));
  const auto delivered = row(delivery_kind::webhook, delivery_state::delivered, 1);
  BOOST_TEST(!rule_after(rule("WEBHOOK_URL"), delivered)->last_error);
  BOOST_TEST(!rule_after(rule(), delivered));
}

BOOST_AUTO_TEST_CASE(a_notice_names_rule_day_and_code) {
  const auto failed = give_up(row(delivery_kind::webhook), "WEBHOOK_URL", now);
  const auto n =
      notice_of(rule(), failed, base::make_day(2026, 11, 24), ledger::notification_id{"n1"}, now);
  BOOST_TEST(n.type == "automation_failed");
  BOOST_TEST(n.title == "Automação não executada");
  BOOST_TEST(n.body == "A chamada de \"Resumo \"da\" semana\" não foi entregue (WEBHOOK_URL).");
  BOOST_TEST(n.metadata == R"({"automation_rule_id":"r1","occurrence_date":"2026-11-24",)"
                           R"("code":"WEBHOOK_URL"})");
  BOOST_TEST((n.user == ledger::user_id{"ana"}));
  BOOST_TEST((n.created_at == now));
}

BOOST_AUTO_TEST_SUITE_END()
