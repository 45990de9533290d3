#include "http/api/render_jobs.hpp"

#include "http/api/render.hpp"
#include "http/job_dry_run.hpp"

#include <fmt/format.h>

namespace http {
namespace {

void member(std::string& out, std::string_view name) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
}

void text(std::string& out, std::string_view name, std::string_view value) {
  member(out, name);
  append_text(out, value);
}

void text_or_null(std::string& out, std::string_view name,
                  const std::optional<std::string>& value) {
  member(out, name);
  append_optional_text(out, value);
}

void whole(std::string& out, std::string_view name, std::int64_t value) {
  member(out, name);
  const fmt::format_int digits{value};
  out.append(digits.data(), digits.size());
}

void yes_no(std::string& out, std::string_view name, bool value) {
  member(out, name);
  out += value ? "true" : "false";
}

void instant(std::string& out, std::string_view name, const std::optional<base::utc_us>& at) {
  member(out, name);
  append_instant(out, at);
}

template <class Id> void id_or_null(std::string& out, std::string_view name, const Id& id) {
  member(out, name);
  if (id) {
    append_text(out, id->text());
  } else {
    out += "null";
  }
}

void texts(std::string& out, std::string_view name, const std::vector<std::string>& all) {
  member(out, name);
  append_list(out, all, [](std::string& to, const std::string& one) { append_text(to, one); });
}

void error(std::string& out, const scheduler::job_error& e) {
  member(out, "error");
  if (e.code.empty() && e.message.empty()) {
    out += "null";
    return;
  }
  out += '{';
  text(out, "code", e.code);
  text(out, "message", e.message);
  if (!e.stack.empty()) text(out, "stack", e.stack);
  out += '}';
}

/// Of a job or a leased one: what whoever runs it elsewhere is told first.
template <class Job> void handed_out(std::string& out, const Job& j, std::int32_t attempt) {
  text(out, "id", j.id.text());
  text(out, "kind", j.kind);
  member(out, "payload");
  out += j.payload;
  whole(out, "payload_version", j.payload_version);
  whole(out, "attempt", attempt);
}

} // namespace

std::string_view to_text(dry_run_end e) {
  switch (e) {
  case dry_run_end::done: return "succeeded";
  case dry_run_end::failed: return "failed";
  case dry_run_end::put_off: return "snoozed";
  }
  return "failed";
}

std::string_view to_text(worker_state s) {
  switch (s) {
  case worker_state::active: return "active";
  case worker_state::quiet: return "quiet";
  case worker_state::terminating: return "terminating";
  case worker_state::lost: return "lost";
  case worker_state::gone: return "gone";
  }
  return "gone";
}

void append_job(std::string& out, const job_view& j) {
  const auto& w = j.what;
  const auto id = w.id.text();
  out += '{';
  text(out, "id", id);
  text(out, "state", scheduler::to_text(j.state));
  text(out, "kind", w.kind);
  text(out, "queue", w.queue);
  text_or_null(out, "lane", w.lane);
  member(out, "user");
  append_optional_text(out, w.user ? std::optional{w.user->text()} : std::nullopt);
  whole(out, "priority", w.priority);
  member(out, "payload");
  out += w.payload; // JSON, and was checked when it came in
  whole(out, "payload_version", w.payload_version);
  instant(out, "run_at", w.run_at);
  instant(out, "next_at", j.next_at);
  instant(out, "expires_at", w.expires_at);
  whole(out, "attempt", j.attempt);
  whole(out, "max_attempts", w.max_attempts);
  whole(out, "timeout_s", w.timeout_s);
  texts(out, "tags", w.tags);
  instant(out, "started_at", j.started_at);
  instant(out, "ended_at", j.ended_at);
  member(out, "progress");
  if (j.progress) {
    out += '{';
    whole(out, "done", j.progress->done);
    member(out, "total");
    out += j.progress->total ? std::to_string(*j.progress->total) : "null";
    text(out, "message", j.progress->message);
    out += '}';
  } else {
    out += "null";
  }
  error(out, j.error);
  member(out, "result");
  out += j.result.empty() ? "null" : j.result; // one that an older program wrote
  text(out, "executor", j.executor);
  text_or_null(out, "fingerprint",
               j.fingerprint.empty() ? std::nullopt : std::optional{j.fingerprint});
  yes_no(out, "duplicate", j.duplicate);
  text(out, "created_by", w.created_by);
  text(out, "request_id", w.request_id);
  id_or_null(out, "schedule", w.schedule);
  instant(out, "tick", w.tick);
  id_or_null(out, "parent", w.parent);
  id_or_null(out, "rerun_of", w.rerun_of);
  whole(out, "version", static_cast<std::int64_t>(j.version));
  instant(out, "created_at", w.created_at);
  member(out, "links");
  out += '{';
  text(out, "explain", "/api/jobs/" + id + "/explain");
  out += "}}";
}

void append_job_receipt(std::string& out, const job_view& j) {
  out += '{';
  text(out, "id", j.what.id.text());
  yes_no(out, "duplicate", j.duplicate);
  out += '}';
}

