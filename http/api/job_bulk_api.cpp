// One act on all live jobs of a filter (jobs.md §18): looked at first, then done by a job of its
// own.
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/previews.hpp"
#include "http/api/render.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/request_key.hpp"
#include "http/problem.hpp"
#include "scheduler/retry_policy.hpp"

#include <fmt/format.h>

#include <array>

namespace http {
namespace {

namespace json = base::json;

constexpr std::size_t sample_max = 10;
constexpr std::int64_t ids_page = 1000;

previews<bulk_wish>& open_previews() {
  static previews<bulk_wish> all;
  return all;
}

/// The filter of GET /api/jobs as members of an object.
job_question read_filter(const service& s, const json::value& sent, faults& bad) {
  job_question q;
  const auto* filter = sent.find("filter");
  const json::value none{json::object{}};
  const bool given = filter != nullptr && filter->if_object() != nullptr;
  object_reader whole{sent, {"body"}, bad};
  if (!given) whole.add("filter", "missing", "Field required", json::value{nullptr});
  const auto& in_filter = given ? *filter : none;
  const json::array loc{"body", "filter"};
  refuse_others(in_filter, loc,
                {"state", "kind", "queue", "lane", "tag", "schedule", "fingerprint", "user",
                 "created_from", "created_to"},
                bad);
  object_reader in{in_filter, loc, bad};
  const auto text = [&](std::string_view key, std::size_t most) {
    return in.text(key, {.min = 1, .max = most, .presence = need::optional});
  };
  q.kind = text("kind", 64);
  q.queue = text("queue", 64);
  q.lane = text("lane", 120);
  q.tag = text("tag", 40);
  q.fingerprint = text("fingerprint", 16);
  if (const auto id = in.id("schedule", may_be_left_out)) q.schedule = scheduler::schedule_id{*id};
  if (const auto id = in.id("user", may_be_left_out)) q.user = base::user_id{*id};
  if (const auto state = text("state", 20)) {
    q.state = scheduler::job_state_from_text(*state);
    if (!q.state || scheduler::is_final(*q.state))
      in.add("state", "enum", "Input should be a state of a job that is not finished",
             *in.find("state"));
  }
  if (const auto at = in.date("created_from", s.zone, may_be_null)) q.created_from = at->at;
  if (const auto at = in.date("created_to", s.zone, may_be_null)) q.created_to = at->at;
  return q;
}

struct match_count {
  std::int64_t value = 0;
  std::vector<scheduler::job_id> sample;
};

/// In pages, so that the owner of the jobs does other things in between.
base::result<match_count> count_matches(const service& s, const bulk_wish& wish) {
  match_count found;
  auto q = wish.which;
  q.caller.admin = true;
  for (;;) {
    auto page = s.jobs->jobs.live_ids(q, ids_page);
    if (!page) return page.error();
    for (const auto& id : page->ids)
      if (found.sample.size() < sample_max) found.sample.push_back(id);
    found.value += std::ssize(page->ids);
    if (!page->more || page->ids.empty() || found.value > bulk_jobs_max) return found;
    q.before = page->ids.back();
  }
}

using bulk_done = std::function<void(response, std::optional<job_note>)>;

void preview_bulk(const service& s, request r, reply to, const ledger::user_record& user,
                  const json::value& sent) {
  faults bad;
  refuse_others(sent, {"body"}, {"action", "filter", "preview"}, bad);
  object_reader in{sent, {"body"}, bad};
  bulk_wish wish;
  static constexpr std::array<std::string_view, 6> names{"cancel",  "park",    "release",
                                                         "redrive", "discard", "run_now"};
  if (const auto action = in.one_of("action", names)) wish.what = *bulk_action_of(*action);
  wish.which = read_filter(s, sent, bad);
  const auto preview = in.boolean("preview", may_be_left_out);
  if (preview && !*preview)
    in.add("preview", "value_error", "Value error, a preview comes first", *in.find("preview"));
  action_key key{idempotency_key(r, bad), *sent.if_object()};
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  const auto look = [&s, wish, who = user.id](const request& again, const bulk_done& done) {
    const auto matches = count_matches(s, wish);
    if (!matches) return done(job_refusal(s, matches.error(), again), std::nullopt);
    if (matches->value > bulk_jobs_max)
      return done(validation_problem({{"value_error",
                                       {"body", "filter"},
                                       "Value error, takes more than 100000 jobs",
                                       nullptr,
                                       std::nullopt}},
                                     again.request_id),
                  std::nullopt);
    response answer;
    answer.body =
        fmt::format("{{\"action\":\"{}\",\"count\":{},\"sample\":", scheduler::to_text(wish.what),
                    matches->value);
    append_list(answer.body, matches->sample,
                [](std::string& out, const scheduler::job_id& id) { append_text(out, id.text()); });
    const auto until = base::utc_us{s.clock.now().count + preview_life_us};
    answer.body += ",\"token\":";
    append_text(answer.body,
                open_previews().keep(s.new_id(), who, wish, matches->value, until, s.clock.now()));
    answer.body += ",\"expires_at\":";
    append_instant(answer.body, until);
    answer.body += '}';
    done(std::move(answer), std::nullopt); // looking is no action
  };
  do_job_action(s, std::move(r), std::move(to), user, std::move(key), look);
}

/// Puts the job in that acts on all of them.
void put_bulk_in(const service& s, const request& sent, const ledger::user_record& user,
                 bulk_wish wish, const bulk_done& done) {
  wish.by = user.id.text();
  auto j = scheduler::wish_for(std::string{bulk_kind});
  j.lane = std::string{bulk_kind};
  j.payload = to_text(wish);
  j.timeout_s = 86'400;
  j.created_by = user.id.text();
  j.request_id = sent.request_id;
  enqueue_request asked;
  asked.caller = caller_of(user);
  asked.request_id = sent.request_id;
  asked.deadline = s.deadline();
  asked.jobs.push_back(std::move(j));
  s.jobs->jobs.enqueue(std::move(asked), [&s, sent, done, what = wish.what,
                                          reason = wish.reason](base::result<enqueue_answer> made) {
    if (!made) return done(job_refusal(s, made.error(), sent), std::nullopt);
    const auto& job = made->jobs.front();
    response answer;
    answer.status = 202;
    answer.body = "{\"job\":";
    append_job(answer.body, job);
    answer.body += '}';
    done(std::move(answer), job_note{fmt::format("jobs.bulk_{}", scheduler::to_text(what)),
                                     job.what.id.text(), reason});
  });
}

} // namespace

void start_bulk(const service& s, request r, reply to, const ledger::user_record& user,
                action_key key, const bulk_wish& wish) {
  do_job_action(s, std::move(r), std::move(to), user, std::move(key),
                [&s, user, wish](const request& sent, const bulk_done& done) {
                  put_bulk_in(s, sent, user, wish, done);
                });
}

void act_on_jobs(const service& s, request r, reply to) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return to(std::move(*refused));
  const auto& user = std::get<ledger::user_record>(asked);
  if (!user.admin) return to(problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id));
  auto body = read_job_body(r, body_rule::required);
  if (auto* refused = std::get_if<response>(&body)) return to(std::move(*refused));
  const auto& sent = std::get<json::value>(body);
  if (sent.find("token") == nullptr)
    return preview_bulk(s, std::move(r), std::move(to), user, sent);
  faults bad;
  refuse_others(sent, {"body"}, {"token", "reason"}, bad);
  object_reader in{sent, {"body"}, bad};
  const auto token = in.text("token", {.min = 1, .max = 64});
  const auto reason = read_reason(r, sent, bad);
  action_key key{idempotency_key(r, bad), *sent.if_object()};
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  // The key comes first: a repeated request gets its answer, however old the preview is by then.
  const auto act = [&s, user, token = *token, reason = *reason](const request& again,
                                                                const bulk_done& done) {
    const auto refuse = [&](const base::failure& why) {
      done(job_refusal(s, why, again), std::nullopt);
    };
    const auto seen = open_previews().find(token, user.id, s.clock.now());
    if (!seen) return refuse({"PREVIEW_STALE", {}});
    // What came since is taken with the rest, as long as it is little.
    const auto now = count_matches(s, seen->what);
    if (!now) return refuse(now.error());
    if (now->value * 10 > seen->count * 11)
      return refuse({"PREVIEW_STALE", fmt::format("{} jobs", now->value)});
    auto wish = seen->what;
    wish.reason = reason;
    wish.limit = now->value;
    put_bulk_in(s, again, user, std::move(wish), done);
  };
  do_job_action(s, std::move(r), std::move(to), user, std::move(key), act);
}

} // namespace http
