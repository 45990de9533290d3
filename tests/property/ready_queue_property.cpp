// proves that the ready queue chooses what a scan over all jobs would choose, explains and counts
// what a scan would, that lanes never overlap, that tokens are neither exceeded nor leak, and that
// nothing waits for ever once all is open. Method: random scripts against ready_model.
#include "tests/property/ready_model.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <array>
#include <ostream>

using namespace property;

BOOST_AUTO_TEST_SUITE(ready_queue_laws)

namespace {

constexpr std::int64_t minute = 60'000'000;
const std::array<std::string, 2> queue_names{"default", "bulk"};
const std::array<std::string, 3> kind_names{"a", "b", "c"};
const std::array<lane_policy, 3> policies{lane_policy::block, lane_policy::park_head,
                                          lane_policy::park_lane};

struct move {
  std::uint32_t what = 0, which = 0, a = 0, b = 0;
};

std::ostream& operator<<(std::ostream& out, const move& m) {
  return out << m.what << '/' << m.which << '/' << m.a << '/' << m.b;
}

rc::Gen<std::vector<move>> moves() {
  const auto any = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(0, 1'000'000));
  const auto percent = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(0, 100));
  return rc::gen::scale(8, rc::gen::container<std::vector<move>>(rc::gen::build<move>(
                               rc::gen::set(&move::what, percent), rc::gen::set(&move::which, any),
                               rc::gen::set(&move::a, any), rc::gen::set(&move::b, any))));
}

