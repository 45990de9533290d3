// What   event_streams: answers that never end: sockets that get what is new, as events sent by the
//        server.
// Why    A stream holds no worker and no place among the connections: one thread serves them all.
// Bounds settings::streams at a time. A reader that leaves `buffered` bytes untaken is cut off; it
//        comes back with Last-Event-ID and gets the rest.
// Errors A source that fails is asked again in the next round.
// Threads admit() and stop() from any; sources run on the thread of the streams and must not throw.
// Source api-contract.md §13.2; the HTML standard, "Server-sent events"
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace http {

class event_streams {
public:
  struct settings {
    std::size_t streams = 512;
    std::size_t buffered = 64 * 1024;
    std::chrono::milliseconds round{1000}; ///< between two looks at the sources
    std::chrono::milliseconds beat{15'000};
  };
  /// Appends the events that are new. `beat`: a comment line is due, and with it the question
  /// whether the reader may still read. False ends the stream.
  using source = std::function<bool(std::string& out, bool beat)>;
  /// Takes the socket over, once the head of the answer is sent.
  using taker = std::function<void(int descriptor)>;

  explicit event_streams(settings how);
  event_streams() : event_streams(settings{}) {}
  /// Waits for the places that are not used yet: the server is gone by then.
  ~event_streams();
  event_streams(const event_streams&) = delete;
  event_streams& operator=(const event_streams&) = delete;

  /// A place for one stream, given back when it ends or is dropped unused; empty when all are
  /// taken, or when it is stopping.
  taker admit(source from);
  /// Ends all streams.
  void stop();
  std::size_t open() const;

private:
  struct stream;
  struct place;
  using clock = std::chrono::steady_clock;

  void serve();
  bool go_on(stream& s, clock::time_point now) const;
  void add(std::unique_ptr<stream> fresh);

  const settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<stream>> fresh_; ///< not yet seen by the thread
  std::size_t taken_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace http
