// What people write about jobs and schedules, and receivers of push about their ends: within the
// bounds of the page of jobs, the same when it is written and read again, and a rule that ticks
// only forwards.
#include "base/json.hpp"
#include "http/api/job_body.hpp"
#include "http/api/job_end_body.hpp"
#include "http/api/schedule_body.hpp"
#include "http/bulk_wish.hpp"
#include "scheduler/cron.hpp"
#include "scheduler/kind_name.hpp"
#include "scheduler/schedule_rule.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <memory>
#include <string>

namespace {

namespace json = base::json;

const auto sao_paulo = std::make_shared<const scheduler::zone_rules>(
    "America/Sao_Paulo", -3 * 3600,
    std::vector<scheduler::offset_change>{{{1'508'036'400'000'000}, -2 * 3600},
                                          {{1'518'919'200'000'000}, -3 * 3600},
                                          {{1'541'214'000'000'000}, -2 * 3600},
                                          {{1'550'368'800'000'000}, -3 * 3600}});
constexpr base::utc_us around{1'541'200'000'000'000}; // hours before clocks change at midnight
constexpr std::int64_t year_us = std::int64_t{366} * 86'400 * base::us_per_second;

template <class Rule> void check_ticks(const Rule& rule) {
  base::utc_us at = around;
  for (int i = 0; i < 4; ++i) {
    const auto next = next_after(rule, at, *sao_paulo);
    if (!next) return;
    ENSURE(*next > at, "a tick that is not behind the one before");
    // Between the two there is none: asked from right before it, it is the same.
    ENSURE(next_after(rule, {next->count - 1}, *sao_paulo) == next, "a tick that comes and goes");
    at = *next;
  }
}

void check_cron(std::string_view text) {
  const auto read = scheduler::read_cron(text);
  if (const auto* fault = std::get_if<scheduler::cron_fault>(&read)) {
    ENSURE(!fault->reason.empty() && fault->position <= text.size(), "a fault without a place");
    return;
  }
  const auto& rule = std::get<scheduler::cron>(read);
  ENSURE(text.size() <= scheduler::cron_text_max && rule.text == text, "another expression");
  ENSURE(scheduler::read_cron(rule.text) == read, "read again it is another rule");
  check_ticks(scheduler::schedule_rule{rule});
}

void check_rule(const json::value& sent) {
  scheduler::rule_faults bad;
  const auto rule = scheduler::read_rule(sent, bad);
  ENSURE(rule.has_value() == bad.empty(), "a rule and faults, or neither");
  if (!rule) return;
  scheduler::rule_faults none;
  ENSURE(scheduler::read_rule(scheduler::write_rule(*rule), none) == rule && none.empty(),
         "written and read again it is another rule");
  check_ticks(*rule);
  scheduler::refuse_close_ticks(*rule, none);
}

void check_end(const json::value& sent) {
  scheduler::rule_faults bad;
  const auto end = scheduler::read_end(sent, bad);
  ENSURE(end.has_value() == bad.empty(), "an end and faults, or neither");
  if (!end) return;
  ENSURE(!(end->at && end->count), "two ends");
  scheduler::rule_faults none;
  ENSURE(scheduler::read_end(scheduler::write_end(*end), none) == end && none.empty(),
         "written and read again it is another end");
}

// What a wish leaves open is 0 until its owner asks the kind (scheduler::follow).
bool is_open_or_within(std::int32_t value, std::int32_t most) {
  return value >= 0 && value <= most;
}

void check_job(const scheduler::job& j) {
  ENSURE(scheduler::is_kind_name(j.kind), "a kind's name");
  ENSURE(j.queue.empty() || scheduler::is_kind_name(j.queue), "a queue's name");
  ENSURE(j.priority >= 0 && j.priority <= 9, "a priority out of bounds");
  ENSURE(is_open_or_within(j.max_attempts, 100), "attempts out of bounds");
  ENSURE(is_open_or_within(j.timeout_s, 86'400), "a timeout out of bounds");
  ENSURE(j.payload.size() <= 64 * 1024 && j.tags.size() <= 8, "a payload or tags out of bounds");
  ENSURE(!j.lane || (!j.lane->empty() && j.lane->size() <= 120), "a lane out of bounds");
  ENSURE(!j.unique || j.unique->key.size() <= 200, "a unique key out of bounds");
  const auto read = json::read(j.payload);
  const auto* payload = std::get_if<json::value>(&read);
  ENSURE(payload != nullptr && payload->if_object() != nullptr, "a payload that is no object");
  ENSURE(j.run_at.count <= around.count + 5 * year_us, "a time far away");
}

void check_pushed_answer(const std::string& text) {
  for (const bool may_post : {false, true}) {
    const auto read = http::read_pushed_answer(text, may_post, around, *sao_paulo);
    if (!read) {
      const auto code = read.error().code;
      ENSURE(code == "PUSH_BAD_ANSWER" || (code == "KIND_NOT_ALLOWED" && !may_post),
             "a refusal that is none");
      continue;
    }
    ENSURE(std::holds_alternative<json::value>(json::read(read->result)), "a result that is none");
    ENSURE(read->result.size() <= 64 * 1024, "a result out of bounds");
    ENSURE(may_post || read->effects.transactions.empty(), "it posts and may not");
    ENSURE(read->effects.may_post == may_post, "its follow-ups may more than it");
    for (const auto& j : read->effects.jobs) check_job(j);
  }
}

base::result<std::shared_ptr<const scheduler::zone_rules>> zone_named(std::string_view name) {
  if (name != "America/Sao_Paulo") return base::failure{"UNKNOWN_ZONE", {}};
  return sao_paulo;
}

void check_schedule(const json::value& sent) {
  http::request r;
  r.request_id = "rid";
  const auto read =
      http::read_schedule_body(r, sent, zone_named, {around, "America/Sao_Paulo", false}, {});
  if (const auto* refused = std::get_if<http::response>(&read)) {
    ENSURE(refused->status == 422, "a refusal that is none");
    return;
  }
  const auto& s = std::get<http::read_schedule>(read).what;
  ENSURE(!s.name.empty() && s.zone == "America/Sao_Paulo", "a schedule without name or zone");
  const auto rule = json::read(s.rule);
  scheduler::rule_faults none;
  ENSURE(scheduler::read_rule(std::get<json::value>(rule), none) && none.empty(),
         "its rule is stored as it cannot be read");
  ENSURE(!(s.ends_at && s.ticks_left), "two ends");
}

} // namespace

void fuzz::target(std::string_view input) {
  const auto what = first_byte(input);
  if (what == 'c') return check_cron(input);
  if (what == 'p') return check_pushed_answer(std::string{input});
  if (what == 'b') {
    const auto wish = http::read_bulk_wish(std::string{input});
    if (wish)
      ENSURE(http::read_bulk_wish(http::to_text(*wish)).has_value(), "it is not read again");
    return;
  }
  const auto read = json::read(input);
  const auto* sent = std::get_if<json::value>(&read);
  if (sent == nullptr) return;
  if (what == 'r') return check_rule(*sent);
  if (what == 'e') return check_end(*sent);
  if (what == 's') return check_schedule(*sent);
  http::faults bad;
  const auto job = http::read_job(*sent, {"body"}, around, *sao_paulo, bad);
  ENSURE(job.has_value() == bad.empty(), "a job and faults, or neither");
  if (job) check_job(*job);
}
