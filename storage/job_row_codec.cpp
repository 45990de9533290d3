#include "storage/job_row_codec.hpp"

#include "base/json.hpp"
#include "storage/row_table.hpp"
#include "storage/tag_list.hpp"

#include <string_view>

namespace storage {

namespace {

using integer = std::int64_t;
using text = std::string_view;

// The numbers of these stand in tables: an enumeration may grow at its end.
static_assert(static_cast<int>(scheduler::job_state::discarded) == 11);
static_assert(static_cast<int>(scheduler::lane_policy::park_lane) == 2);
static_assert(static_cast<int>(scheduler::backoff_curve::list) == 3);
static_assert(static_cast<int>(scheduler::jitter::none) == 2);
static_assert(static_cast<int>(scheduler::unique_rule::period::window) == 2);
static_assert(static_cast<int>(scheduler::unique_rule::conflict::debounce) == 3);
static_assert(static_cast<int>(scheduler::attempt_end::refused) == 8);
static_assert(static_cast<int>(scheduler::control_action::discard) == 7);
static_assert(static_cast<int>(scheduler::misfire_policy::all) == 2);
static_assert(static_cast<int>(scheduler::overlap_policy::allow) == 2);
static_assert(static_cast<int>(scheduler::tick_end::manual) == 4);

template <class Enum> integer code_of(Enum e) { return static_cast<integer>(e); }

template <class Enum> Enum enum_of(integer n, Enum last) {
  if (n < 0 || n > code_of(last)) throw codec_error("a number that names nothing");
  return static_cast<Enum>(n);
}
template <class Enum> Enum coded(row_reader& r, Enum last) { return enum_of(r.number(), last); }

/// What null stands for. Never to be changed, whatever becomes the default of a new job.
const scheduler::backoff& retry_of_null() {
  static const scheduler::backoff always{scheduler::backoff_curve::exponential,
                                         2'000'000,
                                         2,
                                         3'600'000'000,
                                         scheduler::jitter::full,
                                         {}};
  return always;
}

text kept_text(text_store& texts, std::string made) {
  texts.push_back(std::move(made));
  return texts.back();
}

template <class Id> cell_view key_or_null(const std::optional<Id>& id) {
  return id ? cell_view{key_of(*id)} : cell_view{};
}

std::string maker_of(const scheduler::job& j) { return j.user ? j.user->text() : "system"; }

/// An id of ours, without a text beside it.
template <class Id> Id bare_id(row_reader& r) { return Id::of(r.number()); }
template <class Id> std::optional<Id> bare_id_or_null(row_reader& r) {
  return r.optional([](row_reader& x) { return bare_id<Id>(x); });
}

// -- arrays of JSON in one text -------------------------------------------------------------------

base::json::array elements_of(const std::string& from, std::size_t least) {
  auto read = base::json::read(from);
  auto* whole = std::get_if<base::json::value>(&read);
  auto* all = whole ? whole->if_array() : nullptr;
  if (all == nullptr || all->size() < least) throw codec_error("a text that is no such array");
  return std::move(*all);
}

integer integer_of(const base::json::value& v) {
  const auto n = v.as_int64();
  if (!n) throw codec_error("an element that is no integer");
  return *n;
}

scheduler::job_error error_from(row_reader& r) {
  scheduler::job_error e;
  e.code = r.words();
  e.message = r.words();
  e.stack = r.words();
  return e;
}

} // namespace

std::string retry_text(const scheduler::backoff& b) {
  base::json::array all{code_of(b.curve), b.base_us, b.factor, b.cap_us, code_of(b.spread)};
  for (const auto delay : b.list_us) all.emplace_back(delay);
  return base::json::write(base::json::value{std::move(all)});
}

scheduler::backoff retry_from(const std::string& from) {
  const auto all = elements_of(from, 5);
  scheduler::backoff b;
  b.curve = enum_of(integer_of(all[0]), scheduler::backoff_curve::list);
  b.base_us = integer_of(all[1]);
  b.factor = integer_of(all[2]);
  b.cap_us = integer_of(all[3]);
  b.spread = enum_of(integer_of(all[4]), scheduler::jitter::none);
  for (std::size_t i = 5; i < all.size(); ++i) b.list_us.push_back(integer_of(all[i]));
  return b;
}

std::string unique_text(const scheduler::unique_rule& u) {
  return base::json::write(base::json::value{base::json::array{
      u.key, code_of(u.until), u.window_us, code_of(u.on_conflict), u.delay_us, u.max_wait_us}});
}

scheduler::unique_rule unique_from(const std::string& from) {
  const auto all = elements_of(from, 6);
  const auto* key = all[0].if_string();
  if (key == nullptr || all.size() != 6) throw codec_error("a unique rule of another form");
  scheduler::unique_rule u;
  u.key = *key;
  u.until = enum_of(integer_of(all[1]), scheduler::unique_rule::period::window);
  u.window_us = integer_of(all[2]);
  u.on_conflict = enum_of(integer_of(all[3]), scheduler::unique_rule::conflict::debounce);
  u.delay_us = integer_of(all[4]);
  u.max_wait_us = integer_of(all[5]);
  return u;
}

// -- each kind: put, add, key ---------------------------------------------------------------------

template <> struct row_table<scheduler::job> {
  static constexpr const statement* put = &sql::job_insert;
  static void add(batch& to, const scheduler::job& j, text_store& texts) {
    const auto retry =
        j.retry == retry_of_null() ? cell_view{} : kept_text(texts, retry_text(j.retry));
    const auto unique =
        j.unique ? cell_view{kept_text(texts, unique_text(*j.unique))} : cell_view{};
    const auto tags = j.tags.empty() ? cell_view{} : kept_text(texts, tags_text(j.tags));
    const auto maker = j.created_by == maker_of(j) ? cell_view{} : text{j.created_by};
    to.add(key_of(j.id), integer{j.shard}, key_or_null(j.user), text{j.kind}, text{j.queue},
           optional_text(j.lane), text{j.payload}, integer{j.payload_version}, integer{j.priority},
           j.run_at.count, optional_time(j.expires_at), integer{j.max_attempts},
           optional_time(j.retry_until), integer{j.timeout_s}, retry, code_of(j.on_failure), unique,
           tags, j.created_at.count, text{j.request_id}, maker, key_or_null(j.schedule),
           optional_time(j.tick), key_or_null(j.parent), key_or_null(j.rerun_of));
  }
};

template <> struct row_table<scheduler::job_attempt> {
  static constexpr const statement* put = &sql::attempt_insert;
  static void add(batch& to, const scheduler::job_attempt& a) {
    to.add(key_of(a.job), integer{a.number}, code_of(a.end), a.started_at.count, a.ended_at.count,
           optional_time(a.next_at), text{a.executor}, text{a.error.code}, text{a.error.message},
           text{a.error.stack}, text{a.log});
  }
};

template <> struct row_table<scheduler::job_outcome> {
  static constexpr const statement* put = &sql::outcome_insert;
  static void add(batch& to, const scheduler::job_outcome& o) {
    to.add(key_of(o.job), integer{o.shard}, code_of(o.state), integer{o.attempts},
           o.started_at.count, o.ended_at.count, text{o.executor}, text{o.by}, text{o.result},
           text{o.error.code}, text{o.error.message}, text{o.error.stack}, text{o.log});
  }
};

template <> struct row_table<scheduler::job_control> {
  static constexpr const statement* put = &sql::control_insert;
  static void add(batch& to, const scheduler::job_control& c) {
    to.add(key_of(c.job), c.number, code_of(c.action), text{c.by}, text{c.reason}, c.at.count,
           text{c.change});
  }
};

template <> struct row_table<scheduler::job_rest> {
  static constexpr const statement* put = &sql::rest_put;
  static base::id_key key(const scheduler::job_rest& r) { return key_of(r.job); }
  static void add(batch& to, const scheduler::job_rest& r) {
    to.add(key_of(r.job), integer{r.shard}, code_of(r.state), r.since.count, r.wake_at.count,
           integer{r.attempts}, text{r.fingerprint}, text{r.error.code}, text{r.error.message},
           text{r.error.stack});
  }
};

template <> struct row_table<scheduler::job_watermark> {
  static constexpr const statement* put = &sql::watermark_put;
  static std::uint32_t key(const scheduler::job_watermark& w) { return w.shard; }
  static bool after(const scheduler::job_watermark& w, const scheduler::job_watermark& former) {
    return key_of(w.from) > key_of(former.from);
  }
  static void add(batch& to, const scheduler::job_watermark& w) {
    to.add(integer{w.shard}, key_of(w.from));
  }
};

template <> struct row_table<scheduler::schedule> {
  static constexpr const statement* put = &sql::schedule_put;
  static void add(batch& to, const scheduler::schedule& s) {
    to.add(key_of(s.id), imported(s.id), key_or_null(s.user), integer{s.shard}, text{s.name},
           text{s.kind}, text{s.queue}, optional_text(s.lane), text{s.payload}, integer{s.priority},
           integer{s.max_attempts}, integer{s.timeout_s}, text{s.rule}, text{s.zone},
           code_of(s.misfire), code_of(s.overlap), optional_time(s.ends_at),
           s.ticks_left ? cell_view{*s.ticks_left} : cell_view{}, integer{s.paused},
           optional_time(s.paused_until), text{s.pause_reason}, text{s.paused_by},
           s.watermark.count, optional_time(s.next_at), s.version, s.created_at.count,
           optional_time(s.updated_at), optional_time(s.deleted_at));
  }
};

template <> struct row_table<scheduler::schedule_tick> {
  static constexpr const statement* put = &sql::tick_insert;
  static void add(batch& to, const scheduler::schedule_tick& t) {
    to.add(key_of(t.schedule), t.at.count, code_of(t.end), key_or_null(t.job), t.settled_at.count);
  }
};

template <> struct row_table<scheduler::pause> {
  static constexpr const statement* put = &sql::pause_put;
  static text key(const scheduler::pause& p) { return p.target; }
  static void add(batch& to, const scheduler::pause& p) {
    to.add(text{p.target}, text{p.reason}, text{p.by}, p.since.count, optional_time(p.until),
           integer{p.over});
  }
};

template <> struct row_table<scheduler::queue_limits> {
  static constexpr const statement* put = &sql::limits_put;
  static text key(const scheduler::queue_limits& q) { return q.queue; }
  static void add(batch& to, const scheduler::queue_limits& q) {
    const auto part = [&](std::int32_t scheduler::start_rate::*of) {
      return q.rate ? cell_view{integer{(*q.rate).*of}} : cell_view{};
    };
    to.add(text{q.queue}, integer{q.concurrency}, q.depth_max, q.version,
           part(&scheduler::start_rate::starts), part(&scheduler::start_rate::per_s),
           part(&scheduler::start_rate::burst));
  }
};

template <> struct row_table<scheduler::dead_letter_note> {
  static constexpr const statement* put = &sql::dead_note_put;
  static text key(const scheduler::dead_letter_note& n) { return n.fingerprint; }
  static void add(batch& to, const scheduler::dead_letter_note& n) {
    to.add(text{n.fingerprint}, text{n.note}, text{n.by}, n.at.count, optional_time(n.muted_until));
  }
};

std::vector<step> puts_of(const std::vector<const scheduler::job_row*>& written_rows,
                          text_store& texts) {
  auto steps = puts(written_rows, texts);
  batch ended{sql::rest_end, written_rows.size()};
  for (const auto* r : written_rows)
    if (const auto* o = std::get_if<scheduler::job_outcome>(r)) ended.add(key_of(o->job));
  if (!ended.empty()) steps.push_back(std::move(ended).done());
  return steps;
}

// -- from cells -----------------------------------------------------------------------------------

namespace {

scheduler::job read_job(row_reader& r) {
  scheduler::job j;
  j.id = bare_id<scheduler::job_id>(r);
  j.shard = r.small();
  j.user = r.optional_id<base::user_id>();
  j.kind = r.words();
  j.queue = r.words();
  j.lane = r.optional_words();
  j.payload = r.words();
  j.payload_version = r.within<std::int32_t>();
  j.priority = r.within<std::int32_t>();
  j.run_at = r.time();
  j.expires_at = r.optional_time();
  j.max_attempts = r.within<std::int32_t>();
  j.retry_until = r.optional_time();
  j.timeout_s = r.within<std::int32_t>();
  const auto retry = r.optional_words();
  j.retry = retry ? retry_from(*retry) : retry_of_null();
  j.on_failure = coded(r, scheduler::lane_policy::park_lane);
  if (const auto unique = r.optional_words()) j.unique = unique_from(*unique);
  if (const auto tags = r.optional_words()) j.tags = tags_from(*tags);
  j.created_at = r.time();
  j.request_id = r.words();
  const auto maker = r.optional_words();
  j.created_by = maker ? *maker : maker_of(j);
  j.schedule = r.optional_id<scheduler::schedule_id>();
  j.tick = r.optional_time();
  j.parent = bare_id_or_null<scheduler::job_id>(r);
  j.rerun_of = bare_id_or_null<scheduler::job_id>(r);
  return j;
}

live_job read_live(row_reader& r) {
  live_job found;
  found.what = read_job(r);
  found.attempts = r.within<std::int32_t>();
  found.attempts_counted = r.within<std::int32_t>();
  if (const auto number = r.optional([](row_reader& x) { return x.within<std::int32_t>(); })) {
    found.last.emplace();
    found.last->job = found.what.id;
    found.last->number = *number;
  }
  const auto state = r.optional([](row_reader& x) { return x.number(); });
  if (!state) {
    r.skip(8); // the other columns of a row that is not there
    return found;
  }
  auto& rest = found.rest.emplace();
  rest.job = found.what.id;
  rest.state = enum_of(*state, scheduler::job_state::dead);
  rest.shard = r.small();
  rest.since = r.time();
  rest.wake_at = r.time();
  rest.attempts = r.within<std::int32_t>();
  rest.fingerprint = r.words();
  rest.error = error_from(r);
  return found;
}

} // namespace

live_job live_job_from(const row& cells) {
  row_reader r{cells};
  return read_live(r);
}

job_details job_details_from(const row& cells) {
  row_reader r{cells};
  job_details found;
  found.job = read_live(r);
  const auto state = r.optional([](row_reader& x) { return x.number(); });
  if (!state) return found;
  auto& o = found.outcome.emplace();
  o.job = found.job.what.id;
  o.state = enum_of(*state, scheduler::job_state::discarded);
  if (!is_final(o.state)) throw codec_error("an outcome that is not final");
  o.shard = r.small();
  o.attempts = r.within<std::int32_t>();
  o.started_at = r.time();
  o.ended_at = r.time();
  o.executor = r.words();
  o.by = r.words();
  o.result = r.words();
  o.error = error_from(r);
  o.log = r.words();
  return found;
}

scheduler::job_attempt attempt_from(const row& cells) {
  row_reader r{cells};
  scheduler::job_attempt a;
  a.job = bare_id<scheduler::job_id>(r);
  a.number = r.within<std::int32_t>();
  a.end = coded(r, scheduler::attempt_end::refused);
  a.started_at = r.time();
  a.ended_at = r.time();
  a.next_at = r.optional_time();
  a.executor = r.words();
  a.error = error_from(r);
  a.log = r.words();
  return a;
}

scheduler::job_control control_from(const row& cells) {
  row_reader r{cells};
  scheduler::job_control c;
  c.job = bare_id<scheduler::job_id>(r);
  c.number = r.number();
  c.action = coded(r, scheduler::control_action::discard);
  c.by = r.words();
  c.reason = r.words();
  c.at = r.time();
  c.change = r.words();
  return c;
}

scheduler::schedule schedule_from(const row& cells) {
  row_reader r{cells};
  scheduler::schedule s;
  s.id = r.id<scheduler::schedule_id>();
  s.user = r.optional_id<base::user_id>();
  s.shard = r.small();
  s.name = r.words();
  s.kind = r.words();
  s.queue = r.words();
  s.lane = r.optional_words();
  s.payload = r.words();
  s.priority = r.within<std::int32_t>();
  s.max_attempts = r.within<std::int32_t>();
  s.timeout_s = r.within<std::int32_t>();
  s.rule = r.words();
  s.zone = r.words();
  s.misfire = coded(r, scheduler::misfire_policy::all);
  s.overlap = coded(r, scheduler::overlap_policy::allow);
  s.ends_at = r.optional_time();
  s.ticks_left = r.optional([](row_reader& x) { return x.number(); });
  s.paused = r.yes();
  s.paused_until = r.optional_time();
  s.pause_reason = r.words();
  s.paused_by = r.words();
  s.watermark = r.time();
  s.next_at = r.optional_time();
  s.version = r.number();
  s.created_at = r.time();
  s.updated_at = r.optional_time();
  s.deleted_at = r.optional_time();
  return s;
}

scheduler::schedule_tick tick_from(const row& cells) {
  row_reader r{cells};
  scheduler::schedule_tick t;
  t.schedule = r.id<scheduler::schedule_id>();
  t.at = r.time();
  t.end = coded(r, scheduler::tick_end::manual);
  t.job = bare_id_or_null<scheduler::job_id>(r);
  t.settled_at = r.time();
  return t;
}

scheduler::pause pause_from(const row& cells) {
  row_reader r{cells};
  scheduler::pause p;
  p.target = r.words();
  p.reason = r.words();
  p.by = r.words();
  p.since = r.time();
  p.until = r.optional_time();
  p.over = r.yes();
  return p;
}

scheduler::queue_limits limits_from(const row& cells) {
  row_reader r{cells};
  scheduler::queue_limits q;
  q.queue = r.words();
  q.concurrency = r.within<std::int32_t>();
  q.depth_max = r.number();
  q.version = r.number();
  const auto part = [&] {
    return r.optional([](row_reader& in) { return in.within<std::int32_t>(); });
  };
  const auto starts = part(), per_s = part(), burst = part();
  if (starts && per_s && burst) q.rate = scheduler::start_rate{*starts, *per_s, *burst};
  return q;
}

scheduler::dead_letter_note dead_note_from(const row& cells) {
  row_reader r{cells};
  scheduler::dead_letter_note n;
  n.fingerprint = r.words();
  n.note = r.words();
  n.by = r.words();
  n.at = r.time();
  n.muted_until = r.optional_time();
  return n;
}

} // namespace storage
