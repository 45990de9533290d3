// Schedules changed: made, replaced, deleted, paused, resumed, run by hand, filled up (jobs.md §9).
#include "http/api/admin_api.hpp"
#include "http/api/job_api.hpp"
#include "http/api/job_body.hpp"
#include "http/api/render_jobs.hpp"
#include "http/api/render_schedules.hpp"
#include "http/api/request_key.hpp"
#include "http/api/schedule_api.hpp"
#include "http/api/schedule_body.hpp"
#include "http/problem.hpp"

#include <charconv>

namespace http {
namespace {

using render_change = ledger::stored_answer (*)(const schedule_answer&);

ledger::stored_answer show_schedule(const schedule_answer& a, int status) {
  ledger::stored_answer shown;
  shown.status = status;
  append_schedule(shown.body, a.view);
  return shown;
}
ledger::stored_answer show_made(const schedule_answer& a) { return show_schedule(a, 201); }
ledger::stored_answer show_changed(const schedule_answer& a) { return show_schedule(a, 200); }
ledger::stored_answer show_removed(const schedule_answer&) {
  ledger::stored_answer shown;
  shown.status = 204;
  return shown;
}
ledger::stored_answer show_run(const schedule_answer& a) {
  ledger::stored_answer shown;
  shown.status = 201;
  append_job(shown.body, *a.job);
  return shown;
}
ledger::stored_answer show_filled(const schedule_answer& a) {
  ledger::stored_answer shown;
  shown.status = 200;
  append_backfill(shown.body, *a.filled);
  return shown;
}

/// A change as it was read, and how it is told.
struct schedule_change {
  ledger::user_record user;
  std::optional<std::string> key;
  base::json::value sent; ///< the body
  std::string action, reason;
  render_change show = nullptr;
  bool tagged = false;
};

/// The body of a change, or what refuses it.
std::variant<schedule_change, response> begin(const service& s, const request& r, bool needs_body,
                                              faults& bad) {
  auto asked = job_user(s, r);
  if (auto* refused = std::get_if<response>(&asked)) return std::move(*refused);
  schedule_change c;
  c.user = std::move(std::get<ledger::user_record>(asked));
  auto body = read_job_body(r, needs_body ? body_rule::required : body_rule::may_be_empty);
  if (auto* refused = std::get_if<response>(&body)) return std::move(*refused);
  c.sent = std::move(std::get<base::json::value>(body));
  c.key = idempotency_key(r, bad);
  return c;
}

void perform_change(const service& s, request r, reply to, schedule_change c, schedule_wish wish) {
  schedule_request asked;
  asked.caller = caller_of(c.user);
  asked.request_id = r.request_id;
  asked.deadline = s.deadline();
  asked.what = std::move(wish);
  asked.show = c.show;
  if (c.key) {
    const auto* members = c.sent.if_object();
    asked.key = {{endpoint_of(r), std::move(*c.key)},
                 fingerprint_of(r, members == nullptr ? base::json::object{} : *members)};
  }
  r.body = {};
  s.jobs->schedules.change(
      std::move(asked), [&s, c = std::move(c), r = std::move(r),
                         to = std::move(to)](base::result<schedule_answer> done) {
        response answer;
        if (!done) {
          answer = schedule_refusal(s, done.error(), r);
        } else {
          const auto shown = done->stored ? *done->stored : c.show(*done);
          answer.status = shown.status;
          answer.body = shown.body;
          if (c.tagged && !done->replayed)
            put_etag(answer, std::to_string(scheduler::edition_of(done->view.what)));
          if (done->replayed) answer.headers.push_back({"Idempotent-Replayed", "true"});
          answer.user_id = c.user.id.text();
          const bool preview = done->filled && !done->filled->token.empty();
          if (!done->replayed && !preview)
            return note_job_action(s, c.user, c.action, done->view.what.id.text(), c.reason, r,
                                   [to, answer] { to(answer); });
        }
        answer.user_id = c.user.id.text();
        to(std::move(answer));
      });
}

std::optional<std::int64_t> wanted_edition(const request& r) {
  const auto match = if_match(r);
  if (!match) return std::nullopt;
  std::int64_t edition = 0;
  const auto* end = match->data() + match->size();
  const auto read = std::from_chars(match->data(), end, edition);
  return read.ec == std::errc{} && read.ptr == end ? edition : -1; // matches nothing
}

/// Of the user who asks; of whom an administrator names; of nobody: of the system.
std::optional<base::failure> give_schedule_owner(scheduler::schedule& what,
                                                 const base::json::value& sent,
                                                 const ledger::user_record& user) {
  const auto* system = sent.find("system");
  const bool of_system = system != nullptr && *system == base::json::value{true};
  if ((of_system || what.user) && !user.admin && what.user != user.id)
    return base::failure{"ADMIN_REQUIRED", {}};
  if (of_system)
    what.user.reset();
  else if (!what.user)
    what.user = user.id;
  return std::nullopt;
}

response only_admins(const request& r) {
  return problem(403, "ADMIN_REQUIRED", "Acesso restrito", r.request_id);
}

struct whole_schedule {
  schedule_change change;
  read_schedule made;
};

/// A body that says all of a schedule.
std::variant<whole_schedule, response> begin_whole(const service& s, const request& r) {
  faults bad;
  auto begun = begin(s, r, true, bad);
  if (auto* refused = std::get_if<response>(&begun)) return std::move(*refused);
  auto& c = std::get<schedule_change>(begun);
  c.reason = act_reason(r, c.sent, c.user.admin, bad).value_or("");
  c.tagged = true;
  auto read = read_schedule_body(r, c.sent, s.jobs->zones,
                                 {s.clock.now(), s.zone.name(), c.user.admin}, std::move(bad));
  if (auto* refused = std::get_if<response>(&read)) return std::move(*refused);
  return whole_schedule{std::move(c), std::move(std::get<read_schedule>(read))};
}

/// {reason?, …}: acts on one schedule.
template <class Wish> struct act_shape {
  std::string_view action;
  render_change show;
  std::initializer_list<std::string_view> members;
};

template <class Wish, class Fill>
void act_on_schedule(const service& s, request r, reply to, const act_shape<Wish>& shape,
                     Fill fill) {
  faults bad;
  auto read = begin(s, r, false, bad);
  if (auto* refused = std::get_if<response>(&read)) return to(std::move(*refused));
  auto& c = std::get<schedule_change>(read);
  refuse_others(c.sent, {"body"}, shape.members, bad);
  Wish wish;
  wish.id = scheduler::schedule_id{r.path_param("id")};
  const auto reason = act_reason(r, c.sent, c.user.admin, bad);
  object_reader in{c.sent, {"body"}, bad};
  fill(in, c.sent, wish);
  if (!bad.empty()) return to(validation_problem(bad, r.request_id));
  c.reason = reason.value_or("");
  c.action = shape.action;
  c.show = shape.show;
  if constexpr (requires { wish.reason; }) wish.reason = c.reason;
  perform_change(s, std::move(r), std::move(to), std::move(c), std::move(wish));
}

} // namespace

void post_schedule(const service& s, request r, reply to) {
  auto begun = begin_whole(s, r);
  if (auto* refused = std::get_if<response>(&begun)) return to(std::move(*refused));
  auto& [c, made] = std::get<whole_schedule>(begun);
  if (give_schedule_owner(made.what, c.sent, c.user)) return to(only_admins(r));
  c.action = "schedules.create";
  c.show = show_made;
  new_schedule wish{std::move(made.what), made.usual_misfire};
  perform_change(s, std::move(r), std::move(to), std::move(c), std::move(wish));
}

void put_schedule(const service& s, request r, reply to) {
  auto begun = begin_whole(s, r);
  if (auto* refused = std::get_if<response>(&begun)) return to(std::move(*refused));
  auto& [c, made] = std::get<whole_schedule>(begun);
  c.action = "schedules.replace";
  c.show = show_changed;
  replaced_schedule wish{scheduler::schedule_id{r.path_param("id")}, std::move(made.what),
                         made.usual_misfire, wanted_edition(r)};
  perform_change(s, std::move(r), std::move(to), std::move(c), std::move(wish));
}

void delete_schedule(const service& s, request r, reply to) {
  act_on_schedule(s, std::move(r), std::move(to),
                  act_shape<removed_schedule>{"schedules.delete", show_removed, {"reason"}},
                  [](object_reader&, const base::json::value&, removed_schedule&) {});
}

void pause_schedule(const service& s, request r, reply to) {
  act_on_schedule(s, std::move(r), std::move(to),
                  act_shape<paused_schedule>{"schedules.pause", show_changed, {"reason", "until"}},
                  [&s](object_reader& in, const base::json::value&, paused_schedule& wish) {
                    if (const auto at = in.date("until", s.zone, may_be_null)) wish.until = at->at;
                  });
}

void resume_schedule(const service& s, request r, reply to) {
  act_on_schedule(
      s, std::move(r), std::move(to),
      act_shape<resumed_schedule>{"schedules.resume", show_changed, {"reason", "skip_missed"}},
      [](object_reader& in, const base::json::value&, resumed_schedule& wish) {
        wish.skip_missed = in.boolean("skip_missed", may_be_left_out).value_or(false);
      });
}

void run_schedule(const service& s, request r, reply to) {
  act_on_schedule(s, std::move(r), std::move(to),
                  act_shape<schedule_run>{"schedules.run_now", show_run, {"reason"}},
                  [](object_reader&, const base::json::value&, schedule_run&) {});
}

void backfill_schedule(const service& s, request r, reply to) {
  act_on_schedule(s, std::move(r), std::move(to),
                  act_shape<backfill_wish>{
                      "schedules.backfill", show_filled, {"reason", "from", "to", "token"}},
                  [&s](object_reader& in, const base::json::value&, backfill_wish& wish) {
                    const auto from = in.date("from", s.zone);
                    const auto to_at = in.date("to", s.zone);
                    wish.token =
                        in.text("token", {.min = 1, .max = 120, .presence = need::optional});
                    if (!from || !to_at) return;
                    wish.from = from->at;
                    wish.to = to_at->at;
                  });
}

} // namespace http
