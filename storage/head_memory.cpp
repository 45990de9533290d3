#include "storage/head_memory.hpp"

#include "base/sha256.hpp"
#include "storage/port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace storage {

namespace {

// Header: magic, number of shards, installation. Each shard has two slots and writes the one that
// does not hold its last head, so that a torn write costs the newest only.
constexpr std::string_view magic{"VDPHEAD1"};
constexpr std::size_t header_bytes = 64;
constexpr std::size_t slot_bytes = 64;
constexpr std::size_t installation_max = header_bytes - 12;

struct slot {
  std::uint64_t seq = 0;
  base::digest hash{};
  std::uint64_t check = 0;
};
static_assert(sizeof(slot) <= slot_bytes);

std::uint64_t check_of(const slot& s) {
  std::string bytes(sizeof s.seq + s.hash.size(), '\0');
  std::memcpy(bytes.data(), &s.seq, sizeof s.seq);
  std::memcpy(bytes.data() + sizeof s.seq, s.hash.data(), s.hash.size());
  const auto sum = base::sha256(bytes);
  std::uint64_t check = 0;
  std::memcpy(&check, sum.data(), sizeof check);
  return check;
}

std::size_t size_for(std::uint32_t shards) { return header_bytes + slot_bytes * 2 * shards; }

std::string header_for(const std::string& installation, std::uint32_t shards) {
  std::string h{magic};
  h.append(reinterpret_cast<const char*>(&shards), sizeof shards);
  h += installation.substr(0, installation_max);
  h.resize(header_bytes, '\0');
  return h;
}

struct descriptor {
  int value;
  ~descriptor() {
    if (value >= 0) ::close(value);
  }
};

bool holds(int file, const std::string& header, std::size_t bytes) {
  struct stat there {};
  if (::fstat(file, &there) != 0 || static_cast<std::size_t>(there.st_size) != bytes) return false;
  std::string found(header_bytes, '\0');
  return ::pread(file, found.data(), header_bytes, 0) == static_cast<ssize_t>(header_bytes) &&
         found == header;
}

} // namespace

base::result<std::unique_ptr<head_memory>>
head_memory::open(const std::string& path, const std::string& installation, std::uint32_t shards) {
  const auto failed = [&](int cause) {
    return base::fail(cause == EROFS || cause == EACCES ? errc::read_only : errc::unavailable,
                      fmt::format("{}: {}", path, std::strerror(cause)));
  };
  const descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (file.value < 0) return failed(errno);
  const auto bytes = size_for(shards);
  const auto header = header_for(installation, shards);
  if (!holds(file.value, header, bytes)) {
    // posix_fallocate: a full disk is a failure here, not a signal at some later commit.
    if (::ftruncate(file.value, 0) != 0) return failed(errno);
    if (const int cause = ::posix_fallocate(file.value, 0, static_cast<off_t>(bytes)); cause != 0)
      return failed(cause);
    if (::pwrite(file.value, header.data(), header.size(), 0) !=
        static_cast<ssize_t>(header.size()))
      return failed(errno);
  }
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.value, 0);
  if (at == MAP_FAILED) return failed(errno);
  return std::unique_ptr<head_memory>{new head_memory{at, bytes, shards}};
}

std::unique_ptr<head_memory>
head_memory::look(const std::string& path, const std::string& installation, std::uint32_t shards) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto bytes = size_for(shards);
  if (file.value < 0 || !holds(file.value, header_for(installation, shards), bytes)) return nullptr;
  void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.value, 0);
  if (at == MAP_FAILED) return nullptr;
  return std::unique_ptr<head_memory>{new head_memory{at, bytes, shards}};
}

head_memory::head_memory(void* at, std::size_t bytes, std::uint32_t shards)
    : at_(static_cast<unsigned char*>(at)), bytes_(bytes), shards_(shards), newest_(shards) {
  for (ledger::shard_id shard = 0; shard < shards; ++shard) {
    if (const auto known = last(shard)) newest_[shard] = known->seq;
  }
}

head_memory::~head_memory() { ::munmap(at_, bytes_); }

void head_memory::write(ledger::shard_id shard, std::uint64_t place, const head& what) noexcept {
  slot s{what.seq, what.hash, 0};
  s.check = check_of(s);
  newest_[shard] = what.seq;
  std::memcpy(at_ + header_bytes + slot_bytes * (std::size_t{shard} * 2 + place), &s, sizeof s);
}

std::optional<head_memory::head> head_memory::last(ledger::shard_id shard) const {
  std::optional<head> found;
  if (shard >= shards_) return found;
  for (std::size_t place = 0; place < 2; ++place) {
    slot s;
    std::memcpy(&s, at_ + header_bytes + slot_bytes * (std::size_t{shard} * 2 + place), sizeof s);
    if (s.seq == 0 || s.check != check_of(s)) continue;
    if (!found || s.seq > found->seq) found = head{s.seq, s.hash};
  }
  return found;
}

void head_memory::remember(const ledger::shard_head& durable) noexcept {
  if (durable.shard >= shards_ || durable.seq <= newest_[durable.shard]) return;
  write(durable.shard, durable.seq % 2, {durable.seq, durable.hash});
}

void head_memory::replace(const ledger::shard_head& found) noexcept {
  if (found.shard >= shards_) return;
  write(found.shard, (found.seq + 1) % 2, {});
  write(found.shard, found.seq % 2, {found.seq, found.hash});
}

} // namespace storage
