// The pull protocol: join, lease, heartbeat, complete, fail (jobs.md §14). A worker's token is no
// user's: it reaches these paths and nothing else.
#include "base/sha256.hpp"
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/job_end_body.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace http {
namespace {

namespace json = base::json;

constexpr std::size_t lines_max = 201; ///< one more than is kept: so that it is seen to be cut
constexpr std::int64_t snooze_max_us = std::int64_t{30} * 86'400 * base::us_per_second;

std::variant<worker_permission, response> permission_of(const service& s, const request& r) {
  if (s.jobs == nullptr) return job_refusal(s, {"JOBS_OFF", {}}, r);
  constexpr std::string_view scheme = "Bearer ";
  const auto* sent = r.header("Authorization");
  if (sent == nullptr || !sent->starts_with(scheme))
    return problem(403, "NOT_AUTHENTICATED", "Not authenticated", r.request_id);
  auto found = s.jobs->worker_of(std::string_view{*sent}.substr(scheme.size()));
  if (!found) return problem(401, "UNAUTHORIZED", "Token de worker inválido", r.request_id);
  return std::move(*found);
}

/// A worker is known by an id and a proof that only the token that joined can have; behind this
/// door by its id.
std::string proof_of(const worker_permission& may, const std::string& id) {
  return base::hex(base::sha256(may.secret + '\n' + id + '\n' + may.secret)).substr(0, 32);
}

/// Nothing when it is another token's.
std::optional<worker_id> worker_of_path(const worker_permission& may, const request& r) {
  const auto shown = r.path_param("worker");
  const auto dot = shown.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  auto id = shown.substr(0, dot);
  if (base::sha256(shown.substr(dot + 1)) != base::sha256(proof_of(may, id))) return std::nullopt;
  return worker_id{std::move(id)};
}

/// A call of a worker: who it is, what it may, and its body.
struct worker_call {
  worker_permission may;
  worker_id worker;
  json::value body;
};

std::variant<worker_call, response> read_call(const service& s, const request& r, bool joined) {
  auto may = permission_of(s, r);
  if (auto* refused = std::get_if<response>(&may)) return std::move(*refused);
  worker_call c;
  c.may = std::move(std::get<worker_permission>(may));
  if (joined) {
    auto id = worker_of_path(c.may, r);
    if (!id) return job_refusal(s, {"UNKNOWN_WORKER", {}}, r);
    c.worker = std::move(*id);
  }
  auto body = read_job_body(r, body_rule::may_be_empty);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  c.body = std::move(std::get<json::value>(body));
  return c;
}

std::vector<std::string> read_texts(object_reader& in, std::string_view key, std::size_t count,
                                    std::size_t bytes, std::size_t least) {
  std::vector<std::string> all;
  if (!in.has(key) && least == 0) return all;
  const auto* list = in.list(key, {least, count});
  if (list == nullptr) return all;
  for (const auto& one : *list) {
    const auto* text = one.if_string();
    if (text == nullptr || text->size() > bytes) {
      in.add(key, "value_error", fmt::format("Value error, texts of at most {} bytes", bytes), one);
      return {};
    }
    all.push_back(*text);
  }
  return all;
}

/// Log lines that are too long are cut, not refused.
std::vector<std::string> read_lines(object_reader& in, std::string_view key) {
  std::vector<std::string> lines;
  if (!in.has(key)) return lines;
  const auto* list = in.list(key, {0, 10'000});
  if (list == nullptr) return lines;
  for (const auto& one : *list)
    if (const auto* text = one.if_string(); text != nullptr && lines.size() < lines_max)
      lines.push_back(*text);
  return lines;
}

std::optional<job_progress> read_progress(const json::value& sent, json::array loc, faults& bad) {
  const auto* p = sent.find("progress");
  if (p == nullptr || p->is_null()) return std::nullopt;
  loc.emplace_back("progress");
  if (p->if_object() == nullptr) {
    bad.push_back(
        {"dict_type", std::move(loc), "Input should be a valid dictionary", nullptr, std::nullopt});
    return std::nullopt;
  }
  object_reader in{*p, std::move(loc), bad};
  job_progress progress;
  constexpr std::int64_t most = std::int64_t{1} << 53;
  progress.done = read_whole(in, "done", 0, most, {}).value_or(0);
  progress.total = read_whole(in, "total", 0, most);
  progress.message =
      in.text("message", {.min = 0, .max = 200, .presence = need::optional}).value_or("");
  return progress;
}

/// "error": {code, message, stack?}
scheduler::job_error read_error(const json::value& sent, faults& bad) {
  scheduler::job_error e;
  const auto* v = sent.find("error");
  const json::value empty{json::object{}};
  object_reader in{v != nullptr && v->if_object() != nullptr ? *v : empty, {"body", "error"}, bad};
  e.code = in.text("code", {.max = 64}).value_or("");
  e.message = in.text("message", {.min = 0, .max = 100'000}).value_or("");
  e.stack = in.text("stack", {.min = 0, .max = 100'000, .presence = need::optional}).value_or("");
  return e;
}

std::string read_lease(object_reader& in) { return in.text("lease", {.max = 100}).value_or(""); }

void answer_end(const service& s, const request& r, const reply& to,
                const base::result<job_ended>& done) {
  if (!done) {
    auto refused = job_refusal(s, done.error(), r);
    return to(std::move(refused));
  }
  json::object body{{"state", scheduler::to_text(done->state)}};
  if (done->commit)
    body.emplace_back("commit",
                      json::object{{"shard", static_cast<std::int64_t>(done->commit->first)},
                                   {"seq", static_cast<std::int64_t>(done->commit->second)}});
  response answer;
  answer.body = json::write(json::value{std::move(body)});
  to(std::move(answer));
}

} // namespace

response join_workers(const service& s, const request& r) {
  auto call = read_call(s, r, false);
  if (auto* refused = std::get_if<response>(&call)) return std::move(*refused);
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"name", "kinds", "queues", "slots", "version", "language"}, bad);
  object_reader in{c.body, {"body"}, bad};
  worker_wish wish;
  wish.name = in.text("name", {.max = 80}).value_or("");
  wish.kinds = read_texts(in, "kinds", 64, 64, 1);
  wish.queues = read_texts(in, "queues", 32, 64, 0);
  wish.slots = static_cast<std::int32_t>(read_whole(in, "slots", 1, 1000).value_or(1));
  wish.version = in.text("version", {.min = 0, .max = 40, .presence = need::optional}).value_or("");
  wish.language =
      in.text("language", {.min = 0, .max = 40, .presence = need::optional}).value_or("");
  wish.effects = c.may.effects;
  for (const auto& kind : wish.kinds)
    if (std::find(c.may.kinds.begin(), c.may.kinds.end(), kind) == c.may.kinds.end())
      in.add("kinds", "value_error", "Value error, this token is not for the kind",
             json::value{kind});
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  auto made = s.jobs->workers.join(wish);
  if (!made) return job_refusal(s, made.error(), r);
  made->id = worker_id{made->id.text() + '.' + proof_of(c.may, made->id.text())};
  response answer;
  answer.status = 201;
  append_worker(answer.body, *made);
  answer.body.pop_back();
  answer.body += ",\"heartbeat_s\":10,\"lease_s\":30,\"now\":";
  append_instant(answer.body, s.clock.now());
  answer.body += '}';
  return answer;
}

void lease_jobs(const service& s, request r, reply to) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return to(std::move(*refused));
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"max", "wait_s"}, bad);
  object_reader in{c.body, {"body"}, bad};
  const auto max = read_whole(in, "max", 1, 50).value_or(1);
  const auto wait = read_whole(in, "wait_s", 0, 8).value_or(0);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  s.jobs->workers.lease(
      c.worker, max, std::chrono::seconds{wait},
      [&s, wait, r = std::move(r), to = std::move(to)](base::result<std::vector<leased_job>> got) {
        if (!got) return to(job_refusal(s, got.error(), r));
        response answer;
        if (got->empty()) {
          answer.status = 204;
          if (wait == 0) answer.headers.push_back({"Retry-After", "1"});
          return to(std::move(answer));
        }
        answer.body = "{\"jobs\":";
        append_list(answer.body, *got, append_leased);
        answer.body += '}';
        to(std::move(answer));
      });
}

response beat(const service& s, const request& r) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return std::move(*refused);
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"leases"}, bad);
  object_reader in{c.body, {"body"}, bad};
  std::vector<lease_report> leases;
  if (in.has("leases"))
    if (const auto* list = in.list("leases", {0, 1000}))
      for (std::size_t i = 0; i < list->size(); ++i) {
        const json::array loc{"body", "leases", static_cast<std::int64_t>(i)};
        if ((*list)[i].if_object() == nullptr) {
          bad.push_back(
              {"dict_type", loc, "Input should be a valid dictionary", nullptr, std::nullopt});
          continue;
        }
        object_reader one{(*list)[i], loc, bad};
        lease_report report;
        report.job = scheduler::job_id{one.id("job").value_or("?")};
        report.lease = read_lease(one);
        report.progress = read_progress((*list)[i], loc, bad);
        leases.push_back(std::move(report));
      }
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto said = s.jobs->workers.heartbeat(c.worker, leases);
  if (!said) return job_refusal(s, said.error(), r);
  response answer;
  const auto ids = [&](std::string_view name, const std::vector<scheduler::job_id>& all) {
    answer.body += fmt::format(",\"{}\":", name);
    append_list(answer.body, all,
                [](std::string& out, const scheduler::job_id& id) { append_text(out, id.text()); });
  };
  answer.body = fmt::format("{{\"state\":\"{}\"", to_text(said->state));
  ids("cancel", said->cancel);
  ids("lost", said->lost);
  ids("adopted", said->adopted);
  answer.body += fmt::format(",\"next_s\":{}}}", said->next_s);
  return answer;
}

