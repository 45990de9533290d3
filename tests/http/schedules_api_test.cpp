// Schedules over the wire (jobs.md §9, §18, §19), over a fake port and zones of the test.
#include "tests/http/api_fixture.hpp"
#include "tests/http/fake_jobs.hpp"
#include "tests/http/fake_schedules.hpp"

#include <set>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_schedules)

namespace {

base::result<std::shared_ptr<const scheduler::zone_rules>> zone_of_test(std::string_view name) {
  if (name == "America/Sao_Paulo")
    return std::make_shared<const scheduler::zone_rules>("America/Sao_Paulo", -3 * 3600,
                                                         std::vector<scheduler::offset_change>{});
  if (name == "America/New_York")
    return std::make_shared<const scheduler::zone_rules>(support::new_york());
  return base::failure{"ZONE_UNKNOWN", {}};
}

struct schedule_api : api {
  fake_jobs jobs_behind;
  fake_schedules fake;
  http::job_service jobs{jobs_behind, jobs_behind, fake, zone_of_test, {}};
  schedule_api() { s.jobs = &jobs; }

  void make_admin() { books.users.at(ledger::user_id{"ana"}).admin = true; }
  std::string code(const http::response& r) { return *parsed(r.body).find("code")->if_string(); }
  template <class Wish> const Wish& last() const { return std::get<Wish>(fake.asked.back().what); }
};

const std::string aluguel =
    R"({"name":"aluguel","kind":"post_transaction","zone":"America/Sao_Paulo",
        "rule":{"calendar":{"freq":"monthly","interval":1,"start":"2026-01-31T09:00",
        "month_end":"clamp"}},"misfire":"all","overlap":"queue","end":{"count":12},
        "payload":{"rule":"r12"}})";

} // namespace

