#include "http/server/connection_layer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace http {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t refused_connections_max = 512;
constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr int receives_per_event = 16; // then the others get their turn
constexpr int accepts_per_event = 64;
constexpr std::size_t unaccounted_bytes = 32 * 1024; // a small request is never refused for memory
constexpr std::size_t kept_buffer_bytes = 4096;      // an idle connection holds no more
constexpr auto linger_time = 2s;
constexpr auto sweep_longest = 250ms;

/// Descriptors of the rest of the process: databases, logs, the poller.
constexpr rlim_t other_descriptors = 256;

/// A soft limit of 1024 is common, and a server that cannot accept is not what anybody set it for.
void raise_descriptor_limit(std::size_t connections) {
  const rlim_t wanted = connections + refused_connections_max + other_descriptors;
  rlimit now{};
  if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= wanted) return;
  now.rlim_cur = std::min<rlim_t>(wanted, now.rlim_max);
  setrlimit(RLIMIT_NOFILE, &now); // refused: accept pauses on EMFILE instead
}

base::failure system_failure(const char* call) {
  return {"HTTP_START_FAILED", std::string{call} + ": " + std::strerror(errno)};
}

/// On its own so that ThreadSanitizer can be told about it by name: it does not know that re-arming
/// (EPOLL_CTL_MOD) hands the descriptor over to whoever gets the event.
[[gnu::noinline]] void close_descriptor(int fd) { ::close(fd); }

} // namespace

connection_layer::connection_layer(const server_settings& settings, protocol& http,
                                   const dispatcher& dispatch)
    : settings_(settings), http_(http), dispatch_(dispatch), scratch_(scratch_bytes),
      workers_({settings.threads, settings.queue}, [this](connection& c) { respond(c); }),
      // A connection has at most one request under way, so their number bounds this queue.
      shedder_({1, std::numeric_limits<std::size_t>::max() / 2}, [this](connection& c) {
        c.hurried = true;
        respond(c);
      }) {}

connection_layer::~connection_layer() { stop(); }

base::status connection_layer::start(int listening_fd) {
  listener_ = listening_fd;
  raise_descriptor_limit(settings_.connections);
  poll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (poll_fd_ < 0) return system_failure("epoll_create1");
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd_ < 0) return system_failure("eventfd");
  epoll_event wake{};
  wake.events = EPOLLIN;
  wake.data.ptr = &wake_fd_;
  epoll_event accepting{};
  accepting.events = EPOLLIN;
  accepting.data.ptr = &listener_;
  if (epoll_ctl(poll_fd_, EPOLL_CTL_ADD, wake_fd_, &wake) != 0 ||
      epoll_ctl(poll_fd_, EPOLL_CTL_ADD, listener_, &accepting) != 0)
    return system_failure("epoll_ctl");
  listener_armed_ = true;
  poller_ = std::thread{[this] { poll(); }};
  return {};
}

server_levels connection_layer::levels() const {
  return {connections_.load(std::memory_order_relaxed), in_flight_.load(std::memory_order_relaxed),
          workers_.queued() + shedder_.queued(), workers_.threads()};
}

// -- stop ---------------------------------------------------------------------------------------

bool connection_layer::drain(std::chrono::milliseconds deadline) {
  draining_ = true;
  eventfd_write(wake_fd_, 1);
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, deadline, [&] { return table_.empty(); });
}

void connection_layer::stop() {
  if (poller_.joinable()) {
    draining_ = true;
    eventfd_write(wake_fd_, 1);
    workers_.close(); // the poller still runs: whoever finishes may park its connection
    {
      std::unique_lock lock{mutex_}; // replies that come now are sent by the shedder
      changed_.wait(lock, [&] { return deferred_ == 0; });
    }
    quitting_ = true;
    eventfd_write(wake_fd_, 1);
    poller_.join();
    shedder_.close();
  }
  while (!table_.empty()) close(table_.front());
  for (int* fd : {&listener_, &poll_fd_, &wake_fd_})
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
}

// -- poller -------------------------------------------------------------------------------------