void complete_job(const service& s, request r, reply to) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return to(std::move(*refused));
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"lease", "result", "effects", "log"}, bad);
  object_reader in{c.body, {"body"}, bad};
  job_completion done;
  done.worker = c.worker;
  done.job = job_of_path(r);
  done.lease = read_lease(in);
  done.result = read_job_result(in);
  done.log = read_lines(in, "log");
  done.effects = read_job_effects(c.body, c.may.effects, s.clock.now(), s.zone, bad);
  done.deadline = s.deadline();
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  s.jobs->workers.complete(
      std::move(done), [&s, r = std::move(r), to = std::move(to)](
                           const base::result<job_ended>& ended) { answer_end(s, r, to, ended); });
}

void fail_job(const service& s, request r, reply to) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return to(std::move(*refused));
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"lease", "error", "retryable", "retry_after_s", "log"}, bad);
  object_reader in{c.body, {"body"}, bad};
  job_failure wrong;
  wrong.worker = c.worker;
  wrong.job = job_of_path(r);
  wrong.lease = read_lease(in);
  wrong.error = read_error(c.body, bad);
  if (in.has("retryable"))
    wrong.retryable = in.boolean("retryable", may_be_left_out).value_or(true);
  wrong.retry_after_s = read_whole(in, "retry_after_s", 0, 86'400);
  wrong.log = read_lines(in, "log");
  wrong.deadline = s.deadline();
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  s.jobs->workers.fail(std::move(wrong),
                       [&s, r = std::move(r), to = std::move(to)](
                           const base::result<job_ended>& ended) { answer_end(s, r, to, ended); });
}

