#include "http/routes_own_data.hpp"

#include "http/api/export_limit.hpp"
#include "http/api/own_data_api.hpp"
#include "http/route_binding.hpp"

#include <memory>

namespace http {

void add_own_data_routes(route_table& t, const service& s) {
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  const auto places = std::make_shared<export_places>(exports_at_once);
  const auto exporting = [&s, places](auto* run) -> handler {
    return [&s, places, run](const request& r) {
      return for_user(s, r, [&](const service& all, const request& sent, const auto& user) {
        const export_place mine{*places};
        if (mine.held()) return run(all, sent, user);
        return all.refused(base::failure{"OVERLOADED", {}}, sent, refusal_context::subject::user);
      });
    };
  };
  t.add({"GET", "/api/reports/export", "reports", exporting(export_report), plain});
  t.add({"GET", "/api/privacy/export", "reports", exporting(export_my_data), plain});

  t.add({"GET", "/api/me/sync", "reports", own(s, my_changes), plain});
  const auto merge = changing(s, merge_my_data);
  t.add({"POST", "/api/me/data", "reports", nullptr, keyed, merge});
  t.add({"PUT", "/api/me/data", "reports", nullptr, keyed, merge});
  t.add({"POST", "/api/me/sync", "reports", nullptr, keyed, merge});
}

} // namespace http
