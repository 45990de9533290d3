// What   reader_pool: read sessions, and the bounded queue of questions that wait for one.
// Why    A burst of reads must neither open connections without end nor wait without end.
// Bounds queue_max waiting questions, beyond it errc::overloaded; each answers within deadline_ms
//        of its turn, and one that waited longer than that is refused as timed out. Those that are
//        taken along have the deadline of the older one that takes them.
// Errors A question is answered exactly once, by run() or refuse(), its own or that of the one that
//        has taken it along.
// Threads any. Questions run on the lane of their session.
#pragma once

#include "observability/metrics.hpp"
#include "storage/lane.hpp"
#include "storage/session.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace storage {

struct question {
  virtual ~question() = default;
  /// It could answer others of its kind with itself.
  virtual bool gathers() const { return false; }
  /// True: it answers that one too, which has waited behind it.
  virtual bool take_along(question&) { return false; }
  virtual boost::asio::awaitable<void> run(session& db, deadline until) = 0;
  virtual void refuse(base::failure why) = 0;
};

class reader_pool {
public:
  reader_pool(std::size_t queue_max, std::int64_t deadline_ms, observability::metrics& metrics);

  void add(lane& on, std::unique_ptr<session> db);
  /// Connects all of them; the failure of the first that cannot.
  base::status connect(deadline until);
  void ask(std::unique_ptr<question> q);
  /// Refuses what waits and what comes; what runs goes on.
  void stop();
  void close();

  pool_usage count();

private:
  struct reader {
    lane& on;
    std::unique_ptr<session> db;
    bool busy = false;
    bool broken = false;
  };
  struct waiting {
    std::unique_ptr<question> what;
    std::chrono::steady_clock::time_point since;
  };

  void start(reader& r, waiting w);
  void take_along(question& first);
  boost::asio::awaitable<void> work(reader& r, waiting w);

  std::size_t queue_max_;
  std::int64_t deadline_ms_;
  observability::metrics& metrics_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<reader>> readers_;
  std::deque<waiting> queue_;
  bool stopped_ = false;
};

} // namespace storage
