// What   job_api: the routes of jobs over fake ports, as ana, who may become an administrator.
// Threads one.
#pragma once

#include "base/sha256.hpp"
#include "tests/http/api_fixture.hpp"
#include "tests/http/fake_jobs.hpp"
#include "tests/http/fake_schedules.hpp"

namespace http_test {

/// What has happened, as the test says.
struct fake_events final : http::job_event_source {
  std::vector<scheduler::job_fact> all;
  std::uint64_t kept_from = 1; ///< those before it are gone

  void add(const std::string& job, const std::string& user, scheduler::job_state to) {
    scheduler::job_fact f;
    f.number = all.size() + 1;
    f.job = scheduler::job_id{job};
    f.user = base::user_id{user};
    f.kind = "noop";
    f.queue = "default";
    f.to = to;
    f.at = instant("2026-11-24T18:00:00Z");
    all.push_back(std::move(f));
  }
  std::string epoch() const override { return "77"; }
  std::uint64_t newest() const override { return all.size(); }
  http::job_events events(const http::job_caller& who, std::uint64_t after,
                          std::size_t limit) const override {
    http::job_events found;
    found.gap = after + 1 < kept_from;
    found.next = std::max(after, kept_from - 1);
    for (const auto& f : all)
      if (f.number > found.next && found.items.size() < limit) {
        found.next = f.number;
        if (who.admin || f.user == who.user) found.items.push_back(f);
      }
    return found;
  }
};

struct job_api : api {
  fake_jobs fake;
  fake_schedules schedules;
  fake_events events;
  http::job_service jobs{fake, fake, schedules, {}, [](std::string_view token) {
                           using permission = http::worker_permission;
                           if (token == "worker")
                             return std::optional{permission{{"fee"}, true, "s1"}};
                           if (token == "reader")
                             return std::optional{permission{{"report"}, false, "s2"}};
                           return std::optional<permission>{};
                         }};
  /// As the worker w1 of the fake is shown to the token that joined.
  static std::string worker_id(const std::string& token) {
    const std::string secret = token == "worker" ? "s1" : "s2";
    return "w1." + base::hex(base::sha256(secret + "\nw1\n" + secret)).substr(0, 32);
  }
  const std::string mine = "/api/workers/" + worker_id("worker");

  job_api() {
    jobs.events = &events;
    s.jobs = &jobs;
  }

  http::response as(const std::string& token, const std::string& method, const std::string& target,
                    const std::string& body = {}) {
    return call(method, target, body, {{"Authorization", "Bearer " + token}});
  }
  void make_admin() { books.users.at(ledger::user_id{"ana"}).admin = true; }
  std::string code(const http::response& r) {
    const auto body = parsed(r.body);
    return *body.find("code")->if_string();
  }
};

} // namespace http_test
