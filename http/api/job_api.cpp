// Jobs: put in, looked at, explained (jobs.md §18).
#include "http/api/job_api.hpp"

#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/request_key.hpp"
#include "http/preference.hpp"
#include "http/problem.hpp"

#include <utility>

namespace http {
namespace {

namespace json = base::json;

constexpr std::size_t bulk_max = 1000;
constexpr std::size_t job_bytes = 1024;   ///< of one as it is shown, with a small payload
constexpr std::size_t receipt_bytes = 96; ///< of one as its sender needs it

/// How the answer is to be.
struct shape {
  bool many = false;
  bool minimal = false; ///< RFC 7240 §4.2: a thousand jobs whole are a megabyte
};

shape shape_of(const request& r, bool many) {
  const auto wish = preference_of(r, "return");
  return {many, wish && equal_ignoring_case(*wish, "minimal")};
}

ledger::stored_answer render_put_in(const std::vector<job_view>& jobs, shape how) {
  const auto append = how.minimal ? append_job_receipt : append_job;
  ledger::stored_answer a;
  if (how.many) {
    a.status = 201;
    a.body.reserve(jobs.size() * (how.minimal ? receipt_bytes : job_bytes));
    a.body = "{\"items\":";
    append_list(a.body, jobs, append);
    a.body += '}';
    return a;
  }
  a.status = jobs.front().duplicate ? 200 : 201;
  append(a.body, jobs.front());
  return a;
}

std::variant<enqueue_request, response> read_put_in(const service& s, const request& r,
                                                    const ledger::user_record& user, shape how) {
  auto body = read_job_body(r, body_rule::required);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  const auto& sent = std::get<json::value>(body);
  faults bad;
  auto key = idempotency_key(r, bad);
  enqueue_request wish;
  const auto now = s.clock.now();
  if (how.many) {
    refuse_others(sent, {"body"}, {"jobs"}, bad);
    object_reader in{sent, {"body"}, bad};
    if (const auto* list = in.list("jobs", {1, bulk_max})) {
      wish.jobs.reserve(list->size());
      for (std::size_t i = 0; i < list->size(); ++i) {
        const json::array loc{"body", "jobs", static_cast<std::int64_t>(i)};
        if (auto j = read_job((*list)[i], loc, now, s.zone, bad))
          wish.jobs.push_back(std::move(*j));
      }
    }
  } else if (auto j = read_job(sent, {"body"}, now, s.zone, bad)) {
    wish.jobs.push_back(std::move(*j));
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  if (auto refused = give_owner(wish.jobs, user, r)) return std::move(*refused);
  wish.caller = caller_of(user);
  wish.request_id = r.request_id;
  wish.deadline = s.deadline();
  wish.show = [how](const std::vector<job_view>& jobs) { return render_put_in(jobs, how); };
  if (key) wish.key = {{endpoint_of(r), std::move(*key)}, fingerprint_of(r, *sent.if_object())};
  return wish;
}

void enqueue(const service& s, request r, reply to, bool many) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  const auto how = shape_of(r, many);
  auto wish = read_put_in(s, r, user, how);
  if (auto* refused = std::get_if<response>(&wish)) return to(std::move(*refused));
  r.body = {};
  s.jobs->jobs.enqueue(std::move(std::get<enqueue_request>(wish)),
                       [&s, how, r = std::move(r), id = user.id.text(),
                        to = std::move(to)](base::result<enqueue_answer> made) {
                         response answer;
                         if (!made) {
                           answer = job_refusal(s, made.error(), r);
                         } else {
                           auto shown = made->stored ? std::move(*made->stored)
                                                     : render_put_in(made->jobs, how);
                           answer.status = shown.status;
                           answer.body = std::move(shown.body);
                           // Under a key it is as the first one asked for.
                           if (how.minimal && !made->replayed)
                             answer.headers.push_back({"Preference-Applied", "return=minimal"});
                           if (made->replayed)
                             answer.headers.push_back({"Idempotent-Replayed", "true"});
                         }
                         answer.user_id = id;
                         to(std::move(answer));
                       });
}

response not_found(const service& s, const request& r) {
  return job_refusal(s, {"NOT_FOUND", {}}, r);
}

} // namespace

std::optional<response> give_owner(std::vector<scheduler::job>& jobs,
                                   const ledger::user_record& user, const request& r) {
  faults bad;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto& j = jobs[i];
    if (!j.user) j.user = user.id;
    if (*j.user != user.id && !user.admin)
      return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
    if (j.user != jobs.front().user)
      bad.push_back({"value_error",
                     {"body", "jobs", static_cast<std::int64_t>(i), "user"},
                     "Value error, all jobs of a request are of one user",
                     nullptr,
                     std::nullopt});
    j.created_by = user.id.text();
    j.request_id = r.request_id;
  }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  return std::nullopt;
}

