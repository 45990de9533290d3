#include "scheduler/misfire.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

namespace scheduler {

namespace {

/// The ticks behind an instant, as far as the schedule goes.
class tick_line {
public:
  tick_line(const schedule_rule& rule, const zone_rules& zone, const tick_state& s)
      : rule_(rule), zone_(zone), end_(s.end.at),
        left_(s.end.count.value_or(std::numeric_limits<std::int64_t>::max())) {
    step_from(s.watermark);
  }

  const std::optional<base::utc_us>& next() const { return next_; }
  void pass() {
    --left_;
    step_from(*next_);
  }

private:
  void step_from(base::utc_us t) {
    next_ = left_ > 0 ? next_after(rule_, t, zone_) : std::nullopt;
    if (next_ && end_ && *next_ > *end_) next_.reset();
  }

  const schedule_rule& rule_;
  const zone_rules& zone_;
  std::optional<base::utc_us> end_, next_;
  std::int64_t left_;
};

/// How many jobs the overlap policy lets be made now.
std::size_t room(const tick_state& s) {
  switch (s.overlap) {
  case overlap_policy::allow: return std::numeric_limits<std::size_t>::max();
  case overlap_policy::skip: return s.unfinished == 0 ? 1 : 0;
  case overlap_policy::queue: return overlap_max - std::min(overlap_max, s.unfinished);
  }
  UNREACHABLE("an overlap policy");
}

void cap(capped_ticks& capped, base::utc_us at) {
  ++capped.count;
  if (!capped.first) capped.first = at;
  capped.last = at;
}

/// From `run` on, what has no room: skipped, or held until there is some.
void make_room(due_ticks& d, const tick_state& s) {
  const auto fit = std::min(room(s), d.run.size());
  const auto rest = d.run.begin() + static_cast<std::ptrdiff_t>(fit);
  if (s.misfire == misfire_policy::all && s.overlap == overlap_policy::queue) {
    d.held = d.run.size() - fit;
    if (d.held > 0) d.next = *rest;
  } else {
    d.overlaps = d.run.size() - fit;
    d.skipped.insert(d.skipped.end(), rest, d.run.end());
  }
  d.run.erase(rest, d.run.end());
}

} // namespace

due_ticks due(const schedule_rule& rule, const zone_rules& zone, const tick_state& s,
              base::utc_us now) {
  due_ticks d;
  std::deque<base::utc_us> late;
  std::vector<base::utc_us> on_time;
  tick_line line{rule, zone, s};
  for (; line.next() && *line.next() <= now; line.pass()) {
    const auto at = *line.next();
    if (now.count - at.count <= late_us) {
      on_time.push_back(at);
    } else if (now.count - at.count > catch_up_us) {
      cap(d.capped, at);
    } else {
      late.push_back(at);
      if (late.size() <= catch_up_max) continue;
      cap(d.capped, late.front());
      late.pop_front();
    }
  }
  d.next = line.next();
  auto split = late.end(); // what is late and runs
  if (s.misfire == misfire_policy::all) split = late.begin();
  if (s.misfire == misfire_policy::once && !late.empty()) split = std::prev(late.end());
  d.skipped.assign(late.begin(), split);
  d.run.assign(split, late.end());
  d.run.insert(d.run.end(), on_time.begin(), on_time.end());
  make_room(d, s);

  const auto settled = d.capped.count + static_cast<std::int64_t>(d.run.size() + d.skipped.size());
  d.watermark = s.watermark;
  if (d.capped.last) d.watermark = *d.capped.last;
  if (!d.skipped.empty()) d.watermark = std::max(d.watermark, d.skipped.back());
  if (!d.run.empty()) d.watermark = std::max(d.watermark, d.run.back());
  if (s.end.count) d.ticks_left = *s.end.count - settled;
  ENSURE(d.watermark >= s.watermark, "the watermark never moves back");
  ENSURE(!d.next || *d.next > d.watermark, "what is settled is not due again");
  ENSURE(!d.ticks_left || *d.ticks_left >= 0, "no more ticks than there were");
  return d;
}

} // namespace scheduler