BOOST_FIXTURE_TEST_CASE(what_the_contract_shows_is_made, schedule_api) {
  const auto made = call("POST", "/api/schedules", aluguel);
  BOOST_TEST(made.status == 201, made.body);
  const auto& w = last<http::new_schedule>().what;
  BOOST_TEST(w.name == "aluguel");
  BOOST_TEST((w.user == base::user_id{"ana"}));
  BOOST_TEST(w.payload == R"({"rule":"r12"})");
  BOOST_TEST((w.misfire == scheduler::misfire_policy::all));
  BOOST_TEST(!last<http::new_schedule>().usual_misfire);
  BOOST_TEST(w.ticks_left.value() == 12);
  BOOST_TEST(w.zone == "America/Sao_Paulo");
  const auto shown = parsed(made.body);
  BOOST_TEST(*shown.find("id")->if_string() == "s1");
  BOOST_TEST(base::json::write(*shown.find("end")) == R"({"count":12})");
  BOOST_TEST(*shown.find("rule")->find("calendar")->find("start")->if_string() ==
             "2026-01-31T09:00:00");
  BOOST_TEST(header(made, "ETag") != nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_short_wish_has_defaults, schedule_api) {
  BOOST_TEST(
      call("POST", "/api/schedules", R"({"name":"x","kind":"noop","rule":{"cron":"0 6 * * *"}})")
          .status == 201);
  const auto& w = last<http::new_schedule>();
  BOOST_TEST(w.usual_misfire);
  BOOST_TEST(w.what.zone == s.zone.name());
  BOOST_TEST((w.what.overlap == scheduler::overlap_policy::queue));
  BOOST_TEST(w.what.priority == 5);
  BOOST_TEST(w.what.max_attempts == 0); // as its kind has it
  BOOST_TEST(w.what.timeout_s == 0);
}

BOOST_FIXTURE_TEST_CASE(a_rule_that_cannot_be_followed_says_where, schedule_api) {
  const auto bad = [&](const std::string& rule, const std::string& more = "") {
    return call("POST", "/api/schedules",
                R"({"name":"x","kind":"noop","rule":)" + rule + more + "}");
  };
  const auto minute = bad(R"({"cron":"61 * * * *"})");
  BOOST_TEST(minute.status == 422);
  BOOST_TEST(code(minute) == "BAD_RULE");
  BOOST_TEST(parsed(minute.body).find("position")->as_int64().value() == 0);
  BOOST_TEST(code(bad(R"({"cron":"0 0 30 2 *"})")) == "BAD_RULE");    // never
  BOOST_TEST(code(bad(R"({"cron":"*/5 * * * * *"})")) == "BAD_RULE"); // seconds are not for users
  BOOST_TEST(code(bad(R"({"cron":"0 6 * * *"})", R"(,"zone":"BRT")")) == "BAD_RULE");
  BOOST_TEST(code(bad(R"({"cron":"0 6 * * *"})", R"(,"end":{"at":"2020-01-01T00:00:00Z"})")) ==
             "BAD_RULE");
  BOOST_TEST(code(bad(R"({"weather":"fine"})")) == "BAD_RULE");
  BOOST_TEST(fake.asked.empty());
  // With faults elsewhere all stand in one list.
  const auto both =
      call("POST", "/api/schedules", R"({"kind":"noop","rule":{"cron":"61 * * * *"}})");
  BOOST_TEST(code(both) == "VALIDATION_ERROR");
  BOOST_TEST(parsed(both.body).find("detail")->if_array()->size() == 2u);
  make_admin();
  BOOST_TEST(bad(R"({"cron":"*/5 * * * * *"})", R"(,"reason":"often")").status == 201);
}

BOOST_FIXTURE_TEST_CASE(only_administrators_name_others_or_the_system, schedule_api) {
  const auto with = [&](const std::string& more) {
    return call("POST", "/api/schedules",
                R"({"name":"x","kind":"noop","rule":{"cron":"0 6 * * *"},)" + more + "}");
  };
  BOOST_TEST(with(R"("user":"bia")").status == 403);
  BOOST_TEST(with(R"("system":true)").status == 403);
  BOOST_TEST(with(R"("user":"ana")").status == 201);
  BOOST_TEST(call("GET", "/api/schedules?user=bia").status == 403);
  BOOST_TEST(call("GET", "/api/schedules?system=true").status == 403);
  make_admin();
  BOOST_TEST(with(R"("user":"bia")").status == 422); // why
  BOOST_TEST(with(R"("user":"bia","reason":"for her")").status == 201);
  BOOST_TEST((last<http::new_schedule>().what.user == base::user_id{"bia"}));
  BOOST_TEST(with(R"("system":true,"reason":"nightly")").status == 201);
  BOOST_TEST(!last<http::new_schedule>().what.user.has_value());
  BOOST_TEST(call("GET", "/api/schedules?system=true").status == 200);
  BOOST_TEST(!fake.listed_of.has_value());
}

BOOST_FIXTURE_TEST_CASE(it_is_replaced_under_its_version, schedule_api) {
  fake.keep("s9", "ana");
  const auto sent = call("PUT", "/api/schedules/s9", aluguel, {{"If-Match", "\"3\""}});
  BOOST_TEST(sent.status == 200, sent.body);
  BOOST_TEST(last<http::replaced_schedule>().if_edition.value() == 3);
  call("PUT", "/api/schedules/s9", aluguel, {{"If-Match", "\"abc\""}});
  BOOST_TEST(last<http::replaced_schedule>().if_edition.value() == -1);
  call("PUT", "/api/schedules/s9", aluguel);
  BOOST_TEST(!last<http::replaced_schedule>().if_edition.has_value());
  fake.refusal = base::failure{"VERSION_CONFLICT", {}};
  BOOST_TEST(call("PUT", "/api/schedules/s9", aluguel).status == 409);
}

BOOST_FIXTURE_TEST_CASE(acts_have_their_words, schedule_api) {
  fake.keep("s9", "ana");
  BOOST_TEST(call("POST", "/api/schedules/s9/pause",
                  R"({"reason":"vacation","until":"2027-01-01T00:00:00Z"})")
                 .status == 200);
  BOOST_TEST(last<http::paused_schedule>().reason == "vacation");
  BOOST_TEST(last<http::paused_schedule>().until.has_value());
  BOOST_TEST(call("POST", "/api/schedules/s9/resume", R"({"skip_missed":true})").status == 200);
  BOOST_TEST(last<http::resumed_schedule>().skip_missed);
  const auto run = call("POST", "/api/schedules/s9/run-now");
  BOOST_TEST(run.status == 201);
  BOOST_TEST(*parsed(run.body).find("id")->if_string() == "j1");
  const auto preview = call("POST", "/api/schedules/s9/backfill",
                            R"({"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"})");
  BOOST_TEST(*parsed(preview.body).find("token")->if_string() == "tok");
  BOOST_TEST(call("DELETE", "/api/schedules/s9").status == 204);
  BOOST_TEST(call("POST", "/api/schedules/none/run-now").status == 404);
  BOOST_TEST(call("POST", "/api/schedules/s9/run-now", R"({"why":1})").status == 422);
  fake.refusal = base::failure{"OVERLAPPING", {}};
  BOOST_TEST(call("POST", "/api/schedules/s9/run-now").status == 409);
  fake.refusal = base::failure{"BAD_RANGE", "until"};
  BOOST_TEST(
      call("POST", "/api/schedules/s9/pause", R"({"until":"2020-01-01T00:00:00Z"})").status == 422);
  fake.refusal = base::failure{"PREVIEW_STALE", {}};
  BOOST_TEST(call("POST", "/api/schedules/s9/backfill",
                  R"({"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z","token":"t"})")
                 .status == 409);
  fake.refusal.reset();
  make_admin(); // has to say why
  BOOST_TEST(call("POST", "/api/schedules/s9/run-now").status == 422);
  BOOST_TEST(call("DELETE", "/api/schedules/s9?reason=moved+away").status == 204);
}

BOOST_FIXTURE_TEST_CASE(a_key_goes_with_its_fingerprint, schedule_api) {
  const auto first = call("POST", "/api/schedules", aluguel, {{"Idempotency-Key", "k1"}});
  BOOST_TEST(first.status == 201);
  const auto& asked = fake.asked.back();
  BOOST_TEST_REQUIRE(asked.key.has_value());
  BOOST_TEST(asked.key->first.endpoint == "POST /api/schedules");
  BOOST_TEST(asked.key->first.key == "k1");
  fake.keep("s9", "ana");
  const std::string range = R"({"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"})";
  const std::vector<std::array<std::string, 3>> calls{
      {"PUT", "", aluguel},    {"DELETE", "", ""},       {"POST", "/pause", ""},
      {"POST", "/resume", ""}, {"POST", "/run-now", ""}, {"POST", "/backfill", range}};
  std::set<std::string> tried{"POST /api/schedules"};
  for (const auto& [method, act, body] : calls) {
    const auto path = "/api/schedules/s9" + act;
    BOOST_TEST(call(method, path, body, {{"Idempotency-Key", "k2"}}).status < 300, path);
    BOOST_TEST_REQUIRE(fake.asked.back().key.has_value());
    BOOST_TEST(fake.asked.back().key->first.endpoint == method + " /api/schedules/{id}" + act);
    tried.insert(method + " /api/schedules/{id}" + act);
  }
  for (const auto& route : routes.all())
    if (route.group == "schedules" && route.flags.takes_key)
      BOOST_TEST(tried.contains(route.method + ' ' + route.path), route.path);
}

BOOST_FIXTURE_TEST_CASE(previews_tell_of_odd_days, schedule_api) {
  fake.keep("s9", "ana").what.rule =
      R"({"calendar":{"freq":"monthly","interval":1,"start":"2026-01-31T09:00","month_end":"clamp"}})";
  const auto saved = call("GET", "/api/schedules/s9/preview?n=5");
  BOOST_TEST(saved.status == 200, saved.body);
  const auto shown = parsed(saved.body);
  BOOST_TEST(shown.find("ticks")->if_array()->size() == 5u);
  BOOST_TEST(*(*shown.find("ticks")->if_array())[0].find("note")->if_string() ==
             "day 31 clamped to 30");
  const auto unsaved = call("POST", "/api/schedules/preview",
                            R"({"rule":{"cron":"30 2 * * *"},"zone":"America/New_York","n":100})");
  BOOST_TEST(unsaved.status == 200, unsaved.body);
  BOOST_TEST(parsed(unsaved.body).find("ticks")->if_array()->size() == 100u);
  BOOST_TEST(call("POST", "/api/schedules/preview", R"({"rule":{"cron":"0 0 * *"}})").status ==
             422);
  BOOST_TEST(call("GET", "/api/schedules/s9/preview?n=101").status == 422);
  BOOST_TEST(call("GET", "/api/schedules/none/preview").status == 404);
}

BOOST_FIXTURE_TEST_CASE(lists_are_pages, schedule_api) {
  fake.keep("s1", "ana");
  fake.keep("s2", "ana");
  fake.keep("s3", "bia");
  BOOST_TEST(*parsed(call("GET", "/api/schedules?limit=2").body).find("next_cursor")->if_string() ==
             "s2");
  BOOST_TEST(parsed(call("GET", "/api/schedules?limit=3").body).find("next_cursor")->is_null());
  BOOST_TEST(call("GET", "/api/schedules/s3").status == 404);
  fake.settled = {{scheduler::schedule_id{"s1"}, base::utc_us{5}, scheduler::tick_end::ran,
                   scheduler::job_id{"j1"}, base::utc_us{6}}};
  const auto ticks = call("GET", "/api/schedules/s1/ticks?limit=1");
  const auto shown = parsed(ticks.body);
  BOOST_TEST(*(*shown.find("items")->if_array())[0].find("result")->if_string() == "ran");
  BOOST_TEST(*shown.find("next_cursor")->if_string() == "5");
  BOOST_TEST(call("GET", "/api/schedules/s1/ticks?cursor=x").status == 422);
  BOOST_TEST(call("GET", "/api/schedules/s3/ticks").status == 404);
}

BOOST_FIXTURE_TEST_CASE(all_that_is_kept_of_a_user_has_their_schedules, schedule_api) {
  for (int n = 0; n < 501; ++n) fake.keep("s" + std::to_string(1000 + n), "ana"); // two pages
  fake.keep("of-bia", "bia");
  fake.keep("of-the-system", "").what.user.reset();
  const auto body = call("GET", "/api/privacy/export").body;
  const auto all = parsed(body);
  const auto& kept = *all.find("schedules")->if_array();
  BOOST_TEST_REQUIRE(kept.size() == 501u);
  std::set<std::string> ids;
  for (const auto& one : kept) ids.insert(*one.find("id")->if_string());
  BOOST_TEST(ids.size() == 501u);
  BOOST_TEST(base::json::write(kept.front()) == call("GET", "/api/schedules/s1000").body);
  BOOST_TEST(!ids.contains("of-bia"));
  BOOST_TEST(body.find("of-the-system") == body.npos);
  fake.refusal = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(call("GET", "/api/privacy/export").status == 503);
}

BOOST_FIXTURE_TEST_CASE(without_jobs_there_are_no_schedules, api) {
  for (const auto* path : {"/api/schedules", "/api/schedules/s1", "/api/schedules/s1/ticks"})
    BOOST_TEST(call("GET", path).status == 503, path);
  BOOST_TEST(call("POST", "/api/schedules", "{}").status == 503);
}

BOOST_AUTO_TEST_SUITE_END()
