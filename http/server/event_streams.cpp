#include "http/server/event_streams.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace http {

/// One of the places; the last owner gives it back.
struct event_streams::place {
  explicit place(event_streams& all) : of(all) {}
  ~place() {
    std::unique_lock lock{of.mutex_};
    --of.taken_;
    of.changed_.notify_all();
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  event_streams& of;
};

struct event_streams::stream {
  stream(int socket, source what, std::shared_ptr<place> mine)
      : fd(socket), from(std::move(what)), held(std::move(mine)) {}
  ~stream() { ::close(fd); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  const int fd;
  source from;
  std::shared_ptr<place> held;
  std::string out; ///< not yet taken by the reader
  clock::time_point next_beat{};
};

event_streams::event_streams(settings how) : settings_(how), thread_{[this] { serve(); }} {}

event_streams::taker event_streams::admit(source from) {
  {
    std::unique_lock lock{mutex_};
    if (stopping_ || taken_ >= settings_.streams) return {};
    ++taken_;
  }
  auto held = std::make_shared<place>(*this);
  return [this, held = std::move(held), from = std::move(from)](int descriptor) mutable {
    add(std::make_unique<stream>(descriptor, std::move(from), std::move(held)));
  };
}

void event_streams::add(std::unique_ptr<stream> fresh) {
  std::unique_lock lock{mutex_};
  if (stopping_) {
    lock.unlock(); // its end needs the lock
    return;
  }
  fresh_.push_back(std::move(fresh));
  changed_.notify_all();
}

std::size_t event_streams::open() const {
  std::unique_lock lock{mutex_};
  return taken_;
}

void event_streams::stop() {
  {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

event_streams::~event_streams() {
  stop();
  // Whoever got a place and did not use it, yet, still knows us.
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return taken_ == 0; });
}

void event_streams::serve() {
  std::list<std::unique_ptr<stream>> all;
  std::list<std::unique_ptr<stream>> ended; // their end needs the lock
  for (;;) {
    const auto round_ends = clock::now() + settings_.round;
    {
      std::unique_lock lock{mutex_};
      if (stopping_) break;
      all.splice(all.end(), fresh_);
    }
    const auto now = clock::now();
    for (auto it = all.begin(); it != all.end();) {
      const auto at = it++;
      if (!go_on(**at, now)) ended.splice(ended.end(), all, at);
    }
    ended.clear();
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, round_ends, [&] { return stopping_ || !fresh_.empty(); });
  }
  all.clear();
  std::list<std::unique_ptr<stream>> never_seen;
  {
    std::unique_lock lock{mutex_};
    never_seen.swap(fresh_);
  }
}

bool event_streams::go_on(stream& s, clock::time_point now) const {
  std::array<char, 1024> ignored;
  const auto got = recv(s.fd, ignored.data(), ignored.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
  const bool beat = now >= s.next_beat;
  if (beat) s.next_beat = now + settings_.beat;
  if (!s.from(s.out, beat)) return false;
  if (beat) s.out += ":\n\n";
  const auto sent = send(s.fd, s.out.data(), s.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
  if (sent > 0) s.out.erase(0, static_cast<std::size_t>(sent));
  return s.out.size() <= settings_.buffered;
}

} // namespace http
