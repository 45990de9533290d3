#include "http/auth/password_pool.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <sodium.h>
#include <thread>
#include <utility>
#include <vector>

namespace http {

namespace {

struct task {
  std::function<void()> work;
  enum class state { waiting, done, refused } what = state::waiting;
  std::exception_ptr thrown;
};

std::string unknowable_password() {
  std::string text(32, '\0');
  randombytes_buf(text.data(), text.size());
  return text;
}

} // namespace

struct password_pool::parts {
  std::mutex mutex;
  std::condition_variable wake;     // of the threads
  std::condition_variable finished; // of the callers
  std::deque<std::shared_ptr<task>> waiting;
  std::size_t queue_max;
  bool stopping = false;
  std::vector<std::thread> threads;

  explicit parts(std::size_t queue) : queue_max(queue) {}

  void serve() {
    std::unique_lock lock{mutex};
    for (;;) {
      wake.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (waiting.empty()) return;
      const auto mine = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      // Handed to the caller, whose guard turns it into a 500.
      std::exception_ptr thrown;
      try {
        mine->work();
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      mine->thrown = thrown;
      mine->what = task::state::done;
      finished.notify_all();
    }
  }
};

password_pool::password_pool(password_pool_settings settings)
    : cost_(settings.cost), dummy_(hash_password(unknowable_password(), settings.cost)),
      parts_(std::make_unique<parts>(settings.queue)) {
  for (std::size_t i = 0; i < settings.threads; ++i)
    parts_->threads.emplace_back([p = parts_.get()] { p->serve(); });
}

password_pool::~password_pool() { stop(); }

base::status password_pool::run(std::function<void()> work) {
  const auto mine = std::make_shared<task>();
  mine->work = std::move(work);
  std::unique_lock lock{parts_->mutex};
  if (parts_->stopping) return base::failure{"SHUTTING_DOWN", {}};
  if (parts_->waiting.size() >= parts_->queue_max) return base::failure{"OVERLOADED", {}};
  parts_->waiting.push_back(mine);
  parts_->wake.notify_one();
  parts_->finished.wait(lock, [&] { return mine->what != task::state::waiting; });
  if (mine->what == task::state::refused) return base::failure{"SHUTTING_DOWN", {}};
  if (mine->thrown) std::rethrow_exception(mine->thrown);
  return {};
}

base::result<std::string> password_pool::hash(const std::string& password) {
  std::string made;
  const auto ran = run([&] { made = hash_password(password, cost_); });
  if (!ran) return ran.error();
  return base::result<std::string>{boost::system::in_place_value, std::move(made)};
}

base::result<password_pool::verdict> password_pool::verify(const std::string& hash,
                                                           const std::string& password) {
  verdict v;
  const auto ran = run([&] {
    const bool matches = verify_password(hash.empty() ? dummy_ : hash, password);
    v.matches = matches && !hash.empty();
    v.rehash = v.matches && needs_rehash(hash, cost_);
  });
  if (!ran) return ran.error();
  return v;
}

void password_pool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock{parts_->mutex};
    parts_->stopping = true;
    for (const auto& t : parts_->waiting) t->what = task::state::refused;
    parts_->waiting.clear();
    threads = std::exchange(parts_->threads, {});
  }
  parts_->wake.notify_all();
  parts_->finished.notify_all();
  for (auto& t : threads) t.join();
}

} // namespace http
