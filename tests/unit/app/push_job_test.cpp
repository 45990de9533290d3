// Goal: what each answer of a receiver means for its job.
// Method: verdict_of() over answers made by hand; one call of a kind's handler to where nobody may
//         be called.
#include "app/push_job.hpp"

#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(push_jobs)

namespace {

using http::outbound_end;

struct reading {
  scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};

  actors::job_verdict verdict(const http::outbound_answer& a, bool effects = false) {
    return app::verdict_of(a, {effects, instant("2026-11-24T18:00:00Z"), zone});
  }
  actors::job_verdict status(long status, const std::string& body = {}, bool effects = false) {
    return verdict({outbound_end::answered, status, body, {}}, effects);
  }
};

const actors::job_done& done(const actors::job_verdict& v) {
  const auto* how = std::get_if<actors::job_done>(&v);
  if (how == nullptr) BOOST_FAIL(std::get<actors::job_failed>(v).error.code);
  return *how;
}
const actors::job_failed& failed(const actors::job_verdict& v) {
  BOOST_REQUIRE(std::holds_alternative<actors::job_failed>(v));
  return std::get<actors::job_failed>(v);
}
/// "again CODE" or "dead CODE"
std::string end_of(const actors::job_verdict& v) {
  return (failed(v).retryable ? "again " : "dead ") + failed(v).error.code;
}

const std::string posting = R"({"type":"expense","account_id":"a1","category_id":"c1",
  "amount_cents":1050,"description":"tarifa","date":"2026-11-23T12:00:00Z"})";

} // namespace

BOOST_FIXTURE_TEST_CASE(a_good_answer_is_a_result_with_effects, reading) {
  const auto v = status(200,
                        R"({"result":{"n":[1,2]},"effects":{"transactions":[)" + posting +
                            R"(],"jobs":[{"kind":"noop"}]}})",
                        true);
  BOOST_TEST(done(v).result == R"({"n":[1,2]})");
  BOOST_TEST(done(v).effects.transactions.at(0).amount.minor == 1050);
  BOOST_TEST(done(v).effects.jobs.at(0).kind == "noop");
  BOOST_TEST(done(v).effects.may_post);
  BOOST_TEST(done(status(200, "{}")).result == "null");
  BOOST_TEST(done(status(200, R"({"result":null,"effects":null})")).result == "null");
  BOOST_TEST(done(status(204)).result == "null");
  BOOST_TEST(done(status(204, "not looked at")).effects.jobs.empty());
}

BOOST_FIXTURE_TEST_CASE(a_target_without_effects_posts_nothing, reading) {
  const auto v = status(200, R"({"effects":{"transactions":[)" + posting + "]}}");
  BOOST_TEST(end_of(v) == "dead KIND_NOT_ALLOWED");
  const auto follow = status(200, R"({"effects":{"transactions":[],"jobs":[{"kind":"noop"}]}})");
  BOOST_TEST(done(follow).effects.jobs.size() == 1u);
  BOOST_TEST(!done(follow).effects.may_post); // the owner refuses follow-ups that would
}

BOOST_FIXTURE_TEST_CASE(an_unreadable_answer_is_for_good, reading) {
  for (const char* body :
       {"", "ok", "[]", "null", "{\"result\":1,\"result\":2}", "{\"resultado\":1}", "{\"result\":1",
        "{\"effects\":[]}", "{\"effects\":{\"transfers\":[]}}", "{\"effects\":{\"jobs\":[{}]}}",
        "{\"effects\":{\"jobs\":[{\"kind\":\"noop\",\"user\":\"bia\"}]}}", "{\"result\":\"\xff\"}"})
    BOOST_TEST(end_of(status(200, body, true)) == "dead PUSH_BAD_ANSWER", body);
  const auto v = status(200, R"({"effects":{"transactions":[{"type":"expense"}]}})", true);
  BOOST_TEST(end_of(v) == "dead PUSH_BAD_ANSWER");
  BOOST_TEST(failed(v).error.message.starts_with("body.effects.transactions.0."));
  const std::string large = R"({"result":")" + std::string(65'536, 'x') + "\"}";
  BOOST_TEST(end_of(status(200, large)) == "dead PUSH_BAD_ANSWER");
}

