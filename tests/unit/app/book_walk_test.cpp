// Goal: a run over many users sends each one change, never more than its bound at once, counts what
//       the books say, and ends when it is told to or when nobody is there.
#include "app/book_walk.hpp"

#include "tests/support/fake_backend.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>

BOOST_AUTO_TEST_SUITE(book_walks)

namespace {

using namespace std::chrono_literals;

struct walk_clock final : base::clock {
  base::utc_us now() override { return {5'000'000}; }
};

/// Answers when the test says so, from another thread if it likes.
struct slow_books final : http_test::fake_backend {
  using fake_backend::fake_backend;
  std::mutex guard;
  std::deque<std::pair<ledger::envelope, http::on_reply>> open;
  bool waits = true;
  std::optional<base::failure> says;

  void execute(ledger::envelope command, http::on_reply done) override {
    {
      const std::lock_guard hold{guard};
      if (waits) {
        open.emplace_back(std::move(command), std::move(done));
        return;
      }
    }
    done(answer());
  }
  ledger::reply answer() const {
    ledger::reply r;
    if (says)
      r.result = *says;
    else
      r.result = ledger::outcome{ledger::changed_rows{}};
    return r;
  }
  std::size_t waiting() {
    const std::lock_guard hold{guard};
    return open.size();
  }
  void answer_one() {
    std::pair<ledger::envelope, http::on_reply> first;
    {
      const std::lock_guard hold{guard};
      first = std::move(open.front());
      open.pop_front();
    }
    first.second(answer());
  }
};

struct walking {
  walk_clock clock;
  slow_books books{clock};
  scheduler::job what;
  std::stop_source stop;
  actors::job_context job{what, 1, {5'000'000}, stop.get_token(), {}};

  static ledger::user_id user(int n) { return ledger::user_id{"u" + std::to_string(n)}; }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_user_gets_one_change_and_all_are_counted, walking) {
  books.waits = false;
  app::book_walk walk{books, clock, job};
  int told = 0;
  for (int n = 0; n < 500; ++n)
    BOOST_TEST(walk.send(user(n), {}, [&](const ledger::reply& r) { told += r.result ? 1 : 0; }));
  books.says = base::failure{"USER_INACTIVE", {}};
  BOOST_TEST(walk.send(user(500), {})); // one user never stops the others
  books.says.reset();
  BOOST_TEST(walk.send(user(501), {}));
  const auto counts = walk.finish();
  BOOST_TEST(counts.sent == 502);
  BOOST_TEST(counts.changed == 501);
  BOOST_TEST(counts.refused == 1);
  BOOST_TEST(!counts.away);
  BOOST_TEST(told == 500);
}

BOOST_FIXTURE_TEST_CASE(no_more_than_the_bound_are_open_at_once, walking) {
  app::book_walk walk{books, clock, job};
  std::atomic<int> sent{0};
  std::thread sender([&] {
    for (int n = 0; n < 70; ++n) {
      walk.send(user(n), {});
      ++sent;
    }
  });
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (books.waiting() < app::walk_in_flight && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(50ms);
  BOOST_TEST(sent == static_cast<int>(app::walk_in_flight)); // the next one waits
  BOOST_TEST(books.waiting() == app::walk_in_flight);
  books.answer_one();
  while (sent < static_cast<int>(app::walk_in_flight) + 1 &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(1ms);
  BOOST_TEST(sent == static_cast<int>(app::walk_in_flight) + 1);
  while (sent < 70 || books.waiting() > 0) {
    if (books.waiting() > 0) books.answer_one();
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() < until));
  }
  sender.join();
  BOOST_TEST(walk.finish().changed == 70);
}

BOOST_FIXTURE_TEST_CASE(an_outage_ends_it, walking) {
  books.waits = false;
  for (const auto* code : {"DB_UNAVAILABLE", "DB_READ_ONLY", "OVERLOADED", "SHARD_STOPPED",
                           "RECOVERY_MODE", "OUTCOME_UNKNOWN"}) {
    books.says = base::failure{code, {}};
    app::book_walk walk{books, clock, job};
    BOOST_TEST(walk.send(user(1), {}), code);
    BOOST_TEST(!walk.send(user(2), {}), code);
    const auto counts = walk.finish();
    BOOST_TEST(counts.away, code);
    BOOST_TEST(counts.sent == 1, code);
    BOOST_TEST(counts.refused == 0, code);
  }
}

BOOST_FIXTURE_TEST_CASE(whoever_is_told_to_stop_sends_no_more_and_waits_for_what_is_open, walking) {
  std::thread answers;
  {
    app::book_walk walk{books, clock, job};
    BOOST_TEST(walk.send(user(1), {}));
    stop.request_stop();
    BOOST_TEST(!walk.send(user(2), {}));
    answers = std::thread([this] {
      std::this_thread::sleep_for(20ms);
      books.answer_one();
    });
  } // the walk is over only when the answer has come
  BOOST_TEST(books.waiting() == 0u);
  answers.join();
}

BOOST_FIXTURE_TEST_CASE(a_change_carries_the_job_and_a_deadline, walking) {
  what.id = scheduler::job_id{"j7"};
  app::book_walk walk{books, clock, job};
  BOOST_TEST(walk.send(user(1), {}));
  const auto& sent = books.open.front().first;
  BOOST_TEST((sent.user == user(1)));
  BOOST_TEST(sent.request_id == "j7");
  BOOST_TEST((sent.deadline > job.now));
  books.answer_one();
}

BOOST_AUTO_TEST_SUITE_END()