void connection_layer::poll() {
  std::array<epoll_event, 256> events;
  const auto shortest = std::min({settings_.idle_timeout, settings_.head_timeout,
                                  settings_.body_timeout, settings_.write_timeout});
  const auto period = std::clamp<clock::duration>(shortest / 4, clock::duration{5ms},
                                                  clock::duration{sweep_longest});
  auto next_sweep = clock::now() + period;
  while (!quitting_) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_sweep - clock::now());
    const int timeout = static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
    const int n = epoll_wait(poll_fd_, events.data(), static_cast<int>(events.size()), timeout);
    bool woken = false;
    for (int i = 0; i < n; ++i) {
      void* const who = events[static_cast<std::size_t>(i)].data.ptr;
      if (who == &listener_) {
        accept_some();
      } else if (who == &wake_fd_) {
        eventfd_t count = 0;
        eventfd_read(wake_fd_, &count);
        woken = true;
      } else {
        on_event(*static_cast<connection*>(who));
      }
    }
    if (draining_) close_listener();
    const auto now = clock::now();
    if (woken || now >= next_sweep) {
      sweep(now);
      next_sweep = now + (draining_ ? std::min<clock::duration>(period, 10ms) : period);
    }
  }
}

void connection_layer::close_listener() {
  if (listener_ >= 0) ::close(std::exchange(listener_, -1));
}

void connection_layer::arm_listener(bool on) {
  if (listener_ < 0 || listener_armed_ == on) return;
  epoll_event e{};
  e.events = on ? std::uint32_t{EPOLLIN} : 0u;
  e.data.ptr = &listener_;
  if (epoll_ctl(poll_fd_, EPOLL_CTL_MOD, listener_, &e) == 0) listener_armed_ = on;
}

void connection_layer::accept_some() {
  for (int i = 0; i < accepts_per_event && listener_ >= 0; ++i) {
    // Full beyond the part that is told so: the rest waits in the backlog until the next sweep.
    if (connections_ >= settings_.connections + refused_connections_max) return arm_listener(false);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&address), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd, &address);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return arm_listener(false); // the sweep tries again
    }                             // else: that one connection failed (ECONNABORTED and its like)
  }
}

void connection_layer::admit(int fd, const void* address) {
  connection* c = nullptr;
  {
    std::unique_lock lock{mutex_};
    table_.emplace_back(fd, request_reader::limits{settings_.head_bytes, settings_.body_bytes});
    c = &table_.back();
    c->self = std::prev(table_.end());
  }
  const auto count = ++connections_;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (const auto* v4 = static_cast<const sockaddr_in*>(address); v4->sin_family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    c->peer_port = ntohs(v4->sin_port);
  } else if (const auto* v6 = static_cast<const sockaddr_in6*>(address);
             v6->sin6_family == AF_INET6) {
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    c->peer_port = ntohs(v6->sin6_port);
  }
  c->peer = text.data();
  if (count > settings_.connections) return refuse(*c, refusals::connections);
  park(*c, phase::idle, settings_.idle_timeout);
}

void connection_layer::on_event(connection& c) {
  const auto was = c.now.exchange(phase::busy, std::memory_order_acquire);
  if (was == phase::writing) {
    if (c.expired) return close(c);
    return send_out(c);
  }
  if (was == phase::lingering) {
    for (int i = 0; i < receives_per_event; ++i) {
      const auto n = recv(c.fd, scratch_.data(), scratch_.size(), 0);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return close(c);
      if (n < 0) break;
    }
    return c.expired ? close(c) : park(c, phase::lingering, c.deadline - clock::now());
  }
  receive(c);
}

void connection_layer::receive(connection& c) {
  // More than one receive only for a body that needs it: pipelined requests are moved to the front
  // of the buffer one by one, which a large buffer of small ones would make quadratic.
  const bool long_body = c.reader.missing(c.in) > scratch_.size();
  for (int i = 0; i < (long_body ? receives_per_event : 1); ++i) {
    const auto n = recv(c.fd, scratch_.data(), scratch_.size(), 0);
    if (n == 0) return read_on(c, true);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) break; // armed again, it comes again
    if (n < 0) return close(c);
    c.in.append(scratch_.data(), static_cast<std::size_t>(n));
    if (static_cast<std::size_t>(n) < scratch_.size()) break;
  }
  read_on(c, false);
}