BOOST_FIXTURE_TEST_CASE(statuses_are_for_now_or_for_good, reading) {
  for (const long again : {408, 425, 429, 500, 502, 503, 504, 599})
    BOOST_TEST(end_of(status(again)) == "again PUSH_HTTP_" + std::to_string(again));
  for (const long dead :
       {201, 203, 206, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 410, 422, 451, 600})
    BOOST_TEST(end_of(status(dead)) == "dead PUSH_HTTP_" + std::to_string(dead));
  BOOST_TEST(end_of(status(202)) == "dead PUSH_ASYNC_UNSUPPORTED");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_answer, reading) {
  const auto end = [&](outbound_end how, long status = 0) {
    return end_of(verdict({how, status, "{}", {}}));
  };
  BOOST_TEST(end(outbound_end::too_large, 200) == "dead PUSH_TOO_LARGE");
  BOOST_TEST(end(outbound_end::cut, 200) == "again PUSH_UNREACHABLE");
  // Of what failed the status counts, however long it goes on.
  BOOST_TEST(end(outbound_end::too_large, 503) == "again PUSH_HTTP_503");
  BOOST_TEST(end(outbound_end::cut, 400) == "dead PUSH_HTTP_400");
  BOOST_TEST(end(outbound_end::bad_url) == "dead PUSH_URL");
  BOOST_TEST(end(outbound_end::forbidden) == "dead PUSH_ADDRESS");
  BOOST_TEST(end(outbound_end::untrusted) == "again PUSH_TLS");
  BOOST_TEST(end(outbound_end::timed_out) == "again PUSH_TIMEOUT");
  BOOST_TEST(end(outbound_end::unreachable) == "again PUSH_UNREACHABLE");
  BOOST_TEST(end(outbound_end::stopped) == "again INTERRUPTED");
}

BOOST_FIXTURE_TEST_CASE(a_pause_is_kept_within_a_day, reading) {
  const auto pause = [&](long status, std::int64_t s) {
    return failed(verdict({outbound_end::answered, status, "", s})).retry_after_us;
  };
  BOOST_TEST((pause(503, 7) == 7'000'000));
  BOOST_TEST((pause(429, std::int64_t{1} << 62) == 86'400'000'000));
  BOOST_TEST(!pause(400, 7).has_value());
  BOOST_TEST(!failed(status(503)).retry_after_us.has_value());
}

BOOST_FIXTURE_TEST_CASE(of_what_a_receiver_says_a_short_clean_piece_is_kept, reading) {
  const auto message = [&](const std::string& body) {
    return failed(status(400, body)).error.message;
  };
  BOOST_TEST(message("não\r\n\tdá\x7f").find('\n') == std::string::npos);
  BOOST_TEST(message("não dá") == "não dá");
  BOOST_TEST(message(std::string{"a\0b", 3}) == "a b");
  BOOST_TEST(message("bad \xff\xc3 bytes") == "bad ?? bytes");
  BOOST_TEST(message(std::string(200, 'x')) == std::string(200, 'x'));
  const auto cut = message(std::string(300'000, 'x'));
  BOOST_TEST(cut.size() <= 200u);
  BOOST_TEST(cut.ends_with("…[cut]"));
  for (std::size_t i = 180; i < 210; ++i) { // wherever a character is cut, it stays whole
    const auto text = message(std::string(i, 'x') + "ãããããããããããããããããããã");
    BOOST_TEST(text.find('?') == std::string::npos, i);
  }
}

BOOST_AUTO_TEST_CASE(kinds_are_as_their_targets_say) {
  manual_clock clock;
  clock.at = instant("2026-11-24T18:00:00Z");
  const scheduler::zone_rules zone{"America/Sao_Paulo", -3 * 3600, {}};
  const auto kinds = app::push_kinds({{{{"fee", "fine"}, "https://127.0.0.1:9/", true},
                                       {{"report"}, "https://127.0.0.1:9/", false}},
                                      {config::secret{"a push secret of tests"}},
                                      {}},
                                     zone, clock);
  BOOST_REQUIRE(kinds.size() == 3u);
  for (const auto& k : kinds) {
    BOOST_TEST(k.builtin);
    BOOST_TEST(k.pushed);
    BOOST_TEST(k.calls_out);
    BOOST_TEST(k.queue == "push");
    BOOST_TEST(k.money == (k.name != "report"));
  }
  scheduler::job job;
  job.id = scheduler::job_id{"j1"};
  job.kind = "fee";
  BOOST_TEST(end_of(kinds[0].run({job, 1, clock.at, {}})) == "dead PUSH_ADDRESS");
}

BOOST_AUTO_TEST_SUITE_END()