void snooze_job(const service& s, request r, reply to) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return to(std::move(*refused));
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"lease", "until"}, bad);
  object_reader in{c.body, {"body"}, bad};
  const auto lease = read_lease(in);
  const auto until = in.date("until", s.zone);
  const auto now = s.clock.now();
  if (until && (until->at.count < now.count + base::us_per_second ||
                until->at.count > now.count + snooze_max_us))
    in.add("until", "value_error", "Value error, from one second to 30 days ahead",
           *in.find("until"));
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto job = job_of_path(r);
  s.jobs->workers.snooze(
      c.worker, job, lease, until->at, s.deadline(),
      [&s, r = std::move(r), to = std::move(to)](const base::result<job_ended>& ended) {
        answer_end(s, r, to, ended);
      });
}

response log_job(const service& s, const request& r) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return std::move(*refused);
  const auto& c = std::get<worker_call>(call);
  faults bad;
  refuse_others(c.body, {"body"}, {"lease", "lines"}, bad);
  object_reader in{c.body, {"body"}, bad};
  const auto lease = read_lease(in);
  const auto lines = read_lines(in, "lines");
  if (!bad.empty()) return validation_problem(bad, r.request_id);
  const auto done = s.jobs->workers.log(c.worker, job_of_path(r), lease, lines);
  if (!done) return job_refusal(s, done.error(), r);
  response answer;
  answer.body = json::write(json::object{{"lines", static_cast<std::int64_t>(lines.size())}});
  return answer;
}

response leave_workers(const service& s, const request& r) {
  auto call = read_call(s, r, true);
  if (auto* refused = std::get_if<response>(&call)) return std::move(*refused);
  const auto& c = std::get<worker_call>(call);
  const auto done = s.jobs->workers.leave(c.worker);
  if (!done) return job_refusal(s, done.error(), r);
  response answer;
  answer.body = json::write(json::object{{"worker", r.path_param("worker")}, {"state", "gone"}});
  return answer;
}

} // namespace http
