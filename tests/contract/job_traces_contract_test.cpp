// What   Contract of job_port: what a job has posted and who followed it, notes about dead jobs,
//        how long a list is.
// Why    See store_contract.hpp.
#include "tests/contract/store_contract.hpp"

#include "tests/contract/jobs.hpp"

BOOST_AUTO_TEST_SUITE(job_traces_contract, *boost::unit_test::precondition(contract_runs))

using namespace contract;
using scheduler::job_state;

namespace {

storage::job_traces traces(world& w, const scheduler::job_id& id) {
  return value_of<storage::job_traces>(
      [&](auto done) { w.store().jobs().traces(id, std::move(done)); });
}
storage::job_count count(world& w, const storage::job_filter& f) {
  return value_of<storage::job_count>(
      [&](auto done) { w.store().jobs().count(f, std::move(done)); });
}
std::vector<scheduler::dead_letter_note> notes(world& w) {
  return value_of<std::vector<scheduler::dead_letter_note>>(
      [&](auto done) { w.store().jobs().dead_notes(std::move(done)); });
}

} // namespace

BOOST_AUTO_TEST_CASE(a_transaction_names_the_job_in_whose_outcome_it_came) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  auto item = posting(expense(ana, own_id(50), 100));
  const auto j = plain_job(1);
  auto alone = posting(expense(ana, own_id(51), 100));
  s.write(w, {facts({j}), alone});
  BOOST_TEST((traces(w, j.id) == storage::job_traces{}));
  item.job_rows = {outcome_of(j, job_state::succeeded)};
  s.write(w, {item});
  const auto left = traces(w, j.id);
  BOOST_TEST((left.transactions == std::vector{ledger::transaction_id{own_id(50)}}));
  BOOST_TEST_REQUIRE(left.commit.has_value());
  const auto commits = w.commits(left.commit->first);
  BOOST_TEST_REQUIRE(!commits.empty());
  BOOST_TEST(left.commit->second == commits.back().seq);
}

BOOST_AUTO_TEST_CASE(jobs_that_follow_are_found_by_their_parent) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  auto child = plain_job(2), other = plain_job(3);
  child.parent = job_at(1);
  other.parent = job_at(4);
  s.write(w, {facts({plain_job(1), child, other})});
  BOOST_TEST((traces(w, job_at(1)).followers == std::vector{job_at(2)}));
  BOOST_TEST(!traces(w, job_at(1)).commit.has_value());
}

BOOST_AUTO_TEST_CASE(the_newest_word_about_a_group_counts) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const scheduler::dead_letter_note first{"aa", "Ação \"1\" \\ 中文", "u7", after(1), {}};
  const scheduler::dead_letter_note muted{"bb", "", "u7", after(2), after(9)};
  auto later = first;
  later.note = "outra";
  later.muted_until = after(20);
  s.write(w, {facts({first, muted})});
  BOOST_TEST((notes(w) == std::vector{first, muted}));
  s.write(w, {facts({later})});
  BOOST_TEST((notes(w) == std::vector{later, muted}));
}

BOOST_AUTO_TEST_CASE(a_list_is_counted_as_it_is_shown) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  scheduler::job_rows rows;
  for (int n = 1; n <= 30; ++n) {
    auto j = plain_job(n);
    if (n % 2 == 0) j.kind = "fee";
    if (n % 5 == 0) j.tags = {"x"};
    rows.emplace_back(j);
    if (n % 3 == 0) rows.emplace_back(outcome_of(j, job_state::cancelled));
  }
  s.write(w, {facts(rows)});
  storage::job_filter f;
  BOOST_TEST((count(w, f) == storage::job_count{30, true}));
  f.limit = 1;
  f.before = job_at(7);
  BOOST_TEST((count(w, f) == storage::job_count{30, true})); // of the whole list
  f.kind = "fee";
  BOOST_TEST((count(w, f) == storage::job_count{15, true}));
  f.tag = "x";
  BOOST_TEST((count(w, f) == storage::job_count{3, true}));
  f = {};
  f.final_state = job_state::cancelled;
  BOOST_TEST((count(w, f) == storage::job_count{10, true}));
  f.live_only = true;
  f.final_state.reset();
  BOOST_TEST((count(w, f) == storage::job_count{20, true}));
}

// Each by the index of its one condition, and within its times.
BOOST_AUTO_TEST_CASE(a_list_of_one_condition_is_counted) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  const auto ana = make_person("ana");
  s.write(w, {newcomer(ana)});
  scheduler::job_rows rows;
  for (int n = 1; n <= 12; ++n) {
    auto j = plain_job(n);
    if (n % 2 == 0) j.user = ana.user.id;
    if (n % 3 == 0) j.kind = "fee";
    if (n % 4 == 0) j.queue = "mail";
    if (n % 6 == 0) j.schedule = scheduler::schedule_id::of(7);
    rows.emplace_back(j);
    if (n % 5 == 0) rows.emplace_back(outcome_of(j, job_state::discarded));
  }
  s.write(w, {facts(rows)});
  const auto counted = [&](auto set) {
    storage::job_filter f;
    set(f);
    const auto found = count(w, f);
    BOOST_TEST(found.exact);
    return found.value;
  };
  BOOST_TEST(counted([](auto&) {}) == 12);
  BOOST_TEST(counted([&](auto& f) { f.user = ana.user.id; }) == 6);
  BOOST_TEST(counted([](auto& f) { f.kind = "fee"; }) == 4);
  BOOST_TEST(counted([](auto& f) { f.queue = "mail"; }) == 3);
  BOOST_TEST(counted([](auto& f) { f.queue = "default"; }) == 9);
  BOOST_TEST(counted([](auto& f) { f.schedule = scheduler::schedule_id::of(7); }) == 2);
  BOOST_TEST(counted([](auto& f) { f.final_state = job_state::discarded; }) == 2);
  // All ids of tests are of one instant: from it on, and before it.
  const auto made = base::instant_of(key_of(job_at(1)));
  BOOST_TEST(counted([&](auto& f) { f.created_from = made; }) == 12);
  BOOST_TEST(counted([&](auto& f) { f.created_to = made; }) == 0);
}

BOOST_AUTO_TEST_CASE(a_long_list_is_counted_up_to_its_bound) {
  const auto db = fresh_database();
  world w{db->settings()};
  scribe s;
  for (int n = 1; n <= storage::job_look_max + 1;) {
    scheduler::job_rows rows;
    const auto end = n == 1 ? storage::job_look_max : n + 1; // one less than the bound at first
    for (; n < end; ++n) rows.emplace_back(plain_job(n));
    s.write(w, {facts(rows)});
    BOOST_TEST(
        (count(w, {}) == storage::job_count{std::min<std::int64_t>(n - 1, storage::job_look_max),
                                            n - 1 < storage::job_look_max}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
