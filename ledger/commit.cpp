#include "ledger/commit.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ledger {
namespace {

/// The highest byte first.
template <class Word> void put(std::string& out, Word value) {
  std::array<char, sizeof value> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(value >> 8 * (bytes.size() - 1 - i) & 0xff);
  out.append(bytes.data(), bytes.size());
}
void put_flag(std::string& out, bool value) { out.push_back(value ? '\1' : '\0'); }
void put_u32(std::string& out, std::uint32_t value) { put(out, value); }
void put_u64(std::string& out, std::uint64_t value) { put(out, value); }
void put_i32(std::string& out, std::int32_t value) {
  put_u32(out, static_cast<std::uint32_t>(value));
}
void put_i64(std::string& out, std::int64_t value) {
  put_u64(out, static_cast<std::uint64_t>(value));
}
void put_text(std::string& out, std::string_view text) {
  put_u32(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

} // namespace

shard_id shard_of(const user_id& user, std::uint32_t shards) {
  ENSURE(shards > 0, "a ledger has at least one shard");
  const auto digest = base::sha256(user.text());
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8 | digest[i];
  return static_cast<shard_id>(first % shards);
}

void append_canonical(std::string& out, const entry& e) {
  put_i64(out, key_of(e.draft.account));
  put_i64(out, e.draft.amount.minor);
  put_i64(out, key_of(e.draft.transaction));
  put_i32(out, e.draft.effective.count);
  put_u32(out, e.draft.posting);
  put_flag(out, e.draft.reversal);
  put_u64(out, e.version);
  put_i64(out, e.balance_after.minor);
  put_u32(out, e.shard);
  put_u64(out, e.seq);
  put_u32(out, e.position);
  put_i64(out, e.booked_at.count);
}

base::digest hash_of(const commit_record& record, const std::vector<const entry*>& entries) {
  std::string bytes;
  bytes.reserve(128 + entries.size() * 80);
  bytes += base::bytes_of(record.prev_hash);
  put_u32(bytes, record.shard);
  put_u64(bytes, record.seq);
  put_u64(bytes, record.epoch);
  put_text(bytes, record.node);
  put_i64(bytes, record.booked_at.count);
  put_u32(bytes, record.entries);
  for (const auto* e : entries) append_canonical(bytes, *e);
  return base::sha256(bytes);
}

commit_record next_record(const shard_head& head, std::uint64_t epoch, const std::string& node,
                          base::utc_us now) {
  ENSURE(epoch >= head.epoch, "an epoch never falls");
  commit_record record;
  record.shard = head.shard;
  record.seq = head.seq + 1;
  record.epoch = epoch;
  record.node = node;
  record.prev_hash = head.hash;
  record.booked_at = std::max(now, head.booked_at);
  return record;
}

void seal(commit_record& record, const std::vector<const entry*>& entries) {
  std::uint32_t position = 0;
  for (const auto* e : entries) {
    ENSURE(e->shard == record.shard && e->seq == record.seq && e->booked_at == record.booked_at,
           "an entry belongs to the record that seals it");
    ENSURE(e->position == position++, "entries are sealed in order of position");
  }
  record.entries = position;
  record.hash = hash_of(record, entries);
}

} // namespace ledger
