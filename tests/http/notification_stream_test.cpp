// Goal: notifications as server-sent events (api-contract §11.2, in the manner of §13.2).
// Method: as feed_stream_test.cpp; what the two have in common is tested there.
#include "tests/http/stream_reader.hpp"

using namespace http_test;

BOOST_AUTO_TEST_SUITE(notification_streams)

namespace {

struct told : stream_reader {
  told() : stream_reader("/api/notifications/stream") {}

  void news(const std::string& id, std::int64_t seconds_ago, const std::string& user = "ana") {
    ledger::notification n;
    n.id = ledger::notification_id{id};
    n.user = ledger::user_id{user};
    n.type = "budget_alert";
    n.title = "Orçamento estourado";
    n.body = "Lazer";
    n.metadata = R"({"category_id":"c1"})";
    n.created_at = base::utc_us{clock.at.count - seconds_ago * base::us_per_second};
    books.beside.put(n);
  }
};

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(an_event_is_the_notification_as_the_list_shows_it) {
  told r;
  r.news("n1", 2);
  r.news("n2", 1);
  const auto opened = r.open("n1");
  BOOST_TEST(opened.content_type == "text/event-stream");
  BOOST_TEST(opened.body == "retry: 3000\n\n");
  const auto list = r.call("GET", "/api/notifications?limit=1").body;
  BOOST_TEST(r.first_of(opened) == "event: notification_new\nid: n2\ndata: "
                                   R"({"type":"notification_new","data":)" +
                                       list.substr(1, list.size() - 2) + "}\n\n:\n\n");
}

BOOST_AUTO_TEST_CASE(it_goes_on_behind_the_last_event_and_old_ones_are_no_news) {
  told r;
  for (int i = 1; i <= 3; ++i) r.news("n" + std::to_string(i), 3600 - i);
  r.news("o1", 1, "bia");
  BOOST_TEST((r.ids_of(r.open("n1")) == names{"n2", "n3"}));
  BOOST_TEST((r.ids_of(r.open("n3")) == names{}));
  BOOST_TEST((r.ids_of(r.open()) == names{}));
  BOOST_TEST((r.ids_of(r.open("o1")) == names{})); // of somebody else: from now on
}

BOOST_AUTO_TEST_CASE(the_token_may_come_in_the_query_and_no_token_is_no_stream) {
  told r;
  r.news("n1", 9);
  r.news("n2", 8);
  const auto of_ana = r.token_of("ana");
  r.bearer.clear();
  BOOST_TEST(r.open().status == 403);
  BOOST_TEST(r.open({}, "?token=x").status == 401);
  BOOST_TEST((r.ids_of(r.open("n1", "?token=" + of_ana)) == names{"n2"}));
}

BOOST_AUTO_TEST_CASE(without_a_place_or_a_database_it_is_refused) {
  told r;
  r.streams.stop();
  BOOST_TEST(code_of(r.open()) == "OVERLOADED");
  r.books.broken = base::failure{"DB_UNAVAILABLE", {}};
  BOOST_TEST(code_of(r.open()) == "DB_UNAVAILABLE");
}

BOOST_AUTO_TEST_SUITE_END()