/// Ends what has waited for too long. It only shuts sockets down: a worker may be in the middle of
/// parking the connection, and the event that follows ends it in the ordinary way.
void connection_layer::sweep(clock::time_point now) {
  arm_listener(true);
  std::unique_lock lock{mutex_};
  for (auto& c : table_) {
    const auto p = c.now.load(std::memory_order_acquire);
    if (p == phase::busy || c.expired) continue;
    if (c.deadline > now && !(draining_ && p == phase::idle)) continue;
    c.expired = true;
    // What has arrived can still be read, and half a request can still be answered 408.
    shutdown(c.fd, p == phase::writing || p == phase::lingering ? SHUT_RDWR : SHUT_RD);
  }
}

// -- the owner of a connection ------------------------------------------------------------------

void connection_layer::read_on(connection& c, bool end_of_stream) {
  const bool was_in_body = c.reader.in_body();
  const bool was_started = c.reader.started();
  const auto p = c.reader.advance(c.in);
  if (p == request_reader::progress::refused) return refuse(c, c.reader.why());
  if (p == request_reader::progress::complete) {
    c.request = c.reader.take();
    c.whole = true;
    return dispatch(c);
  }
  if (end_of_stream) {
    // The client went away, or the sweep has shut the socket because it took too long.
    if (c.expired && c.reader.started())
      return refuse(c, draining_ ? refusals::shutting_down : refusals::timeout);
    return close(c);
  }
  if (!within_budget(c)) return refuse(c, refusals::memory);
  if (p == request_reader::progress::continues) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    // The buffer of the socket is empty here; a socket that takes no 25 bytes is broken.
    if (send(c.fd, go_on.data(), go_on.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(go_on.size()))
      return close(c);
  }
  if (!c.reader.started()) return park(c, phase::idle, settings_.idle_timeout);
  if (!was_started) return park(c, phase::reading, settings_.head_timeout);
  if (!was_in_body && c.reader.in_body()) return park(c, phase::reading, settings_.body_timeout);
  park(c, phase::reading, c.deadline - clock::now()); // trickling bytes buy no time
}

bool connection_layer::within_budget(connection& c) {
  const auto holds = c.in.size() + c.reader.body_bytes_held();
  const auto total = buffered_.fetch_add(holds - c.accounted) + (holds - c.accounted);
  c.accounted = holds;
  return holds <= unaccounted_bytes || total <= settings_.buffered_bytes;
}

void connection_layer::dispatch(connection& c) {
  ++in_flight_;
  c.arrived = clock::now();
  c.refused.reset();
  if (draining_)
    c.refused = refusals::shutting_down;
  else if (workers_.submit(c))
    return;
  if (!c.refused) c.refused = refusals::overloaded;
  shedder_.submit(c);
}

void connection_layer::refuse(connection& c, const refusal& why) {
  ++in_flight_;
  c.arrived = clock::now();
  c.refused = why;
  c.whole = false;
  c.request = c.reader.take();
  shedder_.submit(c);
}

// -- the answer ---------------------------------------------------------------------------------

/// Shared by all copies of one reply. The layer outlives it: stop() waits for what is owed.
struct connection_layer::deferral {
  deferral(connection_layer& l, connection& c) : layer(l), waiting(c) {}
  ~deferral() {
    if (!given) layer.resume(waiting, std::nullopt);
  }
  void give(response content) {
    if (!given.exchange(true)) layer.resume(waiting, std::move(content));
  }

  connection_layer& layer;
  connection& waiting;
  std::atomic<bool> given{false};
};

void connection_layer::respond(connection& c) {
  if (!c.open) {
    c.method = c.request.method;
    c.target = c.request.target;
    c.keeps = c.request.keep_alive && c.whole;
    c.version_1_0 = c.request.version_1_0;
    c.open =
        dispatch_.begin({std::move(c.request), c.peer, c.peer_port, c.refused, c.whole, c.arrived});
    if (c.open->deferred()) return defer(c);
    if (!c.open->decided) dispatch_.run(*c.open);
  }
  render(c);
}

void connection_layer::defer(connection& c) {
  {
    std::unique_lock lock{mutex_};
    if (deferred_ >= settings_.deferred) {
      lock.unlock();
      dispatch_.refuse(*c.open, refusals::overloaded);
      return render(c);
    }
    ++deferred_;
  }
  const reply to = [d = std::make_shared<deferral>(*this, c)](response r) {
    d->give(std::move(r));
  };
  dispatch_.start(*c.open, to);
}

