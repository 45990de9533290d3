// Goal: the feed as server-sent events (api-contract §13.2): how it begins, what it sends, whose.
// Method: the route's answer over a pair of sockets. The thread of the streams reads the fake, so
//         its rows stand before a stream is opened.
#include "http/static_files.hpp"
#include "tests/http/stream_reader.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(feed_streams)

namespace {

struct reader : stream_reader {
  reader() : stream_reader("/api/activity-feed/stream") {}

  void news(const std::string& id, std::int64_t seconds_ago, const std::string& user = "ana") {
    ledger::feed_item f;
    f.id = ledger::feed_item_id{id};
    f.user = ledger::user_id{user};
    f.type = "share_received";
    f.title = "Nova despesa compartilhada";
    f.description = "Pizza";
    f.entity_type = "expense_share";
    f.entity_id = "p1";
    f.metadata = R"({"amount_cents":7})";
    f.created_at = base::utc_us{clock.at.count - seconds_ago * base::us_per_second};
    books.beside.put(f);
  }
};

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(a_stream_says_first_when_to_come_back) {
  reader r;
  const auto answer = r.open();
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.content_type == "text/event-stream");
  BOOST_TEST(answer.body == "retry: 3000\n\n");
}

BOOST_AUTO_TEST_CASE(an_event_is_the_item_as_the_list_shows_it) {
  reader r;
  r.news("f1", 2);
  r.news("f2", 1);
  const auto list = r.call("GET", "/api/activity-feed?limit=1").body;
  const auto item = list.substr(1, list.size() - 2);
  BOOST_TEST(r.first_of(r.open("f1")) == "event: feed_new\nid: f2\ndata: "
                                         R"({"type":"feed_new","data":)" +
                                             item + "}\n\n:\n\n");
}

BOOST_AUTO_TEST_CASE(what_was_there_is_no_news) {
  reader r;
  r.news("f1", 60);
  r.news("f2", 0);
  BOOST_TEST(r.first_of(r.open()) == ":\n\n");
  BOOST_TEST(r.first_of(r.open("f2")) == ":\n\n"); // it was the last
}

BOOST_AUTO_TEST_CASE(after_a_break_it_goes_on_behind_the_last_event) {
  reader r;
  for (int i = 1; i <= 4; ++i) r.news("f" + std::to_string(i), 3600 - i);
  r.news("g1", 1, "bia");
  BOOST_TEST((r.ids_of(r.open("f1")) == names{"f2", "f3", "f4"}));
  BOOST_TEST((r.ids_of(r.open("f3")) == names{"f4"}));
  // Not of this user, or of nobody: from now on.
  BOOST_TEST(r.first_of(r.open("g1")) == ":\n\n");
  BOOST_TEST(r.first_of(r.open("x")) == ":\n\n");
}

// Two items of one commit have one time; which is behind the other, their ids say.
BOOST_AUTO_TEST_CASE(items_of_one_moment_are_told_apart) {
  reader r;
  for (const char* id : {"f1", "f2", "f3"}) r.news(id, 30);
  BOOST_TEST((r.ids_of(r.open("f2")) == names{"f3"}));
}

BOOST_AUTO_TEST_CASE(the_token_may_come_in_the_query_and_a_header_wins) {
  reader r;
  r.news("f1", 9);
  r.news("f2", 8);
  r.news("g1", 9, "bia");
  r.news("g2", 8, "bia");
  const auto of_ana = r.token_of("ana");
  r.bearer.clear();
  BOOST_TEST(r.open().status == 403);
  BOOST_TEST(r.open({}, "?token=x").status == 401);
  BOOST_TEST((r.ids_of(r.open("f1", "?token=" + of_ana)) == names{"f2"}));
  r.bearer = "Bearer " + r.token_of("bia");
  BOOST_TEST((r.ids_of(r.open("g1", "?token=" + of_ana)) == names{"g2"}));
}

BOOST_AUTO_TEST_CASE(without_a_place_the_stream_is_refused) {
  reader r;
  r.streams.stop();
  const auto full = r.open();
  BOOST_TEST(full.status == 503);
  BOOST_TEST(code_of(full) == "OVERLOADED");
  BOOST_TEST(!full.takes_socket);
  r.s.streams = nullptr;
  BOOST_TEST(r.open().status == 503);
  r.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(code_of(r.open()) == "DB_UNAVAILABLE");
}

BOOST_AUTO_TEST_CASE(the_paths_of_the_socket_of_the_former_server_are_gone) {
  api a;
  for (const char* path : {"/ws/activity-feed", "/api/ws/activity-feed"}) {
    const auto match = a.routes.find("GET", path);
    BOOST_TEST((match.found == nullptr && match.allow.empty()), path);
    BOOST_TEST(http::is_of_the_api(path), path); // and no page of the web app
  }
}

BOOST_AUTO_TEST_SUITE_END()
