// Events of jobs as server-sent events: of the own ones, and for operators of all.
#include "http/api/event_reading.hpp"
#include "http/api/job_api.hpp"
#include "http/api/render_jobs.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

namespace http {
namespace {

/// Of one round; the rest comes with the next one.
constexpr std::size_t events_at_once = 200;
constexpr std::size_t bytes_at_once = 32 * 1024;

/// Where a reader stands.
class job_event_reader {
public:
  job_event_reader(const service& s, request asked, job_caller who, bool admin_only)
      : service_(s), asked_(std::move(asked)), who_(std::move(who)), admin_only_(admin_only),
        at_(s.jobs->events->newest()) {}

  /// "<epoch>-<number>": behind it. Of another process: from now on, with a gap.
  void resume_behind(std::string_view id) {
    const auto dash = id.rfind('-');
    std::uint64_t number = 0;
    if (dash != id.npos) (void)std::from_chars(id.data() + dash + 1, id.data() + id.size(), number);
    if (dash != id.npos && id.substr(0, dash) == events().epoch())
      at_ = number;
    else
      gap_ = true;
  }

  bool append_news(std::string& out, bool beat) {
    if (beat && !may_read_on(service_, asked_, admin_only_)) return false;
    const auto before = out.size();
    while (out.size() - before < bytes_at_once) {
      const auto news = events().events(who_, at_, events_at_once);
      if (news.gap || gap_)
        out += fmt::format("event: gap\nid: {}-{}\ndata: {{}}\n\n", events().epoch(), at_);
      gap_ = false;
      const bool moved = news.next != at_;
      for (const auto& f : news.items) {
        out += fmt::format("event: job\nid: {}-{}\ndata: ", events().epoch(), f.number);
        append_job_event(out, f);
        out += "\n\n";
      }
      at_ = news.next;
      if (!moved || news.items.size() < events_at_once) break;
    }
    return true;
  }

private:
  const job_event_source& events() const { return *service_.jobs->events; }

  const service& service_;
  request asked_;
  job_caller who_;
  bool admin_only_;
  std::uint64_t at_;
  bool gap_ = false;
};

response open_job_events(const service& s, const request& r, const ledger::user_record& user,
                         bool admin_only) {
  if (s.jobs == nullptr || s.jobs->events == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (admin_only && !user.admin)
    return problem(403, "ADMIN_REQUIRED", "Acesso restrito a administradores", r.request_id);
  const job_caller who{user.id, admin_only};
  const auto reader = std::make_shared<job_event_reader>(s, r, who, admin_only);
  if (const auto* id = r.header("Last-Event-ID"); id != nullptr && !id->empty())
    reader->resume_behind(*id);
  return open_events(
      s, r, [reader](std::string& out, bool beat) { return reader->append_news(out, beat); });
}

} // namespace

response stream_job_events(const service& s, const request& r) {
  return for_user(s, with_bearer(r),
                  [](const service& of, const request& sent, const ledger::user_record& user) {
                    return open_job_events(of, sent, user, false);
                  });
}

response stream_admin_events(const service& s, const request& r) {
  static constexpr std::string_view topics[] = {"jobs"};
  faults bad;
  query_reader in{r, bad};
  (void)in.one_of("topics", topics);
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return for_user(s, with_bearer(r),
                  [](const service& of, const request& sent, const ledger::user_record& user) {
                    return open_job_events(of, sent, user, true);
                  });
}

} // namespace http
