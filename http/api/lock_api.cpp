#include "http/api/lock_api.hpp"

#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render.hpp"
#include "http/api/request_key.hpp"
#include "http/lock_backend.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace http {
namespace {

response locks_are_for_administrators(const request& r) {
  return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
}

response lock_refusal(const service& s, const base::failure& why, const request& r) {
  if (why.code == "NOT_FOUND")
    return problem(404, "NOT_FOUND", "Lock não encontrado", r.request_id);
  return job_refusal(s, why, r);
}

void append_holder(std::string& out, const lock_view& l) {
  out += "{\"node\":";
  append_text(out, l.node);
  fmt::format_to(std::back_inserter(out), ",\"pid\":{},\"foreign\":{}}}", l.pid, l.foreign);
}

/// The key as text: it has more digits than a number of JavaScript.
void append_lock(std::string& out, const lock_view& l, base::utc_us now) {
  out += "{\"job_name\":";
  append_text(out, l.name);
  fmt::format_to(std::back_inserter(out), ",\"key\":\"{}\",\"held\":{},\"holder\":", l.key, l.held);
  if (l.held) {
    append_holder(out, l);
  } else {
    out += "null";
  }
  out += ",\"acquired_at\":";
  append_instant(out, l.acquired_at);
  out += ",\"age_s\":";
  if (l.acquired_at) {
    const auto age = std::max<std::int64_t>(now.count - l.acquired_at->count, 0);
    fmt::format_to(std::back_inserter(out), "{}", age / base::us_per_second);
  } else {
    out += "null";
  }
  out += ",\"job_id\":";
  append_optional_text(out, l.holder);
  out += '}';
}

} // namespace

response list_locks(const service& s, const request& r, const ledger::user_record& user) {
  if (s.jobs == nullptr || s.jobs->locks == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  if (!user.admin) return locks_are_for_administrators(r);
  const auto found = s.jobs->locks->locks();
  if (!found) return lock_refusal(s, found.error(), r);
  response answer;
  append_list(answer.body, *found, [now = s.clock.now()](std::string& out, const lock_view& l) {
    append_lock(out, l, now);
  });
  return answer;
}

void release_lock(const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  if (s.jobs->locks == nullptr) return to(job_refusal(s, {"JOBS_OFF", {}}, r));
  if (!user.admin) return to(locks_are_for_administrators(r));
  auto body = read_job_body(r, body_rule::may_be_empty);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  const auto& sent = std::get<base::json::value>(body);
  faults bad;
  refuse_others(sent, {"body"}, {"reason", "pid", "force"}, bad);
  object_reader in{sent, {"body"}, bad};
  lock_release wish;
  wish.name = r.path_param("name");
  if (const auto pid = read_whole(in, "pid", 1, 4'194'304, {})) wish.pid = *pid;
  wish.force = in.boolean("force", may_be_left_out).value_or(false);
  const auto reason = read_reason(r, sent, bad);
  action_key key{idempotency_key(r, bad), *sent.if_object()};
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto act = [&s, wish, reason = *reason](const request& of, const auto& done) {
    s.jobs->locks->release(wish, [&s, of, done, reason](base::result<lock_view> freed) {
      if (!freed) return done(lock_refusal(s, freed.error(), of), std::nullopt);
      response answer;
      answer.body = "{\"job_name\":";
      append_text(answer.body, freed->name);
      answer.body += ",\"released\":";
      append_holder(answer.body, *freed);
      answer.body += '}';
      done(std::move(answer), job_note{"locks.release", freed->name, reason});
    });
  };
  do_job_action(s, std::move(r), std::move(to), user, std::move(key), act);
}

} // namespace http
