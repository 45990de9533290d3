#include "http/routes_sharing.hpp"

#include "http/api/sharing.hpp"

#include <utility>

namespace http {

void add_sharing_routes(route_table& t, const service& s) {
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  const auto own = [&s](auto* run) -> handler {
    return [&s, run](const request& r) { return for_user(s, r, run); };
  };
  const auto changing = [&s](auto* decide) -> deferred_handler {
    return [&s, decide](request r, reply to) {
      change_for_user(s, std::move(r), decide, std::move(to));
    };
  };
  const std::string shared = "/api/shared-expenses";
  t.add({"POST", shared, "shared", nullptr, keyed, changing(create_shared_expense)});
  t.add({"GET", shared + "/read-model", "shared", own(shared_read_model), plain});
  t.add({"GET", shared + "/pending", "shared", own(pending_shares), plain});
  t.add({"PATCH", shared + "/shares/{id}", "shared", nullptr, keyed, changing(answer_share)});
  t.add({"GET", shared + "/shares/{id}/events", "shared", own(share_history), plain});
  t.add({"GET", shared + "/{id}/full-details", "shared", own(shared_details), plain});
  t.add({"DELETE", shared + "/{id}", "shared", nullptr, keyed, changing(cancel_shared_expense)});

  const std::string feed = "/api/activity-feed";
  t.add({"GET", feed, "shared", own(list_feed), plain});
  t.add({"GET", feed + "/unread-count", "shared", own(count_unread_feed), plain});
  t.add({"GET", feed + "/stream", "shared", [&s](const request& r) { return stream_feed(s, r); },
         plain});
  t.add({"PATCH", feed + "/read-all", "shared", nullptr, keyed, changing(read_whole_feed)});
  t.add({"PATCH", feed + "/{id}/read", "shared", nullptr, keyed, changing(read_feed_item)});
}

} // namespace http
