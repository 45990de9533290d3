#include "http/routes_insights.hpp"

#include "http/api/insight_api.hpp"

#include <utility>

namespace http {

void add_insights_routes(route_table& t, const service& s) {
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
  t.add({"GET", "/api/insights", "planning", own(get_insights), plain});
  t.add({"POST", "/api/insights/feedback", "planning", nullptr, keyed,
         changing(post_insight_feedback)});
  t.add({"GET", "/api/insights/preferences", "planning", own(get_insight_preferences), plain});
  t.add({"PATCH", "/api/insights/preferences", "planning", nullptr, keyed,
         changing(patch_insight_preferences)});
}

} // namespace http
