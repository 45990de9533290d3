// Cells of recovery: checks of accounts, the audit log.
#include "storage/cells.hpp"
#include "storage/row_reader.hpp"

namespace storage {

namespace {

using integer = std::int64_t;
using text = std::string_view;

} // namespace

void add_corrected_balance(batch& to, const balance_row& b) {
  to.add(key_of(b.account), b.balance.minor, signed_bits(b.version));
}

void add_audit(batch& to, const ledger::audit_record& r) {
  const auto& n = r.note;
  to.add(integer{r.shard}, signed_bits(r.number), signed_bits(r.seq), r.at.count, text{n.actor},
         text{n.action}, text{n.target}, text{n.reason}, text{n.before}, text{n.after},
         text{n.request_id}, bytes_view(r.prev_hash), bytes_view(r.hash));
}

account_check account_check_from(const row& cells) {
  row_reader r{cells};
  account_check c;
  c.record = read_account(r);
  const auto balance = r.optional([](row_reader& x) { return x.money(); });
  const auto version = r.optional([](row_reader& x) { return x.count(); });
  if (balance && version) c.stored = account_check::position{*balance, *version};
  c.from_ledger.balance = r.money();
  c.from_ledger.version = r.count();
  return c;
}

ledger::audit_head audit_head_from(const row& cells) {
  row_reader r{cells};
  ledger::audit_head h;
  h.number = r.count();
  h.hash = r.digest();
  return h;
}

ledger::audit_record audit_record_from(const row& cells) {
  row_reader r{cells};
  ledger::audit_record a;
  a.shard = r.small();
  a.number = r.count();
  a.seq = r.count();
  a.at = r.time();
  for (auto* text : {&a.note.actor, &a.note.action, &a.note.target, &a.note.reason, &a.note.before,
                     &a.note.after, &a.note.request_id})
    *text = r.words();
  a.prev_hash = r.digest();
  a.hash = r.digest();
  return a;
}

} // namespace storage
