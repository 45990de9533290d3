#include "observability/log.hpp"

#include "observability/log_line.hpp"
#include "observability/metrics.hpp"

#include <atomic>
#include <cstdio>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <utility>

namespace observability {

namespace {

bool write_stdout(std::string_view line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
         std::fflush(stdout) == 0;
}

// Called by the one thread of the pool only.
class line_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  line_sink(std::function<bool(std::string_view)> to, counter dropped,
            std::atomic<std::uint64_t>& left_queue)
      : to_(std::move(to)), dropped_(dropped), left_queue_(left_queue) {}

  void watch(spdlog::details::thread_pool& pool) { pool_ = &pool; }

  /// Lines that the queue threw away since the last look.
  void count_overruns() {
    const std::size_t overruns = pool_->overrun_counter();
    dropped_.add(static_cast<double>(overruns - counted_));
    counted_ = overruns;
  }

protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    if (!to_({msg.payload.data(), msg.payload.size()})) dropped_.add();
    count_overruns(); // a line that was thrown away is always followed by one that arrives
    left_queue_.fetch_add(1);
    left_queue_.notify_all();
  }
  void flush_() override {}

private:
  std::function<bool(std::string_view)> to_;
  counter dropped_;
  std::atomic<std::uint64_t>& left_queue_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::size_t counted_ = 0;
};

} // namespace

struct log::queue {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> left{0};
  std::shared_ptr<line_sink> sink;
  // Its destructor writes what is queued and joins the thread; so it comes after what the thread
  // uses.
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

log::log(log_options options, base::clock& clock, metrics& counters)
    : level_(options.level), json_(options.json), node_(std::move(options.node)), clock_(clock),
      metrics_(counters), queue_(std::make_unique<queue>()) {
  if (!options.sink) options.sink = write_stdout;
  queue_->sink =
      std::make_shared<line_sink>(std::move(options.sink), counters.log_dropped, queue_->left);
  queue_->pool = std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1);
  queue_->sink->watch(*queue_->pool);
  queue_->logger = std::make_shared<spdlog::async_logger>(
      "lines", queue_->sink, queue_->pool, spdlog::async_overflow_policy::overrun_oldest);
  queue_->logger->set_level(spdlog::level::trace);
}

log::~log() = default;

void log::write(log_level level, literal logger, literal message, fields extras, source where) {
  if (!enabled(level)) return;
  const line_head head{clock_.now(), level, logger.text(), message.text(), node_, where};
  const std::string line = json_ ? json_line(head, extras) : text_line(head, extras);
  metrics_.log_lines(level).add();
  queue_->accepted.fetch_add(1);
  queue_->logger->log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
}

void log::flush() {
  const std::uint64_t target = queue_->accepted.load();
  for (;;) {
    const std::uint64_t left = queue_->left.load();
    if (left + queue_->pool->overrun_counter() >= target) return;
    queue_->left.wait(left);
  }
}

} // namespace observability
