#include "storage/sqlite/data_dir_lock.hpp"

#include "storage/port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace storage {

namespace {

/// What the holder wrote; empty when it had no time to.
std::string holder(int descriptor) {
  char text[32];
  const auto got = pread(descriptor, text, sizeof text, 0);
  std::string found(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  return found.substr(0, found.find('\n'));
}

} // namespace

data_dir_lock::data_dir_lock(data_dir_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

data_dir_lock& data_dir_lock::operator=(data_dir_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

data_dir_lock::~data_dir_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::result<data_dir_lock> data_dir_lock::acquire(const std::string& database) {
  const auto path = database + ".lock";
  data_dir_lock lock;
  lock.descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.descriptor_ < 0) {
    const int cause = errno;
    const auto code = cause == EROFS ? errc::read_only : errc::unavailable;
    return base::fail(code,
                      fmt::format("cannot open the lock file {}: {}", path, std::strerror(cause)));
  }
  while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK)
      return base::fail(errc::unavailable,
                        fmt::format("cannot lock {}: {}", path, std::strerror(errno)));
    const auto pid = holder(lock.descriptor_);
    return base::fail(errc::in_use,
                      fmt::format("the database {} is in use by another process (pid {}); stop it "
                                  "first, or go through it",
                                  database, pid.empty() ? "unknown" : pid));
  }
  const auto mine = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.descriptor_, 0) != 0 ||
      ::pwrite(lock.descriptor_, mine.data(), mine.size(), 0) < 0)
    return base::fail(errc::full, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return lock;
}

} // namespace storage