void append_attempt(std::string& out, const scheduler::job_attempt& a) {
  out += '{';
  whole(out, "number", a.number);
  text(out, "end", scheduler::to_text(a.end));
  instant(out, "started_at", a.started_at);
  instant(out, "ended_at", a.ended_at);
  instant(out, "next_at", a.next_at);
  text(out, "executor", a.executor);
  error(out, a.error);
  text(out, "log", a.log);
  out += '}';
}

void append_explanation(std::string& out, const job_explanation& e) {
  out += '{';
  text(out, "id", e.job.text());
  text(out, "state", scheduler::to_text(e.state));
  member(out, "position");
  out += '{';
  member(out, "lane");
  out += e.lane_position ? std::to_string(*e.lane_position) : "null";
  member(out, "queue");
  out += e.queue_position ? std::to_string(*e.queue_position) : "null";
  out += '}';
  instant(out, "earliest", e.earliest);
  member(out, "gates");
  append_list(out, e.gates, [](std::string& to, const job_gate& g) {
    to += '{';
    text(to, "gate", g.gate);
    instant(to, "since", g.since);
    instant(to, "until", g.until);
    yes_no(to, "exact", g.exact);
    texts(to, "do", g.open_by);
    member(to, "detail");
    to += '{';
    for (const auto& [name, value] : g.details) text(to, name, value);
    to += "}}";
  });
  out += '}';
}

void append_kind(std::string& out, const job_kind_view& k) {
  out += '{';
  text(out, "kind", k.kind);
  text(out, "queue", k.queue);
  text(out, "executor", k.executor);
  yes_no(out, "money", k.money);
  yes_no(out, "user_visible", k.user_visible);
  yes_no(out, "dry_run", k.dry);
  text_or_null(out, "lock", k.lock);
  whole(out, "live", k.live);
  whole(out, "max_attempts", k.attempts.max_attempts);
  whole(out, "timeout_s", k.attempts.timeout_s);
  const auto& b = k.attempts.retry;
  member(out, "backoff");
  out += '{';
  text(out, "curve", scheduler::backoff_curve_names[static_cast<std::size_t>(b.curve)]);
  whole(out, "base_s", b.base_us / base::us_per_second);
  whole(out, "factor", b.factor);
  whole(out, "cap_s", b.cap_us / base::us_per_second);
  text(out, "jitter", scheduler::jitter_names[static_cast<std::size_t>(b.spread)]);
  out += '}';
  out += '}';
}

void append_lane(std::string& out, const lane_view& l) {
  out += '{';
  text(out, "lane", l.lane);
  member(out, "user");
  append_optional_text(out, l.user ? std::optional{l.user->text()} : std::nullopt);
  text(out, "head", l.head.text());
  text(out, "head_state", scheduler::to_text(l.head_state));
  error(out, l.error);
  instant(out, "since", l.since);
  whole(out, "behind", l.behind);
  instant(out, "oldest", l.oldest);
  out += '}';
}

void append_dead_group(std::string& out, const dead_group_view& g) {
  out += '{';
  text(out, "fingerprint", g.fingerprint);
  text(out, "kind", g.kind);
  error(out, g.sample);
  whole(out, "count", g.count);
  instant(out, "first_at", g.first_at);
  instant(out, "last_at", g.last_at);
  member(out, "samples");
  append_list(out, g.samples,
              [](std::string& to, const scheduler::job_id& id) { append_text(to, id.text()); });
  member(out, "note");
  if (g.note) {
    append_dead_note(out, *g.note);
  } else {
    out += "null";
  }
  out += '}';
}

void append_dead_note(std::string& out, const scheduler::dead_letter_note& n) {
  out += '{';
  text(out, "fingerprint", n.fingerprint);
  text(out, "note", n.note);
  text(out, "by", n.by);
  instant(out, "at", n.at);
  instant(out, "muted_until", n.muted_until);
  out += '}';
}

void append_dry_run(std::string& out, const dry_run_report& d) {
  out += '{';
  text(out, "kind", d.what.kind);
  member(out, "user");
  append_optional_text(out, d.what.user ? std::optional{d.what.user->text()} : std::nullopt);
  text(out, "end", to_text(d.end));
  yes_no(out, "retryable", d.retryable);
  error(out, d.error);
  instant(out, "until", d.until);
  member(out, "result");
  out += d.result;
  member(out, "refusals");
  append_list(out, d.refusals, [](std::string& to, const base::failure& f) {
    to += '{';
    text(to, "code", f.code);
    text(to, "message", f.detail);
    to += '}';
  });
  member(out, "transactions");
  append_list(out, d.posted, append_transaction);
  member(out, "changed");
  append_list(out, d.changed, append_transaction);
  member(out, "effects");
  append_list(out, d.effects, [](std::string& to, const auto& e) {
    to += '{';
    text(to, "account_id", e.first.text());
    to += ',';
    append_twins(to, "amount", e.second);
    to += '}';
  });
  member(out, "versions");
  append_list(out, d.versions, [](std::string& to, const auto& v) {
    to += '{';
    text(to, "account_id", v.first.text());
    whole(to, "version", static_cast<std::int64_t>(v.second));
    to += '}';
  });
  member(out, "notifications");
  append_list(out, d.notifications, [](std::string& to, const ledger::notification& n) {
    to += '{';
    text(to, "type", n.type);
    text(to, "title", n.title);
    text(to, "body", n.body);
    to += '}';
  });
  member(out, "jobs");
  append_list(out, d.followers, [](std::string& to, const scheduler::job& j) {
    to += '{';
    text(to, "kind", j.kind);
    text(to, "queue", j.queue);
    text_or_null(to, "lane", j.lane);
    instant(to, "run_at", j.run_at);
    member(to, "payload");
    to += j.payload;
    to += '}';
  });
  out += '}';
}

