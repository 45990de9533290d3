#include "app/output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace app {

output::~output() {
  if (!file_ || stream_ == nullptr) return;
  std::fclose(stream_);
  ::unlink(part_.c_str());
}

base::status output::open() {
  if (!file_) {
    stream_ = stdout;
    return {};
  }
  part_ = fmt::format("{}.part-{}", *file_, ::getpid());
  const int descriptor = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return failure();
  stream_ = ::fdopen(descriptor, "wb");
  if (stream_ != nullptr) return {};
  const auto why = failure();
  ::close(descriptor);
  ::unlink(part_.c_str());
  return why;
}

base::status output::write(std::string_view bytes) {
  if (stream_ == nullptr) return failure();
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_) == bytes.size()) return {};
  return failure();
}

base::status output::finish() {
  if (stream_ == nullptr || std::fflush(stream_) != 0) return failure();
  if (!file_) return {};
  if (::fsync(::fileno(stream_)) != 0) return failure();
  const int closed = std::fclose(stream_);
  stream_ = nullptr;
  if (closed == 0 && std::rename(part_.c_str(), file_->c_str()) == 0) return {};
  const auto why = failure();
  ::unlink(part_.c_str());
  return why;
}

base::failure output::failure() const {
  return {"FILE_UNWRITABLE",
          fmt::format("{}: {}", file_ ? *file_ : "standard output", std::strerror(errno))};
}

} // namespace app