void post_job(const service& s, request r, reply to) {
  enqueue(s, std::move(r), std::move(to), false);
}
void post_jobs(const service& s, request r, reply to) {
  enqueue(s, std::move(r), std::move(to), true);
}

response list_effects(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  const auto found = s.jobs->jobs.traces(caller_of(user), job_of_path(r));
  if (!found) return job_refusal(s, found.error(), r);
  if (!*found) return not_found(s, r);
  response answer;
  append_traces(answer.body, **found);
  return answer;
}

response list_jobs(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  faults bad;
  query_reader in{r, bad};
  job_question q;
  q.caller = caller_of(user);
  q.kind = in.text("kind", 64);
  q.queue = in.text("queue", 64);
  q.lane = in.text("lane", 120);
  q.tag = in.text("tag", 40);
  q.fingerprint = in.text("fingerprint", 16);
  if (const auto id = in.text("schedule", 64)) q.schedule = scheduler::schedule_id{*id};
  if (const auto id = in.text("user", 64)) q.user = base::user_id{*id};
  if (const auto text = in.text("state", 20)) {
    q.state = scheduler::job_state_from_text(*text);
    if (!q.state) in.add("state", "enum", "Input should be a state of a job", *text);
  }
  if (const auto at = in.date("created_from", s.zone)) q.created_from = at->at;
  if (const auto at = in.date("created_to", s.zone)) q.created_to = at->at;
  q.limit = in.integer("limit", 1, 100).value_or(20);
  if (const auto cursor = in.text("cursor", 64)) q.before = scheduler::job_id{*cursor};
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto page = s.jobs->jobs.jobs(q);
  if (!page) return job_refusal(s, page.error(), r);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, page->items, append_job);
  append_list_end(answer.body, page->next ? std::optional{page->next->text()} : std::nullopt,
                  page->total);
  return answer;
}

response get_job(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  const auto found = s.jobs->jobs.job(caller_of(user), job_of_path(r));
  if (!found) return job_refusal(s, found.error(), r);
  if (!*found) return not_found(s, r);
  response answer;
  append_job(answer.body, **found);
  put_etag(answer, std::to_string((**found).version));
  return answer;
}

response list_attempts(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  const auto found = s.jobs->jobs.attempts(caller_of(user), job_of_path(r));
  if (!found) return job_refusal(s, found.error(), r);
  if (!*found) return not_found(s, r);
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, **found, append_attempt);
  answer.body += '}';
  return answer;
}

response explain_job(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  const auto found = s.jobs->jobs.explain(caller_of(user), job_of_path(r));
  if (!found) return job_refusal(s, found.error(), r);
  if (!*found) return not_found(s, r);
  response answer;
  append_explanation(answer.body, **found);
  return answer;
}

response job_statistics(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
  const auto found = s.jobs->jobs.stats();
  if (!found) return job_refusal(s, found.error(), r);
  response answer;
  append_job_stats(answer.body, *found);
  return answer;
}

response list_kinds(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  auto all = s.jobs->jobs.kinds();
  if (!user.admin) {
    std::erase_if(all, [](const job_kind_view& k) { return !k.user_visible; });
    for (auto& k : all) k.live = 0; // how many others have is nobody's business
  }
  response answer;
  answer.body = "{\"items\":";
  append_list(answer.body, all, append_kind);
  answer.body += '}';
  return answer;
}

} // namespace http
