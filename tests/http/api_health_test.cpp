// Root, health and metrics (api-contract §15.1).
#include "tests/http/api_fixture.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(api_health)

BOOST_AUTO_TEST_CASE(the_root_names_the_service) {
  api a;
  a.bearer.clear();
  const std::string body =
      R"({"message":"VAI DE PIX API","version":"1.0.0","status":"running","docs":"/docs"})";
  for (const auto* path : {"/", "/api", "/api/"}) BOOST_TEST(a.call("GET", path).body == body);
}

BOOST_AUTO_TEST_CASE(health_is_always_200_and_ready_is_not) {
  api a;
  a.bearer.clear();
  auto& h = a.books.health_now;
  h.database = "error: OperationalError";
  h.status = "degraded";
  h.reasons = {"database"};
  h.schema_current = 1;
  h.schema_expected = 2;
  h.shards_owned = 16;
  h.version = "1.0.0";
  h.node = "n1";
  const std::string body =
      R"({"status":"degraded","timestamp":"2026-11-24T18:00:00Z","database":"error: OperationalError","version":"1.0.0","node":"n1","schema":{"current":1,"expected":2},"jobs":{"late":0,"dead":0,"backlog":0},"shards":{"owned":16,"stopped":0},"reasons":["database"]})";
  for (const auto* path : {"/health", "/api/health"}) {
    const auto answer = a.call("GET", path);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == body);
  }
  BOOST_TEST(a.call("GET", "/health/live").status == 200);
  const auto ready = a.call("GET", "/health/ready");
  BOOST_TEST(ready.status == 503);
  BOOST_TEST(ready.body == R"({"ready":false,"reasons":["database"]})");
  h.ready = true;
  BOOST_TEST(a.call("GET", "/health/ready").status == 200);
}

BOOST_AUTO_TEST_CASE(metrics_are_open_unless_a_token_is_set) {
  api a;
  a.bearer.clear();
  const auto open = a.call("GET", "/metrics");
  BOOST_TEST(open.status == 200);
  BOOST_TEST(open.content_type == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(open.body == "vaidepix_ready 1\n");

  a.s.settings.metrics_token = "scrape";
  const auto with = [&](const std::string& text) {
    return a.call("GET", "/metrics", {}, {{"Authorization", text}}).status;
  };
  BOOST_TEST(a.call("GET", "/metrics").status == 403);
  BOOST_TEST(with("Basic scrape") == 403);
  BOOST_TEST(with("Bearer wrong") == 401);
  BOOST_TEST(with("Bearer scrape") == 200);
}

BOOST_AUTO_TEST_CASE(what_is_needed_under_overload_is_marked_vital) {
  api a;
  std::string vital;
  for (const auto& r : a.routes.all())
    if (r.flags.vital) vital += r.path + ' ';
  BOOST_TEST(vital == "/ /api /health /api/health /health/live /health/ready /metrics ");
}

BOOST_AUTO_TEST_SUITE_END()