void connection_layer::resume(connection& c, std::optional<response> content) {
  c.open->content = content ? std::move(*content) : dispatch_.lost(*c.open);
  c.open->decided = true;
  // The reply may come from a thread that has other things to do than to write to sockets.
  if (!workers_.submit(c)) shedder_.submit(c);
  std::unique_lock lock{mutex_};
  if (--deferred_ == 0) changed_.notify_all();
}

/// Clients that do not take what they asked for must not fill the memory. Only what reads may be
/// refused now that it is done; and what is small never is.
bool connection_layer::may_answer(const connection& c) const {
  const auto bytes = c.open->content.body.size();
  return !c.open->wants.reads || bytes <= unaccounted_bytes ||
         unsent_ + bytes <= settings_.buffered_bytes;
}

void connection_layer::render(connection& c) {
  if (!may_answer(c)) dispatch_.refuse(*c.open, refusals::memory);
  auto made = dispatch_.finish(*c.open, c.hurried);
  c.open.reset();
  c.hurried = false;
  // Decided after the handler ran: a drain may have begun meanwhile.
  c.close_after = !c.keeps || c.expired || draining_ || made.content.takes_socket;
  c.linger = !c.whole || c.keeps; // unless the client itself asked for the end
  if (c.close_after)
    made.head_lines += "Connection: close\r\n";
  else if (c.version_1_0)
    made.head_lines += "Connection: keep-alive\r\n";
  if (c.method == "GET" && made.content.status == 200)
    c.takes_socket = std::move(made.content.takes_socket);
  c.out = http_.answer_bytes({c.method, c.target}, std::move(made));
  c.sent = 0;
  c.owes = c.out.size();
  unsent_ += c.owes;
  --in_flight_;
  send_out(c);
}

void connection_layer::send_out(connection& c) {
  while (c.sent < c.out.size()) {
    const auto n = send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n >= 0) {
      c.sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      // The deadline is for progress: a client that takes anything at all may go on.
      return park(c, phase::writing, settings_.write_timeout);
    } else if (errno != EINTR) {
      return close(c);
    }
  }
  finished(c);
}

void connection_layer::finished(connection& c) {
  buffered_ -= std::exchange(c.accounted, 0);
  unsent_ -= std::exchange(c.owes, 0);
  c.out = {};
  c.request = {};
  c.whole = false;
  if (c.takes_socket) return hand_over(c);
  if (c.close_after) {
    if (!c.linger) return close(c);
    shutdown(c.fd, SHUT_WR);
    return park(c, phase::lingering, linger_time);
  }
  c.reader = request_reader{{settings_.head_bytes, settings_.body_bytes}};
  if (!c.in.empty()) return read_on(c, false); // pipelined
  if (c.in.capacity() > kept_buffer_bytes) c.in = {};
  park(c, phase::idle, settings_.idle_timeout);
}

void connection_layer::park(connection& c, phase p, clock::duration time) {
  c.deadline = clock::now() + time;
  epoll_event e{};
  e.events = EPOLLONESHOT;
  // No RDHUP while writing: a client that has closed its half would make the poller spin.
  e.events |= p == phase::writing ? std::uint32_t{EPOLLOUT} : std::uint32_t{EPOLLIN | EPOLLRDHUP};
  e.data.ptr = &c;
  // Registered only here, where it is given away: an event for a connection that somebody owns
  // would make two owners.
  const int how = std::exchange(c.registered, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int fd = c.fd;
  c.now.store(p, std::memory_order_release);
  // When this succeeds, another thread may own, or have closed, the connection already.
  if (epoll_ctl(poll_fd_, how, fd, &e) == 0) return;
  c.now.store(phase::busy, std::memory_order_release);
  close(c);
}

void connection_layer::close(connection& c) {
  close_descriptor(c.fd);
  forget(c);
}

void connection_layer::hand_over(connection& c) {
  if (c.registered) epoll_ctl(poll_fd_, EPOLL_CTL_DEL, c.fd, nullptr);
  const auto take = std::move(c.takes_socket);
  const int fd = c.fd;
  forget(c);
  take(fd);
}

void connection_layer::forget(connection& c) {
  buffered_ -= std::exchange(c.accounted, 0);
  unsent_ -= std::exchange(c.owes, 0);
  --connections_;
  std::unique_lock lock{mutex_};
  table_.erase(c.self);
  if (table_.empty()) changed_.notify_all();
}

} // namespace http
