#include "storage/mapped_file.hpp"

#include "storage/port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace storage {

namespace {

struct descriptor {
  int value;
  ~descriptor() {
    if (value >= 0) ::close(value);
  }
};

std::string filled_up(std::string_view header) {
  std::string whole{header.substr(0, mapped_file::header_bytes)};
  whole.resize(mapped_file::header_bytes, '\0');
  return whole;
}

bool holds(int file, const std::string& header, std::size_t bytes) {
  struct stat there {};
  if (::fstat(file, &there) != 0 || static_cast<std::size_t>(there.st_size) != bytes) return false;
  std::string found(header.size(), '\0');
  return ::pread(file, found.data(), found.size(), 0) == static_cast<ssize_t>(found.size()) &&
         found == header;
}

} // namespace

base::result<mapped_file> mapped_file::open(const std::string& path, std::string_view header,
                                            std::size_t bytes) {
  const auto failed = [&](int cause) {
    return base::fail(cause == EROFS || cause == EACCES ? errc::read_only : errc::unavailable,
                      fmt::format("{}: {}", path, std::strerror(cause)));
  };
  const descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (file.value < 0) return failed(errno);
  const auto wanted = filled_up(header);
  if (!holds(file.value, wanted, bytes)) {
    // posix_fallocate: a full disk is a failure here, not a signal at some later write.
    if (::ftruncate(file.value, 0) != 0) return failed(errno);
    if (const int cause = ::posix_fallocate(file.value, 0, static_cast<off_t>(bytes)); cause != 0)
      return failed(cause);
    if (::pwrite(file.value, wanted.data(), wanted.size(), 0) !=
        static_cast<ssize_t>(wanted.size()))
      return failed(errno);
  }
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.value, 0);
  if (at == MAP_FAILED) return failed(errno);
  return mapped_file{at, bytes};
}

std::optional<mapped_file> mapped_file::look(const std::string& path, std::string_view header,
                                             std::size_t bytes) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0 || !holds(file.value, filled_up(header), bytes)) return std::nullopt;
  void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.value, 0);
  if (at == MAP_FAILED) return std::nullopt;
  return mapped_file{at, bytes};
}

mapped_file::mapped_file(mapped_file&& other) noexcept
    : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_) {}

mapped_file::~mapped_file() {
  if (at_ != nullptr) ::munmap(at_, bytes_);
}

} // namespace storage
