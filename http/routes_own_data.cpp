#include "http/routes_own_data.hpp"

#include "http/api/export_limit.hpp"
#include "http/api/own_data_api.hpp"

#include <memory>
#include <utility>

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

  t.add({"GET", "/api/me/sync", "reports",
         [&s](const request& r) { return for_user(s, r, my_changes); }, plain});
  const deferred_handler merge = [&s](request r, reply to) {
    change_for_user(s, std::move(r), merge_my_data, std::move(to));
  };
  t.add({"POST", "/api/me/data", "reports", nullptr, keyed, merge});
  t.add({"PUT", "/api/me/data", "reports", nullptr, keyed, merge});
  t.add({"POST", "/api/me/sync", "reports", nullptr, keyed, merge});
}

} // namespace http