/// Queue and model side by side.
class pair_of {
public:
  pair_of() {
    model_.now = {1'000 * minute};
    for (const auto& kind : kind_names) {
      queue_.add_kind(kind, kind != "c");
      model_.executors[kind] = kind != "c";
    }
  }

  void run(const std::vector<move>& all) {
    for (const auto& m : all) {
      step(m);
      compare(m);
    }
  }

  /// Everything opens, and every job has to start and end.
  void drain() {
    for (const auto& target : targets()) pause({target, "", "", model_.now, {}, true});
    for (const auto& name : queue_names) {
      set_tokens(name, 3);
      set_rate(name, {});
    }
    for (const auto& id : ids()) {
      queue_.unhold(id);
      model_.hold(id, false);
      const auto is = model_.jobs.at(id).is;
      if (is == ready_model::state::running) {
        leave(id);
      } else if (is != ready_model::state::waiting) {
        revive(id, model_.now);
      }
    }
    for (auto left = 2 * model_.jobs.size() + 1; !model_.jobs.empty(); --left) {
      RC_ASSERT(left > 0U); // something waits for ever
      while (start([](auto, auto) { return true; })) {
      }
      for (const auto& id : ids())
        if (model_.jobs.at(id).is == ready_model::state::running) leave(id);
    }
    for (const auto& name : queue_names) RC_ASSERT(queue_.running(name) == 0U);
    RC_ASSERT(queue_.lanes().all == 0);
    for (const auto& t : queue_.tallies())
      RC_ASSERT(t.not_due + t.ready + t.resting + t.running + t.failed + t.parked == 0);
  }

private:
  std::vector<job_id> ids() const {
    std::vector<job_id> all;
    for (const auto& [id, j] : model_.jobs) all.push_back(id);
    return all;
  }
  std::optional<job_id> one_of(std::uint32_t which,
                               std::initializer_list<ready_model::state> states) const {
    std::vector<job_id> fit;
    for (const auto& [id, j] : model_.jobs)
      if (std::find(states.begin(), states.end(), j.is) != states.end()) fit.push_back(id);
    if (fit.empty()) return std::nullopt;
    return fit[which % fit.size()];
  }
  static std::optional<base::user_id> user(std::uint32_t n) {
    if (n % 4 == 0) return std::nullopt;
    return base::user_id::of(n % 4);
  }
  static std::vector<std::string> targets() {
    std::vector<std::string> all{"kind:a", "kind:b", "queue:default", "queue:bulk"};
    for (std::uint32_t u = 0; u < 4; ++u) {
      const auto text = user(u) ? user(u)->text() : std::string{};
      if (user(u)) all.push_back("user:" + text);
      for (const auto* lane : {"x", "y/z"}) all.push_back("lane:" + text + '/' + lane);
    }
    return all;
  }

  void enter(const move& m) {
    ready_queue::entry e;
    e.id = job_id::of(++last_id_);
    e.user = user(m.which);
    e.queue = queue_names[m.a % 3 == 0 ? 1 : 0];
    e.kind = kind_names[m.b % 3];
    if (m.a % 2 == 0) e.lane = m.a % 4 == 0 ? "x" : "y/z";
    e.priority = static_cast<std::int32_t>(m.b / 3 % 10);
    // Some come late, with a place before others; some are of tomorrow.
    const auto offset = std::int64_t{m.which / 4 % 7} - 4;
    e.due = {model_.now.count + (offset < -2 ? 0 : offset * minute / 2)};
    e.on_failure = policies[m.a / 4 % 3];
    queue_.enter(e, model_.now);
    model_.enter(e);
  }
  bool start(const ready_queue::can_run& may) {
    const auto expected = model_.next(may);
    const auto got = queue_.next(model_.now, may);
    RC_ASSERT(got == expected);
    if (!got) return false;
    const auto& j = model_.jobs.at(*got);
    RC_ASSERT(model_.running_beside(j) == 0U);
    RC_ASSERT(queue_.running(j.e.queue) <= model_.limit(j.e.queue));
    return true;
  }
  void wake_all() {
    std::vector<std::pair<base::utc_us, job_id>> due;
    for (const auto& [id, j] : model_.jobs)
      if ((j.is == ready_model::state::not_due || j.is == ready_model::state::resting) &&
          j.until <= model_.now)
        due.emplace_back(j.until, id);
    std::sort(due.begin(), due.end());
    for (const auto& [at, id] : due) {
      queue_.wake(id, model_.now);
      model_.wake(id);
    }
  }
  void leave(const job_id& id) {
    queue_.leave(id);
    model_.leave(id);
  }
  void revive(const job_id& id, base::utc_us due) {
    queue_.revive(id, due, model_.now);
    model_.revive(id, due);
  }
  void pause(const scheduler::pause& p) {
    queue_.set_pause(p);
    model_.set_pause(p);
  }
  void set_tokens(const std::string& name, std::size_t tokens) {
    queue_.set_concurrency(name, tokens);
    model_.tokens[name] = tokens;
  }

  void set_rate(const std::string& name, const std::optional<start_rate>& rate) {
    queue_.set_rate(name, rate, model_.now);
    model_.set_rate(name, rate);
  }

  void step(const move& m) {
    using enum ready_model::state;
    const auto what = m.what;
    if (what < 30) return enter(m);
    if (what < 50) {
      const auto may = [&](std::string_view kind, std::string_view) {
        return kind != kind_names[m.a % 4 % 3] || m.b % 2 == 0;
      };
      for (std::uint32_t n = 0; n <= m.which % 3; ++n) start(may);
      return;
    }
    if (what < 57) {
      if (const auto id = one_of(m.which, {running})) leave(*id);
    } else if (what < 62) {
      if (const auto id = one_of(m.which, {running, waiting})) {
        queue_.give_back(*id);
        model_.give_back(*id);
      }
    } else if (what < 67) {
      if (const auto id = one_of(m.which, {running})) {
        const base::utc_us until{model_.now.count + std::int64_t{m.a % 4} * minute};
        queue_.rest(*id, until);
        model_.rest(*id, until);
      }
    } else if (what < 71) {
      if (const auto id = one_of(m.which, {running})) {
        queue_.fail(*id, model_.now, "E");
        model_.fail(*id);
      }
    } else if (what < 73) {
      if (const auto id = one_of(m.which, {waiting, resting, not_due})) {
        queue_.park(*id, model_.now);
        model_.park(*id);
      }
    } else if (what < 78) {
      const auto id = one_of(m.which, {failed, parked, resting, waiting, not_due});
      if (id) revive(*id, {model_.now.count + std::int64_t{m.a % 3} * minute});
    } else if (what < 80) {
      const auto id = one_of(m.which, {failed, parked, resting, waiting, not_due});
      if (id) leave(*id);
    } else if (what < 83) {
      if (const auto id = one_of(m.which, {waiting, resting, not_due, running, failed})) {
        queue_.change(*id, static_cast<std::int32_t>(m.a % 10));
        model_.change(*id, static_cast<std::int32_t>(m.a % 10));
      }
    } else if (what < 86) {
      if (const auto id = one_of(m.which, {waiting, resting, not_due})) {
        if (m.a % 3 == 0) queue_.hold(*id);
        if (m.a % 3 != 0) queue_.unhold(*id);
        model_.hold(*id, m.a % 3 == 0);
      }
    } else if (what < 90) {
      const auto all = targets();
      scheduler::pause p{all[m.which % all.size()], "r", "b", model_.now, {}, m.a % 3 == 0};
      if (m.b % 2 == 0) p.until = base::utc_us{model_.now.count + std::int64_t{m.b % 5} * minute};
      pause(p);
    } else if (what < 91) {
      set_tokens(queue_names[m.which % 2], m.a % 4);
    } else if (what < 92) {
      std::optional<start_rate> rate;
      const auto part = [](std::uint32_t n) { return static_cast<std::int32_t>(n); };
      if (m.a % 4 != 0) rate = start_rate{part(1 + m.a % 7), part(1 + m.b % 90), part(1 + m.b % 3)};
      set_rate(queue_names[m.which % 2], rate);
    } else if (what < 93) {
      if (const auto id = one_of(m.which, {waiting, resting})) {
        const auto& j = model_.jobs.at(*id);
        if (model_.running_beside(j) > 0) return;
        queue_.take(*id);
        model_.take(*id);
      }
    } else {
      model_.pass_time({model_.now.count + std::int64_t{m.a % 150} * minute / 30});
      if (m.b % 4 != 0) wake_all();
    }
  }

  void compare(const move& m) {
    // The queue hears of the time only when it is told something.
    queue_.wake({}, model_.now);
    for (const auto& name : queue_names) RC_ASSERT(queue_.running(name) == model_.running(name));
    const auto lanes = queue_.lanes();
    RC_ASSERT((std::pair{lanes.all, lanes.shut}) == model_.lanes());
    RC_ASSERT(std::ssize(queue_.shut_lanes()) == lanes.shut);
    if (model_.jobs.empty()) return;
    const auto id = ids()[m.b % model_.jobs.size()];
    ready_model::names names;
    for (const auto& g : queue_.gates(id, model_.now)) names.push_back(g.name);
    RC_ASSERT(names == model_.gates(id));
    for (const auto& t : queue_.tallies()) RC_ASSERT(t.too_fast == model_.too_fast(t.queue));
    if (const auto opens = queue_.opens_at(model_.now)) RC_ASSERT(*opens > model_.now);
    const auto place = queue_.position(id);
    RC_ASSERT(place.in_lane == model_.in_lane(id));
    RC_ASSERT(place.in_queue == model_.in_queue(id));
  }

  ready_queue queue_;
  ready_model model_;
  base::id_key last_id_ = 0;
};

} // namespace

BOOST_AUTO_TEST_CASE(every_choice_is_that_of_a_scan_and_everything_ends) {
  BOOST_TEST(rc::check("script", [] {
    pair_of p;
    p.run(*moves());
    p.drain();
  }));
}

BOOST_AUTO_TEST_SUITE_END()
