#include "http/routes_insights.hpp"

#include "http/api/insight_api.hpp"
#include "http/route_binding.hpp"

namespace http {

void add_insights_routes(route_table& t, const service& s) {
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  t.add({"GET", "/api/insights", "planning", own(s, get_insights), plain});
  t.add({"POST", "/api/insights/feedback", "planning", nullptr, keyed,
         changing(s, post_insight_feedback)});
  t.add({"GET", "/api/insights/preferences", "planning", own(s, get_insight_preferences), plain});
  t.add({"PATCH", "/api/insights/preferences", "planning", nullptr, keyed,
         changing(s, patch_insight_preferences)});
}

} // namespace http
