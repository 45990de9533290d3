#include "ledger/audit_log.hpp"

#include "base/assert.hpp"

#include <string_view>

namespace ledger {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

void put_short_text(std::string& out, std::string_view text) {
  put(out, text.size(), 4);
  out += text;
}

} // namespace

base::digest hash_of(const audit_record& r) {
  std::string bytes = base::bytes_of(r.prev_hash);
  put(bytes, r.shard, 4);
  put(bytes, r.number, 8);
  put(bytes, r.seq, 8);
  put(bytes, static_cast<std::uint64_t>(r.at.count), 8);
  for (const auto* text : {&r.note.actor, &r.note.action, &r.note.target, &r.note.reason,
                           &r.note.before, &r.note.after, &r.note.request_id})
    put_short_text(bytes, *text);
  return base::sha256(bytes);
}

audit_record next_record(const audit_head& head, audit_note note, const commit_record& with) {
  ENSURE(!note.reason.empty() && !note.action.empty(), "a correction says what and why");
  audit_record r;
  r.note = std::move(note);
  r.shard = with.shard;
  r.number = head.number + 1;
  r.seq = with.seq;
  r.at = with.booked_at;
  r.prev_hash = head.hash;
  r.hash = hash_of(r);
  return r;
}

void log_auditor::record(const audit_record& r) {
  ++checked_;
  auto& head = heads_[r.shard];
  if (r.number != head.number + 1) fault(r, "a record before it is missing");
  if (r.prev_hash != head.hash) fault(r, "prev_hash is not the hash of the record before");
  if (hash_of(r) != r.hash) fault(r, "the hash does not match the record");
  head = {r.number, r.hash};
}

void log_auditor::fault(const audit_record& r, const char* what) {
  if (faults_++ > 0) return;
  first_ = "audit log of shard " + std::to_string(r.shard) + " number " + std::to_string(r.number) +
           ": " + what;
}

} // namespace ledger
