// Streams of events over a pair of sockets: what is new comes, a slow reader is cut off, all end.
#include "http/server/event_streams.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

BOOST_AUTO_TEST_SUITE(event_streams)

using namespace std::chrono_literals;
using http::event_streams;

namespace {

struct socket_pair {
  socket_pair() { BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0); }
  ~socket_pair() { close_reader(); } // the other end belongs to the streams
  void close_reader() {
    if (fds[0] >= 0) ::close(std::exchange(fds[0], -1));
  }
  int fds[2];
};

event_streams::settings quick() {
  event_streams::settings how;
  how.round = 5ms;
  how.beat = 1h;
  return how;
}

/// Up to the end, or until `enough` bytes are here.
std::string read_from(int fd, std::size_t enough = std::string::npos) {
  std::string all;
  char some[4096];
  while (all.size() < enough) {
    const auto n = ::recv(fd, some, sizeof some, 0);
    if (n <= 0) break;
    all.append(some, static_cast<std::size_t>(n));
  }
  return all;
}

bool becomes(const event_streams& all, std::size_t open) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (all.open() != open && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(2ms);
  return all.open() == open;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_new_is_sent_until_the_source_ends) {
  event_streams all{quick()};
  socket_pair wire;
  int round = 0;
  auto take = all.admit([&round](std::string& out, bool beat) {
    out += beat ? "first;" : "next;";
    return ++round < 4;
  });
  BOOST_REQUIRE(take);
  take(wire.fds[1]);
  take = {};
  BOOST_TEST(read_from(wire.fds[0]) == "first;:\n\nnext;next;"); // not what came with the end
  BOOST_TEST(becomes(all, 0));
}

BOOST_AUTO_TEST_CASE(places_are_bounded_and_come_back) {
  auto how = quick();
  how.streams = 1;
  event_streams all{how};
  const auto forever = [](std::string&, bool) { return true; };
  auto unused = all.admit(forever);
  BOOST_REQUIRE(unused);
  BOOST_TEST(!all.admit(forever));
  unused = {}; // the client went away before its answer was sent
  socket_pair wire;
  auto take = all.admit(forever);
  BOOST_REQUIRE(take);
  take(wire.fds[1]);
  take = {};
  BOOST_TEST(!all.admit(forever));
  wire.close_reader();
  BOOST_TEST(becomes(all, 0));
  BOOST_TEST(static_cast<bool>(all.admit(forever)));
}

BOOST_AUTO_TEST_CASE(a_reader_that_takes_nothing_is_cut_off) {
  auto how = quick();
  how.buffered = 100'000;
  event_streams all{how};
  socket_pair wire;
  std::size_t made = 0;
  auto take = all.admit([&made](std::string& out, bool) {
    out.append(10'000, 'x');
    made += 10'000;
    return true;
  });
  take(wire.fds[1]);
  take = {};
  BOOST_TEST(becomes(all, 0));
  const auto got = read_from(wire.fds[0]); // what the socket held
  BOOST_TEST(got.size() < made);
  BOOST_TEST(got.size() + how.buffered + 20'000 >= made);
}

BOOST_AUTO_TEST_CASE(the_stop_ends_all_and_admits_nobody) {
  socket_pair wire, late;
  event_streams all{quick()};
  const auto forever = [](std::string&, bool) { return true; };
  auto take = all.admit(forever);
  auto second = all.admit(forever);
  take(wire.fds[1]);
  take = {};
  BOOST_TEST(read_from(wire.fds[0], 3) == ":\n\n");
  all.stop();
  BOOST_TEST(read_from(wire.fds[0]) == "");
  BOOST_TEST(!all.admit(forever));
  second(late.fds[1]); // its head was on its way
  second = {};
  BOOST_TEST(read_from(late.fds[0]) == "");
  BOOST_TEST(all.open() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
