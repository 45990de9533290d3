// Every command is answered once: by whoever ends it, by its deadline, or by the end of the table.
#include "actors/open_commands.hpp"
#include "actors/slot.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using actors::open_commands;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(open_commands_)

namespace {

ledger::reply fine() { return {ledger::outcome{ledger::done{}}, {}, false}; }

std::string word(const ledger::reply& r) {
  return r.result ? "ok" : std::string{r.result.error().code};
}

struct answers {
  std::vector<std::string> words;
  open_commands::on_reply next() {
    return [this](const ledger::reply& r) { words.push_back(word(r)); };
  }
};

open_commands::clock::time_point in(open_commands::clock::duration d) {
  return open_commands::clock::now() + d;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_first_answer_counts_and_later_ones_are_dropped) {
  answers got;
  open_commands open(10);
  auto done = got.next();
  const auto t = open.add(in(1h), done);
  BOOST_TEST_REQUIRE(t.has_value());
  open.answer(*t, fine());
  open.answer(*t, fine());
  BOOST_TEST(got.words == std::vector<std::string>{"ok"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_is_the_answer) {
  const auto waiting = std::make_shared<actors::slot<std::string>>();
  open_commands open(10);
  open_commands::on_reply done = [waiting](const ledger::reply& r) { waiting->put(word(r)); };
  const auto t = open.add(in(1ms), done);
  BOOST_TEST_REQUIRE(t.has_value());
  BOOST_TEST(waiting->wait_for(60s).value_or("-") == "OUTCOME_UNKNOWN");
  open.answer(*t, fine()); // nobody is there any more
}

BOOST_AUTO_TEST_CASE(beyond_the_bound_the_callback_stays_with_the_caller) {
  answers got;
  open_commands open(1);
  auto first = got.next(), second = got.next();
  const auto t = open.add(in(1h), first);
  BOOST_TEST_REQUIRE(t.has_value());
  BOOST_TEST(!open.add(in(1h), second).has_value());
  BOOST_TEST(static_cast<bool>(second));
  open.answer(*t, fine());
  BOOST_TEST(open.add(in(1h), second).has_value());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_table_answers_what_is_open) {
  answers got;
  {
    open_commands open(10);
    auto done = got.next();
    open.add(in(1h), done);
  }
  BOOST_TEST(got.words == std::vector<std::string>{"OUTCOME_UNKNOWN"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
