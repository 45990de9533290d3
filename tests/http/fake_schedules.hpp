// What   fake_schedules: the port of schedules, answering what the test put there.
// Threads one; a `done` is called before the call returns.
#pragma once

#include "http/job_service.hpp"
#include "tests/support/sample_zones.hpp"

#include <map>

namespace http_test {

struct fake_schedules final : http::schedule_backend {
  std::optional<base::failure> refusal; ///< of everything, when set
  std::vector<http::schedule_request> asked;
  std::map<std::string, http::schedule_view> kept;
  std::vector<scheduler::schedule_tick> settled;
  std::optional<base::user_id> listed_of;

  http::schedule_view& keep(const std::string& id, const std::string& user) {
    auto& v = kept[id];
    v.what.id = scheduler::schedule_id{id};
    v.what.user = base::user_id{user};
    v.what.name = "aluguel";
    v.what.kind = "noop";
    v.what.queue = "default";
    v.what.rule = R"({"cron":"0 9 31 * *"})";
    v.what.zone = "America/Sao_Paulo";
    v.what.version = 3;
    return v;
  }

  void change(http::schedule_request r, http::on_result<http::schedule_answer> done) override {
    asked.push_back(r);
    if (refusal) return done(*refusal);
    http::schedule_answer a;
    if (const auto* made = std::get_if<http::new_schedule>(&r.what)) {
      a.view.what = made->what;
      a.view.what.id = scheduler::schedule_id{"s1"};
    } else {
      const auto id = std::visit(
          [](const auto& w) {
            if constexpr (requires { w.id; }) return w.id.text();
            return std::string{};
          },
          r.what);
      const auto at = kept.find(id);
      if (at == kept.end()) return done(base::failure{"NOT_FOUND", {}});
      a.view = at->second;
    }
    if (std::holds_alternative<http::schedule_run>(r.what)) {
      auto& j = a.job.emplace();
      j.what.id = scheduler::job_id{"j1"};
      j.what.kind = a.view.what.kind;
    }
    if (std::holds_alternative<http::backfill_wish>(r.what))
      a.filled = http::backfill_view{3, 1, base::utc_us{0}, base::utc_us{60'000'000}, "tok"};
    if (r.key) a.stored = r.show(a);
    done(std::move(a));
  }
  base::result<std::optional<http::schedule_view>>
  schedule(const http::job_caller& who, const scheduler::schedule_id& id) override {
    if (refusal) return *refusal;
    const auto at = kept.find(id.text());
    if (at == kept.end() || !(who.admin || at->second.what.user == who.user))
      return std::optional<http::schedule_view>{};
    return std::optional{at->second};
  }
  base::result<std::vector<http::schedule_view>>
  schedules(std::optional<base::user_id> user, std::optional<scheduler::schedule_id> before,
            std::int64_t limit) override {
    if (refusal) return *refusal;
    listed_of = user;
    std::vector<http::schedule_view> all;
    for (const auto& [id, v] : kept)
      if (v.what.user == user && std::ssize(all) < limit && (!before || id > before->text()))
        all.push_back(v);
    return all;
  }
  base::result<std::optional<std::vector<scheduler::schedule_tick>>>
  ticks(const http::job_caller& who, const scheduler::schedule_id& id, std::optional<base::utc_us>,
        std::int64_t) override {
    if (refusal) return *refusal;
    const auto at = kept.find(id.text());
    if (at == kept.end() || !(who.admin || at->second.what.user == who.user))
      return std::optional<std::vector<scheduler::schedule_tick>>{};
    return std::optional{settled};
  }
};

} // namespace http_test
