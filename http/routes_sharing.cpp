#include "http/routes_sharing.hpp"

#include "http/api/sharing.hpp"
#include "http/route_binding.hpp"

namespace http {

void add_sharing_routes(route_table& t, const service& s) {
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  const std::string shared = "/api/shared-expenses";
  t.add({"POST", shared, "shared", nullptr, keyed, changing(s, create_shared_expense)});
  t.add({"GET", shared + "/read-model", "shared", own(s, shared_read_model), plain});
  t.add({"GET", shared + "/pending", "shared", own(s, pending_shares), plain});
  t.add({"GET", shared + "/shares/{id}", "shared", own(s, get_share), plain});
  t.add({"PATCH", shared + "/shares/{id}", "shared", nullptr, keyed, changing(s, answer_share)});
  t.add({"GET", shared + "/shares/{id}/events", "shared", own(s, share_history), plain});
  t.add({"GET", shared + "/{id}/full-details", "shared", own(s, shared_details), plain});
  t.add({"DELETE", shared + "/{id}", "shared", nullptr, keyed, changing(s, cancel_shared_expense)});

  const std::string feed = "/api/activity-feed";
  t.add({"GET", feed, "shared", own(s, list_feed), plain});
  t.add({"GET", feed + "/unread-count", "shared", own(s, count_unread_feed), plain});
  t.add({"GET", feed + "/stream", "shared", open(s, stream_feed), plain});
  t.add({"PATCH", feed + "/read-all", "shared", nullptr, keyed, changing(s, read_whole_feed)});
  t.add({"PATCH", feed + "/{id}/read", "shared", nullptr, keyed, changing(s, read_feed_item)});
}

} // namespace http
