#include "storage/head_memory.hpp"

#include "base/sha256.hpp"

#include <cstring>
#include <string_view>
#include <utility>

namespace storage {

namespace {

// Header: magic, number of shards, installation. Each shard has two slots and writes the one that
// does not hold its last head, so that a torn write costs the newest only.
constexpr std::string_view magic{"VDPHEAD1"};
constexpr std::size_t slot_bytes = 64;

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

std::size_t size_for(std::uint32_t shards) {
  return mapped_file::header_bytes + slot_bytes * 2 * shards;
}

std::string header_for(const std::string& installation, std::uint32_t shards) {
  std::string h{magic};
  h.append(reinterpret_cast<const char*>(&shards), sizeof shards);
  h += installation;
  return h;
}

} // namespace

base::result<std::unique_ptr<head_memory>>
head_memory::open(const std::string& path, const std::string& installation, std::uint32_t shards) {
  auto file = mapped_file::open(path, header_for(installation, shards), size_for(shards));
  if (!file) return file.error();
  return std::unique_ptr<head_memory>{new head_memory{std::move(*file), shards}};
}

std::unique_ptr<head_memory>
head_memory::look(const std::string& path, const std::string& installation, std::uint32_t shards) {
  auto file = mapped_file::look(path, header_for(installation, shards), size_for(shards));
  if (!file) return nullptr;
  return std::unique_ptr<head_memory>{new head_memory{std::move(*file), shards}};
}

head_memory::head_memory(mapped_file file, std::uint32_t shards)
    : file_(std::move(file)), shards_(shards), newest_(shards) {
  for (ledger::shard_id shard = 0; shard < shards; ++shard) {
    if (const auto known = last(shard)) newest_[shard] = known->seq;
  }
}

void head_memory::write(ledger::shard_id shard, std::uint64_t place, const head& what) noexcept {
  slot s{what.seq, what.hash, 0};
  s.check = check_of(s);
  newest_[shard] = what.seq;
  std::memcpy(file_.body() + slot_bytes * (std::size_t{shard} * 2 + place), &s, sizeof s);
}

std::optional<head_memory::head> head_memory::last(ledger::shard_id shard) const {
  std::optional<head> found;
  if (shard >= shards_) return found;
  for (std::size_t place = 0; place < 2; ++place) {
    slot s;
    std::memcpy(&s, file_.body() + slot_bytes * (std::size_t{shard} * 2 + place), sizeof s);
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
