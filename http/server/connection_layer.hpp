// What   connection_layer: sockets -> whole requests -> worker pool -> answers.
// Why    A kept connection waits in epoll (one-shot) and holds no thread; neither does a client
//        that sends or takes its bytes slowly. Per request: one receive, one send, one re-arm.
// Bounds connections, queue, threads, head, body, buffered bytes. Above the connection bound up to
//        512 more are accepted only to be told 503; beyond that new ones wait in the backlog.
// Errors Refusals and overflow are answered by one shedding thread, so that they need no worker.
// Threads one poller, the workers, one shedder. drain() and stop() from the owner.
// Source ceilings.md §1; engineering.md e (door 1)
#pragma once

#include "http/server/connection.hpp"
#include "http/server/dispatcher.hpp"
#include "http/server/protocol.hpp"
#include "http/server/server.hpp"
#include "http/server/worker_pool.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace http {

class connection_layer {
public:
  connection_layer(const server_settings& settings, protocol& http, const dispatcher& dispatch);
  ~connection_layer();
  connection_layer(const connection_layer&) = delete;
  connection_layer& operator=(const connection_layer&) = delete;

  /// Takes the descriptor.
  base::status start(int listening_fd);
  bool drain(std::chrono::milliseconds deadline);
  void stop();
  server_levels levels() const;

private:
  using clock = connection::clock;
  using phase = connection::phase;

  // poller thread
  void poll();
  void accept_some();
  void admit(int fd, const void* address);
  void on_event(connection& c);
  void receive(connection& c);
  void sweep(clock::time_point now);
  void close_listener();
  void arm_listener(bool on);

  // the owner of the connection, whoever that is
  void read_on(connection& c, bool end_of_stream);
  bool within_budget(connection& c);
  void dispatch(connection& c);
  void refuse(connection& c, const refusal& why);
  void respond(connection& c); ///< job of workers and shedder
  void defer(connection& c);
  void resume(connection& c, std::optional<response> content); ///< any thread
  bool may_answer(const connection& c) const;
  void render(connection& c);
  void send_out(connection& c);
  void finished(connection& c);
  void park(connection& c, phase p, clock::duration time);
  void close(connection& c);
  void hand_over(connection& c); ///< the socket goes on without us
  void forget(connection& c);

  const server_settings settings_;
  protocol& http_;
  const dispatcher& dispatch_;
  int listener_ = -1;
  int poll_fd_ = -1;
  int wake_fd_ = -1;
  bool listener_armed_ = false;
  std::vector<char> scratch_;

  struct deferral;

  mutable std::mutex mutex_; ///< table_, deferred_ and changed_
  std::list<connection> table_;
  std::size_t deferred_ = 0;        ///< replies that are still owed
  std::condition_variable changed_; ///< the table, or the number of replies owed, became empty
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::size_t> buffered_{0};
  std::atomic<std::size_t> unsent_{0}; ///< bytes of answers that wait for their clients
  std::atomic<bool> draining_{false};
  std::atomic<bool> quitting_{false};

  worker_pool workers_;
  worker_pool shedder_;
  std::thread poller_;
};

} // namespace http