void append_traces(std::string& out, const job_traces& t) {
  out += '{';
  member(out, "transactions");
  append_list(out, t.transactions, [](std::string& to, const ledger::transaction_id& id) {
    append_text(to, id.text());
  });
  member(out, "jobs");
  append_list(out, t.followers,
              [](std::string& to, const scheduler::job_id& id) { append_text(to, id.text()); });
  member(out, "commit");
  if (t.commit) {
    out += '{';
    whole(out, "shard", t.commit->first);
    whole(out, "seq", static_cast<std::int64_t>(t.commit->second));
    out += '}';
  } else {
    out += "null";
  }
  out += '}';
}

void append_job_event(std::string& out, const scheduler::job_fact& f) {
  out += '{';
  text(out, "job", f.job.text());
  text(out, "kind", f.kind);
  text(out, "queue", f.queue);
  id_or_null(out, "user", f.user);
  text_or_null(out, "lane", f.lane);
  text_or_null(out, "from",
               f.from ? std::optional{std::string{scheduler::to_text(*f.from)}} : std::nullopt);
  text(out, "to", scheduler::to_text(f.to));
  instant(out, "at", f.at);
  whole(out, "attempt", f.attempt);
  text_or_null(out, "error_code",
               f.error_code.empty() ? std::nullopt : std::optional{f.error_code});
  out += '}';
}

void append_pause(std::string& out, const scheduler::pause& p) {
  out += '{';
  text(out, "target", p.target);
  text(out, "reason", p.reason);
  text(out, "by", p.by);
  instant(out, "since", p.since);
  instant(out, "until", p.until);
  yes_no(out, "paused", !p.over);
  out += '}';
}

void append_queue(std::string& out, const queue_view& q) {
  out += '{';
  text(out, "queue", q.limits.queue);
  whole(out, "concurrency", q.limits.concurrency);
  whole(out, "depth_max", q.limits.depth_max);
  member(out, "rate");
  if (const auto& rate = q.limits.rate) {
    out += '{';
    whole(out, "starts", rate->starts);
    whole(out, "per_s", rate->per_s);
    whole(out, "burst", rate->burst);
    out += '}';
  } else {
    out += "null";
  }
  whole(out, "version", q.limits.version);
  whole(out, "ready", q.ready);
  whole(out, "running", q.running);
  whole(out, "scheduled", q.scheduled);
  whole(out, "retrying", q.retrying);
  whole(out, "parked", q.parked);
  whole(out, "dead", q.dead);
  instant(out, "oldest_ready", q.oldest_ready);
  member(out, "paused");
  if (q.paused) {
    append_pause(out, *q.paused);
  } else {
    out += "null";
  }
  out += '}';
}

void append_job_stats(std::string& out, const job_stats& s) {
  out += '{';
  whole(out, "live", s.live);
  whole(out, "lanes", s.lanes);
  whole(out, "lanes_shut", s.lanes_shut);
  whole(out, "started", static_cast<std::int64_t>(s.started));
  whole(out, "succeeded", static_cast<std::int64_t>(s.succeeded));
  whole(out, "failed", static_cast<std::int64_t>(s.failed));
  whole(out, "duplicates_suppressed", static_cast<std::int64_t>(s.duplicates_suppressed));
  yes_no(out, "recovering", s.recovering);
  yes_no(out, "draining", s.draining);
  member(out, "queues");
  append_list(out, s.queues, append_queue);
  out += '}';
}

void append_worker(std::string& out, const worker_view& w) {
  out += '{';
  text(out, "worker", w.id.text());
  text(out, "name", w.wish.name);
  texts(out, "kinds", w.wish.kinds);
  texts(out, "queues", w.wish.queues);
  whole(out, "slots", w.wish.slots);
  text(out, "version", w.wish.version);
  text(out, "language", w.wish.language);
  text(out, "state", to_text(w.state));
  whole(out, "running", w.running);
  instant(out, "since", w.since);
  instant(out, "seen_at", w.seen_at);
  out += '}';
}

void append_leased(std::string& out, const leased_job& j) {
  out += '{';
  handed_out(out, j, j.attempt);
  text(out, "lease", j.lease);
  instant(out, "lease_until", j.lease_until);
  whole(out, "timeout_s", j.timeout_s);
  out += '}';
}

void append_pushed(std::string& out, const scheduler::job& j, std::int32_t attempt) {
  out += '{';
  handed_out(out, j, attempt);
  whole(out, "timeout_s", j.timeout_s);
  out += '}';
}

} // namespace http
