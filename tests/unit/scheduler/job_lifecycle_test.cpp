// Goal: the table of the documentation is what the code does. Method: the page is read, and every
// cell is asked under all circumstances.
#include "scheduler/job_lifecycle.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace scheduler;

BOOST_AUTO_TEST_SUITE(job_lifecycle)

namespace {

const std::map<std::string, job_state> states{
    {"SC", job_state::scheduled}, {"WA", job_state::waiting},    {"RD", job_state::ready},
    {"RU", job_state::running},   {"CG", job_state::cancelling}, {"CO", job_state::committing},
    {"RT", job_state::retrying},  {"PK", job_state::parked},     {"DE", job_state::dead},
    {"SU", job_state::succeeded}, {"CA", job_state::cancelled},  {"DI", job_state::discarded}};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in{line};
  std::string cell;
  std::getline(in, cell, '|');
  while (std::getline(in, cell, '|')) {
    const auto first = cell.find_first_not_of(' ');
    const auto last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

/// event -> its ten cells, as they stand in the page.
std::map<std::string, std::vector<std::string>> page_table() {
  std::map<std::string, std::vector<std::string>> rows;
  const auto top = std::filesystem::path{__FILE__}.parent_path() / ".." / ".." / "..";
  std::ifstream in{top / "docs" / "JOB-STATES.md"};
  BOOST_TEST_REQUIRE(in.good());
  for (std::string line; std::getline(in, line);) {
    const auto cells = cells_of(line);
    if (cells.size() == 11 && cells[0] != "event" && cells[0].front() != '-')
      rows.emplace(cells[0], std::vector<std::string>(cells.begin() + 1, cells.end()));
  }
  return rows;
}

std::vector<circumstances> all_circumstances() {
  std::vector<circumstances> all;
  for (int bits = 0; bits < 128; ++bits)
    for (const auto parent :
         {circumstances::parent_failure::cancel, circumstances::parent_failure::park,
          circumstances::parent_failure::run})
      for (const std::int32_t tried : {0, 2, 3}) {
        circumstances c;
        c.due = bits & 1;
        c.may_retry = bits & 2;
        c.parks_lane = bits & 4;
        c.outcome_there = bits & 8;
        c.lease_lives = bits & 16;
        c.crash_suspect = bits & 32;
        c.waits_for_others = bits & 64;
        c.on_parent = parent;
        c.commits_tried = tried;
        all.push_back(c);
      }
  return all;
}

/// All that the code answers in a cell, as the page would write it.
std::set<std::string> answers(job_state state, job_event event) {
  std::set<std::string> found;
  for (const auto& c : all_circumstances()) {
    const auto v = advance(state, event, c);
    switch (v.what) {
    case verdict::unchanged: found.insert("="); break;
    case verdict::refused: found.insert("x"); break;
    case verdict::impossible: found.insert("!"); break;
    case verdict::moved:
      for (const auto& [name, s] : states)
        if (s == v.state) found.insert(name);
    }
  }
  return found;
}

constexpr std::array columns{job_state::scheduled, job_state::waiting,    job_state::ready,
                             job_state::running,   job_state::cancelling, job_state::committing,
                             job_state::retrying,  job_state::parked,     job_state::dead};

} // namespace

BOOST_AUTO_TEST_CASE(the_page_says_what_the_code_does) {
  const auto page = page_table();
  BOOST_TEST_REQUIRE(page.size() == job_event_count);
  for (std::size_t e = 0; e < job_event_count; ++e) {
    const auto event = static_cast<job_event>(e);
    const auto row = page.find(std::string{to_text(event)});
    BOOST_TEST_REQUIRE((row != page.end()), to_text(event));
    for (std::size_t column = 0; column < 10; ++column) {
      std::set<std::string> written;
      std::istringstream in{row->second[column]};
      for (std::string one; std::getline(in, one, '/');) written.insert(one);
      std::vector<job_state> asked;
      if (column < columns.size())
        asked = {columns[column]};
      else
        asked = {job_state::succeeded, job_state::cancelled, job_state::discarded};
      for (const auto state : asked)
        BOOST_TEST((answers(state, event) == written),
                   to_text(event) << " in " << to_text(state) << ": " << row->second[column]);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_live_state_can_reach_a_final_one_and_final_ones_stay) {
  for (const auto state : columns) {
    std::set<job_state> reached{state};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const auto s : std::set<job_state>{reached})
        for (std::size_t e = 0; e < job_event_count; ++e)
          for (const auto& name : answers(s, static_cast<job_event>(e)))
            if (const auto at = states.find(name); at != states.end()) reached.insert(at->second);
    }
    BOOST_TEST((state == job_state::cancelling || reached.contains(job_state::succeeded)),
               to_text(state));
    BOOST_TEST(reached.contains(job_state::cancelled), to_text(state));
  }
  for (const auto state : {job_state::succeeded, job_state::cancelled, job_state::discarded})
    for (std::size_t e = 0; e < job_event_count; ++e)
      for (const auto& name : answers(state, static_cast<job_event>(e)))
        BOOST_TEST((name == "=" || name == "x" || name == "!"), to_text(state));
}

BOOST_AUTO_TEST_CASE(an_attempt_that_failed_is_repeated_while_it_may) {
  circumstances c;
  c.may_retry = true;
  BOOST_TEST(
      (advance(job_state::running, job_event::failed_transient, c).state == job_state::retrying));
  c.may_retry = false;
  BOOST_TEST(
      (advance(job_state::running, job_event::failed_transient, c).state == job_state::dead));
  c.parks_lane = c.may_retry = true;
  BOOST_TEST(
      (advance(job_state::running, job_event::failed_transient, c).state == job_state::parked));
}

BOOST_AUTO_TEST_SUITE_END()
