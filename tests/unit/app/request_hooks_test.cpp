// What the log says about requests: every line has the id of its request, and none a value.
#include "app/request_hooks.hpp"

#include "base/assert.hpp"
#include "tests/http/api_fixture.hpp"
#include "tests/http/client.hpp"

#include <mutex>
#include <stdexcept>

using namespace http_test;

BOOST_AUTO_TEST_SUITE(request_hooks)

namespace {

struct kept_log {
  manual_clock clock;
  observability::metrics metrics;
  std::mutex mutex;
  std::string text;
  observability::log log{[this] {
                           observability::log_options o;
                           o.level = observability::log_level::debug;
                           o.json = true;
                           o.sink = [this](std::string_view line) {
                             const std::lock_guard hold(mutex);
                             text += line;
                             return true;
                           };
                           return o;
                         }(),
                         clock, metrics};

  std::vector<base::json::value> lines() {
    log.flush();
    const std::lock_guard hold(mutex);
    std::vector<base::json::value> all;
    for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1)
      all.push_back(parsed(text.substr(from, text.find('\n', from) - from)));
    return all;
  }
  /// What a line says under this name.
  static std::string word(const base::json::value& line, std::string_view name) {
    const auto* found = line.find(name);
    return found == nullptr                ? "-"
           : found->if_string() == nullptr ? base::json::write(*found)
                                           : *found->if_string();
  }
  /// "event level", and the id of every line is looked at.
  std::vector<std::string> events() {
    std::vector<std::string> found;
    for (const auto& line : lines()) {
      BOOST_TEST(word(line, "request_id") == "rid");
      found.push_back(word(line, "event") + ' ' + word(line, "level"));
    }
    return found;
  }
};

http::request asked() {
  http::request r;
  r.request_id = "rid";
  r.route = "/api/goals";
  return r;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_line_of_a_handler_has_the_id_of_its_request) {
  kept_log k;
  const auto hooks = app::service_hooks_of(k.log, k.metrics);
  const auto r = asked();
  const ledger::user_id ana{"ana"};
  const base::failure why{"DB_BROKEN", "22P02 invalid input: \"1234.56\""};
  hooks.on_internal_error(r, why);
  hooks.on_rehash_failed(r, ana, why);
  hooks.on_token_reused(r, ana, ledger::session_id{"s1"});
  hooks.on_insights_failed(r, ana, why);
  BOOST_TEST((k.events() ==
              std::vector<std::string>{"http.internal_error ERROR", "auth.rehash_failed WARNING",
                                       "auth.refresh_reused WARNING", "insights.failed WARNING"}));
  BOOST_TEST(k.text.find("1234") == std::string::npos);
  const auto lines = k.lines();
  BOOST_TEST(k.word(lines[0], "error_code") == "DB_BROKEN");
  BOOST_TEST(k.word(lines[0], "endpoint") == "/api/goals");
  BOOST_TEST(k.word(lines[0], "cause") == "22P02");
  BOOST_TEST(k.metrics.insights_errors(observability::insights_caller::api).value() == 1);
}

BOOST_AUTO_TEST_CASE(of_a_databases_words_only_the_first_is_said) {
  const std::pair<const char*, const char*> said[]{
      {"42P01 relation \"x\" does not exist", "42P01"},
      {"goal_put: SQLite 19: CHECK failed 77", "goal_put"},
      {"Ana pays 12", ""},
      {"ana@example.com", ""},
      {"1234.56", ""},
      {"", ""}};
  for (const auto& [detail, word] : said) {
    kept_log k;
    app::service_hooks_of(k.log, k.metrics).on_internal_error(asked(), {"DB_BROKEN", detail});
    BOOST_TEST(k.word(k.lines().at(0), "cause") == word);
  }
}

BOOST_AUTO_TEST_CASE(a_500_is_one_error_line_with_its_cause_and_its_access_line) {
  kept_log k;
  http::route_table t;
  t.add({"GET", "/throw", "planning", [](const http::request&) -> http::response {
           throw std::out_of_range{"Ana has 1234.56"};
         }});
  t.add({"GET", "/broken", "planning",
         [](const http::request&) -> http::response { UNREACHABLE("on purpose"); }});
  k.metrics.add_route(observability::http_method::get, "/throw", false);
  k.metrics.add_route(observability::http_method::get, "/broken", false);
  http::server_settings on;
  on.host = "127.0.0.1";
  on.port = 0;
  http::server server(on, std::move(t), app::server_hooks_of(k.log, k.metrics, true));
  BOOST_REQUIRE(server.start().has_value());
  client c{server.port()};
  for (const auto* path : {"/throw", "/broken"})
    BOOST_TEST(
        c.exchange("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\nX-Request-ID: rid\r\n\r\n")
            .status == 500);
  server.stop();
  const auto events = k.events();
  BOOST_TEST((events == std::vector<std::string>{"http.unhandled ERROR", "http.request INFO",
                                                 "http.unhandled ERROR", "http.request INFO"}));
  BOOST_TEST(k.text.find("1234") == std::string::npos);
  const auto lines = k.lines();
  BOOST_TEST(k.word(lines[0], "exception") == "std::out_of_range");
  BOOST_TEST(k.word(lines[0], "endpoint") == "/throw");
  BOOST_TEST(k.word(lines[0], "broken_invariant") == "false");
  BOOST_TEST(k.word(lines[1], "status_code") == "500");
  const auto rule = k.word(lines[2], "exception");
  BOOST_TEST(rule.starts_with("on purpose (request_hooks_test.cpp:"), rule);
  BOOST_TEST(k.word(lines[2], "broken_invariant") == "true");
  BOOST_TEST(k.metrics.http_unhandled_exceptions.value() == 2);
}

// The same over the real routes: what the handlers tell, they tell with the request.
BOOST_AUTO_TEST_CASE(handlers_hand_their_request_to_the_log) {
  kept_log k;
  api a;
  a.s.hooks = app::service_hooks_of(k.log, k.metrics);
  a.books.refusal = base::failure{"DB_BROKEN", "42P01 no table"};
  BOOST_TEST(a.call("POST", "/api/accounts", R"({"name":"Caixa","type":"cash"})").status == 500);
  BOOST_TEST((k.events() == std::vector<std::string>{"http.internal_error ERROR"}));
}

BOOST_AUTO_TEST_SUITE_END()
