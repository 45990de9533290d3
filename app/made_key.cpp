#include "app/made_key.hpp"

#include "base/random.hpp"
#include "base/sha256.hpp"

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace app {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t key_text_min = 2 * key_bytes;

std::string fresh_key() { return base::hex(base::secret_bytes(key_bytes)); }

} // namespace

base::result<std::string> signing_key(const config::auth_settings& settings) {
  if (!settings.key.empty()) return settings.key.reveal();
  const auto& path = settings.made_key_file;
  if (path.empty()) return fresh_key();

  if (std::ifstream in(path); in) {
    std::string text((std::istreambuf_iterator<char>(in)), {});
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.size() >= key_text_min) return text;
    return base::failure{"KEY_FILE",
                         path + " holds no usable key; remove it to have a new one made"};
  }
  // O_EXCL: two servers that start together must not sign with two keys.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return base::failure{"KEY_FILE", "cannot write " + path};
  const auto key = fresh_key();
  const auto line = key + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  if (!written) return base::failure{"KEY_FILE", "cannot write " + path};
  return key;
}

} // namespace app
