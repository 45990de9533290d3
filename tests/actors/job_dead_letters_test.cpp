// What   Dead jobs of groups that people have muted: counted apart, and no alarm.
// Method The gauges after each act of people, after time alone, and after the owner has died.
#include "tests/actors/job_fixture.hpp"

#include "observability/job_metrics.hpp"

#include <algorithm>
#include <string>
#include <utility>

BOOST_AUTO_TEST_SUITE(job_dead_letters)

using namespace std::chrono_literals;
using observability::dead_letter_state;
using scheduler::control_action;
using tests::job_fixture;

namespace {

struct listening : job_fixture {
  scheduler::job_id dies(const std::string& code) {
    auto w = wish();
    w.max_attempts = 1;
    const auto id = put(std::move(w));
    ends(transient(code));
    return id;
  }
  std::string group_of(const scheduler::job_id& id) { return view(id)->fingerprint; }

  /// Nothing: no more.
  std::string mute(const std::string& group, std::optional<std::chrono::seconds> for_s) {
    scheduler::dead_letter_note n;
    n.fingerprint = group;
    n.at = env.time.now();
    if (for_s) n.muted_until = {n.at.count + for_s->count() * base::us_per_second};
    std::string said = "-";
    call([&, n](actors::job_owner& o) {
      o.set_dead_note(n, [&](const base::result<scheduler::dead_letter_note>& r) {
        said = r ? "kept" : std::string{r.error().code};
      });
    });
    settle();
    return said;
  }

  /// A beat later: open and muted.
  std::pair<double, double> counted() {
    pass(1s);
    settle();
    auto& of = env.metrics.jobs().dead_letters;
    return {of(dead_letter_state::open).value(), of(dead_letter_state::muted).value()};
  }
  /// The log here takes errors only.
  std::ptrdiff_t errors() {
    log.flush();
    return std::count_if(logged.begin(), logged.end(), [](const std::string& line) {
      return line.find("job.dead") != line.npos;
    });
  }
};

using pair = std::pair<double, double>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_mute_is_heard_and_ends_by_itself, listening) {
  const auto group = group_of(dies("BUSY"));
  dies("GONE");
  BOOST_TEST((counted() == pair{2, 0}));
  BOOST_TEST(mute(group, 60s) == "kept");
  BOOST_TEST((counted() == pair{1, 1}));
  dies("BUSY");
  BOOST_TEST((counted() == pair{1, 2}));
  pass(60s);
  settle();
  BOOST_TEST((counted() == pair{3, 0}));
  mute(group, 60s);
  BOOST_TEST((counted() == pair{1, 2}));
  mute(group, std::nullopt);
  BOOST_TEST((counted() == pair{3, 0}));
}

BOOST_FIXTURE_TEST_CASE(who_is_dead_no_more_is_in_no_group, listening) {
  const auto first = dies("BUSY"), second = dies("BUSY"), third = dies("GONE");
  mute(group_of(first), 3600s);
  BOOST_TEST((counted() == pair{1, 2}));
  act(first, control_action::redrive);
  BOOST_TEST((counted() == pair{1, 1}));
  ends(transient("OTHER")); // ten attempts, counted anew: it would be tried again
  BOOST_TEST(state(first) == "dead");
  BOOST_TEST((counted() == pair{2, 1}));
  store.outcomes.push_back(storage::commit_class::unavailable);
  BOOST_TEST(act(second, control_action::discard) != "discarded");
  pass(5s);
  settle();
  BOOST_TEST((counted() == pair{2, 1}));
  act(second, control_action::discard);
  BOOST_TEST((counted() == pair{2, 0}));
  act(third, control_action::discard);
  BOOST_TEST((counted() == pair{1, 0}));
  // An owner that dies of a wrong count leaves one that counts anew.
  BOOST_TEST(env.metrics.actor_failures(observability::actor_role::dispatcher).value() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_new_owner_knows_who_is_muted, listening) {
  const auto group = group_of(dies("BUSY"));
  const auto over = group_of(dies("GONE"));
  mute(group, 3600s);
  mute(over, 30s);
  restart_owner();
  pass(1s);
  settle();
  BOOST_TEST((counted() == pair{0, 2}));
  pass(60s);
  settle();
  BOOST_TEST((counted() == pair{1, 1}));
  restart_owner();
  pass(1s);
  settle();
  BOOST_TEST((counted() == pair{1, 1}));
  mute(group, std::nullopt);
  restart_owner();
  pass(1s);
  settle();
  BOOST_TEST((counted() == pair{2, 0}));
}

BOOST_FIXTURE_TEST_CASE(who_dies_muted_is_no_error, listening) {
  const auto group = group_of(dies("BUSY"));
  BOOST_TEST(errors() == 1);
  mute(group, 60s);
  dies("BUSY");
  BOOST_TEST(errors() == 1);
  dies("GONE");
  BOOST_TEST(errors() == 2);
  pass(60s);
  settle();
  dies("BUSY");
  BOOST_TEST(errors() == 3);
}

BOOST_FIXTURE_TEST_CASE(what_was_not_kept_mutes_nobody, listening) {
  const auto group = group_of(dies("BUSY"));
  store.outcomes.push_back(storage::commit_class::unavailable);
  BOOST_TEST(mute(group, 60s) != "kept");
  pass(5s);
  settle();
  BOOST_TEST((counted() == pair{1, 0}));
  for (std::size_t i = 0; i < scheduler::dead_mutes_max; ++i)
    BOOST_TEST_REQUIRE(mute("g" + std::to_string(i), 60s) == "kept");
  BOOST_TEST(mute(group, 60s) == "LIMIT_REACHED");
  BOOST_TEST(mute(group, std::nullopt) == "kept"); // a note needs no room
  BOOST_TEST((counted() == pair{1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
