#include "http/routes_schedules.hpp"

#include "http/api/schedule_api.hpp"
#include "http/route_binding.hpp"

namespace http {

void add_schedule_routes(route_table& t, const service& s) {
  using changer = void (*)(const service&, request, reply);
  const auto with = [&s](changer run) -> deferred_handler {
    return [&s, run](request r, reply to) { run(s, std::move(r), std::move(to)); };
  };
  constexpr route_flags plain{};
  constexpr route_flags keyed{.takes_key = true};
  constexpr auto group = "schedules";
  t.add({"GET", "/api/schedules", group, own(s, list_schedules), plain});
  t.add({"POST", "/api/schedules", group, nullptr, keyed, with(post_schedule)});
  t.add({"POST", "/api/schedules/preview", group, own(s, preview_rule), plain});
  t.add({"GET", "/api/schedules/{id}", group, own(s, get_schedule), plain});
  t.add({"PUT", "/api/schedules/{id}", group, nullptr, keyed, with(put_schedule)});
  t.add({"DELETE", "/api/schedules/{id}", group, nullptr, keyed, with(delete_schedule)});
  t.add({"GET", "/api/schedules/{id}/preview", group, own(s, preview_schedule), plain});
  t.add({"GET", "/api/schedules/{id}/ticks", group, own(s, list_ticks), plain});
  t.add({"POST", "/api/schedules/{id}/pause", group, nullptr, keyed, with(pause_schedule)});
  t.add({"POST", "/api/schedules/{id}/resume", group, nullptr, keyed, with(resume_schedule)});
  t.add({"POST", "/api/schedules/{id}/run-now", group, nullptr, keyed, with(run_schedule)});
  t.add({"POST", "/api/schedules/{id}/backfill", group, nullptr, keyed, with(backfill_schedule)});
}

} // namespace http
